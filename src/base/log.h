/* The error log: one line an event, to standard error or a file.
 *
 * A line goes out in one write to a descriptor opened for appending, so that
 * lines of many processes never mix. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/slice.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Empty path: standard error.  Relative paths are the caller's concern.
 * False, errno set, where the file cannot be opened: the log stays where it
 * was. */
bool log_open(struct slice path, enum log_level level);

/* A file to append log lines to, close-on-exec; -1, errno set. */
int log_file(struct slice path);

/* Lines above this level are dropped. */
bool log_wants(enum log_level level);

/* No newline; control bytes in what is printed come out as \xHH. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
