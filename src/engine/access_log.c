/* Writing access log lines. */
#include "engine/access_log.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "http/message.h"

#define LINE_MAX_BYTES 16384
#define PART_MAX_BYTES 4096

bool access_log_open(struct access_log *l, struct slice path)
{
	int fd = path.len == 0 ? -1 : log_file(path);

	if (fd < 0 && path.len > 0)
		return false;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = fd;
	return true;
}

/* What a client sent must not be able to forge a line. */
static void add_escaped(struct text *t, struct slice s)
{
	s = slice_upto(s, PART_MAX_BYTES);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c < ' ' || c >= 0x7f)
			text_format(t, "\\x%02x", c);
		else if (c == '"' || c == '\\')
			text_format(t, "\\%c", c);
		else
			text_char(t, (char)c);
	}
}

static void add_or_dash(struct text *t, struct slice s)
{
	if (s.len == 0)
		text_char(t, '-');
	else
		add_escaped(t, s);
}

static void stamp(struct access_log *l, int64_t now_s)
{
	time_t when = (time_t)now_s;
	struct tm local;

	if (l->stamp_s == now_s)
		return;
	localtime_r(&when, &local);
	strftime(l->stamp, sizeof(l->stamp), "%d/%b/%Y:%H:%M:%S %z", &local);
	l->stamp_s = now_s;
}

void access_log_line(struct access_log *l, const struct request *r, int status,
    uint64_t body_bytes, int64_t now_s)
{
	char line[LINE_MAX_BYTES];
	struct text t = text_over(line, sizeof(line) - 1);

	if (l->fd < 0)
		return;
	stamp(l, now_s);
	add_or_dash(&t, r->client_addr);
	text_add(&t, LIT(" - "));
	add_or_dash(&t, r->user);
	text_format(&t, " [%s] \"", l->stamp);
	add_escaped(&t, r->method);
	text_char(&t, ' ');
	add_escaped(&t, r->target);
	text_char(&t, ' ');
	add_escaped(&t, r->protocol);
	text_format(&t, "\" %d ", status);
	if (body_bytes > 0)
		text_u64(&t, body_bytes);
	else
		text_char(&t, '-');
	text_add(&t, LIT(" \""));
	add_or_dash(&t, field_get(&r->fields, LIT("Referer")));
	text_add(&t, LIT("\" \""));
	add_or_dash(&t, field_get(&r->fields, LIT("User-Agent")));
	text_char(&t, '"');
	line[t.len] = '\n';
	/* A log that cannot be written must not stop the serving. */
	if (write(l->fd, line, t.len + 1) < 0)
		return;
}
