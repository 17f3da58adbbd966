/* What the files of this room share. */
#ifndef ORIGIN_MULTI_CURL_H
#define ORIGIN_MULTI_CURL_H

#include <curl/curl.h>
#include <ev.h>

#include "origin/idle.h"
#include "origin/multi.h"

struct transfer;

/* TLS sessions to resume: libcurl keeps eight in a share and no more, so
 * that the origins are spread over many. */
#define SESSION_SHARES 64

struct multi {
	struct ev_loop *loop;
	CURLM *curl;
	CURLSH *sessions[SESSION_SHARES]; /* made when an origin needs it */
	struct ev_timer timer;
	struct idle *idle;
	struct handle *spare; /* with the constant options set */
	size_t spare_n;
};

/* An easy handle, and the origin it was last used for: parsing the same URL
 * for each request would cost more than finding its connection. */
struct handle {
	struct handle *next;
	CURL *curl;
	CURLU *url;
	char *root; /* what `url` was parsed from */
};

/* A handle ready for a request's own options, its URL set to the root; or
 * NULL. */
struct handle *multi_handle_take(struct multi *m, const char *root);
void multi_handle_give(struct multi *m, struct handle *taken);
void multi_handle_free(struct handle *h);

/* transfer.c: options that never change; the socket that libcurl waits for,
 * or no longer does; what ended. */
bool transfer_prepare(CURL *curl);
void transfer_socket(struct transfer *t, int fd, bool waits);
void transfer_ended(struct transfer *t, CURLcode code);

#endif
