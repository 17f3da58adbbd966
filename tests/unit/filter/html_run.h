/* The rewriter of HTML, run on pieces of an input. */
#ifndef TESTS_UNIT_FILTER_HTML_RUN_H
#define TESTS_UNIT_FILTER_HTML_RUN_H

#include "filter/html.h"

#define HTML_OUT_MAX (1 << 16)

extern const struct html_options html_plain; /* no options */

/* For cmocka_run_group_tests(). */
int html_setup(void **state);
int html_teardown(void **state);

struct html_result {
	struct slice out; /* until the next run */
	unsigned hints;
	size_t memory_bytes;
};

/* Shown at `to`; "": with a mapping that changes nothing.  In a first piece
 * of `first` bytes and others of `size`, each in a copy that is gone before
 * the next. */
struct html_result html_run(struct slice to, const struct html_options *options,
    struct slice in, size_t first, size_t size);

/* Shown at /h, whole, split at every byte and byte by byte: fails the test
 * where the output or the hints are others.  Shown at "", without hints,
 * nothing may change. */
void html_check(const struct html_options *options, struct slice in,
    struct slice want, unsigned hints);

#endif
