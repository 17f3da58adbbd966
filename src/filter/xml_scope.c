/* The scope of an XML element. */
#include "filter/xml_scope.h"

#include <string.h>

void xml_scope_start(struct xml_scope *s, struct mapping_place place)
{
	s->depth = 0;
	s->ignored = 0;
	s->bindings_n = 0;
	s->places_n = 1;
	s->places[0].depth = 0;
	s->places[0].place = place;
}

void xml_scope_open(struct xml_scope *s)
{
	s->depth++;
	if (s->depth > XML_DEPTH_MAX)
		xml_scope_ignore(s);
	else
		xml_scope_set_within(s, XML_WITHIN_OTHER);
}

void xml_scope_ignore(struct xml_scope *s)
{
	if (s->ignored == 0)
		s->ignored = s->depth;
}

bool xml_scope_is_ignored(const struct xml_scope *s)
{
	return s->ignored > 0;
}

void xml_scope_declare(
    struct xml_scope *s, struct slice prefix, struct slice uri)
{
	struct xml_binding *b;

	if (xml_scope_is_ignored(s))
		return;
	if (s->bindings_n == XML_BINDINGS_MAX || prefix.len > XML_PREFIX_MAX) {
		xml_scope_ignore(s);
		return;
	}
	b = &s->bindings[s->bindings_n++];
	b->depth = s->depth;
	b->ns = xml_ns_of(uri);
	b->len = (uint8_t)prefix.len;
	if (prefix.len > 0)
		memcpy(b->prefix, prefix.at, prefix.len);
}

static enum xml_ns lookup(const struct xml_scope *s, struct slice prefix)
{
	if (slice_eq(prefix, LIT("xml")))
		return XML_NS_XML;
	for (size_t i = s->bindings_n; i > 0; i--) {
		const struct xml_binding *b = &s->bindings[i - 1];

		if (slice_eq(prefix, (struct slice){ b->prefix, b->len }))
			return b->ns;
	}
	return prefix.len == 0 ? XML_NS_NONE : XML_NS_OTHER;
}

static struct slice prefix_of(struct slice qualified)
{
	size_t colon = slice_find(qualified, ':');

	return colon == qualified.len ? LIT("") : slice_upto(qualified, colon);
}

struct xml_name xml_scope_element(
    const struct xml_scope *s, struct slice qualified)
{
	struct slice prefix = prefix_of(qualified);

	if (prefix.len > 0)
		qualified = slice_from(qualified, prefix.len + 1);
	return (struct xml_name){ lookup(s, prefix), qualified };
}

struct xml_name xml_scope_attribute(
    const struct xml_scope *s, struct slice qualified)
{
	/* The default namespace is not theirs. */
	if (prefix_of(qualified).len == 0)
		return (struct xml_name){ XML_NS_NONE, qualified };
	return xml_scope_element(s, qualified);
}

void xml_scope_set_within(struct xml_scope *s, enum xml_within within)
{
	if (s->depth >= 1 && s->depth <= XML_DEPTH_MAX)
		s->within[s->depth - 1] = (uint8_t)within;
}

enum xml_within xml_scope_parent(const struct xml_scope *s)
{
	if (s->depth < 2 || s->depth > XML_DEPTH_MAX)
		return XML_WITHIN_OTHER;
	return (enum xml_within)s->within[s->depth - 2];
}

struct mapping_place xml_scope_place(const struct xml_scope *s)
{
	return s->places[s->places_n - 1].place;
}

void xml_scope_set_place(struct xml_scope *s, struct mapping_place place)
{
	if (s->places_n == XML_PLACES_MAX) {
		xml_scope_ignore(s);
		return;
	}
	s->places[s->places_n].depth = s->depth;
	s->places[s->places_n++].place = place;
}

void xml_scope_move(struct xml_scope *s, struct mapping_place place)
{
	s->places[0].place = place;
}

bool xml_scope_close(struct xml_scope *s)
{
	if (s->depth == 0)
		return false;
	while (s->bindings_n > 0 &&
	    s->bindings[s->bindings_n - 1].depth == s->depth)
		s->bindings_n--;
	while (s->places[s->places_n - 1].depth == s->depth)
		s->places_n--;
	if (s->ignored == s->depth)
		s->ignored = 0;
	s->depth--;
	return true;
}
