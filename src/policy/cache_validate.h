/* Asking the origin whether stored responses still hold, and what its answer
 * does to them (RFC 9111 sections 3.2, 4.3 and 4.3.5). */
#ifndef POLICY_CACHE_VALIDATE_H
#define POLICY_CACHE_VALIDATE_H

#include "policy/cache_reuse.h"

struct response;

/* No more entity-tags than these are asked about at once. */
#define CACHE_TAGS_MAX 8

/* Turns the fields that go upstream into a question about what is stored: the
 * client's own conditions and its Range are taken off, If-None-Match asks about
 * every candidate's tag, If-Modified-Since about the one selected.  Those whom
 * the request does not select are asked about where their tag is strong and
 * their bytes are the origin's.  Of parts nothing is asked.  It is for verdicts
 * of CACHE_VALIDATE and of CACHE_FORWARD_VARY_MISS.
 *
 * False: there is nothing to ask about, or no room: the fields then only lose
 * the conditions, so that the answer is a whole response. */
bool cache_ask(struct fields *upstream, const struct request *request,
    const struct cache_verdict *verdict, const struct cache_stored *candidates,
    size_t n, struct arena *a);

/* Takes off the client's conditions alone. */
void cache_ask_whole(struct fields *upstream);

/* Which of the candidates a 304 to that question is about: section 4.3.4.  A
 * bit for each that it freshens; *chosen_out, NULL before, is the one that
 * answers.  0 and one chosen: that one may answer this request, but stays as
 * it is.  0 and none: ask again without conditions.
 *
 * A 304 without any validator is about the one candidate that was asked about,
 * where it was just one. */
uint32_t cache_freshens(const struct response *not_modified,
    const struct cache_verdict *verdict, const struct cache_stored *candidates,
    size_t n, const struct request *request,
    const struct cache_stored **chosen_out);

/* The stored fields brought up to date with those of a 304, of HEAD's 200, or
 * of a further part: every field of the newer one takes the older's place
 * (section 3.2), but for those that are never stored, for Content-Length,
 * -Range and -Encoding and ETag, which describe the stored bytes, and for
 * Content-Type and the digests where these were rewritten.  Vary goes on naming
 * what our own compressing and rewriting went by.  What private="..."
 * or no-cache="..." of either name is in the result no more, older or newer.
 * `terms` and cache_vary_key() are to be made anew from the result, and
 * cache_storable() of it says whether it may stay: a 304 may say no-store.
 * False: arena spent. */
bool cache_update(const struct cache_stored *stored,
    const struct response *newer, int64_t received_s,
    const struct cache_rules *rules, struct arena *a,
    struct fields *fields_out);

enum cache_head {
	CACHE_HEAD_NOTHING, /* no 200, or nothing in it to compare: it says
			     * nothing of what is stored */
	CACHE_HEAD_UPDATE,  /* the same: cache_update() */
	CACHE_HEAD_STALE,   /* something else is there now */
};

/* What HEAD's response, not yet coded, says of a stored one: section 4.3.5.
 * `head` is as the origin sent it. */
enum cache_head cache_head(
    const struct cache_stored *stored, const struct response *head);

#endif
