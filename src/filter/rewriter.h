/* A rewriter reads content as it comes, in pieces of any size, and hands it
 * on with the component's URLs mapped and every other byte as it was.  It
 * buffers no document: what it holds back is bounded whatever comes.
 *
 * Rewriters are pure: they know nothing of sinks, curl or zlib.  Where
 * content is not well formed they do what a browser would, and where they
 * cannot tell they change nothing. */
#ifndef FILTER_REWRITER_H
#define FILTER_REWRITER_H

#include "base/slice.h"

struct rewriter;

/* Where a rewriter's output goes; bytes are valid during the call only. */
struct outlet {
	/* Bytes of the input, as they were. */
	void (*raw)(void *user, struct slice bytes);
	/* New bytes.  Where one syntax stands inside another (CSS in an
	 * attribute), the outer one's outlet escapes them as its place
	 * demands; at the outermost it is the same as raw. */
	void (*fresh)(void *user, struct slice bytes);
	void *user;
};

/* What was met that a log may mention; struct rewriter's hints. */
enum {
	REWRITER_INTEGRITY = 1, /* an integrity attribute was dropped */
	REWRITER_UTF16 = 2,     /* not ASCII-compatible: left as it was */
	REWRITER_LONG = 4,      /* a tag or URL too long to be looked at */
	REWRITER_NO_HEAD = 8,   /* no place for the script to be added */
};

struct rewriter_ops {
	const char *name;
	void (*feed)(struct rewriter *, struct slice);
	/* Hands on what is held back.  Once, and nothing is fed after. */
	void (*finish)(struct rewriter *);
};

/* First member of every rewriter.  All memory is its arena's. */
struct rewriter {
	const struct rewriter_ops *ops;
	struct outlet out;
	unsigned hints;
};

static inline void rewriter_feed(struct rewriter *r, struct slice s)
{
	r->ops->feed(r, s);
}

static inline void rewriter_finish(struct rewriter *r)
{
	r->ops->finish(r);
}

static inline void rewriter_raw(struct rewriter *r, struct slice s)
{
	if (s.len > 0)
		r->out.raw(r->out.user, s);
}

static inline void rewriter_fresh(struct rewriter *r, struct slice s)
{
	if (s.len > 0)
		r->out.fresh(r->out.user, s);
}

#endif
