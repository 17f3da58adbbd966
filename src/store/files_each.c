/* Showing all that is stored to somebody who asks: shard after shard, an entry
 * at a time, without a trace. */
#include "store/files_in.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/variants.h"

/* For a head as large as any, which may be read twice. */
#define ARENA_BYTES (1024u * 1024u)

struct walk {
	struct files *files;
	struct generations generations;
	struct arena *arena;
	store_visit *visit;
	void *user;
};

/* Of variants, only those that the key's list has are found. */
static bool is_listed(const struct walk *w, const char *name, uint64_t hash)
{
	struct entry_name list = entry_name(w->files, hash);
	struct variants v = { .n = 0 };
	bool listed;
	int fd = files_open_entry(w->files, &list, O_RDONLY);

	if (fd < 0)
		return false;
	listed = files_read_variants(fd, &v) &&
	    variants_have(&v, strtoull(name + 17, NULL, 16));
	close(fd);
	return listed;
}

/* Would it be found under that name?  Bodies that were written before the
 * system went down are not read for this. */
static bool is_found(const struct walk *w, const char *name,
    const struct stat *st, const struct record *r)
{
	const struct files *f = w->files;
	uint64_t hash = key_hash(&f->state.secret, r->key);

	return strtoull(name, NULL, 16) == hash &&
	    (uint64_t)st->st_size == r->body_at + r->body_bytes &&
	    (r->boot == f->boot || r->body_bytes <= VERIFY_BYTES) &&
	    !files_is_void(w->files, &w->generations, hash, r) &&
	    (name[16] == '\0' || is_listed(w, name, hash));
}

/* False: no further ones. */
static bool look(const struct walk *w, int folder, const char *name)
{
	static const int how =
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct store_hit hit = { .fd = openat(folder, name, how) };
	bool further = true;
	struct stat st;

	if (hit.fd < 0)
		return true;
	arena_reset(w->arena);
	if (fstat(hit.fd, &st) == 0 && files_is_safe(w->files, &st) &&
	    files_read_head(hit.fd, w->arena, &hit.record) &&
	    is_found(w, name, &st, &hit.record)) {
		hit.used_ms = files_used_ms(&st);
		further =
		    w->visit(w->user, &hit, files_disk((uint64_t)st.st_size));
	}
	close(hit.fd);
	return further;
}

/* The generations are read before the entries are. */
static bool look_at_shard(struct walk *w, unsigned shard)
{
	int fd = files_open_shard(w->files, shard, O_RDONLY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool further = true;

	if (folder == NULL) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	further = state_generations(&w->files->state, &w->generations);
	while (further && (entry = readdir(folder)) != NULL)
		if (entry_name_ours(entry->d_name))
			further = look(w, fd, entry->d_name);
	closedir(folder);
	return further;
}

bool files_each(struct store *s, store_visit *visit, void *user, int64_t now_ms)
{
	struct files *f = (struct files *)s;
	struct walk w = { .files = f, .visit = visit, .user = user };
	bool further = files_ready(f, now_ms);

	w.arena = further ? arena_new(ARENA_BYTES) : NULL;
	further = w.arena != NULL;
	for (unsigned i = 0; further && i < SHARDS; i++)
		further = look_at_shard(&w, i);
	arena_free(w.arena);
	return further && state_is_current(&f->state, f->root);
}
