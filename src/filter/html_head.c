/* Finding the head. */
#include "filter/html_head.h"

#include "filter/html_names.h"

void html_head_doctype(struct html_head *h)
{
	h->is_document = true;
}

/* Something begins that head or body hold. */
static bool pass(struct html_head *h)
{
	h->sought = false;
	return h->is_document;
}

bool html_head_before_tag(
    struct html_head *h, const struct html_element *element, bool is_end)
{
	bool of_document = element->id == ELEMENT_HTML ||
	    element->id == ELEMENT_HEAD || element->id == ELEMENT_BODY;

	if (!h->sought)
		return false;
	/* Other end tags are passed over where nothing is open. */
	if (is_end)
		return of_document || element->id == ELEMENT_BR ? pass(h) :
								  false;
	if (!of_document)
		return pass(h);
	h->is_document = true;
	return element->id == ELEMENT_BODY ? pass(h) : false;
}

bool html_head_behind_tag(
    struct html_head *h, const struct html_element *element)
{
	return h->sought && element->id == ELEMENT_HEAD ? pass(h) : false;
}

bool html_head_text(struct html_head *h, struct slice text, size_t *at_out)
{
	size_t n = 0;

	if (!h->sought)
		return false;
	while (n < text.len && html_is_blank(text.at[n]))
		n++;
	if (n == text.len || !pass(h))
		return false;
	*at_out = n;
	return true;
}
