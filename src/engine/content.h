/* What the rules change in a response's content: the sinks that undo its
 * coding and rewrite it. */
#ifndef ENGINE_CONTENT_H
#define ENGINE_CONTENT_H

struct exchange;

enum content {
	CONTENT_READY,     /* head adapted, sinks pushed, or nothing to do */
	CONTENT_AGAIN,     /* only the whole content can be rewritten */
	CONTENT_NO_MEMORY, /* the arena is spent */
};

/* At admit, once the head is adapted.  What stands in the way of rewriting is
 * logged once a route. */
enum content content_admit(struct exchange *e);

/* At the end: what rewriting met that an administrator should know. */
void content_hint(const struct exchange *e);

#endif
