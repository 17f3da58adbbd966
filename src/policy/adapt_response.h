/* A response's head, brought from the component's root to its public prefix.
 *
 * By rewrite_redirects, URLs: Location, Content-Location, Refresh, Link (RFC
 * 8288), SourceMap, Service-Worker-Allowed, Speculation-Rules,
 * Reporting-Endpoints, report-uri of Content-Security-Policy, and the fields
 * in which htmx, Turbolinks, Inertia and pjax name a page.  By
 * rewrite_cookies, Set-Cookie: policy/cookie.h.
 *
 * Left as they are on purpose: Access-Control-Allow-Origin (an answer about
 * the asking page), Report-To (JSON, and out of use), the source lists of
 * Content-Security-Policy ('self' is right wherever a component is shown), and
 * Clear-Site-Data, which has no narrower form: it is hinted at. */
#ifndef POLICY_ADAPT_RESPONSE_H
#define POLICY_ADAPT_RESPONSE_H

#include "base/slice.h"

struct arena;
struct mapping;
struct request;
struct response;
struct rule;

/* What was met that the administrator should know of. */
enum {
	ADAPT_HINT_CLEAR_SITE_DATA = 1,
	ADAPT_HINT_HOST_COOKIE = 2,
};

/* Changes values of r->fields in place: behind forward_response(), whose list
 * is the exchange's own, and before what makes fields of ours.  Sets bits in
 * *hints.  False: the arena is spent, or a value has grown too long. */
bool adapt_response(struct response *r, const struct request *request,
    const struct rule *rule, const struct mapping *m, struct arena *a,
    unsigned *hints);

/* The words for the lowest bit that is set, remedy and all. */
struct slice adapt_hint_words(unsigned hints);

#endif
