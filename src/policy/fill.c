/* What each variable stands for. */
#include "policy/fill.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/message.h"
#include "http/uri.h"
#include "policy/route.h"

/* `host_room` holds URI_HOST_MAX bytes and lives as long as the result. */
static struct slice value_of(const struct piece *p, const struct request *r,
    const struct route_match *m, char *host_room)
{
	struct slice host = SLICE_NONE;

	switch (p->variable) {
	case VARIABLE_NONE:
		return p->text;
	case VARIABLE_CLIENT_ADDRESS:
		return r->client_addr;
	case VARIABLE_CLIENT_PORT:
		return r->client_port;
	case VARIABLE_SCHEME:
		return r->scheme;
	case VARIABLE_HOST:
		(void)uri_host(m->authority, host_room, URI_HOST_MAX, &host);
		return host;
	case VARIABLE_PREFIX:
		return m->prefix;
	case VARIABLE_PATH:
		return m->tail;
	case VARIABLE_QUERY:
		return m->query;
	case VARIABLE_REQUEST_ID:
		return r->id;
	case VARIABLE_METHOD:
		return r->method;
	case VARIABLE_USER:
		return r->user;
	case VARIABLE_CAPTURE:
		return m->captures == NULL ? SLICE_NONE :
					     m->captures[p->capture];
	case VARIABLE_N:
		break;
	}
	return SLICE_NONE;
}

bool fill_field(const struct stencil *s, const struct request *r,
    const struct route_match *m, struct arena *a, struct slice *value_out)
{
	struct text t = text_in(a, FILL_BYTES_MAX);
	char host_room[URI_HOST_MAX];
	struct slice value;

	for (size_t i = 0; i < s->n; i++)
		text_add(&t, value_of(&s->at[i], r, m, host_room));
	if (text_spent(&t))
		return false;
	value = slice_trim(text_slice(&t));
	*value_out = field_value_valid(value) ? value : LIT("");
	return true;
}

/* Bytes that RFC 3986 gives no place to. */
static bool in_url(char c)
{
	return c > ' ' && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL;
}

static void add_url(struct text *t, struct slice s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char byte = (unsigned char)s.at[i];

		if (in_url(s.at[i])) {
			text_char(t, s.at[i]);
		} else {
			text_char(t, '%');
			text_char(t, digits[byte >> 4]);
			text_char(t, digits[byte & 15]);
		}
	}
}

/* "//x" from the root of a site is another site. */
static struct slice one_slash(struct slice location)
{
	while (slice_starts(location, LIT("//")))
		location = slice_from(location, 1);
	return location;
}

bool fill_location(const struct stencil *s, const struct request *r,
    const struct route_match *m, struct arena *a, struct slice *location_out)
{
	struct text t = text_in(a, FILL_BYTES_MAX);
	char host_room[URI_HOST_MAX];

	for (size_t i = 0; i < s->n; i++) {
		struct slice value = value_of(&s->at[i], r, m, host_room);
		struct slice before = text_slice(&t);

		if (s->at[i].variable == VARIABLE_QUERY && value.len > 0 &&
		    slice_find(before, '?') < before.len) {
			text_char(&t, '&');
			value = slice_from(value, 1);
		}
		add_url(&t, value);
	}
	if (text_spent(&t))
		return false;
	*location_out = one_slash(text_slice(&t));
	return true;
}
