/* Storing, finding and looking into the folder. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/unit/store/files_run.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/message.h"

static int remove_one(
    const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void scene_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct store *scene_open(const struct scene *s, uint64_t max_bytes,
    uint64_t max_body_bytes, bool walk)
{
	struct files_plan plan = { s->path, max_bytes, max_body_bytes, walk,
		0 };

	if (s->open != NULL)
		return s->open(s, max_bytes, max_body_bytes);
	return files_open(&plan, s->now_ms);
}

int scene_set_up(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	snprintf(s->folder, sizeof(s->folder), "/tmp/store-test-XXXXXX");
	if (mkdtemp(s->folder) == NULL)
		return -1;
	snprintf(s->path, sizeof(s->path), "%s/store", s->folder);
	s->now_ms = NOW;
	s->arena = arena_new(1 << 24);
	s->store = scene_open(s, 1 << 30, 1 << 24, false);
	*state = s;
	return s->store == NULL || s->arena == NULL;
}

int scene_tear_down(void **state)
{
	struct scene *s = *state;

	store_release(s->store, &s->found, NULL);
	store_free(s->store);
	arena_free(s->arena);
	if (s->folder[0] != '\0')
		scene_remove(s->folder);
	free(s);
	return 0;
}

struct record scene_record(
    struct slice key, struct slice variant, struct slice tag)
{
	static struct field field = { S("Content-Type"), S("text/plain") };
	static struct slice tags[1];

	tags[0] = tag;
	return (struct record){ .key = key,
		.variant = variant,
		.status = 200,
		.fields = { &field, 1, 1 },
		.tags = { tags, tag.len > 0 },
		.request_ms = 1,
		.response_ms = 2 };
}

bool scene_put_record(
    struct scene *s, const struct record *r, struct slice body)
{
	struct record marked = *r;
	struct store_writer *w;

	marked.generation = s->mark;
	w = store_begin(s->store, &marked, (int64_t)body.len, NULL, s->now_ms);
	store_append(w, body);
	return store_end(w, true, s->now_ms);
}

bool scene_put(struct scene *s, struct slice key, struct slice body)
{
	struct record r = scene_record(key, LIT(""), LIT(""));

	return scene_put_record(s, &r, body);
}

size_t scene_find(struct scene *s, struct slice key)
{
	store_release(s->store, &s->found, NULL);
	arena_reset(s->arena);
	store_find(s->store, key, s->round, s->now_ms, s->arena, &s->found);
	s->mark = s->found.mark;
	return s->found.n;
}

bool scene_body_is(struct scene *s, size_t i, struct slice want)
{
	const struct store_hit *hit = &s->found.at[i];
	char *room = malloc(want.len + 1);
	bool same = room != NULL && hit->record.body_bytes == want.len &&
	    store_read(s->store, hit, 0, room, want.len) &&
	    memcmp(room, want.at, want.len) == 0;

	free(room);
	return same;
}

bool scene_has(struct scene *s, struct slice key, struct slice body)
{
	return scene_find(s, key) == 1 && scene_body_is(s, 0, body);
}

/* nftw() gives its callback no argument. */
static struct {
	char path[256];
	size_t n;
	bool variant;
} seen;

static int look(
    const char *path, const struct stat *st, int kind, struct FTW *at)
{
	const char *name = path + at->base;

	(void)st;
	if (kind != FTW_F)
		return 0;
	if (strspn(name, "0123456789abcdef-") == strlen(name) &&
	    (strchr(name, '-') != NULL) == seen.variant)
		snprintf(seen.path, sizeof(seen.path), "%s", path);
	seen.n++;
	return 0;
}

bool scene_freshen(struct scene *s, struct slice key, struct slice date)
{
	struct record r;
	struct field fields[2];
	struct store_writer *w;

	assert_int_equal(scene_find(s, key), 1);
	r = s->found.at[0].record;
	fields[0] = r.fields.at[0];
	fields[1] = (struct field){ LIT("Date"), date };
	r.fields = (struct fields){ fields, 2, 2 };
	r.generation = s->found.mark;
	r.response_ms = 99;
	w = store_begin(
	    s->store, &r, LENGTH_UNKNOWN, &s->found.at[0], s->now_ms);
	return store_end(w, true, s->now_ms);
}

void scene_only_entry(struct scene *s, bool variant, char path_out[256])
{
	seen.path[0] = '\0';
	seen.variant = variant;
	nftw(s->path, look, 16, FTW_PHYS);
	assert_true(seen.path[0] != '\0');
	memcpy(path_out, seen.path, sizeof(seen.path));
}

size_t scene_files(struct scene *s, const char *below)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", s->path, below);
	seen.n = 0;
	nftw(path, look, 16, FTW_PHYS);
	return seen.n;
}
