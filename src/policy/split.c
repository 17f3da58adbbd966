/* Deciding, and remembering by cookie. */
#include "policy/split.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "http/cookie_list.h"

#define NAME_MAX_BYTES 1024

bool split_decides(const struct rule *rule)
{
	return rule->split.on && rule->split.share > 0 &&
	    rule->split.share < SPLIT_WHOLE;
}

/* splitmix64's finish: neighbours in, strangers out. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static bool roll_in(const struct rule *rule, uint64_t roll)
{
	uint64_t own =
	    roll + ((uint64_t)rule->index + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return roll != SPLIT_ROLL_OUT &&
	    mix(own) % SPLIT_WHOLE < rule->split.share;
}

static void add_name(struct text *t, const struct rule *rule)
{
	static const char digits[] = "0123456789abcdef";

	text_add(t, LIT(SPLIT_COOKIE));
	for (size_t i = 0; i < rule->name.len; i++) {
		unsigned char c = (unsigned char)rule->name.at[i];

		if (ascii_is_alpha((char)c) || ascii_is_digit((char)c) ||
		    c == '-' || c == '_') {
			text_char(t, (char)c);
		} else {
			text_char(t, '.');
			text_char(t, digits[c >> 4]);
			text_char(t, digits[c & 15]);
		}
	}
}

struct split_decision split_decide(
    const struct rule *rule, uint64_t roll, const struct fields *fields)
{
	char room[NAME_MAX_BYTES];
	struct text name = text_over(room, sizeof(room));
	struct split_decision d = { .rule = rule,
		.in = rule->split.share == SPLIT_WHOLE };
	struct slice told = SLICE_NONE;

	if (!split_decides(rule))
		return d;
	add_name(&name, rule);
	if (fields != NULL)
		told = cookie_get(fields, text_slice(&name));
	d.in = slice_eq(told, LIT("in"));
	d.told = d.in || slice_eq(told, LIT("out"));
	if (!d.told)
		d.in = roll_in(rule, roll);
	return d;
}

struct slice split_cookie_name(const struct rule *rule, struct arena *a)
{
	struct text t = text_in(a, NAME_MAX_BYTES);

	add_name(&t, rule);
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

/* Up to the segment that holds what would end the attribute. */
static struct slice cookie_path(struct slice prefix)
{
	struct slice path = slice_upto(prefix, slice_find(prefix, ';'));

	if (path.len < prefix.len)
		while (path.len > 0 && path.at[path.len - 1] != '/')
			path.len--;
	return path.len == 0 ? LIT("/") : path;
}

struct slice split_cookie(const struct split_decision *d, struct arena *a)
{
	struct text t = text_in(a, NAME_MAX_BYTES + d->prefix.len + 64);

	add_name(&t, d->rule);
	text_add(&t, d->in ? LIT("=in; Path=") : LIT("=out; Path="));
	text_add(&t, cookie_path(d->prefix));
	text_add(&t, LIT("; HttpOnly; SameSite=Lax"));
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}
