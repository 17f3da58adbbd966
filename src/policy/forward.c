/* Upstream requests, and the fields of responses that may come back. */
#include "policy/forward.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/cookie_list.h"
#include "http/list.h"
#include "http/message.h"
#include "policy/fill.h"
#include "policy/rewrite.h"
#include "policy/route.h"
#include "policy/split.h"
#include "policy/sticky.h"

/* A field joined from what a client sent is no longer than this. */
#define VALUE_MAX 65536

/* Passing ourselves more often than this is a loop.  A few times may be
 * meant: one Fingerpost may route to another of the same name. */
#define VIA_MAX 8

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define COUNT(row) (sizeof(row) / sizeof((row)[0]))

/* Between two neighbours alone (RFC 9110 section 7.6.1), both ways. */
static const struct slice hop_by_hop[] = {
	NAME("Connection"), NAME("Keep-Alive"), NAME("Proxy-Connection"),
	NAME("TE"), NAME("Trailer"), NAME("Transfer-Encoding"), NAME("Upgrade"),
	NAME("HTTP2-Settings"),
	NAME("Content-Length"), /* kept beside the fields */
};

static const struct slice request_only[] = {
	NAME("Proxy-Authorization"), /* meant for us */
	NAME("Expect"),              /* answered by the web server */
	NAME("Host"),                /* ours to set, as the next ones are */
	NAME("X-Forwarded-For"), NAME("X-Forwarded-Host"),
	NAME("X-Forwarded-Proto"), NAME("X-Forwarded-Prefix"),
	NAME("Forwarded"),
	NAME("Proxy"), /* a CGI origin would read it as HTTP_PROXY */
};

/* What the web server above us would take as an order to itself.  X-Sendfile,
 * X-LIGHTTPD-send-file and X-Accel-Redirect make it serve any file or
 * location it can reach, X-Accel-Expires and the like override its settings;
 * an origin must not have that power over the machine that we run on.
 * Status and Script-Control are CGI's own (RFC 3875). */
static const struct slice response_only[] = {
	NAME("Status"),
	NAME("Script-Control"),
	NAME("Proxy-Authenticate"),
	NAME("Proxy-Authentication-Info"),
};

static const struct slice response_prefixes[] = {
	NAME("X-Sendfile"), /* and X-Sendfile2, -Temporary */
	NAME("X-LIGHTTPD-"),
	NAME("X-Accel-"),
};

/* Of which there is one line (RFC 9110 section 5.3): a second is of somebody
 * on the way who did not look, and recipients differ on which one they take. */
static const struct slice singles[] = {
	NAME("Age"),
	NAME("Date"),
};

/* Fields that Connection may not name away: they are for all recipients
 * (RFC 9110 section 7.6.1), and a client that could drop one which the web
 * server in front added would shed its identity or a restriction. */
static const struct slice end_to_end[] = {
	NAME("Age"),
	NAME("Authorization"),
	NAME("Cache-Control"),
	NAME("Cookie"),
	NAME("Date"),
	NAME("ETag"),
	NAME("Expires"),
	NAME("Forwarded"),
	NAME("From"),
	NAME("Host"),
	NAME("Last-Modified"),
	NAME("Location"),
	NAME("Origin"),
	NAME("Pragma"),
	NAME("Range"),
	NAME("Referer"),
	NAME("Set-Cookie"),
	NAME("Strict-Transport-Security"),
	NAME("User-Agent"),
	NAME("Vary"),
	NAME("Via"),
	NAME("WWW-Authenticate"),
	NAME("X-Content-Type-Options"),
	NAME("X-Frame-Options"),
	NAME("X-Real-IP"),
	NAME("X-Request-ID"),
};

static const struct slice end_to_end_prefixes[] = {
	NAME("Accept"),
	NAME("Access-Control-"),
	NAME("Content-"),
	NAME("If-"),
	NAME("Sec-"),
	NAME("X-Forwarded-"),
};

static bool named(struct slice name, const struct slice *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_nocase(name, row[i]))
			return true;
	return false;
}

static bool prefixed(struct slice name, const struct slice *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_starts_nocase(name, row[i]))
			return true;
	return false;
}

static bool connection_names(const struct fields *f, struct slice name)
{
	return list_field_has(f, LIT("Connection"), name) &&
	    !named(name, end_to_end, COUNT(end_to_end)) &&
	    !prefixed(name, end_to_end_prefixes, COUNT(end_to_end_prefixes));
}

/* "HTTP/1.1" as Via writes it. */
static struct slice via_protocol(struct slice protocol)
{
	if (slice_starts_nocase(protocol, LIT("HTTP/")))
		protocol = slice_from(protocol, 5);
	for (size_t i = 0; i < protocol.len; i++)
		if (!ascii_is_digit(protocol.at[i]) && protocol.at[i] != '.')
			return LIT("1.1");
	return protocol.len > 0 ? protocol : LIT("1.1");
}

/* The received-by of a Via member: "1.1 name (comment)". */
static struct slice via_name(struct slice member)
{
	struct slice name = slice_from(member, slice_find(member, ' '));

	name = slice_trim(name);
	return slice_upto(name, slice_find(name, ' '));
}

static size_t via_count(const struct fields *f, struct slice pseudonym)
{
	struct slice name = LIT("Via");
	size_t n = 0;

	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice member;

		while (list_next(&rest, &member))
			n += slice_eq_nocase(via_name(member), pseudonym);
	}
	return n;
}

static bool add_via(struct fields *f, struct arena *a, struct slice protocol,
    const struct settings *s)
{
	struct text via = text_in(a, VALUE_MAX);

	if (s->via.len == 0)
		return true;
	text_add(&via, via_protocol(protocol));
	text_char(&via, ' ');
	text_add(&via, s->via);
	return !text_spent(&via) &&
	    field_add(f, a, LIT("Via"), text_slice(&via));
}

/* All values of that field, joined; without those that leave a quoted string
 * open, in which a client could hide what we append. */
static struct text joined(
    const struct fields *f, struct slice name, struct arena *a)
{
	struct text t = text_in(a, VALUE_MAX);

	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1)) {
		struct slice value = f->at[i].value;

		if (value.len == 0 || !list_closed(value))
			continue;
		if (t.len > 0)
			text_add(&t, LIT(", "));
		text_add(&t, value);
	}
	return t;
}

static bool add_text(struct fields *f, struct arena *a, struct slice name,
    const struct text *value)
{
	if (text_spent(value))
		return false;
	return value->len == 0 || field_add(f, a, name, text_slice(value));
}

static bool add_value(
    struct fields *f, struct arena *a, struct slice name, struct slice value)
{
	return value.len == 0 || field_add(f, a, name, value);
}

static bool add_forwarded_for(
    struct fields *f, struct arena *a, const struct request *r)
{
	struct slice name = LIT("X-Forwarded-For");
	struct text t = joined(&r->fields, name, a);

	if (t.len > 0 && r->client_addr.len > 0)
		text_add(&t, LIT(", "));
	text_add(&t, r->client_addr);
	return add_text(f, a, name, &t);
}

/* A value as a token where it is one, else quoted (RFC 7239 section 4). */
static void add_pair(struct text *t, struct slice name, struct slice value)
{
	bool token = field_name_valid(value);

	text_add(t, name);
	text_char(t, '=');
	if (!token)
		text_char(t, '"');
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '"' || value.at[i] == '\\')
			text_char(t, '\\');
		text_char(t, value.at[i]);
	}
	if (!token)
		text_char(t, '"');
}

static bool add_forwarded(struct fields *f, struct arena *a,
    const struct request *r, struct slice authority)
{
	struct slice name = LIT("Forwarded");
	struct text t = joined(&r->fields, name, a);
	struct text node = text_in(a, VALUE_MAX);
	bool v6 = slice_find(r->client_addr, ':') < r->client_addr.len;

	text_add(&node, v6 ? LIT("[") : LIT(""));
	text_add(&node, r->client_addr.len ? r->client_addr : LIT("unknown"));
	text_add(&node, v6 ? LIT("]") : LIT(""));
	if (text_spent(&node))
		return false;
	if (t.len > 0)
		text_add(&t, LIT(", "));
	add_pair(&t, LIT("for"), text_slice(&node));
	if (authority.len > 0) {
		text_char(&t, ';');
		add_pair(&t, LIT("host"), authority);
	}
	if (r->scheme.len > 0) {
		text_char(&t, ';');
		add_pair(&t, LIT("proto"), r->scheme);
	}
	return add_text(f, a, name, &t);
}

static bool passes_upstream(const struct request *r, const struct rule *rule,
    bool connection, struct slice name)
{
	return !named(name, hop_by_hop, COUNT(hop_by_hop)) &&
	    !named(name, request_only, COUNT(request_only)) &&
	    !(connection && connection_names(&r->fields, name)) &&
	    !named(name, rule->remove_request_headers.at,
		rule->remove_request_headers.n);
}

static bool add_client_fields(struct fields *f, struct arena *a,
    const struct request *r, const struct rule *rule)
{
	bool connection = field_has(&r->fields, LIT("Connection"));

	for (size_t i = 0; i < r->fields.n; i++) {
		struct field field = r->fields.at[i];

		if (!passes_upstream(r, rule, connection, field.name))
			continue;
		if (field.value.len > 0 &&
		    slice_eq_nocase(field.name, LIT("Cookie"))) {
			field.value =
			    cookie_without(field.value, LIT(SPLIT_COOKIE), a);
			if (field.value.len > 0)
				field.value = cookie_without(
				    field.value, LIT(STICKY_COOKIE), a);
			if (field.value.at == NULL)
				return false;
			if (field.value.len == 0)
				continue;
		}
		if (!field_add(f, a, field.name, field.value))
			return false;
	}
	return true;
}

/* A value that comes to nothing takes the client's field off, too: it must
 * not be the client who says it then. */
static bool add_rules_fields(struct fields *f, struct arena *a,
    const struct request *r, const struct route_match *m)
{
	const struct rule *rule = m->rule;

	for (size_t i = 0; i < rule->request_headers.n; i++) {
		struct slice name = rule->request_headers.at[i].name;
		struct slice value = rule->request_headers.at[i].value;

		if (rule->request_values != NULL &&
		    !fill_field(&rule->request_values[i], r, m, a, &value))
			return false;
		if (value.len == 0)
			field_remove(f, name);
		else if (!field_set(f, a, name, value))
			return false;
	}
	return true;
}

/* What we say ourselves.  Behind the client's fields and the removals, so
 * that no client can make it go away. */
static bool add_our_fields(struct fields *f, struct arena *a,
    const struct request *r, const struct route_match *m,
    const struct settings *s)
{
	const struct rule *rule = m->rule;

	if (!add_forwarded_for(f, a, r) ||
	    !add_value(f, a, LIT("X-Forwarded-Host"), m->authority) ||
	    !add_value(f, a, LIT("X-Forwarded-Proto"), r->scheme))
		return false;
	if (rule->strip &&
	    !add_value(f, a, LIT("X-Forwarded-Prefix"), m->prefix))
		return false;
	if (!add_forwarded(f, a, r, m->authority) ||
	    !add_via(f, a, r->protocol, s))
		return false;
	if (r->id.len > 0 && !field_set(f, a, LIT("X-Request-ID"), r->id))
		return false;
	return add_rules_fields(f, a, r, m);
}

bool forward_target(
    const struct route_match *m, struct arena *a, struct slice *target_out)
{
	const struct rule *rule = m->rule;
	bool mapped = m->mapped_path.at != NULL;
	struct slice path = mapped ? m->mapped_path :
	    rule->strip            ? m->tail :
				     m->path;
	struct slice query = mapped ? m->mapped_query : m->query;
	struct text t =
	    text_in(a, rule->origin.base.len + path.len + query.len + 1);

	text_add(&t, rule->origin.base);
	text_add(&t, path);
	if (t.len == 0)
		text_char(&t, '/');
	text_add(&t, query);
	*target_out = text_slice(&t);
	return !text_spent(&t);
}

enum forward_verdict forward_request(const struct request *r,
    const struct route_match *m, const struct settings *s, struct arena *a,
    struct upstream *upstream_out)
{
	const struct rule *rule = m->rule;
	const struct origin *origin = route_origin(m);
	struct upstream up = { .method = r->method,
		.root = origin->root,
		.unix_path = origin->unix_path };
	struct slice host = origin->authority;

	if (s->via.len > 0 && via_count(&r->fields, s->via) > VIA_MAX)
		return FORWARD_LOOP;
	if (rule->preserve_host && m->authority.len > 0)
		host = m->authority;
	if (!forward_target(m, a, &up.target) ||
	    !field_add(&up.fields, a, LIT("Host"), host) ||
	    !add_client_fields(&up.fields, a, r, rule) ||
	    !rewrite_accept(rule, &up.fields, a) ||
	    !add_our_fields(&up.fields, a, r, m, s))
		return FORWARD_TOO_LARGE;
	*upstream_out = up;
	return FORWARD_OK;
}

static bool passes_back(
    const struct fields *f, bool connection, struct slice name)
{
	return !named(name, hop_by_hop, COUNT(hop_by_hop)) &&
	    !named(name, response_only, COUNT(response_only)) &&
	    !prefixed(name, response_prefixes, COUNT(response_prefixes)) &&
	    !(connection && connection_names(f, name));
}

bool forward_response(
    struct response *r, const struct settings *s, struct arena *a)
{
	struct fields all = r->fields;
	struct fields kept = { 0 };
	bool connection = field_has(&all, LIT("Connection"));

	for (size_t i = 0; i < all.n; i++) {
		struct slice name = all.at[i].name;

		if (!passes_back(&all, connection, name) ||
		    (named(name, singles, COUNT(singles)) &&
			field_has(&kept, name)))
			continue;
		if (!field_add(&kept, a, name, all.at[i].value))
			return false;
	}
	if (!add_via(&kept, a, LIT("HTTP/1.1"), s))
		return false;
	r->fields = kept;
	return true;
}

/* To CGI it is an order to serve another path of the web server's own, and
 * Apache obeys whatever Status says; to clients it means nothing (RFC 9110
 * section 10.2.2). */
void forward_head(struct response *r)
{
	if (r->status == 200)
		field_remove(&r->fields, LIT("Location"));
}
