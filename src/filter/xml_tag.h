/* The attributes of an XML tag, or the pseudo-attributes of a processing
 * instruction, that is there whole. */
#ifndef FILTER_XML_TAG_H
#define FILTER_XML_TAG_H

#include "base/slice.h"

struct xml_attribute {
	struct slice name;
	struct slice value; /* between its quotes, not decoded */
	struct slice whole; /* with the blanks before it, to its last quote */
};

/* Takes the name that "<a ...>" or "<?a ...?>" begins with off *tag. */
struct slice xml_tag_name(struct slice *tag);

/* Takes the next attribute off *tag. */
bool xml_tag_next(struct slice *tag, struct xml_attribute *attribute_out);

/* Is what is left after xml_tag_next() the end of a tag, not something that
 * makes no sense? */
bool xml_tag_is_over(struct slice rest);

/* The value of an attribute of that very name; SLICE_NONE. */
struct slice xml_tag_get(struct slice tag, struct slice name);

#endif
