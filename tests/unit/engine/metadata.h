/* A metadata service on loopback, in a thread of its own: version 2 of an
 * instance's, and /container with an Authorization.  Every secret that it
 * gives out has SECRET_MARK in it. */
#ifndef TESTS_UNIT_ENGINE_METADATA_H
#define TESTS_UNIT_ENGINE_METADATA_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define SECRET_MARK "MaRkOfASecret"

#define CONTAINER_AUTHORIZATION "Basic " SECRET_MARK "/authorization"

struct metadata {
	pthread_t thread;
	int fd;
	unsigned port;
	atomic_bool stop;

	/* what it does */
	atomic_bool down;    /* hangs up */
	atomic_int delay_ms; /* before each answer */
	atomic_int life_s;   /* of the keys: up to that; 0: they name no end */
	atomic_int clock_s;  /* what its clock is ahead; 0: no Date is sent */
	atomic_int status;   /* of the last step; 0: 200 */
	atomic_int refusals; /* so many requests with a token: 401 */
	const char *_Atomic body;  /* of the last step; NULL: keys */
	const char *_Atomic token; /* the same of the first */
	const char *_Atomic role;  /* and of the second */

	/* what it saw */
	atomic_int tokens; /* given out */
	atomic_int keys;   /* the same: the nth's id is "AKID<n>" */
	atomic_int asked;  /* requests of any kind */
	atomic_int odd;    /* requests that are wrong: the last step's field,
			    * a path, a method */
	atomic_llong ends_s[64]; /* of the nth keys */
};

/* False: no socket or no thread. */
bool metadata_start(struct metadata *m);
void metadata_stop(struct metadata *m);

#endif
