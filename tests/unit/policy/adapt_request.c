/* URLs of requests, turned back to what the component knows. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/text.h"
#include "policy/adapt_request.h"
#include "tests/unit/policy/hand.h"
#include "tests/unit/policy/scene.h"

#define SAME    S("=")
#define REFUSED S("!")

struct row {
	const char *url; /* asked for */
	struct slice in, want;
};

/* One field of a request by that method to the last URL asked. */
static enum forward_verdict turned(struct scene *s, struct slice method,
    struct slice name, struct slice value, struct slice *value_out)
{
	struct upstream up = { .method = method };
	enum forward_verdict verdict;

	s->query.method = method;
	assert_true(field_add(&up.fields, s->arena, name, value));
	verdict = adapt_request(
	    &up, s->table, &s->query, &s->match, &s->mapping, s->arena);
	*value_out = up.fields.at[0].value;
	return verdict;
}

static void run_rows(
    struct slice method, struct slice name, const struct row *rows, size_t n)
{
	struct scene s;

	scene_open(&s);
	for (size_t i = 0; i < n; i++) {
		struct slice in = rows[i].in;
		struct slice want = rows[i].want;
		struct slice got;
		enum forward_verdict verdict;

		scene_ask(&s, slice_of(rows[i].url));
		verdict = turned(&s, method, name, in, &got);
		if (slice_eq(want, LIT("!"))) {
			if (verdict != FORWARD_DESTINATION)
				fail_msg("%.*s: not refused", SLICE_ARG(in));
			want = in;
		} else {
			assert_int_equal(verdict, FORWARD_OK);
		}
		assert_slice(got, slice_eq(want, LIT("=")) ? in : want, in);
		/* And each beginning of it, for what it does to memory. */
		for (size_t cut = 0; cut < in.len; cut++) {
			scene_ask(&s, slice_of(rows[i].url));
			(void)turned(
			    &s, method, name, slice_upto(in, cut), &got);
		}
	}
	scene_close(&s);
}

#define H    "/hotels/a"
#define ROOT "http://root.test/a"

static const struct row destinations[] = {
	{ H, S("http://www.test/hotels/x"), S("http://o.test:81/x") },
	{ H, S("http://www.test/hotels/x/"), S("http://o.test:81/x/") },
	{ H, S("http://www.test/hotels/"), S("http://o.test:81/") },
	{ H, S("http://www.test/hotels"), S("http://o.test:81/") },
	{ H, S("http://www.test/hotels?q"), S("http://o.test:81/?q") },
	{ H, S("http://www.test/hotels/a%2fb%20c//;d?e=/f"),
	    S("http://o.test:81/a%2fb%20c//;d?e=/f") },
	{ H, S("http://www.test/%68otels/x"), S("http://o.test:81/x") },
	{ H, S("http://www.test//hotels//x"), S("http://o.test:81//x") },
	{ H, S("HTTP://WWW.Test:80/hotels/x"), S("http://o.test:81/x") },
	{ H, S("HTTPS://www.test:443/hotels/x"), S("http://o.test:81/x") },
	{ H, S("http://www.test./hotels/x"), S("http://o.test:81/x") },
	{ H, S("https://www.test/hotels/x"), S("http://o.test:81/x") },
	{ H, S("http://www.test/hotels/\xc3\xa9"),
	    S("http://o.test:81/\xc3\xa9") },
	{ H, S("http://www.test/hotels/x/../y"), S("http://o.test:81/x/../y") },
	{ H, S("/hotels/x"), S("/x") },
	{ H, S("/hotels"), S("/") },
	{ H, S("/hotels/hotels"), S("/hotels") },
	{ H, S("http://www.test/pets/x"), REFUSED },
	{ H, S("/pets/x"), REFUSED },
	{ H, S("http://www.test/"), REFUSED },
	{ H, S("http://www.test"), REFUSED },
	{ H, S("http://www.test/hotelsx"), REFUSED },
	{ H, S("/x"), REFUSED },
	{ H, S("http://www.test/hotels/../pets/x"), REFUSED },
	{ H, S("http://www.test/hotels/../x"), REFUSED },
	{ H, S("/hotels/..%2fpets"), REFUSED },
	{ H, S("/hotels/..;/pets"), REFUSED },
	{ H, S("/hotels/%2e%2e/pets"), REFUSED },
	{ H, S("/hotels%2fx"), REFUSED },
	{ H, S("http://o.test:81/x"), REFUSED },
	{ H, S("http://www.test:8080/hotels/x"), REFUSED },
	{ H, S("http://elsewhere.example/hotels/x"), REFUSED },
	{ H, S("http://root.test/hotels/x"), REFUSED },
	{ H, S("http://a@www.test/hotels/x"), REFUSED },
	{ H, S("http://www.test/hotels/x#y"), REFUSED },
	{ H, S("http://www.test/hotels/x y"), REFUSED },
	{ H, S("http://www.test/hotels/%zz"), REFUSED },
	{ H, S("http://www.test/hotels/%00"), REFUSED },
	{ H, S("http:/hotels/x"), REFUSED },
	{ H, S("//www.test/hotels/x"), REFUSED },
	{ H, S("ftp://www.test/hotels/x"), REFUSED },
	{ H, S("hotels/x"), REFUSED },
	{ H, S("*"), REFUSED },
	{ H, S(""), REFUSED },
	{ H, S("http://www.test/hotels/x, http://www.test/hotels/y"), REFUSED },
	/* A base; two paths; paths that are known; our own host. */
	{ "/based/a", S("http://www.test/based/x"), S("http://o.test:81/b/x") },
	{ "/based/a", S("/based"), S("/b") },
	{ "/based/a", S("/b/x"), REFUSED },
	{ "/m1/a", S("http://www.test/m2/x"), S("http://o.test:81/x") },
	{ "/kept/a", S("http://www.test/kept/x"),
	    S("http://o.test:81/kept/x") },
	{ "/kept/a", S("/kept/x"), SAME },
	{ "/kept/a", S("/x"), REFUSED },
	{ "/host/a", S("http://www.test/host/x"), S("http://www.test/x") },
	{ "https://www.test/host/a", S("https://www.test/host/x"),
	    S("http://www.test/x") },
	{ "https://www.test:8443/hotels/a", S("https://www.test:8443/hotels/x"),
	    S("http://o.test:81/x") },
	{ "http://[::1]:80/hotels/a", S("http://[::1]/hotels/x"),
	    S("http://o.test:81/x") },
	{ ROOT, S("http://root.test/x"), S("http://o.test:81/x") },
	{ ROOT, S("/x"), SAME },
	/* The host is asked first. */
	{ ROOT, S("http://root.test/hotels/x"),
	    S("http://o.test:81/hotels/x") },
};

static void destinations_are_turned_back(void **state)
{
	(void)state;
	run_rows(
	    LIT("MOVE"), LIT("Destination"), destinations, ROWS(destinations));
	run_rows(
	    LIT("COPY"), LIT("destination"), destinations, ROWS(destinations));
}

/* Where no method obeys it, it may be anything. */
static const struct row other_destinations[] = {
	{ H, S("http://www.test/hotels/x"), S("http://o.test:81/x") },
	{ H, S("http://www.test/pets/x"), SAME },
	{ H, S("Paris, France"), SAME },
};

static void other_destinations_stay(void **state)
{
	(void)state;
	run_rows(LIT("GET"), LIT("Destination"), other_destinations,
	    ROWS(other_destinations));
}

#define T "(<opaquelocktoken:a>)"

static const struct row ifs[] = {
	{ H, S("<http://www.test/hotels/x> " T), S("<http://o.test:81/x> " T) },
	{ H, S("</hotels/x>" T), S("</x>" T) },
	{ H, S("</hotels> " T), S("</> " T) },
	{ H, S(T), SAME },
	{ H, S("(<http://www.test/hotels/x>)"), SAME },
	{ H, S("(Not <http://www.test/hotels/x> [\"a\"])"), SAME },
	{ H, S("(<urn:a> [W/\"</hotels/x>)]\"]) (Not <DAV:no-lock>)"), SAME },
	{ H,
	    S("</hotels/x> (<urn:a> [\"b)\"]) (Not <urn:c>) \t"
	      "<http://www.test/hotels/y?z> ([\"d]<\"])"),
	    S("</x> (<urn:a> [\"b)\"]) (Not <urn:c>) \t"
	      "<http://o.test:81/y?z> ([\"d]<\"])") },
	/* What leads elsewhere is no resource of this origin's. */
	{ H, S("<http://www.test/pets/x> " T), SAME },
	{ H, S("</pets/x> " T), S("<http://www.test/pets/x> " T) },
	{ H, S("</hotels/../x> " T), S("<http://www.test/hotels/../x> " T) },
	{ H, S("<http://elsewhere.example/hotels/x> " T), SAME },
	{ H, S("</pets/x> " T " </hotels/y> " T),
	    S("<http://www.test/pets/x> " T " </y> " T) },
	{ H, S("<urn:uuid:a> " T), SAME },
	{ H, S("<> " T), SAME },
	{ "/based/a", S("</based/x> " T), S("</b/x> " T) },
	{ "/m1/a", S("</m2/x> " T), S("</x> " T) },
	{ "/kept/a", S("</kept/x> " T), SAME },
	{ "/host/a", S("<http://www.test/host/x> " T),
	    S("<http://www.test/x> " T) },
	{ ROOT, S("</x> " T), SAME },
	/* Not well formed: as it was. */
	{ H, S("</hotels/x"), SAME },
	{ H, S("</hotels/x> (<urn:a>"), SAME },
	{ H, S("</hotels/x> (<urn:a)"), SAME },
	{ H, S("</hotels/x> ([\"a)"), SAME },
	{ H, S("</hotels/x> ([a)"), SAME },
	{ H, S("</hotels/x> junk " T), SAME },
	{ H, S("</hotels/x> " T ", </hotels/y> " T), SAME },
	{ H, S("</hotels/x> )"), SAME },
	{ H, S("["), SAME },
	{ H, S("("), SAME },
	{ H, S("(["), SAME },
	{ H, S("([\""), SAME },
	{ H, S(""), SAME },
};

static void resource_tags_are_turned_back(void **state)
{
	(void)state;
	run_rows(LIT("PUT"), LIT("If"), ifs, ROWS(ifs));
	run_rows(LIT("MOVE"), LIT("IF"), ifs, ROWS(ifs));
}

static const struct row referers[] = {
	{ H, S("http://www.test/hotels/x?y"), S("http://o.test:81/x?y") },
	{ H, S("http://www.test/hotels"), S("http://o.test:81/") },
	{ H, S("https://www.test/hotels/"), S("http://o.test:81/") },
	{ H, S("http://www.test/pets/x"), SAME },
	{ H, S("http://www.test/"), SAME },
	{ H, S("http://elsewhere.example/hotels/x"), SAME },
	{ H, S("http://www.test/hotels/../x"), SAME },
	{ H, S("about:blank"), SAME },
	{ H, S("/hotels/x"), SAME },
	{ H, S(""), SAME },
	{ "/m2/a", S("http://www.test/m1/x"), S("http://o.test:81/x") },
	{ "/based/a", S("http://www.test/based/x"), S("http://o.test:81/b/x") },
	{ "/kept/a", S("http://www.test/kept/x"),
	    S("http://o.test:81/kept/x") },
	{ "/host/a", S("http://www.test/host/x"), S("http://www.test/x") },
	{ "https://www.test/host/a", S("https://www.test:443/host/x"),
	    S("https://www.test:443/x") },
	{ ROOT, S("http://root.test/x"), S("http://o.test:81/x") },
};

static const struct row origins[] = {
	{ H, S("http://www.test"), S("http://o.test:81") },
	{ H, S("https://www.test"), S("http://o.test:81") },
	{ H, S("http://www.test:80"), S("http://o.test:81") },
	{ H, S("null"), SAME },
	{ H, S(""), SAME },
	{ H, S("http://www.test/"), SAME },
	{ H, S("http://www.test http://www.test"), SAME },
	{ H, S("http://www.test:8080"), SAME },
	{ H, S("http://elsewhere.example"), SAME },
	{ H, S("http:www.test"), SAME },
	{ "/host/a", S("http://www.test"), SAME },
	{ ROOT, S("http://root.test"), S("http://o.test:81") },
	{ ROOT, S("http://www.test"), SAME },
};

static void referers_and_origins_are_turned_back(void **state)
{
	(void)state;
	run_rows(LIT("GET"), LIT("Referer"), referers, ROWS(referers));
	run_rows(LIT("POST"), LIT("Origin"), origins, ROWS(origins));
}

static void other_fields_and_rules_are_left(void **state)
{
	struct slice value = LIT("http://www.test/hotels/x");
	struct slice got;
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT(H));
	assert_int_equal(
	    turned(&s, LIT("GET"), LIT("X-Referer"), value, &got), FORWARD_OK);
	assert_ptr_equal(got.at, value.at);
	/* What the rule sets is not the client's. */
	assert_true(field_add(&hand_rule(s.conf, 0)->request_headers, s.kept,
	    LIT("referer"), value));
	assert_int_equal(
	    turned(&s, LIT("GET"), LIT("Referer"), value, &got), FORWARD_OK);
	assert_ptr_equal(got.at, value.at);
	hand_rule(s.conf, 0)->rewrite_requests = false;
	assert_int_equal(
	    turned(&s, LIT("MOVE"), LIT("Destination"), LIT("/pets"), &got),
	    FORWARD_OK);
	scene_close(&s);
}

/* Which of two would be obeyed? */
static void a_second_destination_is_refused(void **state)
{
	struct upstream up = { .method = LIT("MOVE") };
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT(H));
	s.query.method = LIT("MOVE");
	for (int i = 0; i < 2; i++)
		assert_true(field_add(
		    &up.fields, s.arena, LIT("Destination"), LIT("/hotels/x")));
	assert_int_equal(adapt_request(&up, s.table, &s.query, &s.match,
			     &s.mapping, s.arena),
	    FORWARD_DESTINATION);
	scene_close(&s);
}

/* Without Host there is no URL of our host to put in a path's place. */
static void tags_without_a_host_stay(void **state)
{
	struct slice tag = LIT("</pets/x> (<urn:a>)");
	struct slice got;
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT(H));
	s.mapping.authority = s.match.authority = LIT("");
	assert_int_equal(
	    turned(&s, LIT("PUT"), LIT("If"), tag, &got), FORWARD_OK);
	assert_slice(got, tag, LIT("no host"));
	scene_close(&s);
}

/* A program called by its own name has that name in its public URLs. */
static void mounts_are_known(void **state)
{
	struct slice got;
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT("/hotels/a"));
	s.query.mount = LIT("/cgi-bin/f.cgi");
	s.query.target = LIT("/cgi-bin/f.cgi/hotels/a");
	assert_int_equal(
	    turned(&s, LIT("MOVE"), LIT("Destination"),
		LIT("http://www.test/cgi-bin/f.cgi/hotels/x"), &got),
	    FORWARD_OK);
	assert_slice(got, LIT("http://o.test:81/x"), LIT("mount"));
	assert_int_equal(
	    turned(&s, LIT("MOVE"), LIT("Destination"),
		LIT("http://www.test/cgi-bin/g.cgi/hotels/x"), &got),
	    FORWARD_DESTINATION);
	scene_close(&s);
}

/* Each tag is routed: there are only so many. */
static void tags_are_bounded(void **state)
{
	struct slice got;
	struct scene s;

	(void)state;
	for (size_t n = 256; n <= 257; n++) {
		struct text t;

		scene_open(&s);
		scene_ask(&s, LIT(H));
		t = text_in(s.arena, 1 << 16);
		for (size_t i = 0; i < n; i++)
			text_add(&t, LIT("</hotels/x>(<a>)"));
		assert_int_equal(
		    turned(&s, LIT("PUT"), LIT("If"), text_slice(&t), &got),
		    n > 256 ? FORWARD_TOO_LARGE : FORWARD_OK);
		scene_close(&s);
	}
}

static void memory_runs_out_loudly(void **state)
{
	static const struct slice names[] = { S("Destination"), S("If"),
		S("Referer"), S("Origin") };
	static const struct slice values[] = { S("http://www.test/hotels/x"),
		S("</hotels/x> (<urn:a>) </pets/x> (<urn:b>)"),
		S("http://www.test/hotels/x"), S("http://www.test") };
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT(H));
	s.query.method = LIT("GET");
	for (size_t k = 0; k < ROWS(names); k++) {
		enum forward_verdict verdict = FORWARD_TOO_LARGE;
		bool turned_back = false;

		for (size_t size = 64; !turned_back && size < 100000;
		     size += 16) {
			struct arena *small = arena_new(size);
			struct upstream up = { 0 };

			if (field_add(&up.fields, small, names[k], values[k]))
				verdict = adapt_request(&up, s.table, &s.query,
				    &s.match, &s.mapping, small);
			turned_back = verdict == FORWARD_OK &&
			    !slice_eq(up.fields.at[0].value, values[k]);
			arena_free(small);
		}
		assert_true(turned_back);
	}
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(destinations_are_turned_back),
		cmocka_unit_test(other_destinations_stay),
		cmocka_unit_test(resource_tags_are_turned_back),
		cmocka_unit_test(referers_and_origins_are_turned_back),
		cmocka_unit_test(other_fields_and_rules_are_left),
		cmocka_unit_test(a_second_destination_is_refused),
		cmocka_unit_test(tags_without_a_host_stay),
		cmocka_unit_test(mounts_are_known),
		cmocka_unit_test(tags_are_bounded),
		cmocka_unit_test(memory_runs_out_loudly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
