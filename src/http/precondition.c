/* Conditional requests. */
#include "http/precondition.h"

#include "http/date.h"
#include "http/field.h"

static bool is_tag_byte(char c)
{
	return c == '!' || ((unsigned char)c > '"' && (unsigned char)c != 0x7f);
}

/* Bytes of the quoted tag at the start of s, 0 where there is none.  There
 * are no escapes: section 8.8.3. */
static size_t quoted_tag(struct slice s)
{
	size_t i = slice_starts(s, LIT("W/")) ? 2 : 0;

	if (i == s.len || s.at[i] != '"')
		return 0;
	for (i++; i < s.len && is_tag_byte(s.at[i]); i++)
		continue;
	return i < s.len && s.at[i] == '"' ? i + 1 : 0;
}

bool tag_next(struct slice *rest, struct slice *tag_out)
{
	for (;;) {
		size_t n;
		size_t comma;

		*rest = slice_trim(*rest);
		if (rest->len == 0)
			return false;
		n = quoted_tag(*rest);
		comma = n + slice_find(slice_from(*rest, n), ',');
		*tag_out = slice_trim(slice_upto(*rest, comma));
		*rest = slice_from(*rest, comma + 1);
		if (tag_out->len > 0)
			return true;
	}
}

bool tag_is_strong(struct slice tag)
{
	return tag.len > 0 && tag.at[0] == '"' && quoted_tag(tag) == tag.len;
}

bool tag_equal_strong(struct slice a, struct slice b)
{
	return tag_is_strong(a) && slice_eq(a, b);
}

static struct slice opaque(struct slice tag)
{
	return slice_starts(tag, LIT("W/")) ? slice_from(tag, 2) : tag;
}

bool tag_equal_weak(struct slice a, struct slice b)
{
	return a.len > 0 && slice_eq(opaque(a), opaque(b));
}

struct validators validators_of(const struct fields *f, int64_t received_s)
{
	struct validators v = { .tag = field_get(f, LIT("ETag")) };

	v.modified = date_parse(
	    field_get(f, LIT("Last-Modified")), received_s, &v.modified_s);
	if (!date_parse(field_get(f, LIT("Date")), received_s, &v.date_s))
		v.date_s = received_s;
	return v;
}

bool precondition_asked(const struct fields *request)
{
	for (size_t i = 0; i < request->n; i++)
		if (slice_starts_nocase(request->at[i].name, LIT("If-")))
			return true;
	return false;
}

/* Does any line of that name hold a tag like this, or "*"? */
static bool tags_hold(const struct fields *f, struct slice name,
    struct slice tag, bool (*equal)(struct slice, struct slice))
{
	for (size_t i = field_next(f, name, 0); i < f->n;
	     i = field_next(f, name, i + 1)) {
		struct slice rest = f->at[i].value;
		struct slice member;

		while (tag_next(&rest, &member))
			if (slice_eq(member, LIT("*")) || equal(tag, member))
				return true;
	}
	return false;
}

/* The one valid date of that field; several, or anything else: none. */
static bool only_date(const struct fields *f, struct slice name, int64_t now_s,
    int64_t *seconds_out)
{
	size_t i = field_next(f, name, 0);

	return i < f->n && field_next(f, name, i + 1) == f->n &&
	    date_parse(f->at[i].value, now_s, seconds_out);
}

static bool is_read(struct slice method)
{
	return slice_eq(method, LIT("GET")) || slice_eq(method, LIT("HEAD"));
}

/* Section 13.2.1: methods that neither select nor modify a representation. */
static bool has_no_preconditions(struct slice method)
{
	return slice_eq(method, LIT("CONNECT")) ||
	    slice_eq(method, LIT("OPTIONS")) || slice_eq(method, LIT("TRACE"));
}

/* Steps 1 and 2. */
static bool is_unchanged(
    const struct fields *f, const struct validators *v, int64_t now_s)
{
	int64_t since_s;

	if (field_has(f, LIT("If-Match")))
		return tags_hold(f, LIT("If-Match"), v->tag, tag_equal_strong);
	return !v->modified ||
	    !only_date(f, LIT("If-Unmodified-Since"), now_s, &since_s) ||
	    v->modified_s <= since_s;
}

/* Step 4. */
static bool is_modified(const struct fields *f, const struct validators *v,
    bool cache, int64_t now_s)
{
	int64_t since_s;

	if ((!v->modified && !cache) ||
	    !only_date(f, LIT("If-Modified-Since"), now_s, &since_s))
		return true;
	return (v->modified ? v->modified_s : v->date_s) > since_s;
}

enum precondition precondition_evaluate(struct slice method,
    const struct fields *request, const struct validators *v, bool cache,
    int64_t now_s)
{
	if (has_no_preconditions(method))
		return PRECONDITION_HOLDS;
	if (!is_unchanged(request, v, now_s))
		return PRECONDITION_FAILED;
	if (field_has(request, LIT("If-None-Match"))) {
		if (!tags_hold(
			request, LIT("If-None-Match"), v->tag, tag_equal_weak))
			return PRECONDITION_HOLDS;
		return is_read(method) ? PRECONDITION_NOT_MODIFIED :
					 PRECONDITION_FAILED;
	}
	return is_read(method) && !is_modified(request, v, cache, now_s) ?
	    PRECONDITION_NOT_MODIFIED :
	    PRECONDITION_HOLDS;
}

bool precondition_range(
    const struct fields *request, const struct validators *v, int64_t now_s)
{
	struct slice name = LIT("If-Range");
	size_t i = field_next(request, name, 0);
	int64_t date_s;

	if (i == request->n)
		return true;
	if (field_next(request, name, i + 1) < request->n)
		return false;
	if (date_parse(request->at[i].value, now_s, &date_s))
		/* Strong only where a second change would have shown:
		 * section 8.8.2.2. */
		return v->modified && v->modified_s == date_s &&
		    v->modified_s < v->date_s;
	return tag_equal_strong(request->at[i].value, v->tag);
}
