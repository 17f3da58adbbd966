/* A borrowed run of bytes: how everything here is read.
 *
 * A slice owns nothing and has no terminating NUL; it lives as long as the
 * arena or buffer that it points into.  An absent value is SLICE_NONE (at is
 * NULL), an empty one has a non-NULL at and len 0; both have len 0. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *at;
	size_t len;
};

#define LIT(s)     ((struct slice){ (s), sizeof(s) - 1 })
#define SLICE_NONE ((struct slice){ NULL, 0 })

/* For printf's "%.*s". */
#define SLICE_ARG(s) (int)(s).len, (s).len ? (s).at : ""

/* The bytes of a NUL-terminated string; SLICE_NONE for NULL. */
struct slice slice_of(const char *string);

/* Here and below what is asked of every field of every request is inline: with
 * a literal, little is left of it. */
static inline bool slice_eq(struct slice a, struct slice b)
{
	/* Names of one length mostly differ in the last byte, too: most calls
	 * are saved. */
	return a.len == b.len &&
	    (a.len == 0 ||
		(a.at[a.len - 1] == b.at[a.len - 1] &&
		    memcmp(a.at, b.at, a.len) == 0));
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len &&
	    slice_eq((struct slice){ s.at, prefix.len }, prefix);
}

/* ASCII letters compare without case, all other bytes as they are. */
bool slice_starts_nocase(struct slice s, struct slice prefix);

static inline bool slice_eq_nocase(struct slice a, struct slice b)
{
	return a.len == b.len && slice_starts_nocase(a, b);
}

bool slice_ends(struct slice s, struct slice suffix);

/* Byte order, then the shorter first: below, at or above zero. */
int slice_compare(struct slice a, struct slice b);

/* All but the first n bytes, and the first n; n is clamped to len. */
static inline struct slice slice_from(struct slice s, size_t n)
{
	if (n > s.len)
		n = s.len;
	if (n > 0) {
		s.at += n;
		s.len -= n;
	}
	return s;
}

static inline struct slice slice_upto(struct slice s, size_t n)
{
	if (n < s.len)
		s.len = n;
	return s;
}

/* Without blanks and tabs (OWS, RFC 9110 section 5.6.3) at both ends. */
struct slice slice_trim(struct slice s);

/* Index of the first byte c, or s.len where there is none. */
size_t slice_find(struct slice s, char c);

/* Takes what stands before the first sep off *rest, sep too.  False when
 * *rest is spent (its at is then NULL); "a," gives "a" and then "". */
bool slice_cut(struct slice *rest, char sep, struct slice *head_out);

/* Decimal digits only, all of them, without overflow. */
bool slice_to_u64(struct slice s, uint64_t *value_out);

/* ASCII only, whatever the locale. */
static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline char ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
	c = ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

/* 0..15, or -1 where c is no hexadecimal digit. */
int ascii_hex(char c);

#endif
