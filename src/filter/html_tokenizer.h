/* The tokenizer of the HTML Standard (13.2.5) over bytes that arrive in
 * pieces: what is text, what is a tag, where an attribute's value begins and
 * ends.  Every byte of the input is handed on exactly once and in order;
 * nothing is decoded.
 *
 * It holds back what a tag's name needs to be known, no more.  What the tree
 * builder decides in the Standard is its user's: the content that follows a
 * start tag, and whether CDATA sections are known here. */
#ifndef FILTER_HTML_TOKENIZER_H
#define FILTER_HTML_TOKENIZER_H

#include "base/slice.h"

/* Names of tags and attributes that are longer are handed on as "". */
#define HTML_NAME_MAX 32

/* ASCII whitespace, as HTML has it. */
static inline bool html_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* What stands between two tags. */
enum html_content {
	HTML_DATA,
	HTML_RCDATA,
	HTML_RAWTEXT,
	HTML_SCRIPT,
	HTML_PLAINTEXT,
	HTML_CDATA, /* a section that has begun; tests start in it */
};

/* What the user is told.  The slices last as long as the call. */
struct html_events {
	/* Characters: data, raw text, a CDATA section's content and
	 * end. */
	void (*text)(void *user, struct slice bytes);
	/* Comments, and tags but for the values asked for. */
	void (*markup)(void *user, struct slice bytes);
	void (*doctype)(void *user);
	/* A tag, before its first byte: its name is tokenizer.tag. */
	void (*tag)(void *user);
	/* An attribute of a start tag; its name is tokenizer.attribute.
	 * True: its value is wanted by itself.  With tokenizer.prompt it
	 * comes right behind the last byte of the name. */
	bool (*attribute)(void *user);
	/* A value that was wanted: its beginning, where tokenizer.quote is
	 * known, its bytes without quotes, its end.  None of it where the
	 * attribute has no value. */
	void (*value_begin)(void *user);
	void (*value)(void *user, struct slice bytes);
	void (*value_end)(void *user);
	/* Behind the ">".  A tag that the input ends in has no end. */
	void (*tag_end)(void *user);
};

struct html_name {
	size_t raw_n; /* bytes so far */
	char at[HTML_NAME_MAX];
};

/* In lower case; "" where it is too long. */
static inline struct slice html_name(const struct html_name *n)
{
	return (struct slice){ n->at, n->raw_n > HTML_NAME_MAX ? 0 : n->raw_n };
}

struct html_tokenizer {
	const struct html_events *events;
	void *user;
	uint8_t state;
	uint8_t content; /* enum html_content */
	bool cdata;      /* the user's: CDATA sections are known here */
	bool prompt;     /* the user's: see the event attribute */

	/* of the tag */
	struct html_name tag;
	struct html_name attribute;
	bool is_end;
	bool self_closing;
	bool wanted;
	char quote; /* '"', '\'', or '\0' for none */

	struct html_name raw_text; /* whose end tag ends the content */
	uint8_t script;            /* how deep in escapes */
	uint8_t matched;           /* bytes of a keyword */
	uint8_t dashes;            /* or brackets; a comment's state */
	const char *keyword;

	const char *mark; /* first byte of this piece not handed on */
	unsigned held_n;
	char held[HTML_NAME_MAX + 4]; /* what came before this piece */
};

void html_tokenizer_start(
    struct html_tokenizer *t, const struct html_events *events, void *user);

void html_tokenizer_feed(struct html_tokenizer *t, struct slice bytes);

/* Hands on what is held back. */
void html_tokenizer_finish(struct html_tokenizer *t);

/* In the event tag_end of a start tag: what follows it, up to the end tag of
 * that name.  HTML_DATA is what follows where this is not called. */
void html_tokenizer_content(
    struct html_tokenizer *t, enum html_content content, struct slice name);

#endif
