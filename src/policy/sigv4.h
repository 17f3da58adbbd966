/* AWS Signature Version 4: which fields make a request one of the key's
 * owner.  Pure; hashing is libcrypto's.
 *
 * The specification is the chapter "AWS Signature Version 4" of the IAM User
 * Guide, for S3 the chapter "Authenticating Requests" of its API Reference. */
#ifndef POLICY_SIGV4_H
#define POLICY_SIGV4_H

#include "http/field.h"
#include "policy/sigv4_key.h"

struct arena;

/* Where the content's hash is left out, and that of no content. */
#define SIGV4_UNSIGNED LIT("UNSIGNED-PAYLOAD")
#define SIGV4_EMPTY                                                           \
	LIT("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85" \
	    "5")

/* What is signed.  The path is the one that is sent, byte for byte: encoded
 * already, see policy/s3_key.h.  The query is canonicalised: it may be encoded
 * and ordered in another way.  But servers differ in how they read such a
 * query ('+', "?acl" without '='), so that what is sent had better be what is
 * signed: send s3_query()'s, which is canonical. */
struct sigv4_request {
	struct slice method;
	struct slice path;           /* empty: "/" */
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

/* Sets X-Amz-Date, where they are to be sent X-Amz-Content-Sha256 and
 * X-Amz-Security-Token, and Authorization in `fields_out`, which starts with
 * what the request has (a copy of r->fields, or more: fields that are sent
 * and not signed).  Of the identity nothing is borrowed.  False: the arena is
 * spent, there are too many fields, the identity holds bytes that no field
 * may hold, or libcrypto has failed. */
bool sigv4_sign(const struct sigv4_request *r,
    const struct sigv4_identity *identity, const struct sigv4_manner *manner,
    int64_t now_s, struct arena *a, struct fields *fields_out);

/* The same as parameters of the query, good for expires_s: the query to send,
 * signature and all.  r->query has none of those that are added
 * (X-Amz-...). */
bool sigv4_presign(const struct sigv4_request *r,
    const struct sigv4_identity *identity, const struct sigv4_manner *manner,
    int64_t now_s, int64_t expires_s, struct arena *a, struct slice *query_out);

/* The steps by themselves: what the vectors spell out, and what a log at
 * debug level may show beside a server's own.  The request has the fields or
 * parameters that the above add, but for the signature.  False: the arena is
 * spent, or libcrypto has failed. */
bool sigv4_canonical_request(const struct sigv4_request *r,
    const struct sigv4_manner *manner, struct arena *a, struct slice *text_out);
bool sigv4_string_to_sign(struct slice canonical, const struct sigv4_key *key,
    int64_t now_s, struct arena *a, struct slice *text_out);

#endif
