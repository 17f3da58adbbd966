/* What is asked for often is answered from memory.
 *
 * The unit is what one look-up finds: all variants of a key.  It stands for the
 * files as they were seen, and is used as long as they are: the number that
 * every process changes when it stores something is read with each look-up,
 * or once for a round of them, and where it is another one, or a second has
 * passed, the files themselves are looked at again.  A file that changed has
 * another inode or another time of change; what changed so lately that the
 * next change might have the same time is not kept.  Purges are asked for as
 * with files. */
#include "store/files_in.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/record_copy.h"

#define LOOK_MS 1000

/* Larger bodies are sent from their files. */
#define BODY_MAX (64u * 1024u)

/* Times of change come from a clock that ticks every 1 to 10 ms. */
#define TICKS_NS (20 * 1000 * 1000)

struct entry {
	struct kept *kept;
	struct store_hit hit; /* as it is handed out */
	dev_t device;
	ino_t inode;
};

struct kept {
	struct hot_item item;
	uint64_t changes; /* when the files were last as they were seen */
	int64_t looked_ms;
	uint64_t cleared; /* up to this generation it was not purged */
	struct files_seen *seen;
	size_t seen_n;
	struct entry *entries;
	size_t entry_n;
};

static struct file_mark mark_of(const struct stat *st)
{
	return (struct file_mark){ .device = st->st_dev,
		.inode = st->st_ino,
		.changed = st->st_ctim };
}

static bool mark_eq(const struct file_mark *a, const struct file_mark *b)
{
	return a->device == b->device && a->inode == b->inode &&
	    a->changed.tv_sec == b->changed.tv_sec &&
	    a->changed.tv_nsec == b->changed.tv_nsec;
}

/* ---- seeing ---- */

void files_sight_begin(struct files_sight *s, uint64_t changes)
{
	struct timespec now;

	s->n = 0;
	s->partial = clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0;
	s->changes = changes;
	s->settled = now;
	s->settled.tv_nsec -= TICKS_NS;
	if (s->settled.tv_nsec < 0) {
		s->settled.tv_sec--;
		s->settled.tv_nsec += 1000 * 1000 * 1000;
	}
}

void files_sight_add(
    struct files_sight *s, uint64_t variant, const struct stat *st)
{
	struct files_seen *seen = &s->at[s->n++];
	const struct timespec *changed;

	*seen = (struct files_seen){ .variant = variant };
	if (st == NULL)
		return;
	seen->mark = mark_of(st);
	changed = &seen->mark.changed;
	if (changed->tv_sec > s->settled.tv_sec ||
	    (changed->tv_sec == s->settled.tv_sec &&
		changed->tv_nsec > s->settled.tv_nsec))
		s->partial = true;
}

/* ---- finding ---- */

static bool is_as_seen(struct files *f, const struct kept *k, size_t i)
{
	struct entry_name name = i == 0 ?
	    entry_name(f, k->item.hash) :
	    entry_variant(f, k->item.hash, k->seen[i].variant);
	struct file_mark now = { 0 };
	struct stat st;
	int fd = files_open_safe(f, &name, &st);

	if (fd >= 0) {
		now = mark_of(&st);
		close(fd);
	}
	return mark_eq(&now, &k->seen[i].mark);
}

/* False where its use is to be noted, too: that is done when it is found in
 * its file. */
static bool still_stands(
    struct files *f, struct kept *k, uint64_t changes, int64_t now_ms)
{
	if (changes == k->changes && now_ms >= k->looked_ms &&
	    now_ms - k->looked_ms < LOOK_MS)
		return true;
	for (size_t i = 0; i < k->entry_n; i++)
		if (now_ms - k->entries[i].hit.used_ms >= USE_GRAIN_MS)
			return false;
	for (size_t i = 0; i < k->seen_n; i++)
		if (!is_as_seen(f, k, i))
			return false;
	k->changes = changes;
	k->looked_ms = now_ms;
	return true;
}

static bool is_void(
    struct files *f, struct kept *k, const struct generations *g)
{
	if (k->cleared == g->last)
		return false;
	for (size_t i = 0; i < k->entry_n; i++)
		if (files_is_void(
			f, g, k->item.hash, &k->entries[i].hit.record))
			return true;
	k->cleared = g->last;
	return false;
}

/* The lists of fields are the finder's to change, their bytes nobody's. */
static bool give(
    const struct entry *e, struct arena *a, struct store_hit *hit_out)
{
	const struct record *r = &e->hit.record;

	*hit_out = e->hit;
	return field_copy(&hit_out->record.fields, a, &r->fields) &&
	    field_copy(&hit_out->record.selectors, a, &r->selectors);
}

bool files_hot_find(struct files *f, uint64_t hash, struct slice key,
    const struct generations *g, uint64_t changes, int64_t now_ms,
    struct arena *a, struct store_found *found_out)
{
	struct kept *k = (struct kept *)hot_find(f->hot, hash, key);

	if (k == NULL)
		return false;
	if (!still_stands(f, k, changes, now_ms) || is_void(f, k, g)) {
		hot_drop(f->hot, &k->item);
		return false;
	}
	for (size_t i = 0; i < k->entry_n; i++) {
		if (!give(&k->entries[i], a, &found_out->at[found_out->n]))
			continue;
		hot_hold(&k->item);
		found_out->n++;
	}
	return true;
}

void files_hot_release(struct store_hit *hit)
{
	const struct entry *e = hit->own;

	hit->own = NULL;
	hit->body = SLICE_NONE;
	hot_release(&e->kept->item);
}

void files_hot_file(const struct store_hit *hit, dev_t *device, ino_t *inode)
{
	const struct entry *e = hit->own;

	*device = e->device;
	*inode = e->inode;
}

/* ---- keeping ---- */

/* 0: not to be kept. */
static size_t bytes_for(const struct files *f, const struct files_sight *s,
    const struct store_found *found)
{
	size_t bytes = sizeof(struct kept) + s->n * sizeof(s->at[0]) +
	    found->n * sizeof(struct entry);

	if (s->partial || found->n == 0)
		return 0;
	for (size_t i = 0; i < found->n; i++) {
		const struct record *r = &found->at[i].record;

		if (r->body_bytes > BODY_MAX)
			return 0;
		bytes += record_copy_bytes(r) + (size_t)r->body_bytes;
	}
	return bytes <= hot_item_max(f->hot) ? bytes : 0;
}

/* The record into *room, the body before *end. */
static bool fill(struct files *f, struct entry *e, const struct store_hit *hit,
    char **room, char **end)
{
	size_t n = (size_t)hit->record.body_bytes;
	struct stat st;

	*end -= n;
	if (fstat(hit->fd, &st) != 0 || !files_read(&f->store, hit, 0, *end, n))
		return false;
	e->device = st.st_dev;
	e->inode = st.st_ino;
	e->hit = *hit;
	e->hit.fd = -1;
	e->hit.own = e;
	e->hit.body = (struct slice){ *end, n };
	record_copy(&hit->record, *room, &e->hit.record);
	*room += record_copy_bytes(&hit->record);
	return true;
}

void files_hot_keep(struct files *f, uint64_t hash, const struct files_sight *s,
    const struct store_found *found, const struct generations *g,
    int64_t now_ms)
{
	size_t bytes = bytes_for(f, s, found);
	struct kept *k;
	char *room;
	char *end;

	if (bytes == 0 || !hot_wants(f->hot, hash))
		return;
	k = malloc(bytes);
	if (k == NULL)
		return;
	k->seen = (struct files_seen *)(k + 1);
	k->entries = (struct entry *)(k->seen + s->n);
	room = (char *)(k->entries + found->n);
	end = (char *)k + bytes;
	for (size_t i = 0; i < s->n; i++)
		k->seen[i] = s->at[i];
	for (size_t i = 0; i < found->n; i++) {
		k->entries[i].kept = k;
		if (!fill(f, &k->entries[i], &found->at[i], &room, &end)) {
			free(k);
			return;
		}
	}
	k->seen_n = s->n;
	k->entry_n = found->n;
	k->changes = s->changes;
	k->looked_ms = now_ms;
	k->cleared = g->last;
	k->item.key = k->entries[0].hit.record.key;
	k->item.hash = hash;
	k->item.bytes = bytes;
	(void)hot_put(f->hot, &k->item);
}
