/* JSON as it comes (RFC 8259), read no closer than it takes to know where a
 * string stands: what numbers and literals look like does not matter. */
#include "filter/json.h"

#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "filter/json_role.h"
#include "filter/lead.h"

#define NAME_MAX_ 256 /* bytes; a longer name is none that we look for */

enum state {
	START, /* or in the byte-order mark */
	VALUE,
	FIRST_VALUE, /* or the array's end */
	NAME,
	FIRST_NAME, /* or the object's end */
	COLON,
	AFTER, /* a value */
	SCALAR,
	STRING,
	BROKEN, /* not JSON: all passes */
};

struct level {
	bool is_object;
	unsigned char role; /* enum json_role: the object's, the elements' */
};

/* \x or \uxxxx that is under way, or two of the latter that are a surrogate
 * pair. */
struct escape {
	unsigned seen; /* its characters, backslash and all; 0: none */
	uint32_t unit;
	uint32_t high; /* of a pair, where the first half is whole */
	size_t raw_n;
	char raw[12];
};

enum slash { SLASH_UNSEEN, SLASH_PLAIN, SLASH_ESCAPED };

struct json {
	struct rewriter base;
	const struct mapping *mapping;
	struct mapping_place place;
	enum json_kind kind;
	const struct slice_list *members;
	struct slice pending; /* of what is being fed: to go on as it is */

	enum state state;
	size_t mark;         /* bytes of the byte-order mark seen */
	bool is_name;        /* the string is one */
	enum json_role role; /* of the value to come, or of the string */
	bool live;           /* the string is a link: `lead` has it */
	enum slash slash;    /* how it writes its first one */
	struct escape escape;
	size_t name_len; /* NAME_MAX_ + 1: longer */
	char name[NAME_MAX_];
	size_t depth;
	struct level levels[JSON_DEPTH];

	struct outlet url_out;
	struct lead lead;
};

/* ---- going out ---- */

static void flush(struct json *j)
{
	rewriter_raw(&j->base, j->pending);
	j->pending.len = 0;
}

/* Neighbours go out in one piece. */
static void emit(struct json *j, struct slice raw)
{
	if (raw.len == 0)
		return;
	if (j->pending.len > 0 && j->pending.at + j->pending.len == raw.at) {
		j->pending.len += raw.len;
		return;
	}
	flush(j);
	j->pending = raw;
}

static void url_raw(void *user, struct slice bytes)
{
	struct json *j = user;

	flush(j);
	rewriter_raw(&j->base, bytes);
}

/* Means something in a URL pattern; a colon, where no scheme is. */
static bool is_pattern_syntax(char c, bool path)
{
	return c != '\0' &&
	    (memchr("+*?(){}\\", c, 8) != NULL || (c == ':' && path));
}

static void fresh_byte(struct json *j, char c)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char u = (unsigned char)c;
	char numeric[] = { '\\', 'u', '0', '0', hex[u >> 4], hex[u & 15] };
	char escaped[] = { '\\', c };
	struct slice out = { escaped + 1, 1 };

	if (c == '"' || c == '\\' || (c == '/' && j->slash == SLASH_ESCAPED))
		out = (struct slice){ escaped, sizeof(escaped) };
	else if (u < ' ' || c == '<')
		out = (struct slice){ numeric, sizeof(numeric) };
	rewriter_fresh(&j->base, out);
}

static bool is_verbatim(const struct json *j, char c)
{
	return (unsigned char)c >= ' ' && c != '"' && c != '\\' && c != '<' &&
	    (c != '/' || j->slash != SLASH_ESCAPED) &&
	    (j->role != ROLE_PATTERN || !is_pattern_syntax(c, true));
}

static void url_fresh(void *user, struct slice bytes)
{
	struct json *j = user;
	bool path =
	    !slice_starts(bytes, LIT("//")) && slice_starts(bytes, LIT("/"));
	size_t n = 0;

	flush(j);
	while (bytes.len > 0) {
		while (n < bytes.len && is_verbatim(j, bytes.at[n]))
			n++;
		rewriter_fresh(&j->base, slice_upto(bytes, n));
		bytes = slice_from(bytes, n);
		n = 0;
		if (bytes.len == 0)
			break;
		if (j->role == ROLE_PATTERN &&
		    is_pattern_syntax(bytes.at[0], path))
			fresh_byte(j, '\\');
		fresh_byte(j, bytes.at[0]);
		bytes = slice_from(bytes, 1);
	}
}

/* ---- strings ---- */

static void string_begin(struct json *j, bool is_name)
{
	j->state = STRING;
	j->is_name = is_name;
	j->name_len = 0;
	j->slash = SLASH_UNSEEN;
	if (is_name)
		j->role = json_role_names(
		    (enum json_role)j->levels[j->depth - 1].role);
	j->live = json_role_is_link(j->role);
	if (j->live)
		lead_start(&j->lead, j->mapping, j->place, MAPPING_SHORT);
}

static void name_add(struct json *j, const char *at, size_t n)
{
	for (size_t i = 0; i < n && j->name_len < NAME_MAX_; i++)
		j->name[j->name_len++] = at[i];
}

/* Bytes that stand for themselves. */
static void string_bytes(struct json *j, struct slice run)
{
	if (j->live) {
		if (j->slash == SLASH_UNSEEN && slice_find(run, '/') < run.len)
			j->slash = SLASH_PLAIN;
		lead_push_run(&j->lead, run, &j->url_out);
		return;
	}
	if (j->is_name)
		name_add(j, run.at, run.len);
	emit(j, run);
}

/* Bytes that the escape held so far stands for. */
static void string_decoded(struct json *j, const char *bytes, size_t n)
{
	struct slice raw = { j->escape.raw, j->escape.raw_n };

	j->escape.raw_n = 0;
	if (!j->live) {
		if (j->is_name)
			name_add(j, bytes, n);
		return;
	}
	if (bytes[0] == '/' && j->slash == SLASH_UNSEEN)
		j->slash = raw.len == 2 ? SLASH_ESCAPED : SLASH_PLAIN;
	for (size_t i = 0; i < n; i++) {
		/* A pattern's backslash escapes; it is no slash. */
		bool quotes = j->role == ROLE_PATTERN && bytes[i] == '\\';

		lead_push(&j->lead, quotes ? '_' : bytes[i], raw, &j->url_out);
		raw.len = 0;
	}
}

/* HTML 8.1.6.2: what begins otherwise is a bare name. */
static bool is_url_like(struct slice s)
{
	size_t i = 0;

	if (slice_starts(s, LIT("/")) || slice_starts(s, LIT("./")) ||
	    slice_starts(s, LIT("../")))
		return true;
	while (i < s.len &&
	    (ascii_is_alpha(s.at[i]) || ascii_is_digit(s.at[i]) ||
		s.at[i] == '+' || s.at[i] == '-' || s.at[i] == '.'))
		i++;
	return i > 0 && i < s.len && s.at[i] == ':';
}

/* ---- values ---- */

static enum json_role member_role(const struct json *j)
{
	struct slice name = { j->name, j->name_len };

	if (j->kind != JSON_MEMBERS)
		return json_role_member(
		    (enum json_role)j->levels[j->depth - 1].role, name);
	for (size_t i = 0; i < j->members->n; i++)
		if (slice_eq(j->members->at[i], name))
			return ROLE_URL;
	return ROLE_NONE;
}

/* Whatever follows, nothing changes any more. */
static void broken(struct json *j, struct slice raw)
{
	if (j->live)
		lead_keep(&j->lead, &j->url_out);
	j->live = j->is_name = false;
	url_raw(j, (struct slice){ j->escape.raw, j->escape.raw_n });
	j->escape = (struct escape){ 0 };
	j->state = BROKEN;
	emit(j, raw);
}

static void string_end(struct json *j, struct slice raw)
{
	if (j->live && j->role == ROLE_SPECIFIER &&
	    !is_url_like(lead_url(&j->lead)))
		lead_keep(&j->lead, &j->url_out);
	else if (j->live)
		lead_end(&j->lead, &j->url_out);
	j->live = false;
	j->state = j->is_name ? COLON : AFTER;
	if (j->is_name)
		j->role = member_role(j);
	emit(j, raw);
}

static void open_level(struct json *j, bool is_object, struct slice raw)
{
	if (j->depth == JSON_DEPTH) {
		broken(j, raw);
		return;
	}
	j->levels[j->depth++] =
	    (struct level){ is_object, (unsigned char)j->role };
	j->state = is_object ? FIRST_NAME : FIRST_VALUE;
	emit(j, raw);
}

static void close_level(struct json *j, bool is_object, struct slice raw)
{
	if (j->depth == 0 || j->levels[j->depth - 1].is_object != is_object) {
		broken(j, raw);
		return;
	}
	j->depth--;
	j->state = AFTER;
	emit(j, raw);
}

/* ---- the states ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_scalar(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '+' ||
	    c == '.';
}

static void value(struct json *j, char ch, struct slice raw)
{
	if (ch == '{' || ch == '[') {
		open_level(j, ch == '{', raw);
	} else if (ch == '"') {
		string_begin(j, false);
		emit(j, raw);
	} else if (is_scalar(ch)) {
		j->state = SCALAR;
		emit(j, raw);
	} else {
		broken(j, raw);
	}
}

static void member_name(struct json *j, char ch, struct slice raw)
{
	if (ch != '"') {
		broken(j, raw);
		return;
	}
	string_begin(j, true);
	emit(j, raw);
}

static void colon(struct json *j, char ch, struct slice raw)
{
	if (ch != ':') {
		broken(j, raw);
		return;
	}
	j->state = VALUE;
	emit(j, raw);
}

static void after(struct json *j, char ch, struct slice raw)
{
	const struct level *top;

	if (ch == '}' || ch == ']') {
		close_level(j, ch == '}', raw);
		return;
	}
	if (ch != ',' || j->depth == 0) {
		broken(j, raw);
		return;
	}
	top = &j->levels[j->depth - 1];
	j->state = top->is_object ? NAME : VALUE;
	j->role = (enum json_role)top->role;
	emit(j, raw);
}

static void structure(struct json *j, char ch, struct slice raw)
{
	if (is_blank(ch)) {
		emit(j, raw);
		return;
	}
	switch (j->state) {
	case FIRST_VALUE:
		if (ch == ']')
			close_level(j, false, raw);
		else
			value(j, ch, raw);
		break;
	case FIRST_NAME:
		if (ch == '}')
			close_level(j, true, raw);
		else
			member_name(j, ch, raw);
		break;
	case NAME:
		member_name(j, ch, raw);
		break;
	case COLON:
		colon(j, ch, raw);
		break;
	case AFTER:
		after(j, ch, raw);
		break;
	default:
		value(j, ch, raw);
		break;
	}
}

static void start(struct json *j, char ch, struct slice raw)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (ch == mark[j->mark]) {
		if (++j->mark == 3)
			j->state = VALUE;
		emit(j, raw);
		return;
	}
	if (j->mark == 0 && (ch == '\xfe' || ch == '\xff'))
		j->base.hints |= REWRITER_UTF16;
	j->state = VALUE;
	if (j->mark == 0)
		structure(j, ch, raw);
	else
		broken(j, raw);
}

/* ---- escapes ---- */

/* Of a link the raw bytes wait for what they stand for. */
static void escape_hold(struct json *j, struct slice raw)
{
	struct escape *e = &j->escape;

	if (j->live)
		e->raw[e->raw_n++] = raw.at[0];
	else
		emit(j, raw);
	e->seen++;
}

static void escape_end(struct json *j, uint32_t code)
{
	char utf8[4];

	string_decoded(j, utf8, utf8_put(code, utf8));
	j->escape = (struct escape){ 0 };
}

/* The first half of a pair that has no second one: what follows the first
 * stays in hand. */
static void escape_alone(struct json *j)
{
	struct escape *e = &j->escape;
	struct escape rest = { .seen = e->seen - 6, .unit = e->unit };

	if (j->live) {
		rest.raw_n = rest.seen;
		memcpy(rest.raw, e->raw + 6, rest.seen);
		e->raw_n = 6;
	}
	escape_end(j, e->high);
	*e = rest;
}

/* \uxxxx is whole. */
static void escape_unit(struct json *j)
{
	struct escape *e = &j->escape;
	bool low = e->unit >= 0xdc00 && e->unit <= 0xdfff;

	if (e->seen == 12 && low) {
		escape_end(
		    j, 0x10000 + ((e->high - 0xd800) << 10) + e->unit - 0xdc00);
		return;
	}
	if (e->seen == 12)
		escape_alone(j);
	if (e->unit >= 0xd800 && e->unit < 0xdc00)
		e->high = e->unit;
	else
		escape_end(j, e->unit);
}

/* Behind a backslash. */
static void escape_letter(struct json *j, char ch, struct slice raw)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *found = memchr(letters, ch, sizeof(letters) - 1);

	if (ch == 'u') {
		j->escape.unit = 0;
		escape_hold(j, raw);
		return;
	}
	if (j->escape.seen > 6)
		escape_alone(j);
	if (found == NULL) {
		broken(j, raw);
		return;
	}
	escape_hold(j, raw);
	string_decoded(j, &values[found - letters], 1);
	j->escape = (struct escape){ 0 };
}

/* True: the byte is done with. */
static bool escape_goes_on(struct json *j, char ch, struct slice raw)
{
	struct escape *e = &j->escape;
	unsigned at = e->seen % 6;

	if (at == 0) {
		if (ch == '\\') {
			escape_hold(j, raw);
			return true;
		}
		escape_alone(j);
		return false;
	}
	if (at == 1) {
		escape_letter(j, ch, raw);
		return true;
	}
	if (ascii_hex(ch) < 0) {
		broken(j, raw);
		return true;
	}
	e->unit = e->unit << 4 | (uint32_t)ascii_hex(ch);
	escape_hold(j, raw);
	if (e->seen % 6 == 0)
		escape_unit(j);
	return true;
}

static void string(struct json *j, char ch, struct slice raw)
{
	if (j->escape.seen > 0 && escape_goes_on(j, ch, raw))
		return;
	if (ch == '"')
		string_end(j, raw);
	else if (ch == '\\')
		escape_hold(j, raw);
	else if ((unsigned char)ch < ' ')
		broken(j, raw);
	else
		string_bytes(j, raw);
}

static void step(struct json *j, char ch, struct slice raw)
{
	switch (j->state) {
	case START:
		start(j, ch, raw);
		break;
	case STRING:
		string(j, ch, raw);
		break;
	case SCALAR:
		if (!is_scalar(ch)) {
			j->state = AFTER;
			structure(j, ch, raw);
			break;
		}
		emit(j, raw);
		break;
	case BROKEN:
		emit(j, raw);
		break;
	default:
		structure(j, ch, raw);
		break;
	}
}

/* How much of s leaves the state as it is. */
static size_t run(const struct json *j, struct slice s)
{
	size_t i = 0;

	if (j->state == BROKEN)
		return s.len;
	if (j->state == STRING && j->escape.seen == 0)
		while (i < s.len && s.at[i] != '"' && s.at[i] != '\\' &&
		    (unsigned char)s.at[i] >= ' ')
			i++;
	return i;
}

static void feed(struct rewriter *r, struct slice s)
{
	struct json *j = (struct json *)r;

	while (s.len > 0) {
		size_t n = run(j, s);

		string_bytes(j, slice_upto(s, n));
		s = slice_from(s, n);
		if (s.len > 0)
			step(j, s.at[0], slice_upto(s, 1));
		s = slice_from(s, 1);
	}
	flush(j);
}

/* A string without its end is not JSON. */
static void finish(struct rewriter *r)
{
	struct json *j = (struct json *)r;

	if (j->state == STRING)
		broken(j, LIT(""));
	flush(j);
}

static const struct rewriter_ops ops = { "json", feed, finish };

struct rewriter *json_new(struct arena *a, const struct mapping *m,
    struct mapping_place place, enum json_kind kind,
    const struct slice_list *members, struct outlet out)
{
	struct json *j = arena_zero(a, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->base = (struct rewriter){ .ops = &ops, .out = out };
	j->mapping = m;
	j->members = members;
	j->url_out = (struct outlet){ url_raw, url_fresh, j };
	json_reset(&j->base, place, kind);
	return &j->base;
}

void json_reset(
    struct rewriter *json, struct mapping_place place, enum json_kind kind)
{
	struct json *j = (struct json *)json;

	j->place = place;
	j->kind = kind;
	j->role = json_role_root(kind);
	j->state = START;
	j->mark = j->depth = 0;
	j->is_name = j->live = false;
	j->escape = (struct escape){ 0 };
}
