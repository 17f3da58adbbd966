/* AWS Signature Version 4: the key of a day, and the hashes.  What libcrypto
 * does for us is all in sigv4_key.c. */
#ifndef POLICY_SIGV4_KEY_H
#define POLICY_SIGV4_KEY_H

#include "base/slice.h"

/* 64 lower-case hexadecimal digits of SHA-256 and their NUL. */
#define SIGV4_HASH_SIZE 65

/* "20130524T000000Z" and its NUL. */
#define SIGV4_TIME_SIZE 17

/* No longer secret than this; AWS' have 40 bytes. */
#define SIGV4_SECRET_MAX 1024

/* What is derived from a secret for one day, region and service: good for as
 * many requests as there are that day.  The caller wipes it. */
struct sigv4_key {
	unsigned char bytes[32];
	char date[9];         /* "20130524" */
	struct slice region;  /* borrowed */
	struct slice service; /* borrowed: "s3" */
};

/* now_s: seconds since 1970.  False: the secret is longer than
 * SIGV4_SECRET_MAX, or libcrypto has failed. */
bool sigv4_key_derive(struct slice secret_access_key, int64_t now_s,
    struct slice region, struct slice service, struct sigv4_key *key_out);

/* Is the key still that of the day? */
bool sigv4_key_holds(const struct sigv4_key *key, int64_t now_s);

/* The signature of a string to sign, in lower-case hexadecimal.  False:
 * libcrypto has failed. */
bool sigv4_key_sign(const struct sigv4_key *key, struct slice text,
    char signature_out[SIGV4_HASH_SIZE]);

/* Lower-case hexadecimal SHA-256.  False: libcrypto has failed. */
bool sigv4_hash(struct slice bytes, char hash_out[SIGV4_HASH_SIZE]);

/* In UTC; before 1970 and after 9999 the first and the last second of these
 * years. */
void sigv4_time(int64_t now_s, char time_out[SIGV4_TIME_SIZE]);

#endif
