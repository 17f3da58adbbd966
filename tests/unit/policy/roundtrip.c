/* Out and back is the identity: a URL that a component gives out, adapted,
 * asked for by a browser, routed and forwarded, is the component's own target
 * again, byte for byte; and so is a Destination that names it. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "policy/adapt_request.h"
#include "policy/adapt_response.h"
#include "tests/unit/policy/scene.h"

#define ROUNDS 3000

/* What paths are made of; no segment of dots alone, which a browser resolves
 * before it asks. */
static const struct slice pieces[] = { S("a"), S("B-_~"), S("/"), S("//"),
	S("a.b"), S("...x"), S("%41"), S("%20"), S("%2F"), S("%5c"), S("%25"),
	S("!$&'()*+,="), S(":@"), S("x;y"), S("\xc3\xa9"), S("hotels"),
	S("/hotels/"), S("b"), S("/b"), S("pets") };

static uint64_t random_next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static struct slice random_target(
    struct arena *a, struct slice from, uint64_t *state)
{
	struct text t = text_in(a, 4096);
	uint64_t n = random_next(state) % 8;

	text_add(&t, from);
	if (n > 0 || from.len == 0)
		text_char(&t, '/');
	for (uint64_t i = 0; i < n; i++)
		text_add(&t, pieces[random_next(state) % ROWS(pieces)]);
	if (random_next(state) % 3 == 0)
		text_add(&t, LIT("?u=/x&v=http://o.test:81/%2e%2e/"));
	return text_slice(&t);
}

/* How the component writes it; a path of two slashes would name a host. */
static struct slice written(struct arena *a, struct slice target, uint64_t form)
{
	static const struct slice leads[] = { S(""), S("http://o.test:81"),
		S("//o.test:81"), S("hTTp://O.TEST:81") };
	struct text t = text_in(a, 4096);

	if (form == 0 && slice_starts(target, LIT("//")))
		form = 1;
	text_add(&t, leads[form]);
	text_add(&t, target);
	return text_slice(&t);
}

/* What a browser asks for where it was sent to that URL. */
static void follow(struct scene *s, struct slice url)
{
	struct slice authority = s->request.authority;

	if (slice_starts(url, LIT("http://")))
		url = slice_from(url, 5);
	if (slice_starts(url, LIT("//"))) {
		url = slice_from(url, 2);
		authority = slice_upto(url, slice_find(url, '/'));
		url = slice_from(url, authority.len);
	}
	assert_slice(authority, s->request.authority, url);
	s->query.target = url;
	route_match(s->table, &s->query, s->arena, &s->match);
	if (s->match.verdict == ROUTE_SLASH) {
		s->query.target = s->match.location;
		route_match(s->table, &s->query, s->arena, &s->match);
	}
	if (s->match.verdict != ROUTE_FOUND)
		fail_msg("%.*s: no route: %.*s", SLICE_ARG(url),
		    SLICE_ARG(s->match.why));
}

static struct slice adapted(struct scene *s, struct slice location)
{
	struct response r = { .status = 302 };
	unsigned hints = 0;

	assert_true(field_add(&r.fields, s->arena, LIT("Location"), location));
	assert_true(adapt_response(
	    &r, &s->request, s->match.rule, &s->mapping, s->arena, &hints));
	return r.fields.at[0].value;
}

/* "/x?q" and what a server is asked for where "/x" is its root. */
static void same_target(struct slice got, struct slice want, struct slice url)
{
	struct slice tail = slice_from(want, slice_find(want, '?'));
	struct slice path = slice_upto(want, want.len - tail.len);

	/* The redirect to the slash has brought one. */
	if (!slice_eq(got, want) && got.len == want.len + 1 &&
	    slice_starts(got, path) && slice_ends(got, tail) &&
	    got.at[path.len] == '/')
		return;
	assert_slice(got, want, url);
}

static void check(
    struct scene *s, const char *url, struct slice mount, uint64_t *state)
{
	const struct rule *rule;
	struct upstream up;
	struct slice target, location, public;

	scene_ask(s, slice_of(url));
	if (mount.len > 0) {
		struct text t = text_in(s->arena, 4096);

		text_add(&t, mount);
		text_add(&t, s->request.target);
		s->query.mount = mount;
		s->query.target = s->request.target = text_slice(&t);
		route_match(s->table, &s->query, s->arena, &s->match);
		assert_true(mapping_make(
		    &s->request, &s->match, s->arena, &s->mapping));
	}
	rule = s->match.rule;
	target = random_target(s->arena, s->mapping.from, state);
	location = written(s->arena, target, random_next(state) % 4);
	public = adapted(s, location);
	follow(s, public);
	assert_ptr_equal(s->match.rule, rule);
	assert_int_equal(forward_request(&s->request, &s->match,
			     &s->conf->settings, s->arena, &up),
	    FORWARD_OK);
	same_target(up.target, target, public);

	up = (struct upstream){ .method = LIT("MOVE") };
	s->query.method = up.method;
	assert_true(
	    field_add(&up.fields, s->arena, LIT("Destination"), public));
	if (slice_starts(public, LIT("//")))
		return; /* no form of a Destination */
	assert_int_equal(adapt_request(&up, s->table, &s->query, &s->match,
			     &s->mapping, s->arena),
	    FORWARD_OK);
	public = up.fields.at[0].value;
	if (slice_starts(public, LIT("http://o.test:81")))
	public = slice_from(public, 16);
	else if (slice_starts(public, LIT("http://www.test"))) public =
	    slice_from(public, 15);
	assert_slice(public, target, location);
}

static void out_and_back_is_the_identity(void **state)
{
	static const char *const urls[] = { "/hotels/a/b", "/based/a",
		"/deep/a/", "/kept/a", "/host/a", "/m2/a", "/bare/a",
		"http://root.test/a", "http://www.test:8080/hotels/",
		"http://[::1]:81/based/x" };
	static const struct slice mounts[] = { S(""), S("/cgi-bin/f.cgi") };
	uint64_t random = 1;
	struct scene s;

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < ROUNDS; i++)
		check(&s, urls[i % ROWS(urls)],
		    mounts[random_next(&random) % ROWS(mounts)], &random);
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_and_back_is_the_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
