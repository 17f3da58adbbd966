/* Each thing iniparser would pass over, with its line; and that lint and
 * iniparser see the same keys where there is nothing to find. */
#include "tests/unit/unit.h"

#include <string.h>

#include "conf/ini.h"
#include "conf/lint.h"
#include "conf/source.h"
#include "tests/unit/conf/told.h"

static const struct {
	struct slice in, want;
} cases[] = {
	{ S(""), S("") },
	{ S("# a\n; b\n\n \t\n[a]\nk = v\n"), S("") },
	{ S("[a]\nk = v"), S("") },
	{ S("[ A b ]\nrequest_header X-A = v\n"), S("") },
	{ S("[a]\nk = \"a;b#c\" ; said\nl = 'x' # said\nm=\"\"\nn = ''\n"),
	    S("") },
	{ S("[a]\nk = a, \\\n  b, \\  \n  c\nl =\n"), S("") },
	{ S("[a]\nk = \xc3\xa4\n# \xff\x01\n"), S("") },
	{ S("[a]\nk = v\n[a.b-c_d/1]\nk = v\n"), S("") },

	{ S("k = v\nl = v\n[a]\n"),
	    S("f:1: a key before any section: write [SECTION] above it\n") },
	{ S("[a]\nk = v\nK = w\n"),
	    S("f:3: K is set twice in [a], first at line 2: keep one\n") },
	{ S("[a]\nk=1\n[b]\n[A]\nk=2\nl=3\n"),
	    S("f:4: [a] stands twice, first at f:1: join the two or rename "
	      "one\n"
	      "f:5: k is set twice in [a], first at f:2: keep one\n") },
	{ S("[a]\nk = v ; w\nl = x#y\nm = ;\n"),
	    S("f:2: k: an unquoted ; cuts the value to \"v\": put the value "
	      "in quotes, or a comment on a line of its own\n"
	      "f:3: l: an unquoted # cuts the value to \"x\": put the value "
	      "in quotes, or a comment on a line of its own\n"
	      "f:4: m: an unquoted ; cuts the value to \"\": put the value in "
	      "quotes, or a comment on a line of its own\n") },
	{ S("[a] ; w\nk = v\n[b]]\n"),
	    S("f:1: stray text after [a]: put \"; w\" on a line of its own\n"
	      "f:3: stray text after [b]: put \"]\" on a line of its own\n") },
	{ S("[a\nk = v\n"),
	    S("f:1: \"[a\" has no closing bracket: write [a]\n") },
	{ S("[]\nk = v\n[ ]\n"),
	    S("f:1: a section without a name: write [NAME]\n"
	      "f:3: a section without a name: write [NAME]\n") },
	{ S("[a:b]\n[\xc3\xa4]\n"),
	    S("f:1: [a:b] has a character no section name may have: write "
	      "letters, digits, blanks and - _ . / alone\n"
	      "f:2: [\xc3\xa4] has a character no section name may have: "
	      "write letters, digits, blanks and - _ . / alone\n") },
	{ S("[a]\nword\n= v\n"),
	    S("f:2: \"word\" is neither [SECTION] nor KEY = VALUE\n"
	      "f:3: no key before the =: write KEY = VALUE\n") },
	{ S("[a]\nk = \"v\nl = 'v\nm = \"\n"),
	    S("f:2: k: the quote \" is never closed\n"
	      "f:3: l: the quote ' is never closed\n"
	      "f:4: m: the quote \" is never closed\n") },
	{ S("[a]\nk = \"v\" w\nl = ''x\n"),
	    S("f:2: k: \"w\" after the closing quote is dropped: put the "
	      "whole value in one pair of quotes\n"
	      "f:3: l: \"x\" after the closing quote is dropped: put the "
	      "whole value in one pair of quotes\n") },
	{ S("[a]\n# c \\\nk = v\n"),
	    S("f:2: a backslash at the end of a comment swallows the next "
	      "line: take it away\n") },
	{ S("[a]\n\\\n# c\nk = v\n"),
	    S("f:2: a comment begins in a line that a backslash continues: "
	      "take the backslash away\n") },
	{ S("[a]\nk = v\\\n"),
	    S("f:2: the file ends in a line continued with a backslash, which "
	      "is dropped: take the backslash away\n") },
	{ S("[a]\nk = v\\"),
	    S("f:2: the file ends in a line continued with a backslash, which "
	      "is dropped: take the backslash away\n") },
	{ S("[a]\\\nk = v\n"),
	    S("f:1: stray text after [a]: put \"k = v\" on a line of its "
	      "own\n") },
	{ S("[a]\nk = \0\nl = \x01\nm = a\rb\nn = \x7f\n"),
	    S("f:2: a NUL byte: save the file as plain text in UTF-8\n"
	      "f:3: a control character (0x01): remove it\n"
	      "f:4: a carriage return inside the line: save the file with "
	      "Unix or Windows line ends\n"
	      "f:5: a control character (0x7f): remove it\n") },
	{ S("# \0\n"),
	    S("f:1: a NUL byte: save the file as plain text in UTF-8\n") },
	{ S("[a]\nk = \xe4\nl = \xc0\x80\nm = \xed\xa0\x80\nn = \xc3\n"),
	    S("f:2: a byte (0xe4) that is no UTF-8: save the file as UTF-8\n"
	      "f:3: a byte (0xc0) that is no UTF-8: save the file as UTF-8\n"
	      "f:4: a byte (0xed) that is no UTF-8: save the file as UTF-8\n"
	      "f:5: a byte (0xc3) that is no UTF-8: save the file as "
	      "UTF-8\n") },
	{ S("[a]\rk = v\r"),
	    S("f:1: the lines end in a carriage return alone: save the file "
	      "with Unix or Windows line ends\n") },
};

static void every_loss_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(cases); i++) {
		struct arena *a = arena_new(1 << 20);
		struct findings f = findings_in(a);
		struct lint l = { .arena = a };

		assert_true(lint_file(&l, LIT("f"), cases[i].in, &f));
		assert_true(lint_duplicates(&l, &f));
		assert_slice(told(&f), cases[i].want, cases[i].in);
		arena_free(a);
	}
}

static struct slice line_of(char *room, size_t len, bool ended)
{
	memcpy(room, "[a]\nk=", 6);
	memset(room + 6, 'v', len - 2);
	room[4 + len] = '\n';
	return (struct slice){ room, 4 + len + ended };
}

static void the_limit_is_iniparsers(void **state)
{
	struct ini *ini = ini_new();
	char room[2000];

	(void)state;
	for (size_t len = LINT_LINE_MAX - 2; len < LINT_LINE_MAX + 4; len++)
		for (int ended = 0; ended < 2; ended++) {
			struct arena *a = arena_new(1 << 20);
			struct findings f = findings_in(a);
			struct lint l = { .arena = a };
			struct slice in = line_of(room, len, ended);

			assert_true(lint_file(&l, LIT("f"), in, &f));
			assert_int_equal(f.faults, len > LINT_LINE_MAX);
			assert_int_equal(
			    ini_read(ini, in), len <= LINT_LINE_MAX);
			arena_free(a);
		}
	ini_free(ini);
}

/* A line that goes over its limit by being joined. */
static void joined_lines_are_limited(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	struct lint l = { .arena = a };
	struct text t = text_in(a, 10000);

	(void)state;
	text_add(&t, LIT("[a]\nk = 1"));
	for (int i = 0; i < 300; i++)
		text_add(&t, LIT(",2345\\\n"));
	text_add(&t, LIT("6\nl = ;\n"));
	assert_true(lint_file(&l, LIT("f"), text_slice(&t), &f));
	assert_slice(told(&f),
	    LIT("f:2: longer than 1022 bytes: break a list with a backslash "
		"into no more than that in all, or shorten it\n"
		"f:303: l: an unquoted ; cuts the value to \"\": put the "
		"value in quotes, or a comment on a line of its own\n"),
	    LIT("joined"));
	arena_free(a);
}

/* iniparser's value, and the lint's own of the same line. */
static void check_value(const struct ini *ini, struct slice section,
    const struct lint_key *key, struct slice all)
{
	struct slice seen = ini_value(ini, section, key->lower);

	if (seen.at == NULL)
		fail_msg("not seen: %.*s", SLICE_ARG(all));
	assert_slice(lint_value(key), seen, all);
}

/* What the lint finds nothing in, iniparser reads as indexed. */
static void lint_and_iniparser_agree(void **state)
{
	static const struct slice pieces[] = { S("[a]"), S("[ B c ]"), S("\n"),
		S("\n"), S("\n"), S("k"), S("L x"), S(" = "), S("="), S("\""),
		S("'"), S("\\"), S(";"), S("#"), S(" "), S("v"), S("\\\n"),
		S("\t"), S("]"), S("\xc3\xa4") };
	struct ini *ini = ini_new();
	unsigned seed = 1;
	size_t clean = 0;

	(void)state;
	for (int round = 0; round < 60000; round++) {
		struct arena *a = arena_new(1 << 18);
		struct findings f = findings_in(a);
		struct lint l = { .arena = a };
		struct text t = text_in(a, 4000);

		text_add(&t, LIT("[a]\n"));
		for (int i = 0; i < 12; i++) {
			seed = seed * 1103515245 + 12345;
			text_add(&t, pieces[(seed >> 16) % ROWS(pieces)]);
		}
		assert_true(lint_file(&l, LIT("f"), text_slice(&t), &f));
		assert_true(lint_duplicates(&l, &f));
		clean += f.faults == 0;
		if (f.faults == 0 && !ini_read(ini, text_slice(&t)))
			fail_msg("refused: %.*s", SLICE_ARG(text_slice(&t)));
		for (size_t i = 0; f.faults == 0 && i < l.n; i++)
			for (size_t j = 0; j < l.at[i].key_n; j++)
				check_value(ini, l.at[i].name, &l.at[i].keys[j],
				    text_slice(&t));
		arena_free(a);
	}
	assert_true(clean > 1000);
	ini_free(ini);
}

static const struct {
	struct slice in, want;
	bool ok;
} clean_cases[] = {
	{ S("\xef\xbb\xbf[a]\r\nk = v\r\n"), S("[a]\nk = v\n"), true },
	{ S("[a]\r\nk = v\r"), S("[a]\nk = v"), true },
	{ S("a\rb\n"), S("a\rb\n"), true },
	{ S("a\rb\r"), S("a\rb\r"), true },
	{ S("\xef\xbb"), S("\xef\xbb"), true },
	{ S("\xff\xfe[\0"), S(""), false },
	{ S("\xfe\xff\0["), S(""), false },
};

static void editors_leave_marks(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(clean_cases); i++) {
		struct arena *a = arena_new(1 << 18);
		struct findings f = findings_in(a);
		char *at = arena_cstr(a, clean_cases[i].in);
		size_t len = clean_cases[i].in.len;

		assert_int_equal(
		    source_clean(at, &len, LIT("f"), &f), clean_cases[i].ok);
		if (clean_cases[i].ok)
			assert_slice(((struct slice){ at, len }),
			    clean_cases[i].want, clean_cases[i].in);
		else
			assert_slice(told(&f),
			    LIT("f:1: the file is saved as UTF-16: save it as "
				"UTF-8\n"),
			    clean_cases[i].in);
		arena_free(a);
	}
}

static void findings_are_bounded_and_in_order(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct findings f = findings_in(a);
	char big[5000];

	(void)state;
	finding_add(&f, FINDING_FAULT, LIT("b"), 7, "%s", "one\ntwo");
	finding_add(&f, FINDING_FAULT, LIT("a"), 2, "x");
	finding_add(&f, FINDING_WARNING, LIT("b"), 3, "y");
	finding_add(&f, FINDING_FAULT, LIT("a"), 2, "z");
	assert_slice(told(&f),
	    LIT("b:3: warning: y\nb:7: one?two\na:2: x\na:2: z\n"),
	    LIT("order"));
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	finding_add(&f, FINDING_FAULT, LIT("a"), 2, "%s", big);
	assert_true(f.at[4].message.len < 2000);
	for (int i = 0; i < 3000; i++)
		finding_add(&f, FINDING_WARNING, LIT("a"), 2, "x");
	assert_int_equal(f.n, FINDINGS_MAX);
	assert_int_equal(f.faults, 4);
	assert_int_equal(f.warnings, 3001);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_loss_is_found),
		cmocka_unit_test(the_limit_is_iniparsers),
		cmocka_unit_test(joined_lines_are_limited),
		cmocka_unit_test(lint_and_iniparser_agree),
		cmocka_unit_test(editors_leave_marks),
		cmocka_unit_test(findings_are_bounded_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
