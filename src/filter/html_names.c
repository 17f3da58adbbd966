/* The tables of names; sorted, as they are searched by halves. */
#include "filter/html_names.h"

#include <string.h>

/* ---- elements ---- */

#define BREAKOUT ELEMENT_BREAKOUT
#define VOID     ELEMENT_VOID
#define HELD     ELEMENT_HELD
#define POINT    ELEMENT_POINT

#define ROW(n, id, content, flags)                                        \
	{                                                                 \
		{ n, sizeof(n) - 1 }, ELEMENT_##id, HTML_##content, flags \
	}

static const struct html_element elements[] = {
	ROW("a", A, DATA, 0),
	ROW("annotation-xml", ANNOTATION_XML, DATA, HELD | POINT),
	ROW("area", AREA, DATA, VOID),
	ROW("b", OTHER, DATA, BREAKOUT),
	ROW("base", BASE, DATA, VOID | HELD),
	ROW("basefont", OTHER, DATA, VOID),
	ROW("bgsound", OTHER, DATA, VOID),
	ROW("big", OTHER, DATA, BREAKOUT),
	ROW("blockquote", BLOCKQUOTE, DATA, BREAKOUT),
	ROW("body", BODY, DATA, BREAKOUT),
	ROW("br", BR, DATA, VOID | BREAKOUT),
	ROW("button", BUTTON, DATA, 0),
	ROW("center", OTHER, DATA, BREAKOUT),
	ROW("code", OTHER, DATA, BREAKOUT),
	ROW("col", OTHER, DATA, VOID),
	ROW("dd", OTHER, DATA, BREAKOUT),
	ROW("del", EDIT, DATA, 0),
	ROW("desc", DESC, DATA, POINT),
	ROW("div", OTHER, DATA, BREAKOUT),
	ROW("dl", OTHER, DATA, BREAKOUT),
	ROW("dt", OTHER, DATA, BREAKOUT),
	ROW("em", OTHER, DATA, BREAKOUT),
	ROW("embed", OTHER, DATA, VOID | BREAKOUT),
	ROW("font", FONT, DATA, 0),
	ROW("foreignobject", FOREIGN_OBJECT, DATA, POINT),
	ROW("form", FORM, DATA, 0),
	ROW("frame", FRAME, DATA, VOID),
	ROW("h1", OTHER, DATA, BREAKOUT),
	ROW("h2", OTHER, DATA, BREAKOUT),
	ROW("h3", OTHER, DATA, BREAKOUT),
	ROW("h4", OTHER, DATA, BREAKOUT),
	ROW("h5", OTHER, DATA, BREAKOUT),
	ROW("h6", OTHER, DATA, BREAKOUT),
	ROW("head", HEAD, DATA, BREAKOUT),
	ROW("hr", OTHER, DATA, VOID | BREAKOUT),
	ROW("html", HTML, DATA, 0),
	ROW("i", OTHER, DATA, BREAKOUT),
	ROW("iframe", FRAME, RAWTEXT, 0),
	ROW("img", IMG, DATA, VOID | BREAKOUT),
	ROW("input", INPUT, DATA, VOID),
	ROW("ins", EDIT, DATA, 0),
	ROW("keygen", OTHER, DATA, VOID),
	ROW("li", OTHER, DATA, BREAKOUT),
	ROW("link", LINK, DATA, VOID | HELD),
	ROW("listing", OTHER, DATA, BREAKOUT),
	ROW("math", MATH, DATA, POINT),
	ROW("menu", OTHER, DATA, BREAKOUT),
	ROW("meta", META, DATA, VOID | BREAKOUT | HELD),
	ROW("mi", MATH_TEXT, DATA, POINT),
	ROW("mn", MATH_TEXT, DATA, POINT),
	ROW("mo", MATH_TEXT, DATA, POINT),
	ROW("ms", MATH_TEXT, DATA, POINT),
	ROW("mtext", MATH_TEXT, DATA, POINT),
	ROW("nobr", OTHER, DATA, BREAKOUT),
	ROW("noembed", OTHER, RAWTEXT, 0),
	ROW("noframes", OTHER, RAWTEXT, 0),
	ROW("object", OBJECT, DATA, 0),
	ROW("ol", OTHER, DATA, BREAKOUT),
	ROW("p", OTHER, DATA, BREAKOUT),
	ROW("param", OTHER, DATA, VOID),
	ROW("plaintext", OTHER, PLAINTEXT, 0),
	ROW("pre", OTHER, DATA, BREAKOUT),
	ROW("q", Q, DATA, 0),
	ROW("ruby", OTHER, DATA, BREAKOUT),
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
	ROW("u", OTHER, DATA, BREAKOUT),
	ROW("ul", OTHER, DATA, BREAKOUT),
	ROW("var", OTHER, DATA, BREAKOUT),
	ROW("wbr", OTHER, DATA, VOID),
	ROW("xmp", OTHER, RAWTEXT, 0),
};

static const struct html_element other = ROW("", OTHER, DATA, 0);

#undef ROW

/* ---- attributes ---- */

#define ON(id) (UINT64_C(1) << ELEMENT_##id)

#define ROW(n, id, kind, on)                                           \
	{                                                              \
		{ n, sizeof(n) - 1 }, ATTRIBUTE_##id, VALUE_##kind, on \
	}

static const struct html_attribute attributes[] = {
	ROW("action", OTHER, URL, ON(FORM)),
	ROW("as", AS, PLAIN, ON(LINK)),
	ROW("background", OTHER, URL, ON(BODY) | ON(TABLE)),
	ROW("cite", OTHER, URL, ON(BLOCKQUOTE) | ON(Q) | ON(EDIT)),
	ROW("clip-path", OTHER, PAINT, 0),
	ROW("color", FONT, PLAIN, ON(FONT)),
	ROW("content", CONTENT, PLAIN, ON(META)),
	ROW("cursor", OTHER, PAINT, 0),
	ROW("data", OTHER, URL, ON(OBJECT)),
	ROW("encoding", ENCODING, PLAIN, ON(ANNOTATION_XML)),
	ROW("face", FONT, PLAIN, ON(FONT)),
	ROW("fill", OTHER, PAINT, 0),
	ROW("filter", OTHER, PAINT, 0),
	ROW("formaction", OTHER, URL, ON(BUTTON) | ON(INPUT)),
	ROW("href", HREF, URL, 0),
	ROW("http-equiv", HTTP_EQUIV, PLAIN, ON(META)),
	ROW("imagesrcset", OTHER, SRCSET, ON(LINK)),
	ROW("integrity", INTEGRITY, PLAIN, ON(LINK) | ON(SCRIPT)),
	ROW("longdesc", OTHER, URL, ON(IMG) | ON(FRAME)),
	ROW("manifest", OTHER, URL, ON(HTML)),
	ROW("marker", OTHER, PAINT, 0),
	ROW("marker-end", OTHER, PAINT, 0),
	ROW("marker-mid", OTHER, PAINT, 0),
	ROW("marker-start", OTHER, PAINT, 0),
	ROW("mask", OTHER, PAINT, 0),
	ROW("ping", OTHER, URLS, ON(A) | ON(AREA)),
	ROW("poster", OTHER, URL, 0),
	ROW("rel", REL, PLAIN, ON(LINK)),
	ROW("size", FONT, PLAIN, ON(FONT)),
	ROW("src", SRC, URL, 0),
	ROW("srcset", OTHER, SRCSET, 0),
	ROW("stroke", OTHER, PAINT, 0),
	ROW("style", OTHER, STYLE, 0),
	ROW("type", TYPE, PLAIN, ON(SCRIPT) | ON(STYLE)),
	ROW("xlink:href", OTHER, URL, 0),
};

#undef ROW

_Static_assert(
    sizeof(attributes) / sizeof(attributes[0]) < 64, "a bit for each in 64");
_Static_assert(ELEMENT_TITLE < 64, "a bit for each in 64");

/* ---- the search ---- */

/* Both tables' rows begin with their name. */
static const void *search(
    const void *rows, size_t n, size_t row_bytes, struct slice name)
{
	const char *low = rows;

	while (n > 0) {
		const char *middle = low + n / 2 * row_bytes;
		const struct slice *row = (const void *)middle;
		int order = slice_compare(name, *row);

		if (order == 0)
			return middle;
		if (order > 0) {
			low = middle + row_bytes;
			n--;
		}
		n /= 2;
	}
	return NULL;
}

const struct html_element *html_element(struct slice name)
{
	const struct html_element *row = search(elements,
	    sizeof(elements) / sizeof(elements[0]), sizeof(elements[0]), name);

	return row == NULL ? &other : row;
}

const struct html_attribute *html_attribute(struct slice name)
{
	return search(attributes, sizeof(attributes) / sizeof(attributes[0]),
	    sizeof(attributes[0]), name);
}

unsigned html_attribute_index(const struct html_attribute *row)
{
	return (unsigned)(row - attributes);
}
