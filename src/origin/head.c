/* Reading a response head line by line. */
#include "origin/head.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

struct head_reader head_reader_in(struct arena *a)
{
	struct head_reader r = { .arena = a };

	r.response.content_length = LENGTH_UNKNOWN;
	return r;
}

static struct slice without_line_end(struct slice line)
{
	while (line.len > 0 &&
	    (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
		line.len--;
	return line;
}

/* "HTTP/1.1 200 OK", before any field; the reason may be missing, and the
 * blank before it. */
static void status_line(struct head_reader *r, struct slice line)
{
	struct slice rest = slice_from(line, slice_find(line, ' ') + 1);
	struct slice code = slice_upto(rest, 3);
	struct slice reason = slice_from(rest, 3);
	uint64_t status;

	if (r->response.status != 0 || !slice_to_u64(code, &status) ||
	    status < 100 || status > 999 ||
	    (reason.len > 0 && reason.at[0] != ' '))
		r->fault = FAULT_HTTP_PROTOCOL_ERROR;
	else
		r->response.status = (int)status;
}

/* Obsolete line folding (RFC 9112 section 5.2): becomes one blank. */
static void unfold(struct head_reader *r, struct slice line)
{
	struct fields *f = &r->response.fields;
	struct slice *value;
	struct text t;

	line = slice_trim(line);
	/* A length is no field here, and one in pieces is none at all. */
	if (f->n == 0 || r->after_length || !field_value_valid(line)) {
		r->fault = FAULT_HTTP_PROTOCOL_ERROR;
		return;
	}
	value = &f->at[f->n - 1].value;
	t = text_in(r->arena, value->len + 1 + line.len);
	text_add(&t, *value);
	text_char(&t, ' ');
	text_add(&t, line);
	if (text_spent(&t))
		r->fault = FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE;
	*value = slice_trim(text_slice(&t));
}

/* Content-Length is kept out of the fields: what goes out is computed.  Two
 * that differ are an attack or a bug (RFC 9112 section 6.3). */
static void take_length(struct head_reader *r, struct slice value)
{
	struct slice one;

	while (slice_cut(&value, ',', &one)) {
		int64_t had = r->response.content_length;
		uint64_t length;

		if (!slice_to_u64(slice_trim(one), &length) ||
		    length > INT64_MAX ||
		    (had != LENGTH_UNKNOWN && had != (int64_t)length)) {
			r->fault = FAULT_HTTP_PROTOCOL_ERROR;
			return;
		}
		r->response.content_length = (int64_t)length;
	}
}

static void field_line(struct head_reader *r, struct slice line)
{
	size_t colon = slice_find(line, ':');
	struct slice name = slice_trim(slice_upto(line, colon));
	struct slice value = slice_trim(slice_from(line, colon + 1));

	/* A blank before the colon is removed (section 5.1), which trimming
	 * did; anything else that is no field makes the head untrustworthy. */
	if (r->response.status == 0 || colon == line.len ||
	    !field_name_valid(name) || !field_value_valid(value)) {
		r->fault = FAULT_HTTP_PROTOCOL_ERROR;
		return;
	}
	r->after_length = slice_eq_nocase(name, LIT("Content-Length"));
	if (r->after_length) {
		take_length(r, value);
		return;
	}
	if (slice_eq_nocase(name, LIT("Transfer-Encoding")))
		r->framed = true;
	name = arena_slice(r->arena, name);
	value = arena_slice(r->arena, value);
	if (name.at == NULL || value.at == NULL ||
	    !field_add(&r->response.fields, r->arena, name, value))
		r->fault = FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE;
}

/* The final head is still to come. */
static void forget_interim(struct head_reader *r)
{
	size_t bytes = r->bytes;

	*r = head_reader_in(r->arena);
	r->bytes = bytes;
}

static bool head_end(struct head_reader *r)
{
	int status = r->response.status;

	if (status == 0) {
		r->fault = FAULT_HTTP_PROTOCOL_ERROR;
		return false;
	}
	if (status == 101) {
		r->fault = FAULT_HTTP_UPGRADE_FAILED;
		return false;
	}
	if (status < 200) {
		forget_interim(r);
		return false;
	}
	if (r->framed)
		r->response.content_length = LENGTH_UNKNOWN;
	r->done = true;
	return true;
}

bool head_line(struct head_reader *r, struct slice line)
{
	if (r->done || r->fault != FAULT_NONE)
		return false;
	r->bytes += line.len;
	if (r->bytes > ORIGIN_HEAD_MAX_BYTES) {
		r->fault = FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE;
		return false;
	}
	line = without_line_end(line);
	if (line.len == 0)
		return head_end(r);
	if (slice_starts(line, LIT("HTTP/")))
		status_line(r, line);
	else if (line.at[0] == ' ' || line.at[0] == '\t')
		unfold(r, line);
	else
		field_line(r, line);
	return false;
}
