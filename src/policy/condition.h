/* Do the conditions of a rule hold for a request?
 *
 * Methods, cookies and parameters tell case apart, names of fields do not;
 * values are compared exactly.  Names and values of the query are decoded, '+'
 * to a blank.  A name may be a beginning, as a value may.  Of a field, cookie or parameter that stands there repeatedly
 * any one will do. */
#ifndef POLICY_CONDITION_H
#define POLICY_CONDITION_H

#include "base/slice.h"

struct condition;
struct conditions;
struct fields;

/* What they are asked of. */
struct condition_facts {
	struct slice method;
	struct slice query;          /* with its '?', or empty */
	const struct fields *fields; /* NULL: none */
};

bool condition_holds(
    const struct condition *c, const struct condition_facts *facts);

/* The first that does not hold; NULL: all do. */
const struct condition *condition_failed(
    const struct conditions *all, const struct condition_facts *facts);

#endif
