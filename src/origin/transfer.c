/* A transfer on a libcurl easy handle: transport and nothing else.
 *
 * The URL given to libcurl is the origin's root alone; the request target
 * goes beside it, so that no URL parser ever touches the client's bytes. */
#include "origin/transfer.h"

#include <string.h>

#include "base/arena.h"
#include "http/method.h"
#include "origin/curl_fault.h"
#include "origin/head.h"
#include "origin/multi_curl.h"
#include "origin/tls.h"

/* What one receive may bring: with the head of its FastCGI record it makes
 * 32 KiB to the byte, which both the socket behind us and lighttpd take best:
 * 24, 40, 48 and 64 KiB cost lighttpd half as much again for a large body.
 * Smaller ones are dear here, too: each receive costs libcurl a poll. */
#define RECEIVE_BYTES 32760L
#define SEND_BYTES    65536L

/* How long what a name resolved to is believed. */
#define RESOLVE_AGAIN_S 10L

struct transfer {
	struct multi *multi;
	struct handle *handle;
	CURL *curl; /* the handle's */
	struct arena *arena;
	const struct transfer_events *events;
	void *user;
	struct head_reader head;
	struct transfer_stage stage;
	enum fault fault; /* decided here, not by libcurl */
	bool secure;      /* https */
	bool idempotent;
	bool repeated; /* libcurl sent the request more than once, */
	bool stale;    /* or wanted to and could or should not */
	bool receive_paused;
	bool send_paused;
	int socket;   /* that libcurl waited for last; below 0: none */
	bool waits;   /* for it still */
	bool asked;   /* on it */
	bool unknown; /* has a connection, no socket is known yet */
	uint64_t content_taken;
	char error[CURL_ERROR_SIZE];
};

static size_t on_header(char *at, size_t one, size_t len, void *user)
{
	struct transfer *t = user;

	(void)one;
	t->stage.head_seen = true;
	if (head_line(&t->head, (struct slice){ at, len })) {
		t->stage.head_done = true;
		if (t->events->head(t->user, &t->head.response) == FLOW_STOP)
			t->fault = FAULT_PROXY_INTERNAL_ERROR;
	} else {
		t->fault = t->head.fault;
	}
	return t->fault == FAULT_NONE ? len : 0;
}

static void pause_as_told(struct transfer *t)
{
	curl_easy_pause(t->curl,
	    (t->receive_paused ? CURLPAUSE_RECV : 0) |
		(t->send_paused ? CURLPAUSE_SEND : 0));
}

static size_t on_body(char *at, size_t one, size_t len, void *user)
{
	struct transfer *t = user;

	(void)one;
	switch (t->events->body(t->user, (struct slice){ at, len })) {
	case FLOW_FULL:
		if (!t->receive_paused) {
			t->receive_paused = true;
			pause_as_told(t);
		}
		break;
	case FLOW_STOP:
		t->fault = FAULT_PROXY_INTERNAL_ERROR;
		return 0;
	case FLOW_GO:
		break;
	}
	return len;
}

static size_t on_content(char *to, size_t one, size_t room, void *user)
{
	struct transfer *t = user;
	bool end = false;
	size_t n = t->events->content(t->user, to, one * room, &end);

	t->content_taken += n;
	if (n > 0 || end)
		return n;
	t->send_paused = true;
	return CURL_READFUNC_PAUSE;
}

static void set_unknown(struct transfer *t, bool unknown)
{
	if (t->unknown != unknown)
		idle_unknown(t->multi->idle, unknown ? 1 : -1);
	t->unknown = unknown;
}

/* libcurl says nothing when it closes the socket of an attempt to connect,
 * so only one that the request went out on is watched later.  A new one after
 * that is of a repetition. */
void transfer_socket(struct transfer *t, int fd, bool waits)
{
	if (waits) {
		if (!idle_use(t->multi->idle, fd, t->curl) && !t->unknown)
			t->asked = false;
		t->socket = fd;
		t->waits = true;
		set_unknown(t, false);
		return;
	}
	t->waits = t->waits && t->socket != fd;
	if (!t->asked)
		idle_closed(t->multi->idle, fd);
}

/* libcurl repeats a request on a fresh connection when a kept one turns out
 * to be dead. */
static int on_seek(void *user, curl_off_t offset, int whence)
{
	struct transfer *t = user;

	if (whence == SEEK_SET && offset == 0 &&
	    (t->content_taken == 0 || t->events->rewind(t->user))) {
		t->content_taken = 0;
		return CURL_SEEKFUNC_OK;
	}
	t->repeated = t->stale = true;
	return CURL_SEEKFUNC_FAIL;
}

/* Runs before each sending of the request.  What is not idempotent is never
 * sent twice (RFC 9110 section 9.2.2), and nothing a third time: libcurl would
 * go through up to six kept connections, and a request that ends each of them
 * is itself to blame.  The second time is over a new one, which tells it from
 * one that the origin had no more use for (RFC 9112 section 9.3.1). */
static int on_connected(
    void *user, char *peer, char *local, int peer_port, int local_port)
{
	struct transfer *t = user;

	(void)peer;
	(void)local;
	(void)peer_port;
	(void)local_port;
	if (t->repeated || (t->stage.connected && !t->idempotent)) {
		t->repeated = t->stale = true;
		t->fault = FAULT_CONNECTION_TERMINATED;
		return CURL_PREREQFUNC_ABORT;
	}
	t->repeated = t->stage.connected;
	t->stage.connected = true;
	/* Heeded when libcurl looks for the next connection. */
	curl_easy_setopt(t->curl, CURLOPT_FRESH_CONNECT, 1L);
	t->asked = true;
	set_unknown(t, !t->waits);
	t->events->connected(t->user);
	return CURL_PREREQFUNC_OK;
}

bool transfer_prepare(CURL *curl)
{
	bool ok = true;

#define SET(option, value) \
	(ok = curl_easy_setopt(curl, option, value) == CURLE_OK && ok)
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	/* No proxy, whatever the environment says: under CGI it is the
	 * client's to fill (httpoxy). */
	SET(CURLOPT_PROXY, "");
	/* To give a transfer up must not wait for the thread that resolves its
	 * name: that may take ten seconds, of everybody's. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	/* All addresses of a name get their share of the connections, and one
	 * that is gone is soon forgotten. */
	SET(CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, RESOLVE_AGAIN_S);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
	SET(CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, SEND_BYTES);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_READFUNCTION, on_content);
	SET(CURLOPT_SEEKFUNCTION, on_seek);
	SET(CURLOPT_PREREQFUNCTION, on_connected);
#undef SET
	return ok;
}

/* One node of libcurl's list in the arena: no copies, no frees. */
static bool add_line(struct curl_slist ***tail, struct arena *a,
    struct slice name, struct slice value, const char *between)
{
	struct curl_slist *node = arena_alloc(a, sizeof(*node));
	size_t between_len = strlen(between);
	char *line = arena_alloc(a, name.len + between_len + value.len + 1);

	if (node == NULL || line == NULL)
		return false;
	memcpy(line, name.at, name.len);
	memcpy(line + name.len, between, between_len + 1);
	if (value.len > 0)
		memcpy(line + name.len + between_len, value.at, value.len);
	line[name.len + between_len + value.len] = '\0';
	node->data = line;
	node->next = NULL;
	**tail = node;
	*tail = &node->next;
	return true;
}

/* "Name: value" as libcurl wants it: an empty value is "Name;", and
 * "Name:" takes away a field that it would add itself. */
static bool header_list(const struct transfer_request *r, struct arena *a,
    struct curl_slist **list_out)
{
	struct curl_slist *list = NULL;
	struct curl_slist **tail = &list;
	bool ok = true;

	for (size_t i = 0; i < r->fields->n; i++) {
		struct field f = r->fields->at[i];

		ok = ok &&
		    add_line(&tail, a, f.name, f.value,
			f.value.len > 0 ? ": " : ";");
	}
	if (!field_has(r->fields, LIT("Accept")))
		ok = ok && add_line(&tail, a, LIT("Accept"), LIT(""), ":");
	if (!r->has_content) {
		if (method_expects_content(r->method))
			ok = ok &&
			    add_line(&tail, a, LIT("Content-Length"), LIT("0"),
				": ");
	} else {
		ok = ok && add_line(&tail, a, LIT("Expect"), LIT(""), ":");
		if (r->content_length == LENGTH_UNKNOWN)
			ok = ok &&
			    add_line(&tail, a, LIT("Transfer-Encoding"),
				LIT("chunked"), ": ");
	}
	*list_out = list;
	return ok;
}

static bool set_request(struct transfer *t, const struct transfer_request *r)
{
	CURL *curl = t->curl;
	const char *method = arena_cstr(t->arena, r->method);
	const char *target = arena_cstr(t->arena, r->target);
	struct curl_slist *list;
	bool ok =
	    method != NULL && target != NULL && header_list(r, t->arena, &list);

	if (!ok)
		return false;
#define SET(option, value) \
	(ok = curl_easy_setopt(curl, option, value) == CURLE_OK && ok)
	if (slice_eq(r->method, LIT("HEAD"))) {
		SET(CURLOPT_NOBODY, 1L);
	} else if (r->has_content) {
		SET(CURLOPT_NOBODY, 0L);
		SET(CURLOPT_UPLOAD, 1L);
		SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->content_length);
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
	SET(CURLOPT_CUSTOMREQUEST, method);
	SET(CURLOPT_REQUEST_TARGET, target);
	SET(CURLOPT_HTTPHEADER, list);
	SET(CURLOPT_UNIX_SOCKET_PATH,
	    r->unix_path.len > 0 ? r->unix_path.at : NULL);
	SET(CURLOPT_FRESH_CONNECT, r->fresh ? 1L : 0L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_timeout_ms);
	SET(CURLOPT_ERRORBUFFER, t->error);
	SET(CURLOPT_PRIVATE, t);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_READDATA, t);
	SET(CURLOPT_SEEKDATA, t);
	SET(CURLOPT_PREREQDATA, t);
#undef SET
	return ok;
}

struct transfer *transfer_start(struct multi *m, struct arena *a,
    const struct transfer_request *r, const struct transfer_events *events,
    void *user)
{
	struct transfer *t = arena_zero(a, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->multi = m;
	t->arena = a;
	t->events = events;
	t->user = user;
	t->socket = -1;
	t->head = head_reader_in(a);
	t->idempotent = method_is_idempotent(r->method);
	t->secure = slice_starts(r->root, LIT("https:"));
	t->handle = multi_handle_take(m, tls_root(r->tls, r->root).at);
	if (t->handle == NULL)
		return NULL;
	t->curl = t->handle->curl;
	if (!set_request(t, r) ||
	    (t->secure && !tls_lend(t->curl, r->tls, a)) ||
	    curl_multi_add_handle(m->curl, t->curl) != CURLM_OK) {
		tls_take_back(t->curl);
		multi_handle_give(m, t->handle);
		return NULL;
	}
	return t;
}

void transfer_resume(struct transfer *t)
{
	if (!t->receive_paused)
		return;
	t->receive_paused = false;
	pause_as_told(t);
}

void transfer_feed(struct transfer *t)
{
	if (!t->send_paused)
		return;
	t->send_paused = false;
	pause_as_told(t);
}

/* Off the multi handle and ready for the next request. */
static void transfer_release(struct transfer *t)
{
	curl_multi_remove_handle(t->multi->curl, t->curl);
	set_unknown(t, false);
	if (t->asked)
		idle_rest(t->multi->idle, t->socket, t->curl);
	curl_easy_setopt(t->curl, CURLOPT_PRIVATE, NULL);
	curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, NULL);
	if (t->secure)
		tls_take_back(t->curl);
	/* libcurl 7.88 counts the repetitions of a handle's whole life and
	 * gives up at the fifth: such a handle is not used again. */
	if (t->repeated)
		multi_handle_free(t->handle);
	else
		multi_handle_give(t->multi, t->handle);
}

void transfer_ended(struct transfer *t, CURLcode code)
{
	enum fault fault = t->fault;
	curl_off_t lookup_us = 0;
	long connects = 0;

	curl_easy_getinfo(t->curl, CURLINFO_OS_ERRNO, &t->stage.os_errno);
	curl_easy_getinfo(t->curl, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
	t->stage.resolved = lookup_us > 0;
	curl_easy_getinfo(t->curl, CURLINFO_NUM_CONNECTS, &connects);
	if (fault == FAULT_NONE)
		fault = curl_fault(code, t->stage);
	transfer_release(t);
	t->events->done(t->user, fault,
	    (struct transfer_trail){
		/* Of what on_connected() ends libcurl knows nothing. */
		.detail = code == CURLE_ABORTED_BY_CALLBACK ? "" : t->error,
		.sent = t->stage.connected,
		.reused = connects == 0 || t->stale });
}

void transfer_cancel(struct transfer *t)
{
	if (t != NULL)
		transfer_release(t);
}
