/* The error log's one descriptor and level. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX 4096

static struct {
	int fd;
	enum log_level level;
} log_state = { STDERR_FILENO, LOG_WARN };

int log_file(struct slice path)
{
	char name[4096];

	if (path.len >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(name, sizeof(name), "%.*s", SLICE_ARG(path));
	return open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

bool log_open(struct slice path, enum log_level level)
{
	int fd = path.len == 0 ? STDERR_FILENO : log_file(path);

	if (fd < 0)
		return false;
	if (log_state.fd != STDERR_FILENO)
		close(log_state.fd);
	log_state.fd = fd;
	log_state.level = level;
	return true;
}

bool log_wants(enum log_level level)
{
	return level <= log_state.level;
}

/* The message, safe to print: what a client sent may be in it. */
static size_t log_escape(char *to, size_t room, const char *from)
{
	size_t len = 0;

	for (; *from != '\0' && len + 4 < room; from++) {
		unsigned char c = (unsigned char)*from;

		if (c < ' ' || c == 0x7f)
			len += (size_t)snprintf(
			    to + len, room - len, "\\x%02x", c);
		else
			to[len++] = (char)c;
	}
	return len;
}

void log_line(enum log_level level, const char *format, ...)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	char message[LOG_LINE_MAX];
	char line[LOG_LINE_MAX + 128];
	time_t now = time(NULL);
	struct tm utc;
	va_list args;
	size_t len;
	int saved = errno;

	if (!log_wants(level))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	gmtime_r(&now, &utc);
	len = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%SZ", &utc);
	len += (size_t)snprintf(line + len, sizeof(line) - len,
	    " fingerpost[%ld] %s: ", (long)getpid(), names[level]);
	len += log_escape(line + len, sizeof(line) - len - 1, message);
	line[len++] = '\n';
	/* A log that cannot be written has nowhere to complain. */
	if (write(log_state.fd, line, len) < 0)
		errno = saved;
	errno = saved;
}
