/* What is open of SVG and MathML. */
#include "filter/html_foreign.h"

#include "filter/html_names.h"

static enum html_space space_here(const struct html_foreign *f)
{
	if (f->n == 0 || f->open[f->n - 1].point)
		return SPACE_HTML;
	return f->open[f->n - 1].space;
}

void html_foreign_leave(struct html_foreign *f)
{
	f->beyond = 0;
	while (space_here(f) != SPACE_HTML)
		f->n--;
}

static enum html_space space_of(
    const struct html_foreign *f, const struct html_element *element)
{
	bool annotated =
	    f->n > 0 && f->open[f->n - 1].id == ELEMENT_ANNOTATION_XML;
	enum html_space here = space_here(f);

	if (element->id == ELEMENT_SVG && (here == SPACE_HTML || annotated))
		return SPACE_SVG;
	if (element->id == ELEMENT_MATH && here == SPACE_HTML)
		return SPACE_MATHML;
	return here;
}

enum html_space html_foreign_meet(
    struct html_foreign *f, const struct html_element *element)
{
	if (element->flags & ELEMENT_BREAKOUT)
		html_foreign_leave(f);
	return space_of(f, element);
}

static bool is_point(uint8_t id, enum html_space space, bool html)
{
	switch (id) {
	case ELEMENT_FOREIGN_OBJECT:
	case ELEMENT_DESC:
	case ELEMENT_TITLE:
		return space == SPACE_SVG;
	case ELEMENT_MATH_TEXT:
		return space == SPACE_MATHML;
	case ELEMENT_ANNOTATION_XML:
		return space == SPACE_MATHML && html;
	default:
		return false;
	}
}

void html_foreign_open(struct html_foreign *f,
    const struct html_element *element, enum html_space space,
    bool self_closing, bool html)
{
	if (space == SPACE_HTML) {
		if (f->n > 0 && !(element->flags & ELEMENT_VOID) &&
		    element->content == HTML_DATA)
			f->open[f->n - 1].depth++;
		return;
	}
	if (self_closing || !(element->flags & ELEMENT_POINT))
		return;
	if (f->n == FOREIGN_DEPTH) {
		f->beyond++;
		return;
	}
	f->open[f->n].id = element->id;
	f->open[f->n].space = (uint8_t)space;
	f->open[f->n].point = is_point(element->id, space, html);
	f->open[f->n++].depth = 0;
}

void html_foreign_close(
    struct html_foreign *f, const struct html_element *element)
{
	enum html_space here = space_here(f);

	if (f->n == 0)
		return;
	if (element->flags & ELEMENT_POINT && f->beyond > 0) {
		f->beyond--;
		return;
	}
	if (element->flags & ELEMENT_POINT)
		for (unsigned i = f->n; i-- > 0;)
			if (f->open[i].id == element->id) {
				f->n = i;
				return;
			}
	if (here == SPACE_HTML)
		f->open[f->n - 1].depth -= f->open[f->n - 1].depth > 0;
	else if (element->flags & ELEMENT_BREAKOUT)
		html_foreign_leave(f);
}

bool html_foreign_cdata(const struct html_foreign *f)
{
	return f->n > 0 &&
	    (space_here(f) != SPACE_HTML || f->open[f->n - 1].depth == 0);
}
