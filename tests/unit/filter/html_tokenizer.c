/* The tokenizer, the character references and the rewriter against html5lib's
 * tests, whole and split at every byte.  tests/data/html5lib/convert says what
 * a line of the data is. */
#include "filter/html_tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "filter/charref.h"
#include "filter/html.h"
#include "policy/mapping.h"
#include "tests/unit/unit.h"

#define ROOM 4096

/* What a run of the tokenizer has told, in the words of the data. */
struct told {
	struct html_tokenizer tokenizer;
	char all_room[ROOM], tokens_room[ROOM], tag_room[ROOM];
	char value_room[ROOM], text_room[ROOM];
	struct text all;    /* every byte */
	struct text tokens; /* a tab before each */
	struct text tag;    /* the one that is open */
	struct text value;  /* raw */
	struct text text;
	char names[16][HTML_NAME_MAX]; /* of the tag's attributes */
	size_t name_n[16];
	size_t attribute_n;
	bool twice; /* the attribute is there already */
};

static void add_written(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c == 0)
			text_add(t, LIT("\\xef\\xbf\\xbd"));
		else if (c < 0x21 || c > 0x7E || c == '\\' || c == '=')
			text_format(t, "\\x%02x", c);
		else
			text_char(t, (char)c);
	}
}

static void on_text(void *user, struct slice bytes)
{
	struct told *told = user;

	text_add(&told->all, bytes);
	text_add(&told->text, bytes);
}

static void on_markup(void *user, struct slice bytes)
{
	text_add(&((struct told *)user)->all, bytes);
}

static void on_doctype(void *user)
{
	text_add(&((struct told *)user)->tokens, LIT("\t!"));
}

static void on_tag(void *user)
{
	struct told *told = user;

	told->tag = text_over(told->tag_room, ROOM);
	text_add(&told->tag, told->tokenizer.is_end ? LIT("\t</") : LIT("\t<"));
	add_written(&told->tag, html_name(&told->tokenizer.tag));
	told->attribute_n = 0;
}

static bool is_twice(struct told *told, struct slice name)
{
	for (size_t i = 0; i < told->attribute_n; i++)
		if (slice_eq(name,
			(struct slice){ told->names[i], told->name_n[i] }))
			return true;
	assert_true(told->attribute_n < 16);
	memcpy(told->names[told->attribute_n], name.at, name.len);
	told->name_n[told->attribute_n++] = name.len;
	return false;
}

static bool on_attribute(void *user)
{
	struct told *told = user;
	struct slice name = html_name(&told->tokenizer.attribute);

	told->twice = is_twice(told, name);
	if (told->twice)
		return true;
	text_add(&told->tag, LIT("\t@"));
	add_written(&told->tag, name);
	text_char(&told->tag, '=');
	return true;
}

static void on_value_begin(void *user)
{
	struct told *told = user;

	told->value = text_over(told->value_room, ROOM);
}

static void on_value(void *user, struct slice bytes)
{
	struct told *told = user;

	text_add(&told->all, bytes);
	text_add(&told->value, bytes);
}

/* With the line ends that the input stream would have brought. */
static void on_value_end(void *user)
{
	struct told *told = user;
	struct slice raw = text_slice(&told->value);
	char lines_room[ROOM];
	char room[ROOM];
	struct text lines = text_over(lines_room, ROOM);

	for (size_t i = 0; i < raw.len; i++)
		if (raw.at[i] != '\r')
			text_char(&lines, raw.at[i]);
		else if (i + 1 == raw.len || raw.at[i + 1] != '\n')
			text_char(&lines, '\n');
	if (!told->twice)
		add_written(
		    &told->tag, charref_decode(text_slice(&lines), room));
}

static void on_tag_end(void *user)
{
	struct told *told = user;

	if (told->tokenizer.is_end && told->tokenizer.self_closing)
		told->tokenizer.self_closing = false;
	if (told->tokenizer.self_closing)
		text_add(&told->tag, LIT("\t/"));
	text_add(&told->tokens, text_slice(&told->tag));
}

static const struct html_events events = { .text = on_text,
	.markup = on_markup,
	.doctype = on_doctype,
	.tag = on_tag,
	.attribute = on_attribute,
	.value_begin = on_value_begin,
	.value = on_value,
	.value_end = on_value_end,
	.tag_end = on_tag_end };

static void begin(struct told *told, struct slice state, struct slice name)
{
	static const struct slice names[] = {
		[HTML_DATA] = S("data"),
		[HTML_RCDATA] = S("rcdata"),
		[HTML_RAWTEXT] = S("rawtext"),
		[HTML_SCRIPT] = S("script"),
		[HTML_PLAINTEXT] = S("plaintext"),
		[HTML_CDATA] = S("cdata"),
	};
	size_t i = 0;

	while (!slice_eq(names[i], state))
		assert_true(++i < ROWS(names));
	html_tokenizer_start(&told->tokenizer, &events, told);
	told->all = text_over(told->all_room, ROOM);
	told->tokens = text_over(told->tokens_room, ROOM);
	told->text = text_over(told->text_room, ROOM);
	html_tokenizer_content(&told->tokenizer, (enum html_content)i,
	    slice_eq(name, LIT("-")) ? LIT("") : name);
}

/* Each piece in a copy of its own, gone before the next: what is held back
 * must not point there. */
static void feed(struct told *told, struct slice bytes)
{
	char *copy = malloc(bytes.len + 1);

	assert_non_null(copy);
	memcpy(copy, bytes.at, bytes.len);
	html_tokenizer_feed(
	    &told->tokenizer, (struct slice){ copy, bytes.len });
	memset(copy, '>', bytes.len);
	free(copy);
}

static struct slice unwritten(struct slice s, char *room)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == '\\') {
			room[n++] = (char)(ascii_hex(s.at[i + 2]) * 16 +
			    ascii_hex(s.at[i + 3]));
			i += 3;
		} else {
			room[n++] = s.at[i];
		}
	return (struct slice){ room, n };
}

/* Both with a tab before each token. */
static void compare(struct slice want, struct told *told, struct slice line)
{
	struct slice got = text_slice(&told->tokens);
	struct slice a, b;

	while (slice_cut(&want, '\t', &a)) {
		if (slice_starts(a, LIT("'"))) {
			char room[ROOM];
			struct slice text = text_slice(&told->text);

			if (!slice_starts(line, LIT("cdata")))
				assert_slice(text,
				    unwritten(slice_from(a, 1), room), line);
			continue;
		}
		if (!slice_cut(&got, '\t', &b))
			fail_msg(
			    "%.*s: no %.*s", SLICE_ARG(line), SLICE_ARG(a));
		if (slice_starts(a, LIT("@")) && slice_find(a, '=') == a.len)
			b = slice_upto(b, slice_find(b, '='));
		assert_slice(b, a, line);
	}
	if (slice_cut(&got, '\t', &b))
		fail_msg("%.*s: %.*s, too", SLICE_ARG(line), SLICE_ARG(b));
}

static void check(struct slice line, size_t cut, bool bytewise)
{
	static struct told told;
	char room[ROOM];
	struct slice rest = line;
	struct slice state, name, input;

	assert_true(slice_cut(&rest, '\t', &state));
	assert_true(slice_cut(&rest, '\t', &name));
	assert_true(slice_cut(&rest, '\t', &input));
	input = unwritten(input, room);
	if (cut > input.len)
		return;
	begin(&told, state, name);
	if (bytewise)
		for (size_t i = 0; i < input.len; i++)
			feed(&told, slice_upto(slice_from(input, i), 1));
	else {
		feed(&told, slice_upto(input, cut));
		feed(&told, slice_from(input, cut));
	}
	html_tokenizer_finish(&told.tokenizer);
	assert_slice(text_slice(&told.all), input, line);
	/* The first token has a tab before it, too. */
	if (rest.at != NULL) {
		rest.at--;
		rest.len++;
	} else {
		rest = LIT("");
	}
	compare(rest, &told, line);
}

/* ---- the rewriter ---- */

static void add(void *user, struct slice bytes)
{
	text_add(user, bytes);
}

/* Mapped to nowhere, the case is what it was; behind a start tag that leads
 * to its state, and inside an attribute. */
static void check_rewriter(struct slice line, size_t cut)
{
	static const struct html_options options = { .shim = S("") };
	static const struct mapping *none;
	static struct mapping m;
	static struct arena *arena;
	char room[ROOM], in_room[ROOM], out_room[ROOM];
	struct text in = text_over(in_room, ROOM);
	struct text out = text_over(out_room, ROOM);
	struct slice rest = line;
	struct slice state, name, input, all;
	struct rewriter *r;

	if (none == NULL) {
		m = mapping_none();
		none = &m;
		arena = arena_new(1 << 20);
	}
	assert_true(slice_cut(&rest, '\t', &state));
	assert_true(slice_cut(&rest, '\t', &name));
	assert_true(slice_cut(&rest, '\t', &input));
	input = unwritten(input, room);
	if (!slice_eq(name, LIT("-"))) {
		text_char(&in, '<');
		text_add(&in, name);
		text_char(&in, '>');
	}
	text_add(&in, input);
	text_add(&in, LIT("</xmp></title><img src='"));
	text_add(&in, input);
	all = text_slice(&in);
	if (cut > all.len)
		return;
	arena_reset(arena);
	r = html_new(arena, none, &options, (struct outlet){ add, add, &out });
	assert_non_null(r);
	rewriter_feed(r, slice_upto(all, cut));
	rewriter_feed(r, slice_from(all, cut));
	rewriter_finish(r);
	assert_slice(text_slice(&out), all, line);
}

/* ---- the data ---- */

static void each_line(void (*check_line)(struct slice line))
{
	char path[1024];
	char line[2048];
	size_t lines = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/data/html5lib/tokens",
	    getenv("srcdir") == NULL ? "." : getenv("srcdir"));
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		struct slice s = { line, strcspn(line, "\n") };

		check_line(s);
		lines++;
	}
	fclose(file);
	assert_true(lines > 7000);
}

static void agree(struct slice line)
{
	for (size_t cut = 0; cut <= line.len; cut++)
		check(line, cut, false);
	check(line, 0, true);
}

static void html5lib_agrees(void **state)
{
	(void)state;
	each_line(agree);
}

static void leave(struct slice line)
{
	for (size_t cut = 0; cut <= 2 * line.len + 40; cut++)
		check_rewriter(line, cut);
}

static void the_rewriter_changes_nothing(void **state)
{
	(void)state;
	each_line(leave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html5lib_agrees),
		cmocka_unit_test(the_rewriter_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
