/* What of a request goes to a bucket. */
#include "policy/s3_request.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/list.h"
#include "http/message.h"
#include "policy/route.h"
#include "policy/s3_site.h"

#define VALUE_MAX 65536

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define COUNT(row) (sizeof(row) / sizeof((row)[0]))

enum { READS = 1, WRITES = 2 };

/* All else is between the client and us, or a secret. */
static const struct {
	struct slice name;
	unsigned of;
} passing[] = {
	{ NAME("Accept-Encoding"), READS | WRITES },
	{ NAME("Accept-Language"), READS | WRITES },
	{ NAME("If-Match"), READS | WRITES },
	{ NAME("If-Modified-Since"), READS | WRITES },
	{ NAME("If-None-Match"), READS | WRITES },
	{ NAME("If-Range"), READS },
	{ NAME("If-Unmodified-Since"), READS | WRITES },
	{ NAME("Range"), READS },
	{ NAME("Referer"), READS | WRITES },
	{ NAME("User-Agent"), READS | WRITES },
	{ NAME("Via"), READS | WRITES },
	{ NAME("Cache-Control"), WRITES },
	{ NAME("Content-Disposition"), WRITES },
	{ NAME("Content-Encoding"), WRITES },
	{ NAME("Content-Language"), WRITES },
	{ NAME("Content-MD5"), WRITES },
	{ NAME("Content-Type"), WRITES },
	{ NAME("Expires"), WRITES },
};

/* Added by forward_request(); a bucket's log is not the place for visitors'
 * addresses. */
static const struct slice ours_alone[] = {
	NAME("Forwarded"),
	NAME("X-Forwarded-For"),
	NAME("X-Forwarded-Host"),
	NAME("X-Forwarded-Prefix"),
	NAME("X-Forwarded-Proto"),
};

static const struct slice conditions[] = {
	NAME("If-Match"),
	NAME("If-Modified-Since"),
	NAME("If-None-Match"),
	NAME("If-Range"),
	NAME("If-Unmodified-Since"),
	NAME("Range"),
};

static const struct slice signers_own[] = {
	NAME("Authorization"),
	NAME("X-Amz-Content-Sha256"),
	NAME("X-Amz-Date"),
	NAME("X-Amz-Security-Token"),
};

static bool named(struct slice name, const struct slice *row, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_nocase(name, row[i]))
			return true;
	return false;
}

static bool passes(struct slice name, unsigned of)
{
	for (size_t i = 0; i < COUNT(passing); i++)
		if (slice_eq_nocase(name, passing[i].name))
			return (passing[i].of & of) != 0;
	return false;
}

/* The value without the "W/" of any member. */
static struct slice strong_tags(struct slice value, struct arena *a)
{
	struct text t = text_in(a, VALUE_MAX);
	struct slice member;

	while (list_next(&value, &member)) {
		if (t.len > 0)
			text_add(&t, LIT(", "));
		text_add(&t,
		    slice_from(member, slice_starts(member, LIT("W/")) * 2));
	}
	if (t.len == 0 && !text_spent(&t))
		return LIT("");
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

static bool pick_fields(
    const struct request *r, struct arena *a, struct fields *picked_out)
{
	bool reads =
	    slice_eq(r->method, LIT("GET")) || slice_eq(r->method, LIT("HEAD"));

	*picked_out = (struct fields){ 0 };
	for (size_t i = 0; i < r->fields.n; i++) {
		struct field f = r->fields.at[i];

		if (!passes(f.name, reads ? READS : WRITES))
			continue;
		if (slice_eq_nocase(f.name, LIT("If-None-Match")))
			f.value = strong_tags(f.value, a);
		if (f.value.at == NULL ||
		    !field_add(picked_out, a, f.name, f.value))
			return false;
	}
	return true;
}

enum forward_verdict s3_request_fields(const struct request *r,
    const struct route_match *m, const struct settings *s, struct arena *a,
    struct fields *fields_out)
{
	const struct rule *rule = m->rule;
	struct request picked = *r;
	struct upstream up;
	enum forward_verdict verdict;

	if (!pick_fields(r, a, &picked.fields))
		return FORWARD_TOO_LARGE;
	verdict = forward_request(&picked, m, s, a, &up);
	if (verdict != FORWARD_OK)
		return verdict;
	for (size_t i = 0; i < COUNT(ours_alone); i++)
		if (!field_has(&rule->request_headers, ours_alone[i]))
			(void)field_remove(&up.fields, ours_alone[i]);
	if (!field_has(&rule->request_headers, LIT("Host")) &&
	    !field_set(&up.fields, a, LIT("Host"), rule->origin.authority))
		return FORWARD_TOO_LARGE;
	*fields_out = up.fields;
	return FORWARD_OK;
}

static bool is_signed(struct slice name)
{
	static const struct slice names[] = {
		NAME("Host"),
		NAME("Content-Type"),
		NAME("Content-MD5"),
	};

	return named(name, names, COUNT(names)) ||
	    slice_starts_nocase(name, LIT("X-Amz-"));
}

struct s3_condition s3_if_range(const struct fields *all)
{
	struct slice value = field_get(all, LIT("If-Range"));
	bool tag = slice_starts(value, LIT("\""));
	struct slice name = tag ? LIT("If-Match") : LIT("If-Unmodified-Since");

	if (value.len == 0)
		return (struct s3_condition){ .range = true };
	/* A weak tag never matches (RFC 9110 section 13.1.5); one condition
	 * more of the same name would be another condition. */
	if (slice_starts(value, LIT("W/")) || field_has(all, name) ||
	    !field_has(all, LIT("Range")))
		return (struct s3_condition){ .range = false };
	return (struct s3_condition){ true, name, value };
}

static bool goes_along(
    const struct s3_ask *ask, const struct field *f, bool range)
{
	return f->value.len > 0 &&
	    !named(f->name, signers_own, COUNT(signers_own)) &&
	    !slice_eq_nocase(f->name, LIT("If-Range")) &&
	    (range || !slice_eq_nocase(f->name, LIT("Range"))) &&
	    (ask->conditional ||
		!named(f->name, conditions, COUNT(conditions)));
}

static bool add_fields(const struct s3_ask *ask, const struct fields *all,
    struct arena *a, struct fields *sent, struct fields *to_sign)
{
	struct s3_condition condition = s3_if_range(all);
	bool range = condition.range && !ask->whole;

	if (ask->conditional && range && condition.name.len > 0 &&
	    !field_add(sent, a, condition.name, condition.value))
		return false;
	for (size_t i = 0; i < all->n; i++) {
		struct field f = all->at[i];
		bool is_one = is_signed(f.name);

		if (!goes_along(ask, &f, range) || field_has(to_sign, f.name))
			continue;
		if (!field_add(sent, a, f.name, f.value) ||
		    (is_one && !field_add(to_sign, a, f.name, f.value)))
			return false;
	}
	return true;
}

bool s3_ask_fields(const struct s3_ask *ask, const struct fields *all,
    struct arena *a, struct fields *sent_out, struct fields *signed_out)
{
	struct slice host = field_get(all, LIT("Host"));
	struct fields sent = { 0 };
	struct fields to_sign = { 0 };

	if (!field_add(&sent, a, LIT("Host"), host) ||
	    !field_add(&to_sign, a, LIT("Host"), host) ||
	    !add_fields(ask, all, a, &sent, &to_sign))
		return false;
	if (ask->probe && !field_add(&sent, a, LIT("Range"), LIT("bytes=0-0")))
		return false;
	*sent_out = sent;
	*signed_out = to_sign;
	return true;
}
