/* curl's sockets and timer as libev watchers. */
#include "origin/multi_curl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"

/* Idle connections kept to all origins together. */
#define KEPT_CONNECTIONS 512L

/* Easy handles kept for the next requests. */
#define SPARE_HANDLES 32

/* One socket of curl's. */
struct watch {
	struct ev_io io;
	struct multi *multi;
};

bool origin_global_init(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

static void collect(struct multi *m)
{
	struct CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(m->curl, &left)) != NULL) {
		CURL *curl = message->easy_handle;
		CURLcode code = message->data.result;
		char *user = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(curl, CURLINFO_PRIVATE, &user);
		transfer_ended((struct transfer *)user, code);
	}
}

static void act(struct multi *m, curl_socket_t socket, int what)
{
	int running;

	if (curl_multi_socket_action(m->curl, socket, what, &running) !=
	    CURLM_OK)
		log_line(LOG_ERROR, "libcurl: a socket action failed");
	collect(m);
}

static void on_socket(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct watch *w = (struct watch *)io;
	int what = ((revents & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
	    ((revents & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0);

	(void)loop;
	act(w->multi, io->fd, what);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	(void)revents;
	ev_timer_stop(loop, timer);
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int want_socket(
    CURL *curl, curl_socket_t socket, int what, void *user, void *own)
{
	struct multi *m = user;
	struct watch *w = own;
	char *private = NULL;
	int events = ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
	    ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0);

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, &private);
	if (private != NULL)
		transfer_socket((struct transfer *)private, socket,
		    what != CURL_POLL_REMOVE);
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL) {
			ev_io_stop(m->loop, &w->io);
			free(w);
			curl_multi_assign(m->curl, socket, NULL);
		}
		return 0;
	}
	if (w == NULL) {
		w = calloc(1, sizeof(*w));
		if (w == NULL)
			return -1;
		w->multi = m;
		ev_io_init(&w->io, on_socket, socket, events);
		curl_multi_assign(m->curl, socket, w);
	} else {
		ev_io_stop(m->loop, &w->io);
		ev_io_set(&w->io, socket, events);
	}
	ev_io_start(m->loop, &w->io);
	return 0;
}

static int close_socket(void *user, curl_socket_t socket)
{
	struct multi *m = user;

	idle_closed(m->idle, socket);
	return close(socket);
}

static int want_timer(CURLM *curl, long timeout_ms, void *user)
{
	struct multi *m = user;

	(void)curl;
	ev_timer_stop(m->loop, &m->timer);
	if (timeout_ms >= 0) {
		ev_timer_set(&m->timer, (double)timeout_ms / 1000., 0.);
		ev_timer_start(m->loop, &m->timer);
	}
	return 0;
}

struct multi *multi_new(struct ev_loop *loop)
{
	struct multi *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->loop = loop;
	m->idle = idle_new(loop);
	m->curl = curl_multi_init();
	if (m->idle == NULL || m->curl == NULL) {
		idle_free(m->idle);
		curl_multi_cleanup(m->curl);
		free(m);
		return NULL;
	}
	ev_timer_init(&m->timer, on_timer, 0., 0.);
	m->timer.data = m;
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
	curl_multi_setopt(m->curl, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return m;
}

void multi_handle_free(struct handle *h)
{
	curl_easy_cleanup(h->curl);
	curl_url_cleanup(h->url);
	free(h->root);
	free(h);
}

static struct handle *handle_new(struct multi *m)
{
	struct handle *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->curl = curl_easy_init();
	h->url = curl_url();
	if (h->curl == NULL || h->url == NULL || !transfer_prepare(h->curl) ||
	    curl_easy_setopt(h->curl, CURLOPT_CURLU, h->url) != CURLE_OK ||
	    curl_easy_setopt(h->curl, CURLOPT_CLOSESOCKETFUNCTION,
		close_socket) != CURLE_OK ||
	    curl_easy_setopt(h->curl, CURLOPT_CLOSESOCKETDATA, m) != CURLE_OK) {
		multi_handle_free(h);
		return NULL;
	}
	return h;
}

/* NULL where there is no memory: then nothing is resumed. */
static CURLSH *sessions_of(struct multi *m, const char *root)
{
	CURLSH **share = &m->sessions[hash64(slice_of(root)) % SESSION_SHARES];

	if (*share != NULL)
		return *share;
	*share = curl_share_init();
	if (*share != NULL)
		curl_share_setopt(
		    *share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	return *share;
}

static bool handle_aim(struct multi *m, struct handle *h, const char *root)
{
	CURLSH *sessions = NULL;

	if (h->root != NULL && strcmp(h->root, root) == 0)
		return true;
	free(h->root);
	h->root = strdup(root);
	if (strncmp(root, "https:", 6) == 0)
		sessions = sessions_of(m, root);
	return h->root != NULL &&
	    curl_url_set(h->url, CURLUPART_URL, root, 0) == CURLUE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_SHARE, sessions) == CURLE_OK;
}

struct handle *multi_handle_take(struct multi *m, const char *root)
{
	struct handle *h = m->spare;

	if (h != NULL) {
		m->spare = h->next;
		m->spare_n--;
	} else {
		h = handle_new(m);
	}
	if (h != NULL && !handle_aim(m, h, root)) {
		multi_handle_free(h);
		return NULL;
	}
	return h;
}

void multi_handle_give(struct multi *m, struct handle *taken)
{
	if (m->spare_n >= SPARE_HANDLES) {
		multi_handle_free(taken);
		return;
	}
	taken->next = m->spare;
	m->spare = taken;
	m->spare_n++;
}

void multi_free(struct multi *m)
{
	if (m == NULL)
		return;
	while (m->spare != NULL) {
		struct handle *next = m->spare->next;

		multi_handle_free(m->spare);
		m->spare = next;
	}
	curl_multi_cleanup(m->curl);
	for (size_t i = 0; i < SESSION_SHARES; i++)
		if (m->sessions[i] != NULL)
			curl_share_cleanup(m->sessions[i]);
	idle_free(m->idle);
	ev_timer_stop(m->loop, &m->timer);
	free(m);
}
