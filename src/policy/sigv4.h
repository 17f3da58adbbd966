/* AWS Signature Version 4: which fields make a request one of the key's
 * owner.  Pure; hashing is libcrypto's.
 *
 * The specification is the chapter "AWS Signature Version 4" of the IAM User
 * Guide, for S3 the chapter "Authenticating Requests" of its API Reference. */
#ifndef POLICY_SIGV4_H
#define POLICY_SIGV4_H

#include "http/field.h"

struct arena;

/* Where the content's hash is left out, and that of no content. */
#define SIGV4_UNSIGNED LIT("UNSIGNED-PAYLOAD")
#define SIGV4_EMPTY                                                           \
	LIT("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85" \
	    "5")

/* 64 lower-case hexadecimal digits of SHA-256 and their NUL. */
#define SIGV4_HASH_SIZE 65

/* "20130524T000000Z" and its NUL. */
#define SIGV4_TIME_SIZE 17

/* What is derived from a secret for one day, region and service: good for as
 * many requests as there are that day.  The caller wipes it. */
struct sigv4_key {
	unsigned char bytes[32];
	char date[9];         /* "20130524" */
	struct slice region;  /* borrowed */
	struct slice service; /* borrowed: "s3" */
};

/* now_s: seconds since 1970.  False: libcrypto has failed. */
bool sigv4_key_derive(struct slice secret_access_key, int64_t now_s,
    struct slice region, struct slice service, struct sigv4_key *key_out);

/* Is the key still that of the day? */
bool sigv4_key_holds(const struct sigv4_key *key, int64_t now_s);

/* What is signed.  The path and the query are those that are sent, byte for
 * byte: encoded already, see policy/s3_key.h. */
struct sigv4_request {
	struct slice method;
	struct slice path;
	struct slice query;          /* without its '?' */
	const struct fields *fields; /* all of them are signed, Host among
				      * them */
	struct slice payload; /* SIGV4_UNSIGNED, SIGV4_EMPTY, another hash, or
			       * "STREAMING-..." */
};

/* What services differ in.  Zero is S3's way but for the payload. */
struct sigv4_manner {
	bool encode_twice;   /* every service but S3 */
	bool normalise_path; /* dot segments and repeated slashes: the same */
	bool name_payload;   /* X-Amz-Content-Sha256 is sent and signed */
	bool token_unsigned; /* the session token is added afterwards */
};

struct sigv4_identity {
	struct slice access_key_id;
	struct slice session_token; /* or empty */
	const struct sigv4_key *key;
};

/* Adds X-Amz-Date, where they are to be sent X-Amz-Content-Sha256 and
 * X-Amz-Security-Token, and Authorization to `fields_out`, which starts with
 * what the request has (a copy of r->fields, or more: fields that are sent
 * and not signed).  False: the arena is spent, or libcrypto has failed. */
bool sigv4_sign(const struct sigv4_request *r,
    const struct sigv4_identity *identity, const struct sigv4_manner *manner,
    int64_t now_s, struct arena *a, struct fields *fields_out);

/* The same as parameters of the query, good for expires_s: the query to send,
 * signature and all. */
bool sigv4_presign(const struct sigv4_request *r,
    const struct sigv4_identity *identity, const struct sigv4_manner *manner,
    int64_t now_s, int64_t expires_s, struct arena *a, struct slice *query_out);

/* The steps by themselves: what the vectors spell out, and what a log at
 * debug level may show beside a server's own. */
bool sigv4_canonical_request(const struct sigv4_request *r,
    const struct sigv4_manner *manner, struct arena *a, struct slice *text_out);
bool sigv4_string_to_sign(struct slice canonical, const struct sigv4_key *key,
    int64_t now_s, struct arena *a, struct slice *text_out);

/* Lower-case hexadecimal SHA-256. */
bool sigv4_hash(struct slice bytes, char hash_out[SIGV4_HASH_SIZE]);

void sigv4_time(int64_t now_s, char time_out[SIGV4_TIME_SIZE]);

#endif
