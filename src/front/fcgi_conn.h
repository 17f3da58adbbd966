/* One FastCGI connection; fcgi.c accepts them and writes them out. */
#ifndef FRONT_FCGI_CONN_H
#define FRONT_FCGI_CONN_H

#include <ev.h>

#include "base/queue.h"
#include "base/text.h"
#include "front/fcgi.h"
#include "front/record.h"

enum conn_state {
	CONN_IDLE,    /* waits for FCGI_BEGIN_REQUEST */
	CONN_PARAMS,  /* gathers FCGI_PARAMS */
	CONN_READ,    /* has them, and waits for conn_arrive() */
	CONN_REQUEST, /* an exchange is under way */
};

struct conn {
	struct front front; /* first: front_conn() casts */
	struct fcgi_server *server;
	struct conn *prev;
	struct conn *next;
	struct conn *next_read;
	struct conn *next_dirty;
	bool dirty; /* is on the server's list of those to write out */

	int fd;
	struct ev_io read_io;
	struct ev_io write_io;
	struct ev_timer linger;

	/* in */
	struct record_reader reader;
	unsigned char small[64]; /* content of a short record */
	size_t small_len;
	struct queue values; /* content of FCGI_GET_VALUES */

	/* the request under way */
	enum conn_state state;
	uint16_t id;
	bool keep; /* FCGI_KEEP_CONN */
	bool stdin_done;
	int64_t stdin_left;  /* of CONTENT_LENGTH; LENGTH_UNKNOWN */
	struct arena *arena; /* until the exchange owns it */
	struct text params;
	void *exchange;

	/* out */
	struct queue out;
	bool bounded;       /* what the system holds of it */
	size_t open_record; /* content in the last record, still growing */
	bool full;          /* the exchange waits for `drained` */
	bool closing;       /* close once all is written */
	bool dead;          /* close now */
	bool lingering;
};

/* What a server holds; shared by fcgi.c and fcgi_conn.c alone. */
struct fcgi_server {
	struct ev_loop *loop;
	struct ev_io accept_io;
	struct ev_prepare flush;
	struct ev_timer accept_again;
	struct fcgi_limits limits;
	const struct front_events *events;
	void *worker;
	struct conn *conns;
	struct conn *read; /* in CONN_READ, the first that came first */
	struct conn **read_end;
	uint64_t rounds; /* so far: for struct request */
	struct conn *dirty;
	size_t conn_n;
	bool stopping;
	bool is_unix;      /* what it listens on */
	char *peers;       /* FCGI_WEB_SERVER_ADDRS, or NULL: any */
	char input[65536]; /* what one read brings; used up before return */
};

/* Takes the descriptor, and what has come through it already: web servers that
 * open a connection for each request have sent it all by now.  Without memory
 * it is closed. */
void conn_open(struct fcgi_server *s, int fd, bool is_unix);

/* Hands over the request that was read, which is of that round. */
void conn_arrive(struct conn *c, uint64_t round);

/* Writes what waits; may free the connection. */
void conn_flush(struct conn *c);

/* Closes now; an exchange under way is told `gone`. */
void conn_close(struct conn *c);

/* No request is under way or half read. */
bool conn_is_idle(const struct conn *c);

#endif
