/* Request targets: the split, the readings, the map back to raw bytes. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/uri.h"

static const struct {
	struct slice in;
	enum uri_fault want;
	struct slice authority, path, query;
} split_cases[] = {
	{ S("/"), URI_OK, S(""), S("/"), S("") },
	{ S("/a/b?q=1"), URI_OK, S(""), S("/a/b"), S("?q=1") },
	{ S("/a?"), URI_OK, S(""), S("/a"), S("?") },
	{ S("/a?b?c%zz"), URI_OK, S(""), S("/a"), S("?b?c%zz") },
	{ S("//a/b"), URI_OK, S(""), S("//a/b"), S("") },
	{ S("*"), URI_OK, S(""), S("*"), S("") },
	{ S("http://h/p?q"), URI_OK, S("h"), S("/p"), S("?q") },
	{ S("HTTPS://H:80"), URI_OK, S("H:80"), S("/"), S("") },
	{ S("http://h?q"), URI_OK, S("h"), S("/"), S("?q") },
	{ S("http://[::1]:8/x"), URI_OK, S("[::1]:8"), S("/x"), S("") },
	{ S("/\xe9\xff"), URI_OK, S(""), S("/\xe9\xff"), S("") },
	{ S("/a%0d%0aX:y"), URI_OK, S(""), S("/a%0d%0aX:y"), S("") },
	{ S(""), URI_EMPTY, S(""), S(""), S("") },
	{ S("a/b"), URI_FORM, S(""), S(""), S("") },
	{ S("ftp://h/"), URI_FORM, S(""), S(""), S("") },
	{ S("h:443"), URI_FORM, S(""), S(""), S("") },
	{ S("**"), URI_FORM, S(""), S(""), S("") },
	{ S("/a b"), URI_BLANK, S(""), S(""), S("") },
	{ S("/a?x=a b"), URI_BLANK, S(""), S(""), S("") },
	{ S("/a\r\nX: y"), URI_CONTROL, S(""), S(""), S("") },
	{ S("/a\0b"), URI_CONTROL, S(""), S(""), S("") },
	{ S("/a\x7f"), URI_CONTROL, S(""), S(""), S("") },
	{ S("/a?\t"), URI_CONTROL, S(""), S(""), S("") },
	{ S("/a#f"), URI_FRAGMENT, S(""), S(""), S("") },
	{ S("/a?b#f"), URI_FRAGMENT, S(""), S(""), S("") },
	{ S("/a%zz"), URI_ESCAPE, S(""), S(""), S("") },
	{ S("/a%"), URI_ESCAPE, S(""), S(""), S("") },
	{ S("/a%4"), URI_ESCAPE, S(""), S(""), S("") },
	{ S("/a%4?1"), URI_ESCAPE, S(""), S(""), S("") },
	{ S("/a%00b"), URI_NUL, S(""), S(""), S("") },
	{ S("http://"), URI_AUTHORITY, S(""), S(""), S("") },
	{ S("http:///x"), URI_AUTHORITY, S(""), S(""), S("") },
	{ S("http://u@h/"), URI_AUTHORITY, S(""), S(""), S("") },
};

static void targets_are_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(split_cases); i++) {
		struct uri uri = { .authority = SLICE_NONE };
		struct slice in = split_cases[i].in;
		enum uri_fault fault = uri_split(in, &uri);

		if (fault != split_cases[i].want)
			fail_msg("%.*s: fault %d", SLICE_ARG(in), fault);
		if (fault != URI_OK) {
			assert_true(uri_fault_words(fault).len > 0);
			continue;
		}
		assert_slice(uri.authority, split_cases[i].authority, in);
		assert_slice(uri.path, split_cases[i].path, in);
		assert_slice(uri.query, split_cases[i].query, in);
	}
}

static const struct {
	struct slice in;
	bool ok;
	struct slice want;
} host_cases[] = {
	{ S(""), true, S("") },
	{ S("Example.ORG"), true, S("example.org") },
	{ S("example.org."), true, S("example.org") },
	{ S("example.org.:80"), true, S("example.org") },
	{ S("example.org:"), true, S("example.org") },
	{ S("127.0.0.1:8080"), true, S("127.0.0.1") },
	{ S("[::1]"), true, S("[::1]") },
	{ S("[2001:DB8::1]:443"), true, S("[2001:db8::1]") },
	{ S("a_b"), true, S("a_b") },
	{ S(":80"), false, S("") },
	{ S("a:b"), false, S("") },
	{ S("a:80:80"), false, S("") },
	{ S("[::1"), false, S("") },
	{ S("[]"), false, S("") },
	{ S("[::1]x"), false, S("") },
	{ S("[x]"), false, S("") },
	{ S("a b"), false, S("") },
	{ S("a/b"), false, S("") },
	{ S("a\\b"), false, S("") },
	{ S("u@h"), false, S("") },
	{ S("*.org"), false, S("") },
	{ S("a,b"), false, S("") },
	{ S("h\xc3\xa9"), false, S("") },
	{ S("a\0b"), false, S("") },
	{ S("a%2eb"), false, S("") },
};

static void hosts_are_normalised(void **state)
{
	char room[URI_HOST_MAX];
	char small[3];
	char longest[URI_HOST_MAX + 1];
	struct slice host;

	(void)state;
	for (size_t i = 0; i < ROWS(host_cases); i++) {
		struct slice in = host_cases[i].in;

		if (uri_host(in, room, sizeof(room), &host) != host_cases[i].ok)
			fail_msg("%.*s", SLICE_ARG(in));
		if (host_cases[i].ok)
			assert_slice(host, host_cases[i].want, in);
	}
	assert_false(uri_host(LIT("abcd"), small, sizeof(small), &host));
	memset(longest, 'a', sizeof(longest));
	assert_false(uri_host((struct slice){ longest, sizeof(longest) }, room,
	    sizeof(room), &host));
}

#define PLAIN 0
static const struct {
	struct slice in;
	unsigned reading;
	struct slice want;
} read_cases[] = {
	{ S("/a/../b"), URI_FULL, S("/b") },
	{ S("/.."), URI_FULL, S("/") },
	{ S("/"), URI_FULL, S("/") },
	{ S("/."), URI_FULL, S("/") },
	{ S("/a/."), URI_FULL, S("/a/") },
	{ S("/a/b/.."), URI_FULL, S("/a/") },
	{ S("/a/./b"), URI_FULL, S("/a/b") },
	{ S("//a///b//"), URI_FULL, S("/a/b/") },
	{ S("//a///b//"), URI_DOTS, S("//a///b//") },
	{ S("/a//../b"), URI_FULL, S("/b") },
	{ S("/a//../b"), URI_DOTS, S("/a/b") },
	{ S("/a//../b"), URI_MERGE, S("/a/../b") },
	{ S("/%61%2e/b"), PLAIN, S("/a./b") },
	{ S("/a/%2e%2E/b"), URI_FULL, S("/b") },
	{ S("/a/%2e./b"), PLAIN, S("/a/../b") },
	{ S("/a%2Fb"), URI_ENCODED_SLASH, S("/a/b") },
	{ S("/a%2fb"), PLAIN, S("/a\0b") },
	{ S("/a%5Cb\\c"), URI_BACKSLASH, S("/a/b/c") },
	{ S("/a%5Cb\\c"), PLAIN, S("/a\\b\\c") },
	{ S("/a%2f..%5cb"), URI_FULL, S("/b") },
	{ S("/a%2f..%5cb"), URI_DOTS, S("/a\0..\\b") },
	{ S("/a%252Fb"), URI_FULL, S("/a%2Fb") },
	{ S("/..a/.../b"), URI_FULL, S("/..a/.../b") },
	{ S("/a/..;x/b"), URI_FULL, S("/a/..;x/b") },
	{ S("/a\xe9%e9"), URI_FULL, S("/a\xe9\xe9") },
	{ S("/a/b/../../../c"), URI_FULL, S("/c") },
};

static void paths_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(read_cases); i++) {
		struct slice in = read_cases[i].in;
		char *at = malloc(in.len);
		uint32_t *from = malloc((in.len + 1) * sizeof(*from));
		struct uri_path p = { .at = at, .from = from };

		uri_normalise(in, read_cases[i].reading, SLICE_NONE, &p);
		assert_slice(
		    ((struct slice){ p.at, p.len }), read_cases[i].want, in);
		assert_int_equal(from[p.len], in.len);
		for (size_t k = 1; k <= p.len; k++)
			assert_true(from[k] > from[k - 1]);
		free(at);
		free(from);
	}
}

/* Every prefix of every path: no byte past the room, and the flags that
 * uri_oddities() does not give make no difference. */
static void readings_differ_only_by_oddities(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(read_cases); i++)
		for (size_t len = 1; len <= read_cases[i].in.len; len++) {
			struct slice in = slice_upto(read_cases[i].in, len);
			unsigned odd = uri_oddities(in);
			char *raw = malloc(len);
			char *one = malloc(len);
			char *two = malloc(len);
			struct uri_path p = { .at = one };
			struct uri_path r = { .at = two };

			memcpy(raw, in.at, len);
			in.at = raw;
			for (unsigned f = 0; f <= URI_FULL; f++) {
				uri_normalise(in, f, LIT("/a"), &p);
				uri_normalise(in, f & odd, LIT("/a"), &r);
				assert_slice(((struct slice){ p.at, p.len }),
				    ((struct slice){ r.at, r.len }), in);
			}
			(void)uri_climbs(in);
			free(raw);
			free(one);
			free(two);
		}
}

static const struct {
	struct slice in, prefix;
	bool above_root, left;
} guard_cases[] = {
	{ S("/h/a/../b"), S("/h"), false, false },
	{ S("/h/../h/x"), S("/h"), false, true },
	{ S("/h/.."), S("/h"), false, true },
	{ S("/h/%2e%2e/x"), S("/h"), false, true },
	{ S("/h/a/..%2f..%2fx"), S("/h"), false, true },
	{ S("/h\\..\\x"), S("/h"), false, true },
	{ S("/a/../h/x"), S("/h"), false, false },
	{ S("/../h/x"), S("/h"), true, false },
	{ S("/hh/../x"), S("/h"), false, false },
	{ S("/a/../b"), S(""), false, false },
	{ S("/../b"), S(""), true, true },
};

static void climbing_out_is_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(guard_cases); i++) {
		struct slice in = guard_cases[i].in;
		char room[64];
		struct uri_path p = { .at = room };

		uri_normalise(in, URI_FULL, guard_cases[i].prefix, &p);
		if (p.above_root != guard_cases[i].above_root ||
		    p.left_prefix != guard_cases[i].left)
			fail_msg("%.*s: %d %d", SLICE_ARG(in), p.above_root,
			    p.left_prefix);
	}
}

static const struct {
	struct slice in;
	bool want;
} climb_cases[] = {
	{ S(""), false },
	{ S("/"), false },
	{ S("/a/../b"), false },
	{ S("/.."), true },
	{ S("/../x"), true },
	{ S("/a/../../x"), true },
	{ S("//../x"), true },
	{ S("/a//../../x"), true },
	{ S("/a/./../../x"), true },
	{ S("/a/..%2f..%2fx"), true },
	{ S("/a%2fb/../../x"), true },
	{ S("/a%5cb/../../x"), true },
	{ S("/a/..\\..\\x"), true },
	{ S("/..;x=1/y"), true },
	{ S("/a/..;/b"), false },
	{ S("/..x/.../a"), false },
	{ S("/%252e%252e/x"), false },
};

static void tails_are_weighed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(climb_cases); i++)
		if (uri_climbs(climb_cases[i].in) != climb_cases[i].want)
			fail_msg("%.*s", SLICE_ARG(climb_cases[i].in));
}

static void paths_are_encoded_again(void **state)
{
	char room[64];
	struct text t = text_over(room, sizeof(room));

	(void)state;
	uri_encode_path(&t, LIT("/a b/\xc3\xa9%?#\"<\\~;@:"));
	assert_slice(text_slice(&t), LIT("/a%20b/%C3%A9%25%3F%23%22%3C%5C~;@:"),
	    LIT("encode"));
	assert_true(uri_path_needs_encoding(LIT("/a\0")));
	assert_false(uri_path_needs_encoding(LIT("/a-b_c.d~e")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_split),
		cmocka_unit_test(hosts_are_normalised),
		cmocka_unit_test(paths_are_read),
		cmocka_unit_test(readings_differ_only_by_oddities),
		cmocka_unit_test(climbing_out_is_seen),
		cmocka_unit_test(tails_are_weighed),
		cmocka_unit_test(paths_are_encoded_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
