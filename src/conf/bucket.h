/* The values of s3_* keys and of origin = s3://BUCKET[/PREFIX], read
 * strictly.
 *
 * Results are copies in the arena; false says in `why` what is wrong and how
 * it is put right, in words that follow "key: ".  What the keys of a route
 * say together is bucket_whole.c's. */
#ifndef CONF_BUCKET_H
#define CONF_BUCKET_H

#include "base/slice.h"

struct arena;
struct bucket;
struct origin;
struct text;

/* Bucket names of before 2018 may be as long as that. */
#define BUCKET_NAME_MAX 255

/* A key of S3's has no more bytes than that. */
#define BUCKET_KEY_MAX 1024

/* Is it meant to be a bucket: s3://... or an ARN? */
bool bucket_meant(struct slice origin);

/* s3://BUCKET[/PREFIX] into on, name and prefix; in *origin_out the URL
 * alone. */
bool bucket_parse(struct slice s, struct arena *a, struct bucket *bucket_out,
    struct origin *origin_out, struct text *why);

/* A name that can be a label of a host's, so that a certificate for
 * *.ENDPOINT covers it; with dots: a name that can be several. */
bool bucket_is_label(struct slice name);
bool bucket_is_host(struct slice name);

/* "eu-west-1" */
bool bucket_region(struct slice s, struct arena *a, struct slice *region_out,
    struct text *why);

/* http(s)://HOST[:PORT], or "": AWS' own. */
bool bucket_endpoint(struct slice s, struct arena *a,
    struct slice *endpoint_out, struct text *why);

/* The name of a key, without a slash; a key below the prefix, without one
 * before it.  Both encoded as they are sent. */
bool bucket_index(
    struct slice s, struct arena *a, struct slice *index_out, struct text *why);
bool bucket_key(
    struct slice s, struct arena *a, struct slice *key_out, struct text *why);

/* One item of s3_precompressed, of s3_query. */
bool bucket_coding(struct slice s, struct arena *a, struct slice *coding_out,
    struct text *why);
bool bucket_parameter(
    struct slice s, struct arena *a, struct slice *name_out, struct text *why);

#endif
