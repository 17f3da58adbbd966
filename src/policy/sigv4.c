/* Signing: the canonical request, the string to sign, and where the signature
 * goes. */
#include "policy/sigv4.h"

#include "base/arena.h"
#include "base/text.h"
#include "policy/canonical.h"
#include "policy/parameters.h"
#include "policy/percent.h"

#define ALGORITHM LIT("AWS4-HMAC-SHA256")
#define DATE_LEN  8

/* --- the steps --------------------------------------------------------- */

static struct slice canonical_query(struct slice query, struct arena *a)
{
	struct parameters p = { 0 };

	return parameters_read(query, a, &p) ? parameters_write(&p, a) :
					       SLICE_NONE;
}

/* `query` is canonical. */
static struct slice canonical_request(const struct sigv4_request *r,
    struct slice query, const struct canonical_fields *fields,
    const struct sigv4_manner *manner, struct arena *a)
{
	struct slice path = canonical_path(
	    r->path, manner->normalise_path, manner->encode_twice, a);

	if (path.at == NULL)
		return SLICE_NONE;
	return ARENA_JOIN(a, r->method, LIT("\n"), path, LIT("\n"), query,
	    LIT("\n"), fields->lines, LIT("\n"), fields->names, LIT("\n"),
	    r->payload);
}

bool sigv4_canonical_request(const struct sigv4_request *r,
    const struct sigv4_manner *manner, struct arena *a, struct slice *text_out)
{
	struct slice query = canonical_query(r->query, a);
	struct canonical_fields fields;
	struct slice text;

	if (query.at == NULL || !canonical_fields(r->fields, a, &fields))
		return false;
	text = canonical_request(r, query, &fields, manner, a);
	if (text.at == NULL)
		return false;
	*text_out = text;
	return true;
}

/* "20130524/us-east-1/s3/aws4_request" */
static struct slice scope(const struct sigv4_key *key, struct arena *a)
{
	return ARENA_JOIN(a, (struct slice){ key->date, DATE_LEN }, LIT("/"),
	    key->region, LIT("/"), key->service, LIT("/aws4_request"));
}

bool sigv4_string_to_sign(struct slice canonical, const struct sigv4_key *key,
    int64_t now_s, struct arena *a, struct slice *text_out)
{
	char time[SIGV4_TIME_SIZE];
	char hash[SIGV4_HASH_SIZE];
	struct slice in = scope(key, a);
	struct slice text;

	sigv4_time(now_s, time);
	if (in.at == NULL || !sigv4_hash(canonical, hash))
		return false;
	text = ARENA_JOIN(a, ALGORITHM, LIT("\n"), slice_of(time), LIT("\n"),
	    in, LIT("\n"), slice_of(hash));
	if (text.at == NULL)
		return false;
	*text_out = text;
	return true;
}

static bool sign(struct slice canonical, const struct sigv4_key *key,
    int64_t now_s, struct arena *a, char signature_out[SIGV4_HASH_SIZE])
{
	struct slice text;

	return canonical.at != NULL &&
	    sigv4_string_to_sign(canonical, key, now_s, a, &text) &&
	    sigv4_key_sign(key, text, signature_out);
}

/* "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request" */
static struct slice credential(
    const struct sigv4_identity *identity, struct arena *a)
{
	struct slice in = scope(identity->key, a);

	if (in.at == NULL)
		return SLICE_NONE;
	return ARENA_JOIN(a, identity->access_key_id, LIT("/"), in);
}

static struct slice time_in(struct arena *a, int64_t now_s)
{
	char time[SIGV4_TIME_SIZE];

	sigv4_time(now_s, time);
	return arena_slice(a, slice_of(time));
}

/* --- fields ------------------------------------------------------------ */

/* The fields that are sent beside Authorization, where they are signed, too,
 * or where the token is not signed. */
static bool set_fields(struct fields *f, const struct sigv4_request *r,
    const struct sigv4_manner *manner, struct slice time, struct slice token,
    struct arena *a)
{
	if (!field_set(f, a, LIT("X-Amz-Date"), time))
		return false;
	if (manner->name_payload &&
	    !field_set(f, a, LIT("X-Amz-Content-Sha256"), r->payload))
		return false;
	return token.len == 0 ||
	    field_set(f, a, LIT("X-Amz-Security-Token"), token);
}

static bool is_sendable(const struct sigv4_identity *identity)
{
	return field_value_valid(identity->access_key_id) &&
	    field_value_valid(identity->session_token) &&
	    field_value_valid(identity->key->region) &&
	    field_value_valid(identity->key->service);
}

static struct slice authorization(const struct sigv4_identity *identity,
    struct slice names, struct slice signature, struct arena *a)
{
	struct slice who = credential(identity, a);

	if (who.at == NULL)
		return SLICE_NONE;
	return ARENA_JOIN(a, ALGORITHM, LIT(" Credential="), who,
	    LIT(", SignedHeaders="), names, LIT(", Signature="), signature);
}

bool sigv4_sign(const struct sigv4_request *r,
    const struct sigv4_identity *identity, const struct sigv4_manner *manner,
    int64_t now_s, struct arena *a, struct fields *fields_out)
{
	struct slice token = arena_slice(a, identity->session_token);
	struct slice time = time_in(a, now_s);
	struct slice query = canonical_query(r->query, a);
	struct fields sent;
	struct fields signed_fields;
	struct canonical_fields canonical;
	char signature[SIGV4_HASH_SIZE];
	struct slice value;

	if (!is_sendable(identity) || token.at == NULL || time.at == NULL ||
	    query.at == NULL || !field_copy(&sent, a, fields_out) ||
	    !field_copy(&signed_fields, a, r->fields) ||
	    !set_fields(&sent, r, manner, time, token, a) ||
	    !set_fields(&signed_fields, r, manner, time,
		manner->token_unsigned ? LIT("") : token, a) ||
	    !canonical_fields(&signed_fields, a, &canonical) ||
	    !sign(canonical_request(r, query, &canonical, manner, a),
		identity->key, now_s, a, signature))
		return false;
	value =
	    authorization(identity, canonical.names, slice_of(signature), a);
	if (value.at == NULL ||
	    !field_set(&sent, a, LIT("Authorization"), value))
		return false;
	*fields_out = sent;
	return true;
}

/* --- the query --------------------------------------------------------- */

static struct slice seconds_in(struct arena *a, int64_t seconds)
{
	struct text t = text_in(a, 20);

	text_u64(&t, seconds < 0 ? 0 : (uint64_t)seconds);
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

/* The query that is signed. */
static struct slice presigned_query(const struct sigv4_request *r,
    const struct sigv4_identity *identity, struct slice names,
    struct slice token, int64_t now_s, int64_t expires_s, struct arena *a)
{
	const struct parameter added[] = {
		{ LIT("X-Amz-Algorithm"), ALGORITHM },
		{ LIT("X-Amz-Credential"), credential(identity, a) },
		{ LIT("X-Amz-Date"), time_in(a, now_s) },
		{ LIT("X-Amz-Expires"), seconds_in(a, expires_s) },
		{ LIT("X-Amz-SignedHeaders"), names },
		{ LIT("X-Amz-Security-Token"), token },
	};
	size_t n = sizeof(added) / sizeof(*added) - (token.len == 0);
	struct parameters p = { 0 };

	if (!parameters_read(r->query, a, &p))
		return SLICE_NONE;
	for (size_t i = 0; i < n; i++)
		if (added[i].value.at == NULL ||
		    !parameters_add(&p, a, added[i].name, added[i].value))
			return SLICE_NONE;
	return parameters_write(&p, a);
}

bool sigv4_presign(const struct sigv4_request *r,
    const struct sigv4_identity *identity, const struct sigv4_manner *manner,
    int64_t now_s, int64_t expires_s, struct arena *a, struct slice *query_out)
{
	struct slice token = identity->session_token;
	bool later = manner->token_unsigned && token.len > 0;
	struct canonical_fields canonical;
	char signature[SIGV4_HASH_SIZE];
	struct slice query;
	struct slice added = LIT("");

	if (!canonical_fields(r->fields, a, &canonical))
		return false;
	query = presigned_query(r, identity, canonical.names,
	    later ? LIT("") : token, now_s, expires_s, a);
	if (query.at == NULL ||
	    !sign(canonical_request(r, query, &canonical, manner, a),
		identity->key, now_s, a, signature))
		return false;
	if (later) {
		token = percent_encode(token, false, a);
		if (token.at == NULL)
			return false;
		added = ARENA_JOIN(a, LIT("&X-Amz-Security-Token="), token);
		if (added.at == NULL)
			return false;
	}
	query = ARENA_JOIN(
	    a, query, added, LIT("&X-Amz-Signature="), slice_of(signature));
	if (query.at == NULL)
		return false;
	*query_out = query;
	return true;
}
