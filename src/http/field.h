/* Header fields in the order they came (RFC 9110 section 5).
 *
 * Repeated fields stay separate lines: Set-Cookie cannot be joined.  Names
 * keep the case they came in and compare without it. */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include "base/slice.h"

struct arena;

struct field {
	struct slice name;
	struct slice value; /* without the blanks around it */
};

/* Zeroed is empty.  The array and, for field_add, the bytes pointed to live
 * in the arena that the caller passes. */
struct fields {
	struct field *at;
	size_t n;
	size_t size;
};

/* No more fields than this in one head. */
#define FIELDS_MAX 1000

/* Appends; borrows name and value.  False when the arena is spent or the
 * head is full. */
bool field_add(
    struct fields *f, struct arena *a, struct slice name, struct slice value);

/* Puts the first of that name to value, drops the others; appends where
 * there is none. */
bool field_set(
    struct fields *f, struct arena *a, struct slice name, struct slice value);

/* The number of fields removed. */
size_t field_remove(struct fields *f, struct slice name);

/* The first value of that name, SLICE_NONE where there is none. */
struct slice field_get(const struct fields *f, struct slice name);
bool field_has(const struct fields *f, struct slice name);

/* Index of the next field of that name at or after `from`, or f->n. */
size_t field_next(const struct fields *f, struct slice name, size_t from);

/* A copy of the list (array, not bytes) in the arena. */
bool field_copy(struct fields *to, struct arena *a, const struct fields *from);

/* token, RFC 9110 section 5.6.2. */
bool field_name_valid(struct slice name);

/* field-value: no NUL, CR, LF or other control but tab (section 5.5). */
bool field_value_valid(struct slice value);

/* One "Name: value" line, with or without its line end.  False where it is
 * no field line: no colon, a blank before the colon, an invalid name or
 * value, obsolete folding. */
bool field_parse(struct slice line, struct field *field_out);

#endif
