/* Measuring, writing and reading heads of entries. */
#include "store/record.h"

#include <string.h>

#include "base/arena.h"
#include "base/little.h"
#include "store/sum.h"

#define MAGIC  UINT64_C(0x3172747365727066) /* "fprestr1" */
#define LAYOUT 1u

enum place {
	AT_MAGIC = 0,
	AT_VERSION = 8,
	AT_HEAD_BYTES = 12,
	AT_SUM = 16,
	AT_BODY_AT = 24,
	AT_ZERO = 28,
	AT_BODY_BYTES = 32,
	AT_BODY_SUM = 40,
	AT_BOOT = 48,
	AT_REQUEST_MS = 56,
	AT_RESPONSE_MS = 64,
	AT_GENERATION = 72,
	AT_FLAGS = 80,
	AT_STATUS = 84,
	AT_FIELDS = 88,
	AT_SELECTORS = 92,
	AT_TAGS = 96,
	AT_ZERO_TOO = 100,
};

static size_t fields_bytes(const struct fields *f)
{
	size_t bytes = 0;

	for (size_t i = 0; i < f->n; i++)
		bytes += 8 + f->at[i].name.len + f->at[i].value.len;
	return bytes;
}

/* 0: too much of something. */
static size_t head_bytes(const struct record *r)
{
	size_t bytes =
	    RECORD_FIXED + 12 + r->key.len + r->variant.len + r->note.len;

	if (r->key.len == 0 || r->fields.n > FIELDS_MAX ||
	    r->selectors.n > FIELDS_MAX || r->tags.n > RECORD_TAGS_MAX ||
	    r->status < 100 || r->status > 999)
		return 0;
	bytes += fields_bytes(&r->fields) + fields_bytes(&r->selectors);
	for (size_t i = 0; i < r->tags.n; i++)
		bytes += 4 + r->tags.at[i].len;
	return bytes <= RECORD_HEAD_MAX ? bytes : 0;
}

uint32_t record_body_at(const struct record *r)
{
	size_t bytes = head_bytes(r);

	if (bytes == 0)
		return 0;
	bytes += RECORD_SLACK + RECORD_ALIGN - 1;
	return (uint32_t)(bytes - bytes % RECORD_ALIGN);
}

/* ---- writing ---- */

static char *put(char *at, struct slice s)
{
	little_put_u32(at, (uint32_t)s.len);
	if (s.len > 0)
		memcpy(at + 4, s.at, s.len);
	return at + 4 + s.len;
}

static char *put_fields(char *at, const struct fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		at = put(at, f->at[i].name);
		at = put(at, f->at[i].value);
	}
	return at;
}

static uint64_t sum_of(const char *at, size_t bytes)
{
	struct sum s = sum_new();

	sum_add(&s, (struct slice){ at + AT_BODY_AT, bytes - AT_BODY_AT });
	return sum_value(&s);
}

static void put_sum(char *at)
{
	little_put_u64(at + AT_SUM, sum_of(at, little_u32(at + AT_HEAD_BYTES)));
}

bool record_write(const struct record *r, char *at)
{
	size_t bytes = head_bytes(r);
	char *end = at + RECORD_FIXED;

	if (bytes == 0 || bytes > r->body_at)
		return false;
	memset(at, 0, r->body_at);
	end = put(end, r->key);
	end = put(end, r->variant);
	end = put(end, r->note);
	end = put_fields(end, &r->fields);
	end = put_fields(end, &r->selectors);
	for (size_t i = 0; i < r->tags.n; i++)
		end = put(end, r->tags.at[i]);
	little_put_u64(at + AT_MAGIC, MAGIC);
	little_put_u32(at + AT_VERSION, LAYOUT);
	little_put_u32(at + AT_HEAD_BYTES, (uint32_t)bytes);
	little_put_u32(at + AT_BODY_AT, r->body_at);
	little_put_u64(at + AT_BODY_BYTES, r->body_bytes);
	little_put_u64(at + AT_BODY_SUM, r->body_sum);
	little_put_u64(at + AT_BOOT, r->boot);
	little_put_u64(at + AT_REQUEST_MS, (uint64_t)r->request_ms);
	little_put_u64(at + AT_RESPONSE_MS, (uint64_t)r->response_ms);
	little_put_u64(at + AT_GENERATION, r->generation);
	little_put_u32(at + AT_FLAGS, r->flags);
	little_put_u32(at + AT_STATUS, (uint32_t)r->status);
	little_put_u32(at + AT_FIELDS, (uint32_t)r->fields.n);
	little_put_u32(at + AT_SELECTORS, (uint32_t)r->selectors.n);
	little_put_u32(at + AT_TAGS, (uint32_t)r->tags.n);
	put_sum(at);
	return true;
}

void record_finish(char *at, uint64_t body_bytes, uint64_t body_sum)
{
	little_put_u64(at + AT_BODY_BYTES, body_bytes);
	little_put_u64(at + AT_BODY_SUM, body_sum);
	put_sum(at);
}

void record_stamp(char *at, uint64_t boot)
{
	little_put_u64(at + AT_BOOT, boot);
	put_sum(at);
}

/* ---- reading ---- */

static bool take(struct slice *rest, struct slice *out)
{
	size_t len;

	if (rest->len < 4)
		return false;
	len = little_u32(rest->at);
	*rest = slice_from(*rest, 4);
	if (len > rest->len)
		return false;
	*out = slice_upto(*rest, len);
	*rest = slice_from(*rest, len);
	return true;
}

static bool take_fields(
    struct slice *rest, struct arena *a, uint32_t n, struct fields *out)
{
	if (n > FIELDS_MAX)
		return false;
	*out = (struct fields){ 0 };
	if (n == 0)
		return true;
	out->at = arena_alloc(a, n * sizeof(*out->at));
	if (out->at == NULL)
		return false;
	out->size = n;
	for (; out->n < n; out->n++) {
		struct field *f = &out->at[out->n];

		if (!take(rest, &f->name) || !take(rest, &f->value))
			return false;
	}
	return true;
}

static bool take_tags(
    struct slice *rest, struct arena *a, uint32_t n, struct slice_list *out)
{
	struct slice *tags;

	if (n > RECORD_TAGS_MAX)
		return false;
	*out = (struct slice_list){ 0 };
	if (n == 0)
		return true;
	tags = arena_alloc(a, n * sizeof(*tags));
	for (uint32_t i = 0; i < n; i++)
		if (tags == NULL || !take(rest, &tags[i]))
			return false;
	*out = (struct slice_list){ tags, n };
	return true;
}

static void read_words(const char *at, struct record *r)
{
	r->body_at = little_u32(at + AT_BODY_AT);
	r->body_bytes = little_u64(at + AT_BODY_BYTES);
	r->body_sum = little_u64(at + AT_BODY_SUM);
	r->boot = little_u64(at + AT_BOOT);
	r->request_ms = (int64_t)little_u64(at + AT_REQUEST_MS);
	r->response_ms = (int64_t)little_u64(at + AT_RESPONSE_MS);
	r->generation = little_u64(at + AT_GENERATION);
	r->flags = little_u32(at + AT_FLAGS);
}

/* What the sum vouches for is looked at all the same: it is no proof against
 * whoever can write files. */
static bool read_rest(struct slice head, struct arena *a, struct record *r)
{
	const char *at = head.at;
	struct slice rest = slice_from(head, RECORD_FIXED);
	uint32_t status = little_u32(at + AT_STATUS);

	read_words(at, r);
	if (status < 100 || status > 999 || r->body_at < head.len ||
	    r->body_at % RECORD_ALIGN != 0 || r->body_bytes > INT64_MAX / 2 ||
	    little_u32(at + AT_ZERO) != 0 || little_u32(at + AT_ZERO_TOO) != 0)
		return false;
	r->status = (int)status;
	return take(&rest, &r->key) && r->key.len > 0 &&
	    take(&rest, &r->variant) && take(&rest, &r->note) &&
	    take_fields(&rest, a, little_u32(at + AT_FIELDS), &r->fields) &&
	    take_fields(
		&rest, a, little_u32(at + AT_SELECTORS), &r->selectors) &&
	    take_tags(&rest, a, little_u32(at + AT_TAGS), &r->tags) &&
	    rest.len == 0;
}

enum record_read record_read(struct slice bytes, struct arena *a,
    struct record *record_out, size_t *need_out)
{
	struct record r = { 0 };
	size_t head;

	if (bytes.len < RECORD_FIXED) {
		*need_out = RECORD_FIXED;
		return RECORD_MORE;
	}
	head = little_u32(bytes.at + AT_HEAD_BYTES);
	if (little_u64(bytes.at + AT_MAGIC) != MAGIC ||
	    little_u32(bytes.at + AT_VERSION) != LAYOUT ||
	    head < RECORD_FIXED || head > RECORD_HEAD_MAX)
		return RECORD_BROKEN;
	if (bytes.len < head) {
		*need_out = head;
		return RECORD_MORE;
	}
	if (sum_of(bytes.at, head) != little_u64(bytes.at + AT_SUM) ||
	    !read_rest(slice_upto(bytes, head), a, &r))
		return RECORD_BROKEN;
	*record_out = r;
	return RECORD_WHOLE;
}
