/* Fields of responses that hold URLs. */
#include "tests/unit/unit.h"

#include "base/arena.h"
#include "base/text.h"
#include "policy/adapt_response.h"
#include "policy/refresh.h"
#include "tests/unit/policy/hand.h"
#include "tests/unit/policy/scene.h"

struct row {
	const char *url; /* asked for */
	struct slice in, want;
};

#define SAME S("=")

/* One field through all of it. */
static struct slice adapted(
    struct scene *s, struct slice name, struct slice value, unsigned *hints)
{
	struct response r = { .status = 200 };

	assert_true(field_add(&r.fields, s->arena, name, value));
	assert_true(adapt_response(
	    &r, &s->request, s->match.rule, &s->mapping, s->arena, hints));
	assert_int_equal(r.fields.n, 1);
	return r.fields.at[0].value;
}

static void run_rows(struct slice name, const struct row *rows, size_t n)
{
	struct scene s;
	unsigned hints = 0;

	scene_open(&s);
	for (size_t i = 0; i < n; i++) {
		bool same = slice_eq(rows[i].want, LIT("="));
		struct slice want = same ? rows[i].in : rows[i].want;
		struct slice got;

		scene_ask(&s, slice_of(rows[i].url));
		got = adapted(&s, name, rows[i].in, &hints);
		assert_slice(got, want, rows[i].in);
		/* And each beginning of it, for what it does to memory. */
		for (size_t cut = 0; cut < rows[i].in.len; cut++) {
			scene_ask(&s, slice_of(rows[i].url));
			(void)adapted(
			    &s, name, slice_upto(rows[i].in, cut), &hints);
		}
	}
	scene_close(&s);
	assert_int_equal(hints, 0);
}

#define ROOT "http://root.test/x"

static const struct row locations[] = {
	{ "/hotels/", S("/"), S("/hotels/") },
	{ "/hotels/", S("/x"), S("/hotels/x") },
	{ "/hotels/", S("/x?u=/y#/z"), S("/hotels/x?u=/y#/z") },
	{ "/hotels/", S("/hotels/x"), S("/hotels/hotels/x") },
	{ "/hotels/", S("/pets/x"), S("/hotels/pets/x") },
	{ "/hotels/", S("/a%2Fb//c;d"), S("/hotels/a%2Fb//c;d") },
	{ "/hotels/", S("/\xc3\xa9"), S("/hotels/\xc3\xa9") },
	{ "/hotels/", S("/x/../../y"), S("/hotels/y") },
	{ "/hotels/", S("\\x"), S("/hotels\\x") },
	{ "/hotels/", S("x"), SAME },
	{ "/hotels/", S("./x"), SAME },
	{ "/hotels/", S("?x"), SAME },
	{ "/hotels/", S("#x"), SAME },
	{ "/hotels/", S(""), SAME },
	{ "/hotels/", S("../x"), S("/hotels/x") },
	{ "/hotels/", S("../../.."), S("/hotels/") },
	{ "/hotels/a/b", S("../x"), SAME },
	{ "/hotels/a/b", S("../../x"), S("/hotels/x") },
	{ "/hotels/a/b", S("%2e%2e/.%2E/x"), S("/hotels/x") },
	{ "/hotels/", S("//o.test:81/x"), S("//www.test/hotels/x") },
	{ "/hotels/", S("//o.test/x"), SAME },
	{ "/hotels/", S("//www.test/x"), SAME },
	{ "/hotels/", S("http://o.test:81/x"), S("http://www.test/hotels/x") },
	{ "/hotels/", S("http://o.test:81"), S("http://www.test/hotels/") },
	{ "/hotels/", S("http://o.test:81?x"), S("http://www.test/hotels/?x") },
	{ "/hotels/", S("HTTP://O.Test:81/x"), S("http://www.test/hotels/x") },
	{ "/hotels/", S("http://o.test/x"), SAME },
	{ "/hotels/", S("http://o.test:82/x"), SAME },
	{ "/hotels/", S("http://o.test:8/x"), SAME },
	{ "/hotels/", S("http://o.test:81.evil/x"), SAME },
	{ "/hotels/", S("http://o.test:81@evil/x"), SAME },
	{ "/hotels/", S("http://xo.test:81/x"), SAME },
	{ "/hotels/", S("http://www.test/x"), SAME },
	{ "/hotels/", S("https://www.test/hotels/x"), SAME },
	{ "/hotels/", S("https://accounts.example/o?back=http://o.test:81/x"),
	    SAME },
	{ "https://www.test:8443/hotels/", S("http://o.test:81/x"),
	    S("https://www.test:8443/hotels/x") },
	{ "https://www.test/hotels/", S("https://o.test:81/x"),
	    S("https://www.test/hotels/x") },
	{ "/hotels/", S("mailto:a@o.test"), SAME },
	{ "/hotels/", S("javascript:location='/x'"), SAME },
	{ "/hotels/", S("ftp://o.test:81/x"), SAME },
	/* A base. */
	{ "/based/", S("/b"), S("/based") },
	{ "/based/", S("/b/x"), S("/based/x") },
	{ "/based/", S("/bx"), SAME },
	{ "/based/", S("/x"), SAME },
	{ "/based/", S("http://o.test:81/b/x"), S("http://www.test/based/x") },
	{ "/based/", S("http://o.test:81/x"), SAME },
	/* One that knows its paths, one that knows our host. */
	{ "/kept/", S("/kept/x"), SAME },
	{ "/kept/", S("/x"), SAME },
	{ "/kept/", S("http://o.test:81/kept/x"), S("http://www.test/kept/x") },
	{ "/host/", S("/x"), S("/host/x") },
	{ "/host/", S("http://www.test/x"), S("http://www.test/host/x") },
	{ "/host/", S("http://www.test/host/x"), SAME },
	{ "/host/", S("http://o.test:81/x"), S("http://www.test/host/x") },
	/* No prefix. */
	{ ROOT, S("/"), SAME },
	{ ROOT, S("/x/../y"), SAME },
	{ ROOT, S("../../x"), SAME },
	{ ROOT, S("http://root.test/x"), SAME },
	{ ROOT, S("http://o.test:81/x"), S("http://root.test/x") },
	{ ROOT, S("http://o.test:81//x"), S("http://root.test//x") },
};

static void locations_are_mapped(void **state)
{
	(void)state;
	run_rows(LIT("location"), locations, ROWS(locations));
	run_rows(LIT("Content-Location"), locations, ROWS(locations));
	run_rows(LIT("SourceMap"), locations, ROWS(locations));
	run_rows(LIT("X-SourceMap"), locations, ROWS(locations));
	run_rows(LIT("HX-Redirect"), locations, ROWS(locations));
}

#define H "/hotels/"

static const struct row refreshes[] = {
	{ H, S("5; url=/x"), S("5; url=/hotels/x") },
	{ H, S("5;url=/x"), S("5;url=/hotels/x") },
	{ H, S("0;URL='/x'"), S("0;URL='/hotels/x'") },
	{ H, S("0;URL=\"/x\" rest"), S("0;URL=\"/hotels/x\" rest") },
	{ H, S("0;URL='/x"), S("0;URL='/hotels/x") },
	{ H, S("5, url=/x"), S("5, url=/hotels/x") },
	{ H, S("5 url=/x"), S("5 url=/hotels/x") },
	{ H, S("5 \t;\turL\t=\t/x"), S("5 \t;\turL\t=\t/hotels/x") },
	{ H, S("5;/x"), S("5;/hotels/x") },
	{ H, S("5;'/x'"), S("5;'/hotels/x'") },
	{ H, S("5 /x"), S("5 /hotels/x") },
	{ H, S("5.7;url=/x"), S("5.7;url=/hotels/x") },
	{ H, S(".5;url=/x"), S(".5;url=/hotels/x") },
	{ H, S("1.2.3;url=/x"), S("1.2.3;url=/hotels/x") },
	{ H, S("5; url=http://o.test:81/x"),
	    S("5; url=http://www.test/hotels/x") },
	{ H, S("5; url=/x;y=1, z"), S("5; url=/hotels/x;y=1, z") },
	{ H, S("5; url=../x"), S("5; url=/hotels/x") },
	{ H, S("5"), SAME },
	{ H, S("5;"), SAME },
	{ H, S("5; url="), SAME },
	{ H, S("5; url=''/x"), SAME },
	{ H, S("5; url='http://o.test:81'/x"),
	    S("5; url='http://www.test/hotels/'/x") },
	{ H, S("; url=/x"), SAME },
	{ H, S("url=/x"), SAME },
	{ H, S("-5; url=/x"), SAME },
	{ H, S("5x; url=/x"), SAME },
	{ H, S("5;; url=/x"), SAME },
	/* By the steps these are relative URLs. */
	{ H, S("5; url/x"), SAME },
	{ H, S("5; ur=/x"), SAME },
	{ H, S("5; url '/x'"), SAME },
	{ H, S("5; url=https://elsewhere.example/"), SAME },
	{ ROOT, S("5; url=/x"), SAME },
};

static void refreshes_are_mapped(void **state)
{
	(void)state;
	run_rows(LIT("Refresh"), refreshes, ROWS(refreshes));
}

static const struct row links[] = {
	{ H, S("</x>"), S("</hotels/x>") },
	{ H, S("</x>; rel=preload; as=style"),
	    S("</hotels/x>; rel=preload; as=style") },
	{ H, S("</x>;rel=next,</y>;rel=prev"),
	    S("</hotels/x>;rel=next,</hotels/y>;rel=prev") },
	{ H, S(" , </x> , , </y> ,"), S(" , </hotels/x> , , </hotels/y> ,") },
	{ H, S("<http://o.test:81/x>; rel=\"canonical\""),
	    S("<http://www.test/hotels/x>; rel=\"canonical\"") },
	{ H, S("<//o.test:81/x>"), S("<//www.test/hotels/x>") },
	{ H, S("<https://cdn.example/x>; rel=preconnect, </y>"),
	    S("<https://cdn.example/x>; rel=preconnect, </hotels/y>") },
	{ H, S("</a,b;c?d=e\">; rel=x, </y>"),
	    S("</hotels/a,b;c?d=e\">; rel=x, </hotels/y>") },
	{ H, S("</x>; title=\"a, </y>; b\", </z>"),
	    S("</hotels/x>; title=\"a, </y>; b\", </hotels/z>") },
	{ H, S("</x>; title=\"\\\", </y>\", </z>"),
	    S("</hotels/x>; title=\"\\\", </y>\", </hotels/z>") },
	{ H, S("</x>; anchor=\"/y\"; rel=z"),
	    S("</hotels/x>; anchor=\"/hotels/y\"; rel=z") },
	{ H, S("</x>; ANCHOR = \"/y\""),
	    S("</hotels/x>; ANCHOR = \"/hotels/y\"") },
	{ H, S("</x>; anchor=/y; rel=z"),
	    S("</hotels/x>; anchor=/hotels/y; rel=z") },
	{ H, S("</x>; anchor=\"#foo\""), S("</hotels/x>; anchor=\"#foo\"") },
	{ H, S("</x>; anchor=\"\\/y\\\"z\\\\\""),
	    S("</hotels/x>; anchor=\"/hotels/y\\\"z\\\\\"") },
	{ H, S("</x>; anchor=\"y\\z\""), S("</hotels/x>; anchor=\"y\\z\"") },
	{ H, S("</x>; anchor=\"/y"), S("</hotels/x>; anchor=\"/y") },
	{ H, S("</x>; anchor*=UTF-8''/y"),
	    S("</hotels/x>; anchor*=UTF-8''/y") },
	{ H, S("</x>; title=/y; rel=\"/z http://o.test:81/\""),
	    S("</hotels/x>; title=/y; rel=\"/z http://o.test:81/\"") },
	{ H,
	    S("</x>; rel=preload; as=image; imagesrcset=\"/a.jpg 1x, /b.jpg "
	      "2x\"; imagesizes=\"50vw\""),
	    S("</hotels/x>; rel=preload; as=image; "
	      "imagesrcset=\"/hotels/a.jpg 1x, /hotels/b.jpg 2x\"; "
	      "imagesizes=\"50vw\"") },
	{ H,
	    S("<>; imagesrcset=\" ,/a,b 2x ,, /c,, /d, http://o.test:81/e "
	      "(,/f) 1w , /g\""),
	    S("<>; imagesrcset=\" ,/hotels/a,b 2x ,, /hotels/c,, /hotels/d, "
	      "http://www.test/hotels/e (,/f) 1w , /hotels/g\"") },
	{ H, S("</x>; imagesrcset=/a"),
	    S("</hotels/x>; imagesrcset=/hotels/a") },
	{ H, S("</x>; imagesrcset=\"/a\\b\""),
	    S("</hotels/x>; imagesrcset=\"/a\\b\"") },
	{ H, S("</x>; crossorigin; nopush ; ; rel=x"),
	    S("</hotels/x>; crossorigin; nopush ; ; rel=x") },
	{ H, S("< /x >"), S("< /hotels/x >") },
	{ H, S("<>"), SAME },
	{ H, S("<x>; rel=next"), SAME },
	{ H, S("<../x>"), S("</hotels/x>") },
	/* No links by the grammar; what stands behind their comma is. */
	{ H, S(""), SAME },
	{ H, S("/x"), SAME },
	{ H, S("/x>, </y>"), S("/x>, </hotels/y>") },
	{ H, S("x \"</y>,\" </z>, </w>"), S("x \"</y>,\" </z>, </hotels/w>") },
	{ H, S("x \", </y>"), SAME },
	{ H, S("</x"), SAME },
	{ H, S("</x>, </y"), S("</hotels/x>, </y") },
	{ H, S("</x> </y>, </z>"), S("</hotels/x> </y>, </hotels/z>") },
	{ H, S("</x>; =\"</y>\", </z>"),
	    S("</hotels/x>; =\"</y>\", </hotels/z>") },
	{ H, S("</x>; a=\"b\"c, </z>"),
	    S("</hotels/x>; a=\"b\"c, </hotels/z>") },
	{ H, S("</x>; a\"b, </z>\", </w>"),
	    S("</hotels/x>; a\"b, </z>\", </hotels/w>") },
	{ ROOT, S("</x>; anchor=\"\\/y\", <../z>"), SAME },
};

static void links_are_mapped(void **state)
{
	(void)state;
	run_rows(LIT("LINK"), links, ROWS(links));
}

static const struct row scopes[] = {
	{ H, S("/"), S("/hotels/") },
	{ H, S("/app/"), S("/hotels/app/") },
	{ H, S("/app"), S("/hotels/app") },
	{ H, S("/.."), S("/hotels/") },
	{ H, S("./"), SAME },
	{ H, S(""), SAME },
	{ H, S("../"), S("/hotels/") },
	{ "/hotels/js/sw.js", S("../"), SAME },
	{ "/hotels/js/sw.js", S(".%2e/../../"), S("/hotels/") },
	{ H, S("http://o.test:81/"), S("http://www.test/hotels/") },
	{ H, S("https://elsewhere.example/"), SAME },
	/* Never wider than the prefix, whatever the base. */
	{ "/based/sw.js", S("/"), S("/based/") },
	{ "/based/sw.js", S("/b"), S("/based/") },
	{ "/based/sw.js", S("/b/"), S("/based/") },
	{ "/based/sw.js", S("/b/x"), S("/based/x") },
	{ "/based/sw.js", S("/other/"), S("/based/") },
	{ "/based/sw.js", S("\\"), S("/based/") },
	{ "/based/sw.js", S("../"), S("/based/") },
	{ "/based/sw.js", S("x/%2E./../.."), S("/based/") },
	{ "/based/sw.js", S("/b/../../"), S("/based/") },
	{ "/based/sw.js", S("x.y/z.w.v"), SAME },
	{ "/kept/sw.js", S("/"), S("/kept/") },
	{ "/kept/sw.js", S("/kept"), S("/kept/") },
	{ "/kept/sw.js", S("/kept/x"), SAME },
	{ ROOT, S("/"), SAME },
	{ ROOT, S("/x"), SAME },
	{ ROOT, S("\\x"), SAME },
};

static void scopes_stay_below_the_prefix(void **state)
{
	(void)state;
	run_rows(LIT("Service-Worker-Allowed"), scopes, ROWS(scopes));
}

static const struct row strings[] = {
	{ H, S("\"/a.json\", \"/b.json\""),
	    S("\"/hotels/a.json\", \"/hotels/b.json\"") },
	{ H, S("\"x.json\""), SAME },
	{ H, S("\"/a\";x=\"/b\", \"/c\";y;z=\"/d\""),
	    S("\"/hotels/a\";x=\"/b\", \"/hotels/c\";y;z=\"/d\"") },
	{ H, S("\"/a,;\\\"b\", \"/c\""),
	    S("\"/hotels/a,;\\\"b\", \"/hotels/c\"") },
	{ H, S("/a, ?1, \"/b"), SAME },
	{ H, S("\""), SAME },
	{ H, S("main=\"/r\", default=\"https://r.example/\""),
	    S("main=\"/hotels/r\", default=\"https://r.example/\"") },
	{ H, S("a=(\"/x\" \"http://o.test:81/y\");b=\"/z\""),
	    S("a=(\"/hotels/x\" \"http://www.test/hotels/y\");b=\"/z\"") },
	{ ROOT, S("\"/a\", \"\\\"\""), SAME },
};

static const struct row policies[] = {
	{ H, S("default-src 'self'; report-uri /csp"),
	    S("default-src 'self'; report-uri /hotels/csp") },
	{ H, S("Report-URI \t/a  http://o.test:81/b https://c.example/d ;x /e"),
	    S("Report-URI \t/hotels/a  http://www.test/hotels/b "
	      "https://c.example/d ;x /e") },
	{ H, S("report-uri /a, script-src /b; report-uri /c"),
	    S("report-uri /hotels/a, script-src /b; report-uri /hotels/c") },
	{ H, S("img-src http://o.test:81/; report-to main; report-uris /x"),
	    SAME },
	{ H, S(";;,, ; report-uri"), SAME },
	{ ROOT, S("report-uri /x"), SAME },
};

static void other_fields_are_mapped(void **state)
{
	(void)state;
	run_rows(LIT("Speculation-Rules"), strings, ROWS(strings));
	run_rows(LIT("Reporting-Endpoints"), strings, ROWS(strings));
	run_rows(LIT("Content-Security-Policy"), policies, ROWS(policies));
	run_rows(LIT("Content-Security-Policy-Report-Only"), policies,
	    ROWS(policies));
}

static const struct {
	struct slice name, value;
} kept[] = {
	{ S("Access-Control-Allow-Origin"), S("http://o.test:81") },
	{ S("Report-To"), S("{\"endpoints\":[{\"url\":\"/x\"}]}") },
	{ S("Content-Disposition"), S("/x") },
	{ S("X-Location"), S("/x") },
	{ S("Locations"), S("/x") },
	{ S("HX-Push-Url"), S("false") },
	{ S("HX-Location"), S("{\"path\":\"/x\"}") },
};

static void others_are_left(void **state)
{
	struct scene s;
	unsigned hints = 0;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT("/hotels/x"));
	for (size_t i = 0; i < ROWS(kept); i++)
		assert_ptr_equal(
		    adapted(&s, kept[i].name, kept[i].value, &hints).at,
		    kept[i].value.at);
	assert_int_equal(hints, 0);
	scene_close(&s);
}

/* Each key switches its own fields. */
static void keys_switch(void **state)
{
	struct slice cookie = LIT("a=b; Path=/");
	struct scene s;
	struct rule *rule;
	unsigned hints = 0;

	(void)state;
	scene_open(&s);
	rule = hand_rule(s.conf, 0);
	for (unsigned on = 0; on < 4; on++) {
		bool moved, kept_below;

		rule->rewrite_redirects = on & 1;
		rule->rewrite_cookies = on & 2;
		scene_ask(&s, LIT("/hotels/x"));
		moved =
		    slice_eq(adapted(&s, LIT("Location"), LIT("/y"), &hints),
			LIT("/hotels/y"));
		kept_below =
		    slice_eq(adapted(&s, LIT("set-cookie"), cookie, &hints),
			LIT("a=b; Path=/hotels"));
		assert_int_equal(moved, (on & 1) != 0);
		assert_int_equal(kept_below, (on & 2) != 0);
	}
	scene_close(&s);
}

static const struct {
	const char *url;
	struct slice name, value;
	unsigned hints;
} hinted[] = {
	{ H, S("clear-site-data"), S("\"cookies\""),
	    ADAPT_HINT_CLEAR_SITE_DATA },
	{ H, S("Set-Cookie"), S("__Host-a=b; Path=/"), ADAPT_HINT_HOST_COOKIE },
	{ H, S("Set-Cookie"), S("__Secure-a=b; Secure"), 0 },
	{ ROOT, S("Clear-Site-Data"), S("*"), 0 },
	{ ROOT, S("Set-Cookie"), S("__Host-a=b; Path=/"), 0 },
};

static void hints_are_given(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < ROWS(hinted); i++) {
		unsigned hints = 0;

		scene_ask(&s, slice_of(hinted[i].url));
		assert_ptr_equal(
		    adapted(&s, hinted[i].name, hinted[i].value, &hints).at,
		    hinted[i].value.at);
		assert_int_equal(hints, hinted[i].hints);
		assert_int_equal(adapt_hint_words(hints).len > 0, hints != 0);
	}
	scene_close(&s);
}

/* At every size of the arena: all of it, or a refusal. */
static void memory_runs_out_loudly(void **state)
{
	struct scene s;
	bool ok = false;
	unsigned hints = 0;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT("/bare"));
	for (size_t size = 64; !ok && size < 100000; size += 16) {
		struct arena *small = arena_new(size);
		struct response r = { .status = 302 };
		struct fields *f = &r.fields;

		ok = small != NULL &&
		    field_add(f, small, LIT("Location"), LIT("/x")) &&
		    field_add(
			f, small, LIT("Link"), LIT("</x>; anchor=\"\\/y\"")) &&
		    field_add(f, small, LIT("Refresh"), LIT("5; url=/x")) &&
		    field_add(f, small, LIT("Set-Cookie"), LIT("a=b")) &&
		    adapt_response(&r, &s.request, s.match.rule, &s.mapping,
			small, &hints);
		if (ok) {
			assert_slice(f->at[0].value, LIT("/bare/x"), LIT("1"));
			assert_slice(f->at[1].value,
			    LIT("</bare/x>; anchor=\"/bare/y\""), LIT("2"));
			assert_slice(
			    f->at[3].value, LIT("a=b; Path=/bare"), LIT("4"));
		}
		arena_free(small);
	}
	assert_true(ok);
	scene_close(&s);
}

/* A value that grows past its maximum is refused, not cut. */
static void growth_is_bounded(void **state)
{
	struct response r = { .status = 200 };
	struct scene s;
	struct text t;
	unsigned hints = 0;

	(void)state;
	scene_open(&s);
	scene_ask(&s, LIT("/hotels/"));
	t = text_in(s.arena, 1 << 20);
	for (size_t i = 0; i < 20000; i++)
		text_add(&t, LIT("</>,"));
	assert_false(text_spent(&t));
	assert_true(field_add(&r.fields, s.arena, LIT("Link"), text_slice(&t)));
	assert_false(adapt_response(
	    &r, &s.request, s.match.rule, &s.mapping, s.arena, &hints));
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locations_are_mapped),
		cmocka_unit_test(refreshes_are_mapped),
		cmocka_unit_test(links_are_mapped),
		cmocka_unit_test(scopes_stay_below_the_prefix),
		cmocka_unit_test(other_fields_are_mapped),
		cmocka_unit_test(others_are_left),
		cmocka_unit_test(keys_switch),
		cmocka_unit_test(hints_are_given),
		cmocka_unit_test(memory_runs_out_loudly),
		cmocka_unit_test(growth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
