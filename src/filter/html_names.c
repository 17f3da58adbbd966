/* The tables of names, by their first letter. */
#include "filter/html_names.h"

#include <string.h>

#define LETTERS        26
#define ELEMENTS_MAX   11 /* names that begin with one letter */
#define ATTRIBUTES_MAX 6

/* ---- elements ---- */

#define BREAKOUT ELEMENT_BREAKOUT
#define VOID     ELEMENT_VOID
#define HELD     ELEMENT_HELD
#define POINT    ELEMENT_POINT

#define ROW(n, id, content, flags)                                        \
	{                                                                 \
		{ n, sizeof(n) - 1 }, ELEMENT_##id, HTML_##content, flags \
	}

static const struct html_element elements[LETTERS][ELEMENTS_MAX] = {
	['a' - 'a'] = {
		ROW("a", A, DATA, 0),
		ROW("annotation-xml", ANNOTATION_XML, DATA, HELD | POINT),
		ROW("area", AREA, DATA, VOID),
	},
	['b' - 'a'] = {
		ROW("b", OTHER, DATA, BREAKOUT),
		ROW("base", BASE, DATA, VOID | HELD),
		ROW("basefont", OTHER, DATA, VOID),
		ROW("bgsound", OTHER, DATA, VOID),
		ROW("big", OTHER, DATA, BREAKOUT),
		ROW("blockquote", BLOCKQUOTE, DATA, BREAKOUT),
		ROW("body", BODY, DATA, BREAKOUT),
		ROW("br", BR, DATA, VOID | BREAKOUT),
		ROW("button", BUTTON, DATA, 0),
	},
	['c' - 'a'] = {
		ROW("center", OTHER, DATA, BREAKOUT),
		ROW("code", OTHER, DATA, BREAKOUT),
		ROW("col", OTHER, DATA, VOID),
	},
	['d' - 'a'] = {
		ROW("dd", OTHER, DATA, BREAKOUT),
		ROW("del", EDIT, DATA, 0),
		ROW("desc", DESC, DATA, POINT),
		ROW("div", OTHER, DATA, BREAKOUT),
		ROW("dl", OTHER, DATA, BREAKOUT),
		ROW("dt", OTHER, DATA, BREAKOUT),
	},
	['e' - 'a'] = {
		ROW("em", OTHER, DATA, BREAKOUT),
		ROW("embed", OTHER, DATA, VOID | BREAKOUT),
	},
	['f' - 'a'] = {
		ROW("font", FONT, DATA, 0),
		ROW("foreignobject", FOREIGN_OBJECT, DATA, POINT),
		ROW("form", FORM, DATA, 0),
		ROW("frame", FRAME, DATA, VOID),
	},
	['h' - 'a'] = {
		ROW("h1", OTHER, DATA, BREAKOUT),
		ROW("h2", OTHER, DATA, BREAKOUT),
		ROW("h3", OTHER, DATA, BREAKOUT),
		ROW("h4", OTHER, DATA, BREAKOUT),
		ROW("h5", OTHER, DATA, BREAKOUT),
		ROW("h6", OTHER, DATA, BREAKOUT),
		ROW("head", HEAD, DATA, BREAKOUT),
		ROW("hr", OTHER, DATA, VOID | BREAKOUT),
		ROW("html", HTML, DATA, 0),
	},
	['i' - 'a'] = {
		ROW("i", OTHER, DATA, BREAKOUT),
		ROW("iframe", FRAME, RAWTEXT, 0),
		ROW("img", IMG, DATA, VOID | BREAKOUT),
		ROW("input", INPUT, DATA, VOID),
		ROW("ins", EDIT, DATA, 0),
	},
	['k' - 'a'] = {
		ROW("keygen", OTHER, DATA, VOID),
	},
	['l' - 'a'] = {
		ROW("li", OTHER, DATA, BREAKOUT),
		ROW("link", LINK, DATA, VOID | HELD),
		ROW("listing", OTHER, DATA, BREAKOUT),
	},
	['m' - 'a'] = {
		ROW("math", MATH, DATA, POINT),
		ROW("menu", OTHER, DATA, BREAKOUT),
		ROW("meta", META, DATA, VOID | BREAKOUT | HELD),
		ROW("mi", MATH_TEXT, DATA, POINT),
		ROW("mn", MATH_TEXT, DATA, POINT),
		ROW("mo", MATH_TEXT, DATA, POINT),
		ROW("ms", MATH_TEXT, DATA, POINT),
		ROW("mtext", MATH_TEXT, DATA, POINT),
	},
	['n' - 'a'] = {
		ROW("nobr", OTHER, DATA, BREAKOUT),
		ROW("noembed", OTHER, RAWTEXT, 0),
		ROW("noframes", OTHER, RAWTEXT, 0),
	},
	['o' - 'a'] = {
		ROW("object", OBJECT, DATA, 0),
		ROW("ol", OTHER, DATA, BREAKOUT),
	},
	['p' - 'a'] = {
		ROW("p", OTHER, DATA, BREAKOUT),
		ROW("param", OTHER, DATA, VOID),
		ROW("plaintext", OTHER, PLAINTEXT, 0),
		ROW("pre", OTHER, DATA, BREAKOUT),
	},
	['q' - 'a'] = {
		ROW("q", Q, DATA, 0),
	},
	['r' - 'a'] = {
		ROW("ruby", OTHER, DATA, BREAKOUT),
	},
	['s' - 'a'] = {
		ROW("s", OTHER, DATA, BREAKOUT),
		ROW("script", SCRIPT, SCRIPT, HELD),
		ROW("small", OTHER, DATA, BREAKOUT),
		ROW("source", OTHER, DATA, VOID),
		ROW("span", OTHER, DATA, BREAKOUT),
		ROW("strike", OTHER, DATA, BREAKOUT),
		ROW("strong", OTHER, DATA, BREAKOUT),
		ROW("style", STYLE, RAWTEXT, HELD),
		ROW("sub", OTHER, DATA, BREAKOUT),
		ROW("sup", OTHER, DATA, BREAKOUT),
		ROW("svg", SVG, DATA, POINT),
	},
	['t' - 'a'] = {
		ROW("table", TABLE, DATA, BREAKOUT),
		ROW("tbody", TABLE, DATA, 0),
		ROW("td", TABLE, DATA, 0),
		ROW("textarea", OTHER, RCDATA, 0),
		ROW("tfoot", TABLE, DATA, 0),
		ROW("th", TABLE, DATA, 0),
		ROW("thead", TABLE, DATA, 0),
		ROW("title", TITLE, RCDATA, POINT),
		ROW("tr", TABLE, DATA, 0),
		ROW("track", OTHER, DATA, VOID),
		ROW("tt", OTHER, DATA, BREAKOUT),
	},
	['u' - 'a'] = {
		ROW("u", OTHER, DATA, BREAKOUT),
		ROW("ul", OTHER, DATA, BREAKOUT),
	},
	['v' - 'a'] = {
		ROW("var", OTHER, DATA, BREAKOUT),
	},
	['w' - 'a'] = {
		ROW("wbr", OTHER, DATA, VOID),
	},
	['x' - 'a'] = {
		ROW("xmp", OTHER, RAWTEXT, 0),
	},
};

static const struct html_element other = ROW("", OTHER, DATA, 0);

#undef ROW

/* ---- attributes ---- */

#define ON(id) (UINT64_C(1) << ELEMENT_##id)

#define ROW(n, id, kind, on)                                           \
	{                                                              \
		{ n, sizeof(n) - 1 }, ATTRIBUTE_##id, VALUE_##kind, on \
	}

static const struct html_attribute attributes[LETTERS][ATTRIBUTES_MAX] = {
	['a' - 'a'] = {
		ROW("action", ACTION, URL, ON(FORM)),
		ROW("as", AS, PLAIN, ON(LINK)),
	},
	['b' - 'a'] = {
		ROW("background", BACKGROUND, URL, ON(BODY) | ON(TABLE)),
	},
	['c' - 'a'] = {
		ROW("cite", CITE, URL, ON(BLOCKQUOTE) | ON(Q) | ON(EDIT)),
		ROW("clip-path", CLIP_PATH, PAINT, 0),
		ROW("color", FONT, PLAIN, ON(FONT)),
		ROW("content", CONTENT, PLAIN, ON(META)),
		ROW("cursor", CURSOR, PAINT, 0),
	},
	['d' - 'a'] = {
		ROW("data", DATA, URL, ON(OBJECT)),
	},
	['e' - 'a'] = {
		ROW("encoding", ENCODING, PLAIN, ON(ANNOTATION_XML)),
	},
	['f' - 'a'] = {
		ROW("face", FONT, PLAIN, ON(FONT)),
		ROW("fill", FILL, PAINT, 0),
		ROW("filter", FILTER, PAINT, 0),
		ROW("formaction", FORMACTION, URL, ON(BUTTON) | ON(INPUT)),
	},
	['h' - 'a'] = {
		ROW("href", HREF, URL, 0),
		ROW("http-equiv", HTTP_EQUIV, PLAIN, ON(META)),
	},
	['i' - 'a'] = {
		ROW("imagesrcset", IMAGESRCSET, SRCSET, ON(LINK)),
		ROW("integrity", INTEGRITY, PLAIN, ON(LINK) | ON(SCRIPT)),
	},
	['l' - 'a'] = {
		ROW("longdesc", LONGDESC, URL, ON(IMG) | ON(FRAME)),
	},
	['m' - 'a'] = {
		ROW("manifest", MANIFEST, URL, ON(HTML)),
		ROW("marker", MARKER, PAINT, 0),
		ROW("marker-end", MARKER_END, PAINT, 0),
		ROW("marker-mid", MARKER_MID, PAINT, 0),
		ROW("marker-start", MARKER_START, PAINT, 0),
		ROW("mask", MASK, PAINT, 0),
	},
	['p' - 'a'] = {
		ROW("ping", PING, URLS, ON(A) | ON(AREA)),
		ROW("poster", POSTER, URL, 0),
	},
	['r' - 'a'] = {
		ROW("rel", REL, PLAIN, ON(LINK)),
	},
	['s' - 'a'] = {
		ROW("size", FONT, PLAIN, ON(FONT)),
		ROW("src", SRC, URL, 0),
		ROW("srcset", SRCSET, SRCSET, 0),
		ROW("stroke", STROKE, PAINT, 0),
		ROW("style", STYLE, STYLE, 0),
	},
	['t' - 'a'] = {
		ROW("type", TYPE, PLAIN, ON(SCRIPT) | ON(STYLE)),
	},
	['x' - 'a'] = {
		ROW("xlink:href", XLINK_HREF, URL, 0),
	},
};

#undef ROW

_Static_assert(
    ATTRIBUTE_XLINK_HREF < 64 && ELEMENT_TITLE < 64, "a bit for each in 64");

/* ---- the search ---- */

/* Where the names stand that begin alike; LETTERS: there are none. */
static unsigned letter(struct slice name)
{
	unsigned i = name.len == 0 ? LETTERS : (unsigned)name.at[0] - 'a';

	return i < LETTERS ? i : LETTERS;
}

/* Most rows that begin with the same letter differ in length. */
static bool is_name(struct slice row, struct slice name)
{
	return row.len == name.len && memcmp(row.at, name.at, name.len) == 0;
}

const struct html_element *html_element(struct slice name)
{
	unsigned i = letter(name);

	if (i == LETTERS)
		return &other;
	for (unsigned k = 0; k < ELEMENTS_MAX; k++)
		if (is_name(elements[i][k].name, name))
			return &elements[i][k];
	return &other;
}

const struct html_attribute *html_attribute(struct slice name)
{
	unsigned i = letter(name);

	if (i == LETTERS)
		return NULL;
	for (unsigned k = 0; k < ATTRIBUTES_MAX; k++)
		if (is_name(attributes[i][k].name, name))
			return &attributes[i][k];
	return NULL;
}
