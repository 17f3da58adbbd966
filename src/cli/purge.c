/* purge: what is stored is not served any more, by any process. */
#include <getopt.h>
#include <stdio.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/mounts.h"
#include "cli/rules.h"
#include "cli/stored.h"
#include "conf/conf.h"
#include "http/uri.h"
#include "policy/cache_purge.h"
#include "policy/cache_tags.h"
#include "store/store.h"

#define PURGE_BYTES ((size_t)64 << 20)

enum kind { KIND_URL, KIND_PREFIX, KIND_TAG, KIND_ALL };

/* One thing to purge. */
struct wish {
	enum kind kind;
	struct slice what; /* as it was written */
	struct cache_purge_url url;
	struct cache_purge *names; /* of a URL */
};

struct wishes {
	const char *rules;
	struct wish *at;
	size_t n;
};

static int usage(void)
{
	fputs("usage: fingerpost purge [-c RULES] URL... | --prefix URL... | "
	      "--tag TAG... | --all\n",
	    stderr);
	return EXIT_USAGE;
}

static bool complain(struct slice what, const char *why)
{
	fprintf(stderr, "fingerpost purge: %.*s: %s\n", SLICE_ARG(what), why);
	return false;
}

/* ---- arguments ---- */

static bool take(struct wishes *all, enum kind kind, const char *word)
{
	struct wish wish = { .kind = kind, .what = slice_of(word) };

	if (kind == KIND_TAG && !cache_tag_valid(wish.what))
		return complain(
		    wish.what, "not a tag: it is empty or begins with \"=\"");
	if (kind == KIND_URL || kind == KIND_PREFIX) {
		if (!cache_purge_parse(wish.what, &wish.url))
			return complain(wish.what,
			    "not http://HOST/PATH, https://HOST/PATH or /PATH");
		wish.url.below |= kind == KIND_PREFIX;
	}
	all->at[all->n++] = wish;
	return true;
}

/* An option says what the words behind it are, up to the next one. */
static bool take_all(int argc, char **argv, struct wishes *all)
{
	static const struct option names[] = {
		{ "prefix", optional_argument, NULL, 'p' },
		{ "tag", optional_argument, NULL, 't' },
		{ "all", no_argument, NULL, 'a' },
		{ NULL, 0, NULL, 0 },
	};
	enum kind kind = KIND_URL;
	size_t needed = 1; /* an option without words would mean others */
	bool ok = true;
	int c;

	while (ok && (c = getopt_long(argc, argv, "-c:", names, NULL)) != -1) {
		const char *word = c == 'c' ? NULL : optarg;

		if (c == 'c')
			all->rules = optarg;
		else if (c == 'p')
			kind = KIND_PREFIX;
		else if (c == 't')
			kind = KIND_TAG;
		else if (c == 'a')
			kind = KIND_ALL;
		else if (c != 1)
			return false;
		if (c == 'p' || c == 't')
			needed = all->n + 1;
		if (c == 'a')
			ok = take(all, kind, "everything");
		else if (word != NULL)
			ok = kind != KIND_ALL && take(all, kind, word);
	}
	while (ok && optind < argc)
		ok = kind != KIND_ALL && take(all, kind, argv[optind++]);
	return ok && all->n >= needed;
}

/* ---- what they mean ---- */

static enum cache_purge_verdict name_all(
    const struct conf *c, struct wish *wish, struct arena *a)
{
	enum cache_purge_verdict verdict = CACHE_PURGE_UNOWNED;
	struct uri uri;
	size_t at = 0;

	if (uri_split(wish->url.target, &uri) != URI_OK)
		return CACHE_PURGE_NO_URL;
	while (mounts_next(c, uri.path, &at, &wish->url.mount)) {
		enum cache_purge_verdict here =
		    cache_purge_names(c, &wish->url, a, wish->names);

		if (here > CACHE_PURGE_UNOWNED || here == CACHE_PURGE_NO_URL)
			return here;
		if (here == CACHE_PURGE_FOUND)
			verdict = here;
	}
	return verdict;
}

static bool understand(const struct conf *c, struct wish *wish, struct arena *a)
{
	if (wish->kind == KIND_TAG || wish->kind == KIND_ALL)
		return true;
	wish->names = arena_zero(a, sizeof(*wish->names));
	switch (wish->names == NULL ? CACHE_PURGE_MANY : name_all(c, wish, a)) {
	case CACHE_PURGE_FOUND:
		return true;
	case CACHE_PURGE_NO_URL:
		return complain(wish->what, "this is no URL");
	case CACHE_PURGE_UNOWNED:
		return complain(wish->what,
		    "no route with cache = yes leads there; "
		    "fingerpost explain says which one does");
	case CACHE_PURGE_HOST:
		return complain(
		    wish->what, "of which host?  Write http://HOST/PATH");
	case CACHE_PURGE_MANY:
		break;
	}
	return complain(wish->what, "more than can be purged at once");
}

/* ---- doing it ---- */

static bool purge_names(struct store *s, const struct wish *wish)
{
	enum store_scope scope = wish->url.below ? STORE_PREFIX : STORE_TAG;

	for (size_t i = 0; i < wish->names->n; i++)
		if (!store_purge(s, scope, wish->names->at[i], stored_now_ms()))
			return false;
	return true;
}

static bool purge_one(struct store *s, const struct wish *wish)
{
	bool done;

	if (wish->kind == KIND_ALL)
		done = store_purge(s, STORE_ALL, LIT(""), stored_now_ms());
	else if (wish->kind == KIND_TAG)
		done = store_purge(s, STORE_TAG, wish->what, stored_now_ms());
	else
		done = purge_names(s, wish);
	if (!done) {
		stored_complain(s, "purge");
		return complain(wish->what, "not purged");
	}
	printf("purged %s%.*s%s\n", wish->kind == KIND_TAG ? "tag " : "",
	    SLICE_ARG(wish->what),
	    wish->kind == KIND_PREFIX ? " and what begins so" : "");
	return true;
}

/* Nothing is purged before all is understood. */
static int purge_all(const struct conf *c, struct wishes *all, struct arena *a)
{
	struct store *s = NULL;
	bool ok = true;

	for (size_t i = 0; i < all->n; i++)
		ok = understand(c, &all->at[i], a) && ok;
	if (!ok)
		return 1;
	switch (stored_open(c, "purge", &s)) {
	case STORED_NOTHING:
		return 0;
	case STORED_FAULT:
		return 1;
	case STORED_OPEN:
		break;
	}
	for (size_t i = 0; i < all->n; i++)
		ok = purge_one(s, &all->at[i]) && ok;
	store_free(s);
	return ok ? 0 : 1;
}

int cli_purge(int argc, char **argv)
{
	struct arena *a = arena_new(PURGE_BYTES);
	struct wishes all = { .n = 0 };
	struct conf *c = NULL;
	int code;

	if (a != NULL)
		all.at = arena_zero(a, (size_t)argc * sizeof(*all.at));
	if (all.at == NULL) {
		fputs("fingerpost purge: out of memory\n", stderr);
		arena_free(a);
		return 1;
	}
	if (!take_all(argc, argv, &all)) {
		code = usage();
	} else {
		c = rules_load(all.rules);
		code = c == NULL ? 1 : purge_all(c, &all, a);
	}
	conf_free(c);
	arena_free(a);
	return code;
}
