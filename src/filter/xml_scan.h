/* Where markup and text are in an XML document (XML 1.0, fifth edition), as
 * it comes, in pieces of any size.
 *
 * What means something is handed out whole: a tag, a processing instruction.
 * What does not, or is longer than XML_HELD_MAX, comes in pieces as
 * XML_TOKEN_SKIP.  All tokens joined are the document, byte for byte, but
 * for what xml_scan_rest() still holds.
 *
 * Names, nesting and what entities stand for are not looked at.  From where
 * it cannot be XML on, or is no ASCII-compatible encoding, all is
 * XML_TOKEN_BROKEN. */
#ifndef FILTER_XML_SCAN_H
#define FILTER_XML_SCAN_H

#include "base/slice.h"

#define XML_HELD_MAX 8192

enum xml_token_kind {
	XML_TOKEN_TEXT,        /* a piece of character data */
	XML_TOKEN_CDATA_OPEN,  /* <![CDATA[ */
	XML_TOKEN_CDATA,       /* a piece of what is in it */
	XML_TOKEN_CDATA_CLOSE, /* its end */
	XML_TOKEN_START,       /* a start tag, whole */
	XML_TOKEN_START_LONG,  /* the last piece of one that was too long */
	XML_TOKEN_END,         /* an end tag, or the last piece of it */
	XML_TOKEN_PI,          /* a processing instruction, whole */
	XML_TOKEN_SKIP,        /* a piece of anything else */
	XML_TOKEN_UTF16,       /* the first bytes say so */
	XML_TOKEN_BROKEN,
};

struct xml_token {
	enum xml_token_kind kind;
	struct slice bytes; /* valid until the next call */
	bool empty;         /* a start tag that ends in "/>" */
};

struct xml_scan {
	int state;
	int inner;        /* in a DOCTYPE: what its quotes do not end */
	char quote;       /* in a tag or DOCTYPE: the open one, or 0 */
	bool subset;      /* between [ and ] of a DOCTYPE */
	bool is_long;     /* pieces of this markup went out already */
	bool slash;       /* the last byte of a tag so far is "/" */
	unsigned matched; /* bytes of what would end or begin something */
	size_t n;
	char held[XML_HELD_MAX];
};

void xml_scan_start(struct xml_scan *s);

/* Takes the next token off *rest.  False: *rest is spent, more is needed. */
bool xml_scan_next(
    struct xml_scan *s, struct slice *rest, struct xml_token *token_out);

/* The document ends here: what is still held. */
struct slice xml_scan_rest(struct xml_scan *s);

/* From here on nothing makes sense. */
void xml_scan_give_up(struct xml_scan *s);

#endif
