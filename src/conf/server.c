/* Reading servers and their attributes. */
#include "conf/server.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/origin.h"
#include "conf/suggest.h"
#include "conf/value.h"

/* An attribute with a number ends in '='. */
static const struct attribute {
	struct slice name;
	size_t at;
	int64_t most;
} attributes[] = {
	{ { "weight=", 7 }, offsetof(struct server, weight), 1000 },
	{ { "max=", 4 }, offsetof(struct server, max), 100000 },
	{ { "backup", 6 }, offsetof(struct server, backup), 0 },
	{ { "drain", 5 }, offsetof(struct server, drain), 0 },
};

#define ATTRIBUTE_N (sizeof(attributes) / sizeof(attributes[0]))

static bool word_cut(struct slice *rest, struct slice *word_out)
{
	size_t n = 0;

	*rest = slice_trim(*rest);
	while (n < rest->len && rest->at[n] != ' ' && rest->at[n] != '\t')
		n++;
	*word_out = slice_upto(*rest, n);
	*rest = slice_from(*rest, n);
	return n > 0;
}

/* The attribute that a word has the name of; ATTRIBUTE_N: none. */
static size_t attribute_find(struct slice word)
{
	struct slice name = slice_upto(word, slice_find(word, '='));
	size_t i = 0;

	while (i < ATTRIBUTE_N &&
	    !slice_eq(name,
		slice_upto(
		    attributes[i].name, slice_find(attributes[i].name, '='))))
		i++;
	return i;
}

static bool unknown(struct slice word, struct text *why)
{
	struct suggestion near =
	    suggest_for(slice_upto(word, slice_find(word, '=')));

	if (slice_starts_nocase(word, LIT("http://")) ||
	    slice_starts_nocase(word, LIT("https://"))) {
		text_format(why,
		    "\"%.*s\" stands behind another URL: part servers with "
		    "commas",
		    SLICE_ARG(word));
		return false;
	}
	for (size_t i = 0; i < ATTRIBUTE_N; i++)
		suggest_offer(&near,
		    slice_upto(attributes[i].name,
			slice_find(attributes[i].name, '=')));
	text_format(
	    why, "\"%.*s\" is no attribute of a server: ", SLICE_ARG(word));
	if (near.best.len > 0)
		text_format(why, "did you mean %.*s?", SLICE_ARG(near.best));
	else
		text_add(why, LIT("write weight=N, max=N, backup or drain"));
	return false;
}

/* NAME=N */
static bool set_number(const struct attribute *attribute, struct slice word,
    struct server *s, struct text *why)
{
	struct slice name = attribute->name;
	int64_t value;

	if (!slice_starts(word, name) || word.len == name.len) {
		text_format(why,
		    "%.*s needs a number right behind it: write %.*sN",
		    SLICE_ARG(slice_upto(name, name.len - 1)), SLICE_ARG(name));
		return false;
	}
	if (!value_integer(slice_from(word, name.len), &value, why))
		return false;
	if (value < 1 || value > attribute->most) {
		text_format(why, "%.*s is out of range: write %.*s1 to %lld",
		    SLICE_ARG(word), SLICE_ARG(name),
		    (long long)attribute->most);
		return false;
	}
	*(int64_t *)((char *)s + attribute->at) = value;
	return true;
}

static bool attribute_set(
    struct slice word, unsigned *seen, struct server *s, struct text *why)
{
	size_t i = attribute_find(word);
	const struct attribute *attribute = &attributes[i];

	if (i == ATTRIBUTE_N)
		return unknown(word, why);
	if (*seen & 1u << i) {
		text_format(why, "%.*s stands twice: keep one",
		    SLICE_ARG(slice_upto(word, slice_find(word, '='))));
		return false;
	}
	*seen |= 1u << i;
	if (attribute->most > 0)
		return set_number(attribute, word, s, why);
	if (word.len > attribute->name.len) {
		text_format(why, "%.*s takes no value: write it alone, or not",
		    SLICE_ARG(attribute->name));
		return false;
	}
	*(bool *)((char *)s + attribute->at) = true;
	return true;
}

/* What an origin may be, but no server of several. */
static bool stands_alone(struct slice url, struct text *why)
{
	if (slice_starts_nocase(url, LIT("pool:")))
		text_format(why,
		    "\"%.*s\" stands alone: write its attributes, and more "
		    "servers, into the pool's section",
		    SLICE_ARG(url));
	else if (slice_starts_nocase(url, LIT("s3://")))
		text_format(why,
		    "\"%.*s\" stands alone: a bucket is no server of several, "
		    "and a route of its own",
		    SLICE_ARG(url));
	else
		return false;
	return true;
}

static bool server_parse(struct slice s, struct arena *a,
    struct server *server_out, struct text *why)
{
	struct server server = { .weight = 1 };
	struct slice rest = s;
	struct slice url, word;
	unsigned seen = 0;

	(void)word_cut(&rest, &url);
	if (attribute_find(url) < ATTRIBUTE_N) {
		text_format(why,
		    "\"%.*s\" stands before the URL: put it "
		    "behind",
		    SLICE_ARG(url));
		return false;
	}
	if (!origin_parse(url, a, &server.origin, why))
		return false;
	while (word_cut(&rest, &word))
		if (!attribute_set(word, &seen, &server, why))
			return false;
	*server_out = server;
	return true;
}

static bool same_server(const struct origin *a, const struct origin *b)
{
	if (a->unix_path.len > 0 || b->unix_path.len > 0)
		return slice_eq(a->unix_path, b->unix_path);
	return a->port == b->port && slice_eq(a->host, b->host);
}

/* May `other` be a server of the pool that `one` is in? */
static bool server_fits(
    const struct origin *one, const struct origin *other, struct text *why)
{
	if (!slice_eq(one->scheme, other->scheme))
		text_format(why,
		    "\"%.*s\" and \"%.*s\": the servers of a pool are all http "
		    "or all https",
		    SLICE_ARG(one->url), SLICE_ARG(other->url));
	else if (!slice_eq(one->base, other->base))
		text_format(why,
		    "\"%.*s\" and \"%.*s\": the servers of a pool have one "
		    "path, as their URLs could not be told apart on the way "
		    "back",
		    SLICE_ARG(one->url), SLICE_ARG(other->url));
	else if (same_server(one, other))
		text_format(why,
		    "\"%.*s\" is listed twice: keep one, with a weight if it "
		    "shall get more",
		    SLICE_ARG(other->url));
	else
		return true;
	return false;
}

static bool servers_room(struct servers *to, struct arena *a, struct text *why)
{
	size_t size = to->n == 0 ? 1 : 2 * to->n;
	struct server *grown;

	/* Full at each power of 2. */
	if (to->n > 0 && (to->n & (to->n - 1)) != 0)
		return true;
	grown = arena_alloc(a, size * sizeof(*grown));
	if (grown == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	if (to->n > 0)
		memcpy(grown, to->at, to->n * sizeof(*grown));
	to->at = grown;
	return true;
}

/* Parses s behind the others, under the name, which is the arena's. */
static bool servers_add(struct servers *to, struct slice name, struct slice s,
    struct arena *a, struct text *why)
{
	struct server server;

	if (to->n == SERVERS_MAX) {
		text_format(why, "more than %d servers", SERVERS_MAX);
		return false;
	}
	if (!server_parse(s, a, &server, why))
		return false;
	server.name = name;
	for (size_t i = 0; i < to->n; i++)
		if (!server_fits(&to->at[i].origin, &server.origin, why))
			return false;
	if (!servers_room(to, a, why))
		return false;
	to->at[to->n++] = server;
	return true;
}

static bool pool_named(
    struct slice name, struct arena *a, struct servers *to, struct text *why)
{
	struct slice rest = slice_trim(name);
	struct slice word;

	if (slice_find(rest, ',') < rest.len || !word_cut(&rest, &word) ||
	    rest.len > 0) {
		text_add(why,
		    LIT("pool:NAME is a name alone: write servers and their "
			"attributes into [pool NAME]"));
		return false;
	}
	to->pool = arena_lower(a, word);
	if (to->pool.at == NULL)
		text_add(why, LIT("out of memory"));
	return to->pool.at != NULL;
}

bool servers_parse(struct slice s, struct arena *a, struct servers *servers_out,
    struct text *why)
{
	struct servers servers = { 0 };
	struct slice_list list;

	if (slice_starts_nocase(s, LIT("pool:"))) {
		if (!pool_named(slice_from(s, 5), a, &servers, why))
			return false;
		*servers_out = servers;
		return true;
	}
	if (!value_list(s, a, &list, why))
		return false;
	for (size_t i = 0; i < list.n; i++) {
		struct text name = text_in(a, 32);

		text_u64(&name, i + 1);
		if (text_spent(&name)) {
			text_add(why, LIT("out of memory"));
			return false;
		}
		if ((list.n > 1 && stands_alone(list.at[i], why)) ||
		    !servers_add(
			&servers, text_slice(&name), list.at[i], a, why))
			return false;
	}
	*servers_out = servers;
	return true;
}

static bool name_valid(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!ascii_is_alpha(name.at[i]) &&
		    !ascii_is_digit(name.at[i]) && name.at[i] != '-' &&
		    name.at[i] != '_' && name.at[i] != '.')
			return false;
	return name.len > 0 && name.len <= SERVER_NAME_MAX;
}

bool servers_add_line(struct servers *to, struct slice name, struct slice s,
    struct arena *a, struct text *why)
{
	struct slice kept;

	if (!name_valid(name)) {
		text_format(why,
		    "needs a name of letters, digits, - _ and . with no more "
		    "than %d bytes: write server.NAME = URL",
		    SERVER_NAME_MAX);
		return false;
	}
	if (slice_find(s, ',') < s.len) {
		text_add(why,
		    LIT("one server a line: write server.NAME = URL for each"));
		return false;
	}
	if (stands_alone(s, why))
		return false;
	kept = arena_lower(a, name);
	if (kept.at == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	return servers_add(to, kept, s, a, why);
}
