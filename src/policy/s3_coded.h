/* Precompressed forms of objects: KEY.br or KEY.gz beside KEY. */
#ifndef POLICY_S3_CODED_H
#define POLICY_S3_CODED_H

#include "base/slice.h"

struct arena;
struct response;

/* What a key ends in where it holds content in that coding; empty where the
 * coding is none that we look for. */
struct slice s3_coded_suffix(struct slice coding);

/* The media type by the extension of a path that is worth compressing ahead;
 * empty for every other. */
struct slice s3_coded_type(struct slice path);

/* The head of a precompressed object as that of what it is a form of: its
 * coding, and the type of `path` where the object's own is that of an archive
 * or says nothing.  False: the arena is spent. */
bool s3_coded_head(struct response *r, struct slice coding, struct slice path,
    struct arena *a);

#endif
