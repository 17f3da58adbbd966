/* A rule file becomes a struct conf: files, lint, values, checks.
 *
 * The lint says what stands where, iniparser what it is worth (but for
 * secrets, which it would leave copies of), the key table what it means.  A
 * broken line is reported and left out, and the rest is read on, so that every
 * fault comes out in one go. */
#include "conf/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/bucket_whole.h"
#include "conf/cache_whole.h"
#include "conf/credentials.h"
#include "conf/expand.h"
#include "conf/finding.h"
#include "conf/ini.h"
#include "conf/keys.h"
#include "conf/lint.h"
#include "conf/overlap.h"
#include "conf/page.h"
#include "conf/path_map.h"
#include "conf/pool.h"
#include "conf/route_whole.h"
#include "conf/source.h"
#include "conf/suggest.h"
#include "conf/tls.h"
#include "conf/value.h"

#define CONF_BYTES_MAX    ((size_t)256 << 20)
#define SCRATCH_BYTES_MAX ((size_t)512 << 20)
/* A value as long as they come, quoted twice. */
#define WHY_BYTES_MAX (2 * EXPAND_BYTES_MAX + 512)

/* iniparser looks through all it has for each line: few lines at a time. */
#define FEED_KEYS      48
#define FEED_BYTES_MAX ((size_t)(LINT_KEYS_MAX + FEED_KEYS) * 2048)

struct loader {
	struct arena *scratch;
	struct conf *conf;
	struct rule *rules;
	struct rule standard;                /* with what [defaults] says */
	const struct lint_section *defaults; /* or NULL */
	char *const *environment;
	struct findings *findings;
	struct sources sources;
	struct lint lint;
	struct pages pages;
	struct pools pools;
	struct credentials_table credentials;
	struct ini *ini;
	char *feed_room;
};

enum section_kind {
	SECTION_FINGERPOST,
	SECTION_DEFAULTS,
	SECTION_POOL,
	SECTION_CREDENTIALS,
	SECTION_CACHE,
	SECTION_ROUTE,
};

static enum section_kind kind_of(struct slice name)
{
	if (slice_eq(name, LIT("fingerpost")))
		return SECTION_FINGERPOST;
	if (slice_eq(name, LIT("defaults")))
		return SECTION_DEFAULTS;
	if (slice_starts(name, LIT("pool ")))
		return SECTION_POOL;
	if (slice_eq(name, LIT("credentials")) ||
	    slice_starts(name, LIT("credentials ")))
		return SECTION_CREDENTIALS;
	if (slice_eq(name, LIT("cache")))
		return SECTION_CACHE;
	return SECTION_ROUTE;
}

static unsigned place_of(enum section_kind kind)
{
	static const unsigned places[] = { [SECTION_FINGERPOST] = IN_FINGERPOST,
		[SECTION_DEFAULTS] = IN_DEFAULTS,
		[SECTION_POOL] = IN_POOL,
		[SECTION_CREDENTIALS] = IN_CREDENTIALS,
		[SECTION_CACHE] = IN_CACHE,
		[SECTION_ROUTE] = IN_ROUTE };

	return places[kind];
}

static bool holds_secrets(enum section_kind kind)
{
	return kind == SECTION_CREDENTIALS || kind == SECTION_CACHE;
}

static void fault(struct loader *l, const struct lint_section *s, unsigned line,
    const char *message)
{
	finding_add(l->findings, FINDING_FAULT, s->file, line, "%s", message);
}

/* The lines of one section that iniparser may see. */
static void feed_section(struct text *feed, const struct lint_section *s)
{
	text_char(feed, '[');
	text_add(feed, s->name);
	text_add(feed, LIT("]\n"));
	for (size_t i = 0; i < s->key_n; i++)
		if (!s->keys[i].broken) {
			text_add(feed, s->keys[i].line);
			text_char(feed, '\n');
		}
}

static bool feed_read(
    struct loader *l, const struct text *feed, const struct lint_section *s)
{
	if (!text_spent(feed) && ini_read(l->ini, text_slice(feed)))
		return true;
	fault(l, s, s->number,
	    "iniparser cannot read this section or one of the next few");
	return false;
}

/* Sections from *next on, as many as are read together; how many in all. */
static size_t feed_some(struct loader *l, size_t from)
{
	struct text feed = text_over(l->feed_room, FEED_BYTES_MAX);
	size_t keys = 0;
	size_t to = from;

	while (to < l->lint.n) {
		const struct lint_section *s = &l->lint.at[to];

		/* Two of one name would run into one: each by itself. */
		if (to > from &&
		    (keys + s->key_n > FEED_KEYS || s->first != NULL ||
			l->lint.at[from].first != NULL))
			break;
		if (!s->broken && !holds_secrets(kind_of(s->name)))
			feed_section(&feed, s);
		keys += s->key_n + 1;
		to++;
	}
	(void)feed_read(l, &feed, &l->lint.at[from]);
	return to;
}

/* Else it may be the end of a secret, one that has "=" in it. */
static bool looks_like_key(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!ascii_is_alpha(name.at[i]) && name.at[i] != '_' &&
		    name.at[i] != '-')
			return false;
	return name.len <= 32;
}

static void key_unknown(struct loader *l, const struct lint_section *s,
    const struct lint_key *key, unsigned place)
{
	size_t dot = slice_find(key->lower, '.');
	struct suggestion near = suggest_for(slice_upto(key->lower,
	    dot < key->lower.len ? dot + 1 : slice_find(key->lower, ' ')));

	if (place == IN_CREDENTIALS && !looks_like_key(key->name)) {
		finding_add(l->findings, FINDING_FAULT, s->file, key->number,
		    "unknown key: a line of [%.*s] is KEY = VALUE, and no "
		    "value goes on in the next line",
		    SLICE_ARG(s->name));
		return;
	}
	for (size_t i = 0; i < key_table_n; i++)
		if (key_table[i].place & place)
			suggest_offer(&near, slice_of(key_table[i].name));
	if (near.best.len > 0)
		finding_add(l->findings, FINDING_FAULT, s->file, key->number,
		    "unknown key \"%.*s\": did you mean %.*s%s?",
		    SLICE_ARG(key->name), SLICE_ARG(near.best),
		    slice_ends(near.best, LIT(".")) ? "NAME" : "");
	else
		finding_add(l->findings, FINDING_FAULT, s->file, key->number,
		    "unknown key \"%.*s\": fingerpost.ini(5) lists the keys "
		    "of this version",
		    SLICE_ARG(key->name));
}

static void key_misplaced(struct loader *l, const struct lint_section *s,
    const struct lint_key *key, const struct key *k)
{
	const char *home = k->place & IN_FINGERPOST      ? "[fingerpost]" :
	    k->place & IN_CREDENTIALS                    ? "[credentials]" :
	    k->place & IN_CACHE                          ? "[cache]" :
	    (k->place & (IN_POOL | IN_ROUTE)) == IN_POOL ? "[pool NAME]" :
	    k->place & IN_DEFAULTS ? "a route's section or in [defaults]" :
				     "a route's section";

	finding_add(l->findings, FINDING_FAULT, s->file, key->number,
	    "%.*s has no place in [%.*s]: put it in %s", SLICE_ARG(key->name),
	    SLICE_ARG(s->name), home);
}

/* What is wrong with a secret is said without its name for it, which may be
 * a part of it. */
static bool read_secret(struct loader *l, const struct key *k,
    struct slice value, void *object, struct text *why)
{
	char room[WHY_BYTES_MAX];
	struct text unsaid = text_over(room, sizeof(room));

	if (expand(value, l->environment, l->scratch, &value, &unsaid))
		return key_set(
		    k, SLICE_NONE, value, object, l->conf->arena, why);
	text_add(why,
	    LIT("the environment cannot fill its ${NAME}: set that for the "
		"server that runs fingerpost, or write $${ for the two "
		"characters"));
	return false;
}

/* One key's value, from iniparser through the environment into the object. */
static void read_key(struct loader *l, const struct lint_section *s,
    const struct lint_key *key, unsigned place, void *object)
{
	char room[WHY_BYTES_MAX];
	struct text why = text_over(room, sizeof(room));
	struct slice rest, value;
	const struct key *k = key_find(key->name, place, &rest);

	if (k == NULL) {
		key_unknown(l, s, key, place);
		return;
	}
	if ((k->place & place) == 0) {
		key_misplaced(l, s, key, k);
		return;
	}
	if (key->broken)
		return;
	/* iniparser leaves copies about in memory that is nobody's to wipe. */
	value = place & (IN_CREDENTIALS | IN_CACHE) ?
	    lint_value(key) :
	    ini_value(l->ini, s->name, key->lower);
	if (value.at == NULL)
		text_add(&why, LIT("iniparser does not see this line"));
	else if (k->kind == KEY_SECRET || k->kind == KEY_REDIS) {
		if (read_secret(l, k, value, object, &why))
			return;
	} else if ((key_has_variables(k) ? expand_guarded : expand)(
		       value, l->environment, l->scratch, &value, &why) &&
	    key_set(k, rest, value, object, l->conf->arena, &why))
		return;
	if (why.len == 0)
		text_add(&why, LIT("too long"));
	finding_add(l->findings, FINDING_FAULT, s->file, key->number,
	    "%.*s: %.*s", SLICE_ARG(key->name), SLICE_ARG(text_slice(&why)));
}

static void read_section(struct loader *l, const struct lint_section *s,
    unsigned place, void *object)
{
	for (size_t i = 0; i < s->key_n; i++)
		read_key(l, s, &s->keys[i], place, object);
}

/* A reserved name that was nearly hit, where the section is no route. */
static bool nearly_reserved(struct loader *l, const struct lint_section *s)
{
	static const char *const alone[] = { "fingerpost", "defaults", "cache",
		"credentials" };
	static const char *const named[] = { "pool", "credentials" };
	size_t blank = slice_find(s->name, ' ');
	struct slice word = slice_upto(s->name, blank);
	struct suggestion near = suggest_for(s->name);
	struct suggestion near_word = suggest_for(word);

	if (lint_key_find(s, LIT("path")) != NULL &&
	    (lint_key_find(s, LIT("origin")) != NULL ||
		lint_key_find(s, LIT("redirect")) != NULL))
		return false;
	for (size_t i = 0; i < 2; i++)
		suggest_offer(&near_word, slice_of(named[i]));
	if (near_word.best.len > 0 &&
	    (blank < s->name.len || near_word.distance == 0)) {
		finding_add(l->findings, FINDING_FAULT, s->file, s->number,
		    "[%.*s] is no route, having no path and origin: did you "
		    "mean [%.*s NAME]?",
		    SLICE_ARG(s->name), SLICE_ARG(near_word.best));
		return true;
	}
	for (size_t i = 0; i < 4; i++)
		suggest_offer(&near, slice_of(alone[i]));
	if (near.best.len == 0)
		return false;
	finding_add(l->findings, FINDING_FAULT, s->file, s->number,
	    "[%.*s] is no route, having no path and origin: did you mean "
	    "[%.*s]?",
	    SLICE_ARG(s->name), SLICE_ARG(near.best));
	return true;
}

static void require_keys(struct loader *l, const struct lint_section *s)
{
	if (s->key_n == 0) {
		finding_add(l->findings, FINDING_FAULT, s->file, s->number,
		    "[%.*s] has no keys: a route needs path and origin",
		    SLICE_ARG(s->name));
		return;
	}
	for (size_t i = 0; i < key_table_n; i++) {
		const struct key *k = &key_table[i];

		if ((k->place & REQUIRED) == 0)
			continue;
		/* Whoever answers alone asks nobody. */
		if (slice_eq(slice_of(k->name), LIT("origin")) &&
		    lint_key_find(s, LIT("redirect")) != NULL)
			continue;
		if (lint_key_find(s, slice_of(k->name)) == NULL)
			finding_add(l->findings, FINDING_FAULT, s->file,
			    s->number, "[%.*s] has no %s: %s",
			    SLICE_ARG(s->name), k->name, k->help);
	}
}

/* Where nothing is stripped, the origin knows its public paths: its URLs are
 * adapted only where that is written. */
static void adapt_as_written(
    const struct loader *l, const struct lint_section *s, struct rule *rule)
{
	static const struct {
		const char *name;
		size_t at;
	} keys[] = {
		{ "rewrite_redirects",
		    offsetof(struct rule, rewrite_redirects) },
		{ "rewrite_cookies", offsetof(struct rule, rewrite_cookies) },
		{ "rewrite_requests", offsetof(struct rule, rewrite_requests) },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct slice name = slice_of(keys[i].name);
		bool written = lint_key_find(s, name) != NULL ||
		    (l->defaults != NULL &&
			lint_key_find(l->defaults, name) != NULL);

		if (!rule->strip && !written)
			*(bool *)((char *)rule + keys[i].at) = false;
	}
}

static void read_route(struct loader *l, const struct lint_section *s)
{
	struct rule *rule = &l->rules[l->conf->rule_n];

	if (nearly_reserved(l, s))
		return;
	require_keys(l, s);
	*rule = l->standard;
	/* What it inherits is shared, and not to be added to. */
	if (!field_copy(&rule->request_headers, l->conf->arena,
		&l->standard.request_headers) ||
	    !field_copy(&rule->response_headers, l->conf->arena,
		&l->standard.response_headers)) {
		fault(l, s, s->number, "out of memory");
		return;
	}
	rule->name = arena_slice(l->conf->arena, s->name);
	/* The names of files outlive the lint: they are conf->files. */
	rule->file = s->file;
	rule->line = s->number;
	rule->index = l->conf->rule_n;
	read_section(l, s, IN_ROUTE, rule);
	adapt_as_written(l, s, rule);
	page_read(&l->pages, rule, s, l->conf->arena, l->findings);
	tls_read(&l->pages, rule, &l->standard, s, l->conf->arena, l->findings);
	if (rule->bucket.on)
		rule->bucket.credentials = credentials_choose(&l->credentials,
		    rule->bucket.credentials_name, s, l->findings);
	if (!pools_give(&l->pools, rule, s) ||
	    !bucket_whole(rule, s, l->conf->arena, l->findings) ||
	    !route_whole(rule, s, l->conf->arena, l->findings) ||
	    !tls_whole(rule, s, l->conf->arena, l->findings)) {
		fault(l, s, s->number, "out of memory");
		return;
	}
	cache_route_check(rule, s, l->findings);
	if (s->first == NULL && rule->name.at != NULL)
		l->conf->rule_n++;
}

/* Once [fingerpost] and [defaults] are read: all the others. */
static void read_others(struct loader *l)
{
	size_t from = 0;

	while (from < l->lint.n) {
		size_t to = feed_some(l, from);

		for (; from < to; from++) {
			const struct lint_section *s = &l->lint.at[from];

			if (!s->broken && kind_of(s->name) == SECTION_ROUTE)
				read_route(l, s);
		}
	}
}

/* [fingerpost] or [defaults], wherever they stand. */
static void read_special(struct loader *l, enum section_kind kind, void *object)
{
	for (size_t i = 0; i < l->lint.n; i++) {
		const struct lint_section *s = &l->lint.at[i];
		struct text feed = text_over(l->feed_room, FEED_BYTES_MAX);

		if (s->broken || kind_of(s->name) != kind)
			continue;
		if (kind == SECTION_DEFAULTS)
			l->defaults = s;
		feed_section(&feed, s);
		if (feed_read(l, &feed, s))
			read_section(l, s, place_of(kind), object);
		if (kind == SECTION_DEFAULTS)
			tls_read(&l->pages, &l->standard, NULL, s,
			    l->conf->arena, l->findings);
	}
}

/* [pool NAME] is a route's servers without the route. */
static void read_pool(struct loader *l, const struct lint_section *s)
{
	struct text feed = text_over(l->feed_room, FEED_BYTES_MAX);
	struct rule draft = l->standard;

	feed_section(&feed, s);
	if (feed_read(l, &feed, s))
		read_section(l, s, place_of(SECTION_POOL), &draft);
	if (!pools_add_section(&l->pools, &draft, s))
		fault(l, s, s->number, "out of memory");
}

/* Before the routes that go there. */
static void read_pools(struct loader *l)
{
	for (size_t i = 0; i < l->lint.n; i++)
		if (!l->lint.at[i].broken &&
		    kind_of(l->lint.at[i].name) == SECTION_POOL)
			read_pool(l, &l->lint.at[i]);
}

/* A file beside the rules stays there, wherever the server was started. */
static bool file_below(
    struct loader *l, struct slice folder, struct slice *file)
{
	struct text path = text_in(l->conf->arena, 4096);

	if (file->len == 0 || file->at[0] == '/' || folder.len == 0)
		return true;
	text_add(&path, folder);
	text_add(&path, *file);
	*file = text_slice(&path);
	return !text_spent(&path);
}

/* May everyone read the file that a section is in? */
static bool is_published(const struct loader *l, const struct lint_section *s)
{
	for (size_t i = 0; i < l->sources.n; i++)
		if (slice_eq(l->sources.at[i].path, s->file))
			return l->sources.at[i].published;
	return false;
}

static bool read_grant(
    struct loader *l, const struct lint_section *s, struct slice folder)
{
	struct credentials c = { .name = LIT(""),
		.file = s->file,
		.line = s->number,
		.source = CREDENTIALS_WRITTEN,
		.access_key_id = LIT(""),
		.secret_access_key = LIT(""),
		.session_token = LIT("") };
	struct slice name = credentials_name(s);

	if (name.len > 0)
		c.name = arena_slice(l->conf->arena, name);
	if (c.name.at == NULL ||
	    !key_set_standard(IN_CREDENTIALS, &c, l->conf->arena))
		return false;
	read_section(l, s, IN_CREDENTIALS, &c);
	if (!file_below(l, folder, &c.credentials_file) ||
	    !file_below(l, folder, &c.config_file))
		return false;
	credentials_add(
	    &l->credentials, s, &c, is_published(l, s), l->findings);
	return true;
}

/* Before any route that may name them. */
static bool read_grants(struct loader *l, struct slice folder)
{
	size_t n = 0;

	for (size_t i = 0; i < l->lint.n; i++)
		n += kind_of(l->lint.at[i].name) == SECTION_CREDENTIALS;
	if (!credentials_room(&l->credentials, n, l->scratch, l->conf->arena))
		return false;
	for (size_t i = 0; i < l->lint.n; i++) {
		const struct lint_section *s = &l->lint.at[i];

		if (!s->broken && kind_of(s->name) == SECTION_CREDENTIALS &&
		    !read_grant(l, s, folder))
			return false;
	}
	return true;
}

/* The first, if any: another one is a fault already. */
static bool read_storage(struct loader *l, struct slice folder)
{
	struct storage *storage = &l->conf->storage;

	if (!key_set_standard(IN_CACHE, storage, l->conf->arena))
		return false;
	for (size_t i = 0; i < l->lint.n; i++) {
		const struct lint_section *s = &l->lint.at[i];

		if (s->broken || kind_of(s->name) != SECTION_CACHE)
			continue;
		read_section(l, s, IN_CACHE, storage);
		return cache_storage_whole(storage, s, folder,
		    is_published(l, s), l->conf->arena, l->findings);
	}
	return true;
}

/* The rule file's include, before any other key is looked at: what it names
 * is part of the rules.  An included file's own is a second [fingerpost],
 * and refused as that. */
static void follow_include(
    struct loader *l, struct slice folder, struct slice_list *patterns_out)
{
	for (size_t i = 0; i < l->lint.n; i++) {
		const struct lint_section *s = &l->lint.at[i];
		const struct lint_key *key = lint_key_find(s, LIT("include"));
		struct text feed = text_over(l->feed_room, FEED_BYTES_MAX);
		char room[WHY_BYTES_MAX];
		struct text why = text_over(room, sizeof(room));
		struct source_place place;
		struct slice value;

		if (s->broken || kind_of(s->name) != SECTION_FINGERPOST ||
		    key == NULL || key->broken)
			continue;
		place = (struct source_place){ s->file, key->number };
		feed_section(&feed, s);
		if (!ini_read(l->ini, text_slice(&feed)))
			return;
		/* What is wrong with the value is said when it is read with
		 * the other keys. */
		value = arena_slice(
		    l->scratch, ini_value(l->ini, s->name, key->lower));
		if (expand(value, l->environment, l->scratch, &value, &why) &&
		    value_list(value, l->scratch, patterns_out, &why))
			source_include(&l->sources, patterns_out, folder,
			    &place, l->scratch, l->findings);
		return;
	}
}

/* The bytes go with the loader, the file's name stays with the rules. */
static bool lint_source(struct loader *l, struct source *s)
{
	s->path = arena_slice(l->conf->arena, s->path);
	return s->path.at != NULL &&
	    lint_file(&l->lint, s->path, s->bytes, l->findings);
}

/* What a change of the rules shows in: files, and the folders in which a
 * pattern may find new ones. */
static bool keep_files(
    struct loader *l, struct slice folder, const struct slice_list *patterns)
{
	size_t most = l->sources.n + patterns->n;
	struct slice *files =
	    arena_alloc(l->conf->arena, (most + 1) * sizeof(*files));
	size_t n = 0;

	if (files == NULL)
		return false;
	for (size_t i = 0; i < l->sources.n; i++)
		files[n++] = l->sources.at[i].path;
	for (size_t i = 0; i < patterns->n; i++) {
		struct slice below = source_folder(patterns->at[i]);
		struct text path = text_in(l->conf->arena, 4096);
		size_t j = 0;

		if (slice_find(patterns->at[i], '*') == patterns->at[i].len &&
		    slice_find(patterns->at[i], '?') == patterns->at[i].len &&
		    slice_find(patterns->at[i], '[') == patterns->at[i].len)
			continue;
		if (!slice_starts(below, LIT("/")))
			text_add(&path, folder);
		text_add(&path, below);
		if (path.len == 0)
			text_char(&path, '.');
		if (text_spent(&path))
			return false;
		while (j < n && !slice_eq(files[j], text_slice(&path)))
			j++;
		if (j == n)
			files[n++] = text_slice(&path);
	}
	l->conf->files = (struct slice_list){ files, n };
	return true;
}

static bool rules_room(struct loader *l)
{
	size_t pools = 0;
	size_t n = 1;

	for (size_t i = 0; i < l->lint.n; i++) {
		enum section_kind kind = kind_of(l->lint.at[i].name);

		n += kind == SECTION_ROUTE;
		pools += kind == SECTION_ROUTE || kind == SECTION_POOL;
	}
	l->rules = arena_alloc(l->conf->arena, n * sizeof(*l->rules));
	l->conf->rules = l->rules;
	return l->rules != NULL &&
	    pools_open(&l->pools, pools, l->conf->arena, l->findings);
}

/* Once nothing can be wrong any more, as what is compiled is freed with the
 * conf's own rules alone. */
static bool compile_rules(struct loader *l)
{
	for (size_t i = 0; i < l->conf->rule_n; i++)
		if (l->rules[i].map_path.pattern != NULL &&
		    !path_map_compile(&l->rules[i].map_path, l->conf->arena))
			return false;
	return true;
}

/* From cleaned bytes on.  False: out of memory. */
static bool read_rules(struct loader *l, struct slice path, bool follow)
{
	struct slice folder = source_folder(path);
	struct slice_list patterns = { NULL, 0 };
	struct settings *settings = &l->conf->settings;

	l->pages.folder = folder;
	if (!lint_source(l, &l->sources.at[0]))
		return false;
	if (follow)
		follow_include(l, folder, &patterns);
	for (size_t i = 1; i < l->sources.n; i++)
		if (!lint_source(l, &l->sources.at[i]))
			return false;
	if (!lint_duplicates(&l->lint, l->findings) || !rules_room(l) ||
	    !key_set_standard(IN_FINGERPOST, settings, l->conf->arena) ||
	    !key_set_standard(IN_ROUTE, &l->standard, l->conf->arena))
		return false;
	read_special(l, SECTION_FINGERPOST, settings);
	read_special(l, SECTION_DEFAULTS, &l->standard);
	if (!read_grants(l, folder) || !read_storage(l, folder))
		return false;
	read_pools(l);
	read_others(l);
	pools_close(&l->pools);
	cache_whole(
	    l->conf->rules, l->conf->rule_n, &l->conf->storage, l->findings);
	l->conf->pools = l->pools.at;
	l->conf->pool_n = l->pools.n;
	credentials_unused(&l->credentials, l->findings);
	l->conf->credentials = l->credentials.kept;
	l->conf->credentials_n = l->credentials.kept_n;
	/* A file that lost its end in the upload is no wish for silence. */
	if (l->findings->faults == 0 && l->conf->rule_n == 0)
		finding_add(l->findings, FINDING_FAULT, path, 0,
		    "no route: a section with path and origin makes one");
	return overlap_find(l->conf, l->scratch, l->findings) &&
	    compile_rules(l) && keep_files(l, folder, &patterns) &&
	    pages_keep(&l->pages, l->conf) &&
	    file_below(l, folder, &settings->error_log) &&
	    file_below(l, folder, &settings->access_log) &&
	    file_below(l, folder, &settings->shared_file);
}

static bool loader_open(struct loader *l)
{
	l->scratch = arena_new(SCRATCH_BYTES_MAX);
	l->conf = calloc(1, sizeof(*l->conf));
	if (l->scratch == NULL || l->conf == NULL)
		return false;
	l->lint.arena = l->scratch;
	l->conf->arena = arena_new(CONF_BYTES_MAX);
	l->feed_room = malloc(FEED_BYTES_MAX);
	l->ini = ini_new();
	return l->conf->arena != NULL && l->feed_room != NULL && l->ini != NULL;
}

/* The conf, unless there was a fault. */
static struct conf *loader_close(struct loader *l, size_t faults_before)
{
	struct conf *conf = l->conf;

	if (l->findings->faults > faults_before) {
		conf_free(conf);
		conf = NULL;
	}
	findings_sort(l->findings);
	ini_free(l->ini);
	free(l->feed_room);
	if (l->scratch != NULL)
		arena_wipe(l->scratch);
	arena_free(l->scratch);
	return conf;
}

static struct conf *load(const char *name, const struct slice *bytes,
    char *const environment[], struct findings *findings)
{
	struct loader l = { .environment = environment, .findings = findings };
	struct slice path = slice_of(name);
	size_t faults_before = findings->faults;
	bool enough = loader_open(&l);

	if (enough && bytes != NULL) {
		char *at = arena_cstr(l.scratch, *bytes);
		struct source source = { .path = path };

		enough = at != NULL;
		source.bytes = (struct slice){ at, bytes->len };
		l.sources = (struct sources){ &source, 1, 1 };
		if (enough &&
		    source_clean(at, &source.bytes.len, path, findings))
			enough = read_rules(&l, path, false);
	} else if (enough &&
	    source_read(&l.sources, path, NULL, l.scratch, findings)) {
		enough = read_rules(&l, path, true);
	}
	if (!enough)
		finding_add(findings, FINDING_FAULT, path, 0,
		    "not enough memory, or no room for a temporary file, to "
		    "read the rules");
	return loader_close(&l, faults_before);
}

struct conf *conf_load(
    const char *path, char *const environment[], struct findings *findings)
{
	return load(path, NULL, environment, findings);
}

struct conf *conf_load_bytes(const char *path, struct slice bytes,
    char *const environment[], struct findings *findings)
{
	return load(path, &bytes, environment, findings);
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->rule_n; i++)
		path_map_free(&c->rules[i].map_path);
	if (c->arena != NULL)
		arena_wipe(c->arena);
	arena_free(c->arena);
	free(c);
}
