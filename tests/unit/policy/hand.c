/* Confs made by hand. */
#include "tests/unit/policy/hand.h"

#include "base/arena.h"
#include "base/text.h"

struct slice_list hand_list(struct arena *a, const char *commas)
{
	struct slice rest = slice_of(commas);
	struct slice head;
	struct slice *at;
	size_t n = 0;

	if (commas == NULL)
		return (struct slice_list){ NULL, 0 };
	at = arena_alloc(a, (rest.len + 1) * sizeof(*at));
	while (slice_cut(&rest, ',', &head))
		at[n++] = arena_slice(a, head);
	return (struct slice_list){ at, n };
}

static struct slice_list path_list(struct arena *a, const char *commas)
{
	struct slice_list list = hand_list(a, commas);
	struct slice *at = (struct slice *)list.at;

	for (size_t i = 0; i < list.n; i++)
		if (slice_eq(at[i], LIT("/")))
			at[i] = LIT("");
	return list;
}

static struct origin origin_at(const char *base)
{
	return (struct origin){
		.url = LIT("http://o.test:81"),
		.scheme = LIT("http"),
		.host = LIT("o.test"),
		.port = 81,
		.authority = LIT("o.test:81"),
		.root = LIT("http://o.test:81"),
		.base = base == NULL ? LIT("") : slice_of(base),
	};
}

struct conf *hand_conf(struct arena *a, const struct hand_rule *rows, size_t n)
{
	struct conf *c = arena_zero(a, sizeof(*c));
	struct rule *rules = arena_zero(a, (n + 1) * sizeof(*rules));

	for (size_t i = 0; i < n; i++) {
		rules[i] = (struct rule){
			.name = arena_slice(a, slice_of(rows[i].name)),
			.file = LIT("f.ini"),
			.line = (unsigned)(i * 10 + 1),
			.index = i,
			.paths = path_list(a, rows[i].paths),
			.hosts = hand_list(a, rows[i].hosts),
			.methods = hand_list(a, rows[i].methods),
			.origin = origin_at(rows[i].base),
			.strip = !rows[i].no_strip,
			.slash_redirect = !rows[i].no_slash,
			.compress = true,
			.compress_types =
			    hand_list(a, "text/*,application/json"),
			.compress_min_size_bytes = 256,
			.compress_level = 6,
			.compress_encodings = hand_list(a, "gzip"),
		};
	}
	c->arena = a;
	c->rules = rules;
	c->rule_n = n;
	c->settings.via = LIT("fingerpost");
	return c;
}

struct rule *hand_rule(const struct conf *c, size_t index)
{
	return (struct rule *)&c->rules[index];
}
