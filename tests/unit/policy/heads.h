/* Heads written as text, for tests of the cache. */
#ifndef TESTS_UNIT_POLICY_HEADS_H
#define TESTS_UNIT_POLICY_HEADS_H

#include "http/message.h"
#include "policy/cache.h"

struct arena;

/* Sat, 21 Nov 2026 10:00:00 GMT, and what stands for it and an hour around. */
#define NOW      INT64_C(1795255200)
#define NOW_DATE "Sat, 21 Nov 2026 10:00:00 GMT"
#define OLD_DATE "Sat, 21 Nov 2026 09:00:00 GMT"
#define NEW_DATE "Sat, 21 Nov 2026 11:00:00 GMT"

/* "Name: value" lines; fails the test where one is none. */
struct fields head_fields(struct arena *a, const char *lines);

/* GET of http://example.org/. */
struct request head_request(struct arena *a, const char *lines);
struct response head_response(struct arena *a, int status, const char *lines);

/* A 200 as it is stored at NOW, 1000 bytes, under default rules; the request
 * that it answered. */
struct cache_stored head_stored(
    struct arena *a, const char *lines, const char *request_lines);

#endif
