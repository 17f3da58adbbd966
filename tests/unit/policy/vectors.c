/* The SigV4 vectors' files. */
#include "tests/unit/policy/vectors.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"
#include "tests/unit/unit.h"

#define FILE_MAX (256u << 10)

struct slice vectors_file(struct arena *a, const char *format, ...)
{
	char *bytes = arena_alloc(a, FILE_MAX);
	const char *srcdir = getenv("srcdir");
	char name[1024];
	char path[4096];
	va_list args;
	FILE *file;
	size_t len;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s/tests/data/sigv4/%s",
	    srcdir == NULL ? "." : srcdir, name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("no %s", path);
	assert_non_null(bytes);
	len = fread(bytes, 1, FILE_MAX, file);
	assert_true(len < FILE_MAX);
	fclose(file);
	return (struct slice){ bytes, len };
}

static struct slice unescape(struct slice s, struct arena *a)
{
	struct text t = text_in(a, SIZE_MAX);

	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == '\\') {
			assert_true(i + 3 < s.len && s.at[i + 1] == 'x');
			text_char(&t,
			    (char)(ascii_hex(s.at[i + 2]) << 4 |
				ascii_hex(s.at[i + 3])));
			i += 3;
		} else {
			text_char(&t, s.at[i]);
		}
	assert_false(text_spent(&t));
	return text_slice(&t);
}

bool vectors_next(struct slice *rest, struct arena *a, struct fields *case_out)
{
	struct slice line;

	*case_out = (struct fields){ 0 };
	while (slice_cut(rest, '\n', &line) && line.len > 0) {
		size_t colon = slice_find(line, ':');

		assert_true(colon + 1 < line.len && line.at[colon + 1] == ' ');
		assert_true(field_add(case_out, a, slice_upto(line, colon),
		    unescape(slice_from(line, colon + 2), a)));
	}
	return case_out->n > 0;
}

static void read_target(struct vectors_request *r, struct slice line)
{
	struct slice target;
	size_t question;

	assert_true(slice_cut(&line, ' ', &r->method));
	assert_true(slice_ends(line, LIT(" HTTP/1.1")));
	target = slice_upto(line, line.len - 9);
	question = slice_find(target, '?');
	r->path = slice_upto(target, question);
	r->query = slice_from(target, question + 1);
}

struct vectors_request vectors_request(struct slice text, struct arena *a)
{
	struct vectors_request r = { 0 };
	struct slice line;

	assert_true(slice_cut(&text, '\n', &line));
	read_target(&r, line);
	while (slice_cut(&text, '\n', &line) && line.len > 0) {
		size_t colon = slice_find(line, ':');

		if (line.at[0] == ' ') {
			struct field *last = &r.fields.at[r.fields.n - 1];

			last->value = ARENA_JOIN(a, last->value, line);
			continue;
		}
		assert_true(colon < line.len);
		assert_true(field_add(&r.fields, a, slice_upto(line, colon),
		    slice_trim(slice_from(line, colon + 1))));
	}
	r.body = text.at == NULL ? LIT("") : text;
	return r;
}
