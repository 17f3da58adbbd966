/* The table of meta-variables. */
#include "front/meta.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

struct meta meta_new(struct request *r, struct arena *a)
{
	memset(r, 0, sizeof(*r));
	r->content_length = LENGTH_UNKNOWN;
	r->scheme = LIT("http");
	return (struct meta){ .request = r, .arena = a };
}

/* ACCEPT_ENCODING to Accept-Encoding: the case as most write it.  SLICE_NONE
 * where the arena is spent. */
static struct slice field_name(struct meta *m, struct slice name)
{
	char *own = arena_cstr(m->arena, name);
	bool start = true;

	if (own == NULL) {
		m->full = true;
		return SLICE_NONE;
	}
	for (size_t i = 0; i < name.len; i++) {
		own[i] = own[i] == '_' ? '-' :
		    start              ? ascii_upper(own[i]) :
					 ascii_lower(own[i]);
		start = own[i] == '-';
	}
	return (struct slice){ own, name.len };
}

static void add_field(struct meta *m, struct slice name, struct slice value)
{
	value = slice_trim(value);
	if (!field_name_valid(name) || !field_value_valid(value))
		m->invalid = true;
	else if (!field_add(&m->request->fields, m->arena, name, value))
		m->full = true;
}

static void set_length(struct meta *m, struct slice value)
{
	uint64_t length;

	if (value.len == 0)
		return;
	if (slice_to_u64(value, &length) && length <= INT64_MAX)
		m->request->content_length = (int64_t)length;
	else
		m->invalid = true;
}

static void add_http(struct meta *m, struct slice name, struct slice value)
{
	struct request *r = m->request;

	name = field_name(m, name);
	if (name.at == NULL)
		return;
	/* nginx sends these beside CONTENT_TYPE and CONTENT_LENGTH, and a
	 * client's "Content_Length" arrives so from lighttpd. */
	if (slice_eq(name, LIT("Content-Length")) ||
	    slice_eq(name, LIT("Content-Type")))
		return;
	/* More than one is refused (RFC 9112 section 3.2): we would judge
	 * one and the origin might read the other. */
	if (slice_eq(name, LIT("Host"))) {
		m->invalid |= field_has(&r->fields, LIT("Host"));
		r->authority = slice_trim(value);
	}
	add_field(m, name, value);
}

#define IN_REQUEST(name, member)                                              \
	{                                                                     \
		{ name, sizeof(name) - 1 }, offsetof(struct request, member), \
		    true                                                      \
	}
#define IN_META(name, member)                                              \
	{                                                                  \
		{ name, sizeof(name) - 1 }, offsetof(struct meta, member), \
		    false                                                  \
	}

/* Variables whose value is taken as it is, and where it goes. */
static const struct {
	struct slice name;
	size_t offset;
	bool in_request;
} plain[] = {
	IN_REQUEST("REQUEST_METHOD", method),
	IN_REQUEST("REQUEST_URI", target),
	IN_REQUEST("SCRIPT_NAME", script_name),
	IN_REQUEST("SCRIPT_FILENAME", script_filename),
	IN_REQUEST("SERVER_PROTOCOL", protocol),
	IN_REQUEST("REMOTE_ADDR", client_addr),
	IN_REQUEST("REMOTE_PORT", client_port),
	IN_REQUEST("REMOTE_USER", user),
	IN_META("PATH_INFO", path_info),
	IN_META("QUERY_STRING", query_string),
	IN_META("SERVER_NAME", server_name),
	IN_META("SERVER_PORT", server_port),
	IN_META("CONTENT_TYPE", content_type),
	IN_META("REDIRECT_HTTP_AUTHORIZATION", authorization),
};

void meta_add(struct meta *m, struct slice name, struct slice value)
{
	struct request *r = m->request;

	if (slice_starts(name, LIT("HTTP_"))) {
		add_http(m, slice_from(name, 5), value);
		return;
	}
	if (slice_eq(name, LIT("CONTENT_LENGTH"))) {
		set_length(m, value);
		return;
	}
	if (slice_eq(name, LIT("HTTPS"))) {
		if (value.len > 0 && !slice_eq_nocase(value, LIT("off")))
			r->scheme = LIT("https");
		return;
	}
	if (slice_eq(name, LIT("REQUEST_SCHEME"))) {
		if (slice_eq_nocase(value, LIT("https")))
			r->scheme = LIT("https");
		return;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (slice_eq(name, plain[i].name)) {
			char *base =
			    plain[i].in_request ? (char *)r : (char *)m;

			*(struct slice *)(base + plain[i].offset) = value;
			return;
		}
}

/* A decoded path, percent-encoded again (RFC 3986 section 3.3). */
static void add_encoded(struct text *t, struct slice path)
{
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.at[i];

		if (c > ' ' && c < 0x7f &&
		    strchr("\"#%<>?[\\]^`{|}", c) == NULL)
			text_char(t, (char)c);
		else
			text_format(t, "%%%02X", c);
	}
}

static void build_target(struct meta *m)
{
	struct request *r = m->request;
	struct text t = text_in(m->arena,
	    4 * (r->script_name.len + m->path_info.len) + m->query_string.len +
		2);

	add_encoded(&t, r->script_name);
	add_encoded(&t, m->path_info);
	if (m->query_string.len > 0) {
		text_char(&t, '?');
		text_add(&t, m->query_string);
	}
	if (text_spent(&t))
		m->full = true;
	r->target = text_slice(&t);
}

static void build_authority(struct meta *m)
{
	struct text t =
	    text_in(m->arena, m->server_name.len + 1 + m->server_port.len);
	bool https = slice_eq(m->request->scheme, LIT("https"));

	text_add(&t, m->server_name);
	if (m->server_port.len > 0 &&
	    !slice_eq(m->server_port, https ? LIT("443") : LIT("80"))) {
		text_char(&t, ':');
		text_add(&t, m->server_port);
	}
	if (text_spent(&t))
		m->full = true;
	m->request->authority = text_slice(&t);
}

/* Is there a byte that would break a line of a head or of a log? */
static bool breaks_lines(const struct request *r)
{
	return !field_value_valid(r->target) ||
	    !field_value_valid(r->authority) ||
	    !field_value_valid(r->protocol) ||
	    !field_value_valid(r->client_addr) ||
	    !field_value_valid(r->client_port) || !field_value_valid(r->user);
}

int meta_finish(struct meta *m)
{
	struct request *r = m->request;

	if (r->target.len == 0)
		build_target(m);
	if (r->authority.len == 0 && m->server_name.len > 0)
		build_authority(m);
	if (r->protocol.len == 0)
		r->protocol = LIT("HTTP/1.0");
	if (m->content_type.len > 0)
		add_field(m, LIT("Content-Type"), m->content_type);
	if (m->authorization.len > 0 &&
	    !field_has(&r->fields, LIT("Authorization")))
		add_field(m, LIT("Authorization"), m->authorization);
	if (m->full)
		return 431;
	if (m->invalid || !field_name_valid(r->method) || r->target.len == 0 ||
	    breaks_lines(r))
		return 400;
	return 0;
}
