/* What tests of the files backend have in common: a folder of their own, and
 * storing and finding in a line. */
#ifndef TESTS_UNIT_STORE_FILES_RUN_H
#define TESTS_UNIT_STORE_FILES_RUN_H

#include "base/arena.h"
#include "store/files.h"
#include "tests/unit/unit.h"

#define NOW INT64_C(1700000000000)

struct scene {
	char folder[64]; /* of the test; the store's is in it */
	char path[80];
	/* NULL: files_open(). */
	struct store *(*open)(
	    const struct scene *s, uint64_t max_bytes, uint64_t max_body_bytes);
	struct store *store;
	struct arena *arena;
	struct store_found found;
	int64_t now_ms;
	uint64_t round; /* that it is looked up in */
	uint64_t mark;  /* of what is stored; begins at 0 */
};

/* cmocka's set-up and tear-down: *state is the scene. */
int scene_set_up(void **state);
int scene_tear_down(void **state);

struct store *scene_open(const struct scene *s, uint64_t max_bytes,
    uint64_t max_body_bytes, bool walk);

/* A record with that key, variant and one tag, both may be empty. */
struct record scene_record(
    struct slice key, struct slice variant, struct slice tag);

/* Stores; true where it was. */
bool scene_put(struct scene *s, struct slice key, struct slice body);
bool scene_put_record(
    struct scene *s, const struct record *r, struct slice body);

/* How many variants there are now; releases what was found before. */
size_t scene_find(struct scene *s, struct slice key);

/* Is that the body of what was found last, the i-th of it? */
bool scene_body_is(struct scene *s, size_t i, struct slice want);

/* Found, with that body. */
bool scene_has(struct scene *s, struct slice key, struct slice body);

/* The one that there is gets that Date behind its first field, and 99 for when
 * it came. */
bool scene_freshen(struct scene *s, struct slice key, struct slice date);

/* PATH of the only file below the store's shards; fails where there is none.
 * With a dash in its name or without. */
void scene_only_entry(struct scene *s, bool variant, char path_out[256]);

/* Regular files in a folder of the store's, "" for all that it has. */
size_t scene_files(struct scene *s, const char *below);

/* Removes a tree. */
void scene_remove(const char *path);

#endif
