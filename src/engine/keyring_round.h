/* One round of asking a metadata service for credentials: for an instance's
 * (IMDSv2) a session token, the role, its credentials; for a container's the
 * credentials alone.  The first version of instance metadata, which asks for
 * no token, is left out on purpose: it is what request forgery preys on. */
#ifndef ENGINE_KEYRING_ROUND_H
#define ENGINE_KEYRING_ROUND_H

#include "base/slice.h"

struct entry;
struct origin;
struct round;

/* What may be sent as a container's authorization; its file is no longer. */
#define ROUND_AUTHORIZATION_MAX 8192

struct round_service {
	const struct origin *origin;
	bool instance;
	struct slice target;        /* of a container's */
	struct slice authorization; /* the same; or "" */
};

/* Calls entry_got() or entry_failed() from the loop when it is over, having
 * forgotten e->round.  Everything is copied.  NULL: no memory, or something
 * is too long. */
struct round *round_start(struct entry *e, const struct round_service *service);

/* Wipes it; nobody is called.  Accepts NULL. */
void round_cancel(struct round *r);

#endif
