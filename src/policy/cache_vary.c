/* Vary. */
#include "policy/cache_vary.h"

#include "base/arena.h"
#include "base/text.h"
#include "http/accept.h"
#include "http/field.h"
#include "http/list.h"

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define COUNT(row) (sizeof(row) / sizeof((row)[0]))

struct names {
	struct slice at[CACHE_VARY_MAX];
	size_t n;
};

/* Sorted, each once, in whatever case. */
static bool names_add(struct names *names, struct slice name, struct arena *a)
{
	size_t i = names->n;

	name = arena_lower(a, name);
	if (name.at == NULL)
		return false;
	for (size_t j = 0; j < names->n; j++)
		if (slice_eq(names->at[j], name))
			return true;
	if (names->n == CACHE_VARY_MAX)
		return false;
	for (; i > 0 && slice_compare(names->at[i - 1], name) > 0; i--)
		names->at[i] = names->at[i - 1];
	names->at[i] = name;
	names->n++;
	return true;
}

/* Calls nothing for `a` NULL: counts and checks alone. */
static bool names_read(
    const struct fields *response, struct arena *a, struct names *names)
{
	struct slice vary = LIT("Vary");

	for (size_t i = field_next(response, vary, 0); i < response->n;
	     i = field_next(response, vary, i + 1)) {
		struct slice rest = response->at[i].value;
		struct slice name;

		while (list_next(&rest, &name)) {
			if (slice_eq(name, LIT("*")) || !field_name_valid(name))
				return false;
			if (a == NULL ? ++names->n > CACHE_VARY_MAX :
					!names_add(names, name, a))
				return false;
		}
	}
	return true;
}

bool cache_vary_usable(const struct fields *response)
{
	struct names names = { .n = 0 };

	return names_read(response, NULL, &names);
}

/* Fields whose blanks we know not to matter. */
static const struct {
	struct slice name;
	bool fold; /* nor does case */
} known_lists[] = {
	{ NAME("accept"), false },
	{ NAME("accept-charset"), true },
	{ NAME("accept-encoding"), true },
	{ NAME("accept-language"), true },
};

static void add_folded(struct text *t, struct slice s, bool fold)
{
	if (!fold) {
		text_add(t, s);
		return;
	}
	for (size_t i = 0; i < s.len; i++)
		text_char(t, ascii_lower(s.at[i]));
}

static void add_list(struct text *t, struct slice value, bool fold)
{
	struct slice member;

	while (list_next(&value, &member)) {
		struct slice params;
		struct slice name;
		struct slice argument;

		add_folded(t, list_head(member, &params), fold);
		while (param_next(&params, &name, &argument)) {
			text_char(t, ';');
			add_folded(t, slice_trim(name), fold);
			text_char(t, '=');
			add_folded(t, slice_trim(argument), fold);
		}
		text_char(t, ',');
	}
}

static void add_lines(
    struct text *t, const struct fields *request, struct slice name)
{
	bool list = false;
	bool fold = false;
	bool first = true;

	for (size_t i = 0; i < COUNT(known_lists); i++)
		if (slice_eq(name, known_lists[i].name)) {
			list = true;
			fold = known_lists[i].fold;
		}
	for (size_t i = field_next(request, name, 0); i < request->n;
	     i = field_next(request, name, i + 1)) {
		if (list) {
			add_list(t, request->at[i].value, fold);
			continue;
		}
		if (!first)
			text_add(t, LIT(", "));
		text_add(t, request->at[i].value);
		first = false;
	}
}

static void add_codings(struct text *t, const struct fields *request,
    const struct cache_rules *rules)
{
	for (size_t i = 0; i < rules->coding_n; i++)
		if (accept_coding(request, rules->codings[i])) {
			text_add(t, rules->codings[i]);
			text_char(t, ',');
		}
	/* They may get a refusal, and nobody else that. */
	if (!accept_identity(request))
		text_add(t, LIT("identity;q=0,"));
}

/* Is the response plain, or in one of the codings that we ask for? */
static bool coding_is_known(
    const struct fields *response, const struct cache_rules *rules)
{
	struct slice coding = field_get(response, LIT("Content-Encoding"));

	for (size_t i = 0; i < rules->coding_n; i++)
		if (slice_eq_nocase(coding, rules->codings[i]))
			return true;
	return coding.len == 0;
}

bool cache_vary_key(const struct fields *response, const struct fields *request,
    const struct cache_rules *rules, struct arena *a, struct slice *key_out)
{
	struct names names = { .n = 0 };
	struct text t = text_in(a, CACHE_VARY_KEY_MAX);

	if (!names_read(response, a, &names))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		struct slice name = names.at[i];

		/* No name holds ':' and no value a line end, so nothing can be
		 * taken for anything else. */
		text_add(&t, name);
		if (slice_eq(name, LIT("accept-encoding")) &&
		    coding_is_known(response, rules)) {
			text_char(&t, '~');
			add_codings(&t, request, rules);
		} else if (field_has(request, name)) {
			text_char(&t, ':');
			add_lines(&t, request, name);
		}
		text_char(&t, '\n');
	}
	if (text_spent(&t))
		return false;
	*key_out = t.len > 0 ? text_slice(&t) : LIT("");
	return true;
}

bool cache_vary_matches(const struct cache_stored *stored,
    const struct fields *request, const struct cache_rules *rules,
    struct arena *a)
{
	struct slice key;

	return cache_vary_key(stored->fields, request, rules, a, &key) &&
	    slice_eq(key, stored->vary_key);
}

static bool is_better(
    const struct cache_stored *one, const struct cache_stored *other)
{
	bool varies = one->vary_key.len > 0;

	if (one->partial != other->partial)
		return other->partial;
	if (varies != (other->vary_key.len > 0))
		return varies;
	if (one->terms.date_s != other->terms.date_s)
		return one->terms.date_s > other->terms.date_s;
	return one->terms.received_s > other->terms.received_s;
}

const struct cache_stored *cache_select(const struct cache_stored *candidates,
    size_t n, const struct fields *request, const struct cache_rules *rules,
    struct arena *a, uint32_t *matches_out)
{
	const struct cache_stored *best = NULL;
	uint32_t matches = 0;

	for (size_t i = 0; i < n && i < CACHE_CANDIDATES_MAX; i++) {
		const struct cache_stored *one = &candidates[i];

		if (!cache_vary_matches(one, request, rules, a))
			continue;
		matches |= UINT32_C(1) << i;
		if (best == NULL || is_better(one, best))
			best = one;
	}
	if (matches_out != NULL)
		*matches_out = matches;
	return best;
}
