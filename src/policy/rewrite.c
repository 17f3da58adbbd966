/* What is rewritten, told by media type, status and coding. */
#include "policy/rewrite.h"

#include "base/arena.h"
#include "conf/conf.h"
#include "http/accept.h"
#include "http/field.h"
#include "http/list.h"
#include "http/media_type.h"
#include "http/message.h"
#include "policy/encode.h"
#include "policy/representation.h"
#include "policy/shim.h"

#define ROW(s, kind)                         \
	{                                    \
		{ (s), sizeof(s) - 1 }, kind \
	}

/* The first that matches. */
static const struct {
	struct slice pattern;
	enum rewrite_kind kind;
} types[] = {
	ROW("text/html", REWRITE_HTML),
	ROW("text/css", REWRITE_CSS),
	ROW("text/javascript", REWRITE_SCRIPT),
	ROW("application/javascript", REWRITE_SCRIPT),
	ROW("application/x-javascript", REWRITE_SCRIPT),
	ROW("text/ecmascript", REWRITE_SCRIPT),
	ROW("application/ecmascript", REWRITE_SCRIPT),
	ROW("application/manifest+json", REWRITE_MANIFEST),
	ROW("application/speculationrules+json", REWRITE_SPECULATION),
	ROW("application/json", REWRITE_JSON),
	ROW("text/json", REWRITE_JSON),
	ROW("*/*+json", REWRITE_JSON),
	ROW("application/xml", REWRITE_XML),
	ROW("text/xml", REWRITE_XML),
	ROW("*/*+xml", REWRITE_XML),
};

/* Encodings in which a byte below 0x80 may be no ASCII character (Encoding
 * Standard section 4.2, and some that browsers do not know).  "*" at the end
 * is any rest. */
static const struct slice wide_charsets[] = {
#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
	NAME("utf-16*"),
	NAME("utf16*"),
	NAME("utf-32*"),
	NAME("utf32*"),
	NAME("ucs-2*"),
	NAME("ucs-4*"),
	NAME("csunicode*"),
	NAME("unicode*"),
	NAME("iso-10646-ucs-2"),
	NAME("iso-10646-ucs-4"),
	NAME("utf-7*"),
	NAME("unicode-1-1-utf-7"),
	NAME("iso-2022-*"),
	NAME("csiso2022*"),
	NAME("hz-gb-2312"),
	NAME("ibm037"),
	NAME("cp037"),
	NAME("ibm500"),
	NAME("ibm1047"),
	NAME("ebcdic*"),
#undef NAME
};

bool rewrite_may(const struct rule *rule)
{
	return rule->rewrite_links || rule->rewrite_scripts ||
	    rule->rewrite_json.n > 0 || rule->runtime_shim;
}

static bool destination_is(const struct request *request, struct slice word)
{
	return slice_eq(
	    field_get(&request->fields, LIT("Sec-Fetch-Dest")), word);
}

static bool path_ends(const struct request *request, struct slice end)
{
	struct slice path =
	    slice_upto(request->target, slice_find(request->target, '?'));

	return slice_ends(path, end);
}

static struct slice type_of(const struct response *r)
{
	return media_type(field_get(&r->fields, LIT("Content-Type")));
}

static enum rewrite_kind kind_of_type(struct slice type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (media_type_matches(type, types[i].pattern))
			return types[i].kind;
	return REWRITE_NONE;
}

/* Few servers have a type for manifests, and browsers do not ask. */
static bool is_named_manifest(
    const struct request *request, enum rewrite_kind kind)
{
	return (kind == REWRITE_JSON || kind == REWRITE_NONE) &&
	    (path_ends(request, LIT(".webmanifest")) ||
		(kind == REWRITE_JSON &&
		    path_ends(request, LIT("/manifest.json"))));
}

/* Nor do all have a name: then the destination decides.  Pictures and the
 * like are none, and would be kept apart by it for nothing. */
static bool may_be_manifest(struct slice type, enum rewrite_kind kind)
{
	return kind == REWRITE_JSON ||
	    (kind == REWRITE_NONE &&
		(type.len == 0 || media_type_matches(type, LIT("text/*")) ||
		    media_type_matches(type, LIT("*/octet-stream"))));
}

/* Does it matter whether it is one? */
static bool heeds_manifests(const struct rule *rule, enum rewrite_kind kind)
{
	return rule->rewrite_links ||
	    (kind == REWRITE_NONE &&
		(rule->rewrite_json.n > 0 || rule->rewrite_scripts));
}

static enum rewrite_kind kind_of(const struct rule *rule,
    const struct request *request, const struct response *r, bool *destined)
{
	struct slice type = type_of(r);
	enum rewrite_kind kind = kind_of_type(type);

	if (is_named_manifest(request, kind))
		return REWRITE_MANIFEST;
	*destined = may_be_manifest(type, kind) && heeds_manifests(rule, kind);
	return *destined && destination_is(request, LIT("manifest")) ?
	    REWRITE_MANIFEST :
	    kind;
}

/* What the rules ask for, whatever may stand in the way. */
static struct rewrite_plan plan_of(const struct rule *rule,
    const struct request *request, enum rewrite_kind kind, int status)
{
	struct rewrite_plan p = { .kind = kind };
	bool json = kind == REWRITE_JSON || kind == REWRITE_MANIFEST ||
	    kind == REWRITE_SPECULATION;

	p.links = rule->rewrite_links && kind != REWRITE_SCRIPT &&
	    kind != REWRITE_JSON;
	/* What is mapped already is not mapped once more. */
	p.members = json && !p.links && rule->rewrite_json.n > 0;
	p.token = rule->rewrite_scripts &&
	    (json || kind == REWRITE_SCRIPT || kind == REWRITE_HTML);
	p.shim = rule->runtime_shim && kind == REWRITE_HTML;
	/* Any script may be a worker's as well; an error's text is none. */
	p.varies =
	    rule->runtime_shim && kind == REWRITE_SCRIPT && status == 200;
	p.prologue = p.varies && shim_wants_prologue(request);
	if (!p.links && !p.members && !p.token && !p.shim && !p.prologue)
		p.kind = REWRITE_NONE;
	return p;
}

/* Is the coding none, or one that can be undone? */
static bool can_decode(const struct fields *f, struct rewrite_plan *p)
{
	struct slice name = LIT("Content-Encoding");
	size_t codings = 0;

	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice coding;

		while (list_next(&rest, &coding)) {
			if (slice_eq_nocase(coding, LIT("identity")))
				continue;
			p->deflate = slice_eq_nocase(coding, LIT("deflate"));
			if (++codings > 1 ||
			    (!p->deflate &&
				!slice_eq_nocase(coding, LIT("gzip")) &&
				!slice_eq_nocase(coding, LIT("x-gzip"))))
				return false;
		}
	}
	p->decode = codings == 1;
	return true;
}

static bool charset_is_wide(struct slice charset)
{
	for (size_t i = 0; i < sizeof(wide_charsets) / sizeof(wide_charsets[0]);
	     i++) {
		struct slice name = wide_charsets[i];

		if (slice_ends(name, LIT("*")) ?
			slice_starts_nocase(
			    charset, slice_upto(name, name.len - 1)) :
			slice_eq_nocase(charset, name))
			return true;
	}
	return false;
}

static bool is_wide(const struct fields *f)
{
	struct slice params, name, value;

	(void)list_head(field_get(f, LIT("Content-Type")), &params);
	while (param_next(&params, &name, &value)) {
		if (!slice_eq_nocase(name, LIT("charset")))
			continue;
		if (value.len >= 2 && value.at[0] == '"')
			value = slice_from(slice_upto(value, value.len - 1), 1);
		return charset_is_wide(slice_trim(value));
	}
	return false;
}

static enum rewrite_obstacle obstacle_of(
    const struct response *r, struct rewrite_plan *p)
{
	if (r->status == 206)
		return OBSTACLE_PARTIAL;
	if (directive_has(&r->fields, LIT("no-transform")))
		return OBSTACLE_TRANSFORM;
	if (is_wide(&r->fields))
		return OBSTACLE_CHARSET;
	if (!can_decode(&r->fields, p))
		return OBSTACLE_CODING;
	return OBSTACLE_NONE;
}

/* A bucket has one form of an object, whatever a client asks for: one that
 * is stored compressed is decompressed for those who do not take it. */
static struct rewrite_plan plan_stored(const struct rule *rule,
    const struct request *request, const struct response *response)
{
	struct rewrite_plan p = { .kind = REWRITE_NONE };

	if (!rule->bucket.on || !can_decode(&response->fields, &p) || !p.decode)
		return (struct rewrite_plan){ .kind = REWRITE_NONE };
	p.stored = true;
	p.decode = response->status == 200 &&
	    !directive_has(&response->fields, LIT("no-transform")) &&
	    !accept_coding(
		&request->fields, p.deflate ? LIT("deflate") : LIT("gzip"));
	return p;
}

struct rewrite_plan rewrite_choose(const struct rule *rule,
    const struct request *request, const struct response *response)
{
	int status = response->status;
	struct rewrite_plan none = plan_stored(rule, request, response);
	struct rewrite_plan p;
	enum rewrite_kind kind;

	if (!rewrite_may(rule) || status < 200 || status == 204 ||
	    status == 205 || status == 304)
		return none;
	kind = kind_of(rule, request, response, &none.destined);
	p = plan_of(rule, request, kind, status);
	p.destined = none.destined;
	none.varies = p.varies;
	if (p.kind == REWRITE_NONE)
		return none;
	none.obstacle = obstacle_of(response, &p);
	return none.obstacle == OBSTACLE_NONE ? p : none;
}

bool rewrite_head(const struct rule *rule, const struct request *request,
    struct response *r, const struct rewrite_plan *plan, struct arena *a)
{
	if (r->status == 304 && rewrite_may(rule) &&
	    representation_is_held(request, r))
		return representation_changed(r, a);
	if (plan->varies &&
	    !field_add(&r->fields, a, LIT("Vary"),
		LIT("Sec-Fetch-Dest, Service-Worker")))
		return false;
	if (plan->destined &&
	    !field_add(&r->fields, a, LIT("Vary"), LIT("Sec-Fetch-Dest")))
		return false;
	if (plan->stored && !encode_vary(r, a))
		return false;
	if (plan->kind == REWRITE_NONE && !plan->decode)
		return true;
	if (plan->decode)
		field_remove(&r->fields, LIT("Content-Encoding"));
	return representation_changed(r, a);
}

struct slice rewrite_obstacle_words(enum rewrite_obstacle obstacle)
{
	switch (obstacle) {
	case OBSTACLE_CODING:
		return LIT("passed as it is: its Content-Encoding is none that "
			   "fingerpost undoes; let the origin send gzip or "
			   "nothing");
	case OBSTACLE_CHARSET:
		return LIT("passed as it is: its charset is not "
			   "ASCII-compatible; let the origin send UTF-8");
	case OBSTACLE_TRANSFORM:
		return LIT("passed as it is: the origin says no-transform; "
			   "remove that from its Cache-Control");
	case OBSTACLE_PARTIAL:
		return LIT(
		    "passed as it is: it is a part (206) of the content");
	case OBSTACLE_NONE:
		break;
	}
	return LIT("");
}

bool rewrite_accept(
    const struct rule *rule, struct fields *upstream, struct arena *a)
{
	struct slice name = LIT("Accept-Encoding");

	if (!rewrite_may(rule) || !field_has(upstream, name))
		return true;
	return field_set(upstream, a, name,
	    accept_coding(upstream, LIT("gzip")) ? LIT("gzip") :
						   LIT("identity"));
}
