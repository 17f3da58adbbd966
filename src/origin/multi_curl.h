/* What the files of this room share. */
#ifndef ORIGIN_MULTI_CURL_H
#define ORIGIN_MULTI_CURL_H

#include <curl/curl.h>
#include <ev.h>

#include "origin/multi.h"

struct transfer;

struct multi {
	struct ev_loop *loop;
	CURLM *curl;
	struct ev_timer timer;
	CURL *spare[32]; /* easy handles with the constant options set */
	size_t spare_n;
};

/* A handle ready for a request's own options, or NULL. */
CURL *multi_handle_take(struct multi *m);
void multi_handle_give(struct multi *m, CURL *curl);

/* transfer.c: options that never change; what ended. */
bool transfer_prepare(CURL *curl);
void transfer_ended(struct transfer *t, CURLcode code);

#endif
