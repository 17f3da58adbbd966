/* What every unit test starts with: cmocka and the headers it wants, tables
 * of slices, and a comparison that prints both sides. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

/* A slice in a static table, where LIT's compound literal may not stand. */
#define S(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* `what` says which row it is. */
#define assert_slice(got, want, what)                                 \
	do {                                                          \
		struct slice got_ = (got);                            \
		struct slice want_ = (want);                          \
		if (!slice_eq(got_, want_))                           \
			fail_msg("%.*s: got \"%.*s\", want \"%.*s\"", \
			    SLICE_ARG(what), SLICE_ARG(got_),         \
			    SLICE_ARG(want_));                        \
	} while (0)

#endif
