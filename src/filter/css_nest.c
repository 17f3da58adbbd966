/* Blocks, functions and at-rules. */
#include "filter/css_nest.h"

static const struct {
	struct slice name;
	enum css_opener opener;
} functions[] = {
	{ { "url", 3 }, CSS_URL },
	{ { "src", 3 }, CSS_FIRST },
	{ { "image-set", 9 }, CSS_ALL },
	{ { "-webkit-image-set", 17 }, CSS_ALL },
};

/* At-rules whose own URLs are names or patterns. */
static const struct slice quiet_rules[] = {
	{ "namespace", 9 },
	{ "document", 8 },
	{ "-moz-document", 13 },
};

enum css_opener css_opener_of(struct slice function)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (slice_eq(function, functions[i].name))
			return functions[i].opener;
	return CSS_PAREN;
}

void css_nest_open(struct css_nest *n, enum css_opener opener)
{
	if (n->depth == CSS_DEPTH)
		n->deep = true;
	if (!n->deep)
		n->open[n->depth++] = (unsigned char)opener;
}

static bool fits(enum css_opener opener, char closer)
{
	if (closer == '}')
		return opener == CSS_CURLY;
	return closer == ']' ? opener == CSS_SQUARE : opener >= CSS_PAREN;
}

void css_nest_close(struct css_nest *n, char closer)
{
	if (n->deep || n->depth == 0 ||
	    !fits((enum css_opener)n->open[n->depth - 1], closer))
		return;
	n->depth--;
	if (n->depth < n->quiet_depth)
		n->quiet = false;
}

void css_nest_at_rule(struct css_nest *n, struct slice name)
{
	n->import = slice_eq(name, LIT("import"));
	for (size_t i = 0; i < sizeof(quiet_rules) / sizeof(*quiet_rules); i++)
		if (slice_eq(name, quiet_rules[i])) {
			n->quiet = true;
			n->quiet_depth = n->depth;
		}
}

void css_nest_prelude_end(struct css_nest *n)
{
	if (n->depth == n->quiet_depth)
		n->quiet = false;
}

bool css_nest_string(struct css_nest *n)
{
	bool import = n->import;
	unsigned char *top;

	n->import = false;
	if (import)
		return true;
	if (n->deep || n->depth == 0)
		return false;
	top = &n->open[n->depth - 1];
	if (*top != CSS_FIRST)
		return *top == CSS_ALL;
	*top = CSS_PAREN;
	return true;
}
