/* Whether a response is compressed on its way out, and with what
 * (RFC 9110 sections 8.4 and 12.5.3). */
#ifndef POLICY_ENCODE_H
#define POLICY_ENCODE_H

#include "base/slice.h"

struct arena;
struct request;
struct response;
struct rule;

enum coding { CODING_IDENTITY, CODING_GZIP };

struct encode_decision {
	enum coding coding;
	bool vary;   /* the answer depends on Accept-Encoding: say so, even
		      * where this client gets identity */
	bool spared; /* this client would get gzip, had the request not said
		      * no-transform: its answer is not for the others */
};

/* HEAD gets GET's decision, and a 304 CODING_GZIP where the client holds what
 * we coded: both want encode_head() and, having no content, no coder. */
struct encode_decision encode_choose(const struct rule *rule,
    const struct request *request, const struct response *response);

/* What the coded response's head must say: Content-Encoding set (not on a
 * 304), and what representation_changed() does.  encode_vary() adds
 * Accept-Encoding to Vary where it is not there yet.  False: arena spent. */
bool encode_head(struct response *r, enum coding coding, struct arena *a);
bool encode_vary(struct response *r, struct arena *a);

#endif
