/* The access log, in the combined format that log tools read. */
#ifndef ENGINE_ACCESS_LOG_H
#define ENGINE_ACCESS_LOG_H

#include "base/slice.h"

struct request;

struct access_log {
	int fd; /* -1: none */
	int64_t stamp_s;
	char stamp[32]; /* of stamp_s, in the format's clothes */
};

/* Empty path: none.  False, errno set, where the file cannot be opened; the
 * log stays where it was. */
bool access_log_open(struct access_log *l, struct slice path);

/* One line in one write. */
void access_log_line(struct access_log *l, const struct request *r, int status,
    uint64_t body_bytes, int64_t now_s);

#endif
