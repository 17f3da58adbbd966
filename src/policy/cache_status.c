/* Cache-Status. */
#include "policy/cache_status.h"

#include "base/text.h"
#include "http/message.h"

#define VALUE_MAX 1024

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

static const struct slice forward_tokens[CACHE_FORWARD_N] = {
	[CACHE_HIT] = NAME("hit"),
	[CACHE_FORWARD_BYPASS] = NAME("bypass"),
	[CACHE_FORWARD_METHOD] = NAME("method"),
	[CACHE_FORWARD_URI_MISS] = NAME("uri-miss"),
	[CACHE_FORWARD_VARY_MISS] = NAME("vary-miss"),
	[CACHE_FORWARD_REQUEST] = NAME("request"),
	[CACHE_FORWARD_STALE] = NAME("stale"),
	[CACHE_FORWARD_PARTIAL] = NAME("partial"),
};

/* A token of structured fields: RFC 9651 section 3.3.4. */
static bool is_token(struct slice s)
{
	if (s.len == 0 || (!ascii_is_alpha(s.at[0]) && s.at[0] != '*'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		struct slice one = { &s.at[i], 1 };

		if (!field_name_valid(one) && s.at[i] != ':' && s.at[i] != '/')
			return false;
	}
	return true;
}

/* A string otherwise; what no string holds is left out. */
static void add_item(struct text *t, struct slice s)
{
	if (is_token(s)) {
		text_add(t, s);
		return;
	}
	text_char(t, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < ' ' || s.at[i] > '~')
			continue;
		if (s.at[i] == '"' || s.at[i] == '\\')
			text_char(t, '\\');
		text_char(t, s.at[i]);
	}
	text_char(t, '"');
}

/* Integers have 15 digits at most. */
static void add_integer(struct text *t, int64_t n)
{
	const int64_t most = INT64_C(999999999999999);

	n = n > most ? most : n < -most ? -most : n;
	if (n < 0)
		text_char(t, '-');
	text_u64(t, (uint64_t)(n < 0 ? -n : n));
}

static void add_member(struct text *t, const struct cache_status *s)
{
	add_item(t, s->cache);
	if (s->forward == CACHE_HIT) {
		text_add(t, LIT("; hit"));
	} else {
		text_add(t, LIT("; fwd="));
		text_add(t, forward_tokens[s->forward]);
		if (s->status != 0) {
			text_add(t, LIT("; fwd-status="));
			add_integer(t, s->status);
		}
	}
	if (s->ttl) {
		text_add(t, LIT("; ttl="));
		add_integer(t, s->ttl_s);
	}
	/* Sections 2.5 and 2.6: of what was forwarded alone. */
	if (s->stored && s->forward != CACHE_HIT)
		text_add(t, LIT("; stored"));
	if (s->collapsed && s->forward != CACHE_HIT)
		text_add(t, LIT("; collapsed"));
	if (s->detail.len > 0) {
		text_add(t, LIT("; detail="));
		add_item(t, s->detail);
	}
}

/* A line of its own: nothing that came can break it. */
bool cache_status_add(
    struct response *r, const struct cache_status *status, struct arena *a)
{
	struct text t = text_in(a, VALUE_MAX);

	add_member(&t, status);
	return !text_spent(&t) &&
	    field_add(&r->fields, a, LIT("Cache-Status"), text_slice(&t));
}

struct cache_status cache_status_of(
    struct slice cache, const struct cache_verdict *verdict)
{
	struct cache_status s = {
		.cache = cache,
		.forward = verdict->forward,
		.detail = verdict->detail,
	};

	if (verdict->forward == CACHE_HIT && verdict->stored != NULL) {
		s.ttl = true;
		s.ttl_s = verdict->ttl_s;
	}
	return s;
}
