/* Which policies admit a script of ours, and with which nonce. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/arena.h"
#include "http/field.h"
#include "policy/csp.h"

#define ROW(policies, admitted, may_inline, nonce) \
	{                                          \
		policies, admitted, may_inline,    \
		{                                  \
			nonce, sizeof(nonce) - 1   \
		}                                  \
	}

/* The script is https://site.test/pre/.fingerpost/shim.js; every line is a
 * field. */
static const struct {
	const char *policies;
	bool admitted, may_inline;
	struct slice nonce;
} cases[] = {
	/* no policy for scripts */
	ROW("", true, true, ""),
	ROW("img-src 'none'", true, true, ""),
	ROW(";;  ; upgrade-insecure-requests ;", true, true, ""),
	/* which directive counts */
	ROW("script-src 'self'", true, false, ""),
	ROW("SCRIPT-SRC 'SELF'", true, false, ""),
	ROW("script-src 'none'", false, false, ""),
	ROW("script-src", false, false, ""),
	ROW("default-src 'self'", true, false, ""),
	ROW("default-src 'none'", false, false, ""),
	ROW("default-src 'none'; script-src 'self'", true, false, ""),
	ROW("default-src 'self'; script-src 'none'", false, false, ""),
	ROW("script-src 'none'; script-src-elem 'self'", true, false, ""),
	ROW("script-src-elem 'none'; script-src 'self'", false, false, ""),
	ROW("script-src 'self'; script-src 'none'", true, false, ""),
	ROW("script-src 'none'; script-src 'self'", false, false, ""),
	ROW("script-src-attr 'none'; worker-src 'none'", true, true, ""),
	ROW("\tscript-src\t'self'  'unsafe-eval'", true, false, ""),
	/* hosts */
	ROW("script-src *", true, false, ""),
	ROW("script-src https:", true, false, ""),
	ROW("script-src http:", true, false, ""),
	ROW("script-src HTTPS:", true, false, ""),
	ROW("script-src data: blob:", false, false, ""),
	ROW("script-src site.test", true, false, ""),
	ROW("script-src SITE.test", true, false, ""),
	ROW("script-src other.test", false, false, ""),
	ROW("script-src site.test:443", true, false, ""),
	ROW("script-src site.test:80", true, false, ""),
	ROW("script-src site.test:8443", false, false, ""),
	ROW("script-src site.test:*", true, false, ""),
	ROW("script-src *:443", true, false, ""),
	ROW("script-src https://site.test", true, false, ""),
	ROW("script-src http://site.test", true, false, ""),
	ROW("script-src ftp://site.test", false, false, ""),
	ROW("script-src https://*", true, false, ""),
	ROW("script-src *.test", true, false, ""),
	ROW("script-src *.site.test", false, false, ""),
	ROW("script-src *.est", false, false, ""),
	ROW("script-src site.test/", true, false, ""),
	ROW("script-src site.test/pre/", true, false, ""),
	ROW("script-src site.test/pre", false, false, ""),
	ROW("script-src site.test/other/", false, false, ""),
	ROW("script-src site.test/pre/.fingerpost/shim.js", true, false, ""),
	ROW("script-src :// / [ : [::1] https://", false, false, ""),
	/* nonces */
	ROW("script-src 'nonce-abc'", true, true, "abc"),
	ROW("script-src 'NONCE-aBc=='", true, true, "aBc=="),
	ROW("script-src 'self' 'nonce-abc'", true, true, "abc"),
	ROW("default-src 'nonce-a+/-_1'", true, true, "a+/-_1"),
	ROW("script-src 'nonce-'", false, false, ""),
	ROW("script-src 'nonce-a\"b'", false, false, ""),
	ROW("script-src 'nonce-abc", false, false, ""),
	ROW("script-src 'nonce-a===='", false, false, ""),
	ROW("style-src 'nonce-abc'; script-src 'none'", false, false, ""),
	ROW("style-src 'nonce-abc'", true, true, ""),
	ROW("script-src 'nonce-a' 'nonce-b'", true, true, "a"),
	/* strict-dynamic and hashes */
	ROW("script-src 'strict-dynamic'", false, false, ""),
	ROW("script-src 'strict-dynamic' 'self' https:", false, false, ""),
	ROW("script-src 'strict-dynamic' 'nonce-abc'", true, true, "abc"),
	ROW("script-src 'strict-dynamic' 'sha256-abc='", false, false, ""),
	ROW("script-src 'sha256-abc='", false, false, ""),
	ROW("script-src 'sha256-abc=' 'self'", true, false, ""),
	/* inline */
	ROW("script-src 'self' 'unsafe-inline'", true, true, ""),
	ROW("script-src 'unsafe-inline'", false, false, ""),
	ROW("script-src 'self' 'unsafe-inline' 'sha512-abc='", true, false, ""),
	ROW("script-src 'self' 'unsafe-inline' 'strict-dynamic'", false, false,
	    ""),
	ROW("require-trusted-types-for 'script'", true, false, ""),
	/* sandboxes */
	ROW("sandbox", false, false, ""),
	ROW("sandbox allow-forms ALLOW-scripts", true, true, ""),
	/* several */
	ROW("script-src 'self', script-src 'none'", false, false, ""),
	ROW("script-src 'self', script-src *", true, false, ""),
	ROW("script-src 'self'\nimg-src x", true, false, ""),
	ROW("script-src 'self'\nscript-src 'none'", false, false, ""),
	ROW("script-src 'nonce-a', script-src 'nonce-b'", false, false, ""),
	ROW("script-src 'nonce-a' 'nonce-b', script-src 'nonce-b'", true, true,
	    "b"),
	ROW("script-src 'self', script-src 'nonce-b'", true, false, "b"),
	ROW(",, ,script-src 'nonce-b',", true, true, "b"),
};

static void add_policies(struct fields *f, struct arena *a, const char *lines)
{
	struct slice rest = slice_of(lines);
	struct slice line;

	while (slice_cut(&rest, '\n', &line))
		assert_true(
		    field_add(f, a, LIT("content-security-policy"), line));
}

static void check(
    const char *lines, const struct csp_script *script, struct csp_verdict want)
{
	struct arena *a = arena_new(1 << 20);
	struct fields f = { 0 };
	struct csp_verdict got;

	assert_true(field_add(&f, a, LIT("Content-Security-Policy-Report-Only"),
	    LIT("script-src 'none'")));
	add_policies(&f, a, lines);
	got = csp_judge(&f, script);
	if (got.admitted != want.admitted || got.may_inline != want.may_inline)
		fail_msg("%s: admitted %d, may inline %d", lines, got.admitted,
		    got.may_inline);
	if (want.admitted)
		assert_slice(got.nonce, want.nonce, slice_of(lines));
	arena_free(a);
}

static void policies_are_judged(void **state)
{
	const struct csp_script script = { LIT("https"), LIT("site.test"),
		LIT("/pre/.fingerpost/shim.js") };

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++)
		check(cases[i].policies, &script,
		    (struct csp_verdict){ cases[i].admitted,
			cases[i].may_inline, cases[i].nonce });
}

static const struct {
	struct slice scheme, authority;
	const char *policy;
	bool admitted;
} places[] = {
	{ S("http"), S("site.test:8080"), "script-src site.test:8080", true },
	{ S("http"), S("site.test:8080"), "script-src site.test", false },
	{ S("http"), S("site.test:8080"), "script-src site.test:*", true },
	{ S("http"), S("site.test:8080"), "script-src 'self'", true },
	{ S("http"), S("site.test"), "script-src https:", false },
	{ S("http"), S("site.test"), "script-src http:", true },
	{ S("http"), S("127.0.0.1:1"), "script-src 127.0.0.1:1", true },
	{ S("http"), S("10.0.0.1"), "script-src 10.0.0.1", false },
	{ S("http"), S("[::1]:80"), "script-src [::1]:80", false },
	{ S("http"), S("10.0.0.1"), "script-src *.0.0.1", false },
	{ S("http"), S("[::1]:80"), "script-src 'self'", true },
	{ S("http"), S(""), "script-src site.test", false },
	{ S("http"), S(""), "script-src 'self'", true },
	{ S("http"), S(""), "script-src *", true },
};

static void places_are_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(places); i++) {
		const struct csp_script script = { places[i].scheme,
			places[i].authority, LIT("/pre/.fingerpost/shim.js") };

		check(places[i].policy, &script,
		    (struct csp_verdict){ .admitted = places[i].admitted });
	}
}

/* Every beginning of a policy is judged, too. */
static void cut_policies_are_judged(void **state)
{
	const struct csp_script script = { LIT("https"), LIT("site.test"),
		LIT("/pre/.fingerpost/shim.js") };
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++)
		for (size_t n = 0; n <= slice_of(cases[i].policies).len; n++) {
			struct fields f = { 0 };
			/* A copy: reading past its end is found out. */
			struct slice part = arena_slice(
			    a, slice_upto(slice_of(cases[i].policies), n));
			struct csp_verdict v;

			assert_true(field_add(
			    &f, a, LIT("Content-Security-Policy"), part));
			v = csp_judge(&f, &script);
			assert_false(v.may_inline && !v.admitted);
			arena_reset(a);
		}
	arena_free(a);
}

static void nonces_have_a_maximum(void **state)
{
	const struct csp_script script = { LIT("https"), LIT("site.test"),
		LIT("/x") };
	struct arena *a = arena_new(1 << 20);
	char policy[4096] = "script-src";
	size_t n = sizeof("script-src") - 1;
	struct fields f = { 0 };

	(void)state;
	for (int i = 0; i < CSP_NONCES_MAX; i++, n += 11)
		memcpy(policy + n, " 'nonce-no'", 11);
	memcpy(policy + n, " 'nonce-b'", 10);
	n += 10;
	field_add(
	    &f, a, LIT("Content-Security-Policy"), (struct slice){ policy, n });
	field_add(
	    &f, a, LIT("Content-Security-Policy"), LIT("script-src 'nonce-b'"));
	assert_false(csp_judge(&f, &script).admitted);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_judged),
		cmocka_unit_test(places_are_compared),
		cmocka_unit_test(cut_policies_are_judged),
		cmocka_unit_test(nonces_have_a_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
