/* What there is to purge for a URL. */
#include "policy/cache_purge.h"

#include "base/arena.h"
#include "base/text.h"
#include "policy/cache_key.h"
#include "tests/unit/policy/hand.h"
#include "tests/unit/unit.h"

static const struct hand_rule rows[] = {
	{ .name = "app", .paths = "/app" },
	{ .name = "beta", .paths = "/app" },
	{ .name = "deep", .paths = "/app/deep" },
	{ .name = "other", .paths = "/other", .hosts = "o.test,*.w.test" },
	{ .name = "hostless", .paths = "/any" },
	{ .name = "plain", .paths = "/plain" },
	{ .name = "bare", .paths = "/bare" },
};

static struct conf *conf_of(struct arena *a)
{
	struct conf *c = hand_conf(a, rows, ROWS(rows));

	for (size_t i = 0; i < c->rule_n; i++) {
		struct caching *cache = &hand_rule(c, i)->cache;

		cache->on = i != 5;
		cache->key = (struct cache_parts){ .scheme = i != 6,
			.host = i != 4 && i != 6,
			.query = i != 1 };
	}
	return c;
}

static const struct {
	struct slice url;
	struct slice mount;
	enum cache_purge_verdict tags;
	enum cache_purge_verdict prefixes;
	struct slice names; /* the prefixes, "|" for a line's end */
} cases[] = {
	{ S("http://h/app/x"), S(""), CACHE_PURGE_FOUND, CACHE_PURGE_FOUND,
	    S("GET|http://h|/app/x GET|https://h|/app/x ") },
	/* a rule that leaves the query out writes it otherwise */
	{ S("https://H.:443/app?q"), S(""), CACHE_PURGE_FOUND,
	    CACHE_PURGE_FOUND,
	    S("GET|http://h|/app?q GET|https://h|/app?q "
	      "GET|http://h|/app GET|https://h|/app ") },
	{ S("http://h:80/app"), S(""), CACHE_PURGE_FOUND, CACHE_PURGE_FOUND,
	    S("GET|http://h|/app GET|https://h|/app ") },
	{ S("https://h:80/app"), S(""), CACHE_PURGE_FOUND, CACHE_PURGE_FOUND,
	    S("GET|http://h|/app GET|https://h:80|/app ") },
	/* rules below a prefix own none of its URL */
	{ S("http://h/ap"), S(""), CACHE_PURGE_UNOWNED, CACHE_PURGE_FOUND,
	    S("GET|http://h|/ap GET|https://h|/ap ") },
	{ S("http://h"), S(""), CACHE_PURGE_UNOWNED, CACHE_PURGE_FOUND,
	    S("GET|http://h|/ GET|https://h|/ GET|http://|/ GET|https://|/ "
	      "GET|://|/ ") },
	{ S("http://h/apple"), S(""), CACHE_PURGE_UNOWNED, CACHE_PURGE_UNOWNED,
	    S("") },
	/* hosts */
	{ S("http://h/other"), S(""), CACHE_PURGE_UNOWNED, CACHE_PURGE_UNOWNED,
	    S("") },
	{ S("http://o.test/other"), S(""), CACHE_PURGE_FOUND, CACHE_PURGE_FOUND,
	    S("GET|http://o.test|/other GET|https://o.test|/other ") },
	{ S("http://a.w.test/other"), S(""), CACHE_PURGE_FOUND,
	    CACHE_PURGE_FOUND,
	    S("GET|http://a.w.test|/other GET|https://a.w.test|/other ") },
	{ S("/other"), S(""), CACHE_PURGE_HOST, CACHE_PURGE_HOST, S("") },
	{ S("/any/x"), S(""), CACHE_PURGE_FOUND, CACHE_PURGE_FOUND,
	    S("GET|http://|/any/x GET|https://|/any/x ") },
	{ S("/bare/x"), S(""), CACHE_PURGE_FOUND, CACHE_PURGE_FOUND,
	    S("GET|://|/bare/x ") },
	{ S("http://h/any"), S(""), CACHE_PURGE_FOUND, CACHE_PURGE_FOUND,
	    S("GET|http://|/any GET|https://|/any ") },
	/* a rule that does not cache */
	{ S("http://h/plain"), S(""), CACHE_PURGE_UNOWNED, CACHE_PURGE_UNOWNED,
	    S("") },
	/* the client's bytes, by the owner of what they mean */
	{ S("http://h/%61pp/x"), S(""), CACHE_PURGE_FOUND, CACHE_PURGE_FOUND,
	    S("GET|http://h|/%61pp/x GET|https://h|/%61pp/x ") },
	/* mounts are part of the URL */
	{ S("http://h/c/f.cgi/app"), S("/c/f.cgi"), CACHE_PURGE_FOUND,
	    CACHE_PURGE_FOUND,
	    S("GET|http://h|/c/f.cgi/app GET|https://h|/c/f.cgi/app ") },
	{ S("http://h/c/f.cgi/app"), S(""), CACHE_PURGE_UNOWNED,
	    CACHE_PURGE_UNOWNED, S("") },
	{ S("http://h h/app"), S(""), CACHE_PURGE_NO_URL, CACHE_PURGE_NO_URL,
	    S("") },
	{ S("http:///app"), S(""), CACHE_PURGE_NO_URL, CACHE_PURGE_NO_URL,
	    S("") },
	{ S("ftp://h/app"), S(""), CACHE_PURGE_NO_URL, CACHE_PURGE_NO_URL,
	    S("") },
	{ S("h/app"), S(""), CACHE_PURGE_NO_URL, CACHE_PURGE_NO_URL, S("") },
	{ S("*"), S(""), CACHE_PURGE_NO_URL, CACHE_PURGE_NO_URL, S("") },
	{ S(""), S(""), CACHE_PURGE_NO_URL, CACHE_PURGE_NO_URL, S("") },
};

static struct slice joined(const struct cache_purge *p, struct arena *a)
{
	struct text t = text_in(a, 4096);

	for (size_t i = 0; i < p->n; i++) {
		for (size_t j = 0; j < p->at[i].len; j++)
			text_char(
			    &t, p->at[i].at[j] == '\n' ? '|' : p->at[i].at[j]);
		text_char(&t, ' ');
	}
	return text_slice(&t);
}

static void urls(void **state)
{
	struct arena *a = arena_new(1 << 20);
	const struct conf *c = conf_of(a);

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct cache_purge tags = { .n = 0 };
		struct cache_purge prefixes = { .n = 0 };
		struct cache_purge_url url;
		enum cache_purge_verdict one = CACHE_PURGE_NO_URL;
		enum cache_purge_verdict two = CACHE_PURGE_NO_URL;

		if (cache_purge_parse(cases[i].url, &url)) {
			url.mount = cases[i].mount;
			one = cache_purge_names(c, &url, a, &tags);
			url.below = true;
			two = cache_purge_names(c, &url, a, &prefixes);
		}
		if (one != cases[i].tags || two != cases[i].prefixes)
			fail_msg("%.*s: tags %d, prefixes %d",
			    SLICE_ARG(cases[i].url), one, two);
		assert_slice(
		    joined(&prefixes, a), cases[i].names, cases[i].url);
		assert_int_equal(tags.n > 0, one == CACHE_PURGE_FOUND);
	}
	arena_free(a);
}

/* A tag is that of the entries: any rule's that might own the URL. */
static void tags_of_all_owners(void **state)
{
	struct arena *a = arena_new(1 << 20);
	const struct conf *c = conf_of(a);
	struct cache_purge p = { .n = 0 };
	struct cache_purge_url url;

	(void)state;
	assert_true(cache_purge_parse(LIT("http://h/app/deep?q"), &url));
	assert_int_equal(cache_purge_names(c, &url, a, &p), CACHE_PURGE_FOUND);
	assert_int_equal(p.n, 4);
	for (size_t i = 0; i < 3; i++) {
		char room[CACHE_URL_TAG + 1];
		struct text t = text_over(room, sizeof(room));
		bool found = false;

		assert_true(cache_url_tag(&c->rules[i], LIT("http"), LIT("h"),
		    LIT("/app/deep?q"), &t));
		for (size_t j = 0; j < p.n; j++)
			found |= slice_eq(p.at[j], text_slice(&t));
		assert_true(found);
	}
	arena_free(a);
}

/* Several calls add to one another; too much is said, not dropped. */
static void bounded(void **state)
{
	struct arena *a = arena_new(8 << 20);
	const struct conf *c = conf_of(a);
	struct cache_purge p = { .n = 0 };
	struct cache_purge_url url;
	char text[32];

	(void)state;
	for (int i = 0; i < CACHE_PURGE_MAX / 2; i++) {
		struct text t = text_over(text, sizeof(text));

		text_format(&t, "http://h/any/%d", i);
		assert_true(cache_purge_parse(text_slice(&t), &url));
		assert_int_equal(
		    cache_purge_names(c, &url, a, &p), CACHE_PURGE_FOUND);
		assert_int_equal(
		    cache_purge_names(c, &url, a, &p), CACHE_PURGE_FOUND);
		assert_int_equal(p.n, 2 * (i + 1));
	}
	assert_true(cache_purge_parse(LIT("http://h/any"), &url));
	assert_int_equal(cache_purge_names(c, &url, a, &p), CACHE_PURGE_MANY);
	arena_free(a);
}

/* A request's own URL has one scheme, and is all its rules' all the same. */
static void exact(void **state)
{
	struct arena *a = arena_new(1 << 20);
	const struct conf *c = conf_of(a);
	struct cache_purge p = { .n = 0 };
	struct cache_purge_url url = { .scheme = LIT("https"),
		.authority = LIT("h:443"),
		.target = LIT("/app?q"),
		.below = true,
		.exact = true };

	(void)state;
	assert_int_equal(cache_purge_names(c, &url, a, &p), CACHE_PURGE_FOUND);
	assert_slice(joined(&p, a),
	    LIT("GET|https://h|/app?q GET|https://h|/app "), url.target);
	arena_free(a);
}

/* The absolute form of a request has its own authority. */
static void absolute(void **state)
{
	struct arena *a = arena_new(1 << 20);
	const struct conf *c = conf_of(a);
	struct cache_purge p = { .n = 0 };
	struct cache_purge_url url = { .scheme = LIT("http"),
		.authority = LIT("other"),
		.target = LIT("http://h:80/app"),
		.below = true };

	(void)state;
	assert_int_equal(cache_purge_names(c, &url, a, &p), CACHE_PURGE_FOUND);
	assert_slice(joined(&p, a),
	    LIT("GET|http://h|/app GET|https://h|/app "), url.target);
	arena_free(a);
}

static void stars(void **state)
{
	static const struct {
		struct slice url, target;
		bool parsed, below;
	} words[] = {
		{ S("http://h/a"), S("http://h/a"), true, false },
		{ S("http://h/a*"), S("http://h/a"), true, true },
		{ S("/*"), S("/"), true, true },
		{ S("/a*?b"), S("/a*?b"), true, false },
		{ S("/a**"), S("/a*"), true, true },
		{ S("*"), S(""), false, false },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(words); i++) {
		struct cache_purge_url url = { .below = false };

		assert_int_equal(
		    cache_purge_parse(words[i].url, &url), words[i].parsed);
		assert_slice(url.target, words[i].target, words[i].url);
		assert_int_equal(url.below, words[i].below);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls),
		cmocka_unit_test(tags_of_all_owners),
		cmocka_unit_test(bounded),
		cmocka_unit_test(exact),
		cmocka_unit_test(absolute),
		cmocka_unit_test(stars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
