/* cache_ttl, cache_key and redis. */
#include "conf/cache.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/redis_url.h"
#include "conf/statuses.h"
#include "conf/suggest.h"
#include "conf/value.h"
#include "http/field.h"

#define TTL_MAX_MS (INT64_C(8760) * 3600 * 1000) /* a year */

/* --- cache_ttl ----------------------------------------------------------- */

/* What a duration without a status is for: those below 400 that RFC 9110
 * section 15.1 calls heuristically cacheable.  A fault is kept only where it
 * is named. */
static const struct status_range bare[] = {
	{ 200, 200 },
	{ 203, 204 },
	{ 206, 206 },
	{ 300, 301 },
	{ 308, 308 },
};

#define BARE_N (sizeof(bare) / sizeof(bare[0]))

static bool out_of_memory(struct text *why)
{
	text_add(why, LIT("out of memory"));
	return false;
}

static bool ttl_duration(struct slice s, int64_t *ms_out, struct text *why)
{
	int64_t ms;

	if (!value_duration(s, &ms, why))
		return false;
	if (ms % 1000 != 0) {
		text_format(why,
		    "\"%.*s\" is no whole number of seconds, which is what "
		    "lifetimes are counted in: did you mean %llds?",
		    SLICE_ARG(s), (long long)(ms / 1000 + 1));
		return false;
	}
	if (ms > TTL_MAX_MS) {
		text_format(why, "%.*s is out of range: write 0s to 8760h",
		    SLICE_ARG(s));
		return false;
	}
	*ms_out = ms;
	return true;
}

static bool listed_twice(struct slice item, struct text *why)
{
	text_format(why, "\"%.*s\" is listed twice: keep one", SLICE_ARG(item));
	return false;
}

static bool ttl_item(struct slice item, struct arena *a, struct cache_ttl *ttls,
    size_t *n, int64_t *bare_ms, struct text *why)
{
	size_t colon = slice_find(item, ':');
	struct status_ranges ranges;
	struct cache_ttl ttl;

	if (colon == item.len)
		return *bare_ms >= 0 ? listed_twice(item, why) :
				       ttl_duration(item, bare_ms, why);
	if (!statuses_parse(
		slice_trim(slice_upto(item, colon)), a, &ranges, why))
		return false;
	if (ranges.n != 1) {
		text_format(why,
		    "\"%.*s\" has no status before its colon: write it as in "
		    "404:30s",
		    SLICE_ARG(item));
		return false;
	}
	if (!ttl_duration(
		slice_trim(slice_from(item, colon + 1)), &ttl.ttl_ms, why))
		return false;
	ttl.statuses = ranges.at[0];
	for (size_t i = 0; i < *n; i++)
		if (ttl.statuses.low <= ttls[i].statuses.high &&
		    ttls[i].statuses.low <= ttl.statuses.high)
			return listed_twice(item, why);
	ttls[(*n)++] = ttl;
	return true;
}

bool cache_ttl_parse(
    struct slice s, struct arena *a, struct caching *caching, struct text *why)
{
	struct slice_list list;
	struct cache_ttl *ttls;
	int64_t bare_ms = -1;
	size_t n = 0;

	if (!value_list(s, a, &list, why))
		return false;
	ttls = arena_alloc(a, (list.n + BARE_N) * sizeof(*ttls));
	if (ttls == NULL)
		return out_of_memory(why);
	for (size_t i = 0; i < list.n; i++)
		if (!ttl_item(list.at[i], a, ttls, &n, &bare_ms, why))
			return false;
	for (size_t i = 0; i < BARE_N && bare_ms >= 0; i++)
		ttls[n++] = (struct cache_ttl){ bare[i], bare_ms };
	caching->ttls = ttls;
	caching->ttl_n = n;
	return true;
}

/* --- cache_key ----------------------------------------------------------- */

enum part {
	PART_SCHEME,
	PART_HOST,
	PART_QUERY,
	PART_PATH,
	PART_QUERY_OF, /* what follows has a name */
	PART_HEADER_OF,
	PART_COOKIE_OF,
	PART_N,
};

static const char *const part_words[PART_N] = {
	"scheme",
	"host",
	"query",
	"path",
	"query:",
	"header:",
	"cookie:",
};

static bool part_unknown(struct slice item, struct slice word, struct text *why)
{
	struct suggestion near = suggest_for(word);

	for (size_t i = 0; i < PART_N; i++)
		suggest_offer(&near, slice_of(part_words[i]));
	if (near.best.len > 0)
		text_format(why, "unknown part \"%.*s\": did you mean %.*s%s?",
		    SLICE_ARG(item), SLICE_ARG(near.best),
		    slice_ends(near.best, LIT(":")) ? "NAME" : "");
	else
		text_format(why,
		    "unknown part \"%.*s\": write scheme, host, query, "
		    "query:PARAM, header:FIELD or cookie:COOKIE",
		    SLICE_ARG(item));
	return false;
}

static bool part_name_valid(
    enum part part, struct slice item, struct slice name, struct text *why)
{
	if (name.len == 0)
		text_format(why, "\"%.*s\" lacks a name: write %sNAME",
		    SLICE_ARG(item), part_words[part]);
	else if (part != PART_QUERY_OF && !field_name_valid(name))
		text_format(why, "\"%.*s\" is no %.*s's name", SLICE_ARG(name),
		    (int)strlen(part_words[part]) - 1, part_words[part]);
	else if (part == PART_HEADER_OF && slice_eq_nocase(name, LIT("Host")))
		text_add(why,
		    LIT("header:Host is the host, without its port and in "
			"any case: write host"));
	else if (part == PART_HEADER_OF && slice_eq_nocase(name, LIT("Cookie")))
		text_add(why,
		    LIT("header:Cookie holds all cookies at once: write "
			"cookie:NAME"));
	else
		return true;
	return false;
}

/* A list with room for all that can come. */
struct names {
	struct slice *at;
	size_t n;
};

static bool name_add(struct names *names, struct slice item, struct slice name,
    struct arena *a, struct text *why)
{
	for (size_t i = 0; i < names->n; i++)
		if (slice_eq(names->at[i], name))
			return listed_twice(item, why);
	names->at[names->n] = arena_slice(a, name);
	if (names->at[names->n].at == NULL)
		return out_of_memory(why);
	names->n++;
	return true;
}

struct parts_reading {
	bool words[PART_QUERY_OF];
	struct names names[PART_N]; /* of those that have them */
	struct arena *arena;
	struct text *why;
};

static bool part_add(struct parts_reading *r, struct slice item)
{
	size_t colon = slice_find(item, ':');
	struct slice word = slice_upto(item, colon + 1);
	struct slice name = slice_trim(slice_from(item, colon + 1));
	enum part part = 0;

	while (part < PART_N && !slice_eq(word, slice_of(part_words[part])))
		part++;
	if (part == PART_N)
		return part_unknown(item, word, r->why);
	if (part < PART_QUERY_OF) {
		if (r->words[part])
			return listed_twice(item, r->why);
		r->words[part] = true;
		return true;
	}
	if (!part_name_valid(part, item, name, r->why))
		return false;
	if (part == PART_HEADER_OF) {
		name = arena_lower(r->arena, name);
		if (name.at == NULL)
			return out_of_memory(r->why);
	}
	return name_add(&r->names[part], item, name, r->arena, r->why);
}

static struct slice_list list_of(const struct names *names)
{
	return (struct slice_list){ names->at, names->n };
}

bool cache_key_parse(struct slice s, struct arena *a,
    struct cache_parts *parts_out, struct text *why)
{
	struct parts_reading r = { .arena = a, .why = why };
	struct slice_list list;

	if (!value_list(s, a, &list, why))
		return false;
	if (list.n > CACHE_PARTS_MAX) {
		text_format(why, "more than %d parts", CACHE_PARTS_MAX);
		return false;
	}
	for (enum part i = PART_QUERY_OF; i < PART_N; i++) {
		r.names[i].at = arena_alloc(a, (list.n + 1) * sizeof(s));
		if (r.names[i].at == NULL)
			return out_of_memory(why);
	}
	for (size_t i = 0; i < list.n; i++)
		if (!part_add(&r, list.at[i]))
			return false;
	if (r.words[PART_QUERY] && r.names[PART_QUERY_OF].n > 0) {
		text_format(why,
		    "query is all of its parameters, query:%.*s one of them: "
		    "remove one of the two",
		    SLICE_ARG(r.names[PART_QUERY_OF].at[0]));
		return false;
	}
	*parts_out = (struct cache_parts){ .scheme = r.words[PART_SCHEME],
		.host = r.words[PART_HOST],
		.query = r.words[PART_QUERY],
		.queries = list_of(&r.names[PART_QUERY_OF]),
		.headers = list_of(&r.names[PART_HEADER_OF]),
		.cookies = list_of(&r.names[PART_COOKIE_OF]) };
	return true;
}

/* --- redis --------------------------------------------------------------- */

#ifdef HAVE_HIREDIS
/* What is often written in its place. */
static const char *wrong_redis(
    struct slice s, struct arena *a, struct redis_url *url)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f)
			return "a blank or a control character in it: a "
			       "password has them percent-encoded";
	if (slice_starts_nocase(s, LIT("rediss:")))
		return "this version speaks no TLS there: write redis://HOST "
		       "or redis+unix:PATH";
	if (slice_starts(s, LIT("/")) || slice_starts_nocase(s, LIT("unix:")))
		return "a socket is written redis+unix:PATH";
	if (!slice_starts(s, LIT("redis://")) &&
	    !slice_starts(s, LIT("redis+unix:")))
		return "write redis://HOST, redis://:PASSWORD@HOST:PORT/DB or "
		       "redis+unix:PATH";
	return redis_url_read(s, a, url);
}
#else
static const char *wrong_redis(
    struct slice s, struct arena *a, struct redis_url *url)
{
	(void)s;
	(void)a;
	(void)url;
	return "this program was built without: have hiredis (apt-get install "
	       "libhiredis-dev), then configure and make it again; or write "
	       "path = FOLDER in its place";
}
#endif

bool cache_redis(
    struct slice s, struct arena *a, struct slice *url_out, struct text *why)
{
	struct redis_url unused;
	const char *wrong = s.len == 0 ? NULL : wrong_redis(s, a, &unused);
	const char *url;

	if (wrong != NULL) {
		text_add(why, slice_of(wrong));
		return false;
	}
	url = arena_cstr(a, s);
	if (url == NULL)
		return out_of_memory(why);
	*url_out = (struct slice){ url, s.len };
	return true;
}

/* Where a password may be: between redis://: and @, and behind password=. */
struct slice cache_redis_password(struct slice url)
{
	size_t end = slice_find(url, '?');
	struct slice rest = slice_from(url, end + 1);
	struct slice setting;

	for (size_t i = end; i > 9 && slice_starts(url, LIT("redis://")); i--)
		if (url.at[i - 1] == '@')
			return slice_from(slice_upto(url, i - 1), 9);
	while (slice_cut(&rest, '&', &setting))
		if (slice_starts(setting, LIT("password=")))
			return slice_from(setting, 9);
	return LIT("");
}

struct slice cache_redis_place(struct slice url)
{
	struct slice place = slice_upto(url, slice_find(url, '?'));

	if (!slice_starts(place, LIT("redis://")))
		return place;
	for (size_t i = place.len; i > 0; i--)
		if (place.at[i - 1] == '@')
			return slice_from(place, i);
	return slice_from(place, 8);
}
