/* Values, read strictly: what is not exactly right is a fault that names the
 * remedy, never a guess.
 *
 * Each takes the whole value, blanks around it removed; false leaves _out
 * untouched and says in `why` what is wrong, in words that follow
 * "key: ". */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/conf.h"

struct text;

/* A list longer than this is a mistake. */
#define VALUE_LIST_MAX 256

/* Decimal digits. */
bool value_integer(struct slice s, int64_t *value_out, struct text *why);

/* 250ms, 30s, 5m, 1h: the unit is never left out. */
bool value_duration(struct slice s, int64_t *ms_out, struct text *why);

/* 512, 4K, 10M, 1G: powers of 1024. */
bool value_size(struct slice s, int64_t *bytes_out, struct text *why);

/* 20%: a whole number. */
bool value_percent(struct slice s, int64_t *percent_out, struct text *why);

/* 10% or 0.25%, to hundredths of a percent, 0 to 100. */
bool value_share(struct slice s, unsigned *hundredths_out, struct text *why);

/* yes or no, nothing else. */
bool value_bool(struct slice s, bool *value_out, struct text *why);

/* One of the words; its index. */
bool value_choice(struct slice s, const char *const *words, size_t n,
    size_t *index_out, struct text *why);

/* Comma separated, blanks around items removed; an empty value is an empty
 * list, an empty item a fault.  The array is the arena's, items borrow. */
bool value_list(struct slice s, struct arena *a, struct slice_list *list_out,
    struct text *why);

#endif
