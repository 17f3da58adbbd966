/* May a script that we add to a page run there?  Content Security Policy
 * Level 3, of which this reads what concerns a script element without
 * integrity that the parser inserts; fetching and reports are the browser's.
 *
 * Every policy of every Content-Security-Policy field has to admit it.
 * Report-Only fields forbid nothing. */
#ifndef POLICY_CSP_H
#define POLICY_CSP_H

#include "base/slice.h"

struct fields;

/* The script's URL as the browser sees it; it is of the page's own origin. */
struct csp_script {
	struct slice scheme;    /* "http" or "https" */
	struct slice authority; /* host[:port]; may be empty: unknown */
	struct slice path;
};

struct csp_verdict {
	bool admitted;      /* with `nonce` as its nonce attribute */
	bool may_inline;    /* so is an inline script, made by a script */
	struct slice nonce; /* points into the fields; empty: none is needed */
};

/* Looks at no more than CSP_NONCES_MAX different nonces. */
#define CSP_NONCES_MAX 16
struct csp_verdict csp_judge(
    const struct fields *response, const struct csp_script *script);

#endif
