/* Responses made here: refusals, redirects, faults. */
#ifndef ENGINE_ANSWER_H
#define ENGINE_ANSWER_H

#include "http/fault.h"
#include "http/message.h"

struct arena;

struct answer {
	struct response response;
	struct slice body;
};

/* A small plain page that says what happened, with the request's id. */
struct answer answer_page(
    struct arena *a, int status, struct slice words, const struct request *r);

/* The same for a fault, with Proxy-Status (RFC 9209) under our name. */
struct answer answer_fault(struct arena *a, enum fault fault,
    struct slice proxy_name, const struct request *r);

/* `lasting`: caches may keep it for an hour. */
struct answer answer_redirect(struct arena *a, int status,
    struct slice location, bool lasting, const struct request *r);

/* 503 with Retry-After; `html` is the page, or empty for our own. */
struct answer answer_maintenance(struct arena *a, struct slice html,
    int64_t retry_ms, const struct request *r);

/* 405 with Allow. */
struct answer answer_method(struct arena *a, const struct slice *methods,
    size_t n, const struct request *r);

#endif
