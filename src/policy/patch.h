/* A field's value with its URLs mapped, or other parts replaced, and every
 * other byte as it was.  Parts are given from left to right.  Where nothing
 * changes, the value itself comes out, and nothing is allocated. */
#ifndef POLICY_PATCH_H
#define POLICY_PATCH_H

#include "base/text.h"

struct arena;
struct mapping;

/* No value grows beyond this. */
#define PATCH_MAX_BYTES (128 * 1024)

struct patch {
	struct slice in;
	size_t done; /* bytes of `in` that are dealt with */
	bool changed;
	struct arena *arena;
	struct text out;
};

struct patch patch_of(struct slice in, struct arena *a);

/* `part` lies in `in`, behind the parts given before; SLICE_NONE in place of
 * it says that the arena is spent. */
void patch_put(struct patch *p, struct slice part, struct slice fresh);

/* Puts the part, a URL, mapped; it resolves against the request's. */
void patch_url(struct patch *p, const struct mapping *m, struct slice url);

/* The same for a URL in a quoted string (RFC 9110 section 5.6.4): what stands
 * between the quotes. */
void patch_quoted_url(
    struct patch *p, const struct mapping *m, struct slice inner);

/* SLICE_NONE: the arena is spent, or the value has grown too long. */
struct slice patch_end(struct patch *p);

/* The index of the quote that closes the string whose first byte behind its
 * opening quote is at i, or s.len. */
size_t quote_end(struct slice s, size_t i);

#endif
