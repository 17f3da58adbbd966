/* What has to be known of a stored response besides its head, as bytes: its
 * terms, as they were found when it came, and whatever the origin said of it
 * that the stored head no longer does. */
#ifndef POLICY_CACHE_NOTE_H
#define POLICY_CACHE_NOTE_H

#include "policy/cache.h"

struct arena;

/* Of fields, status and vary_key there is nothing in it, and of the length what
 * was known of it before the content came.  SLICE_NONE:
 * arena spent. */
struct slice cache_note_write(const struct cache_stored *s, struct arena *a);

/* Fills in the rest of *s, which points into the note.  False: it is no
 * note. */
bool cache_note_read(struct slice note, struct cache_stored *s);

#endif
