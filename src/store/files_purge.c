/* Voiding entries without looking for them, and asking whether one is void.
 *
 * A purge moves the generation on after it has noted what it is about.  What
 * was begun before has a lower one, stored already or not. */
#include "store/files_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "store/variants.h"

#define PREFIXES "prefixes"

/* ---- the prefixes file ---- */

static char *read_whole(const struct files *f, size_t *n_out)
{
	int fd = files_open_at(f, PREFIXES, O_RDONLY | O_NONBLOCK);
	char *bytes = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && files_is_safe(f, &st) && st.st_size > 0 &&
	    st.st_size <= (off_t)PURGE_LIST_MAX)
		bytes = malloc((size_t)st.st_size);
	if (bytes != NULL &&
	    pread(fd, bytes, (size_t)st.st_size, 0) != (ssize_t)st.st_size) {
		free(bytes);
		bytes = NULL;
	}
	close(fd);
	*n_out = (size_t)st.st_size;
	return bytes;
}

/* False: it is not what it was when the last prefix was purged. */
static bool load_prefixes(struct files *f, const struct generations *g)
{
	size_t n = 0;
	char *bytes;

	if (g->prefix == 0 || f->purges_of >= g->prefix)
		return true;
	bytes = read_whole(f, &n);
	free(f->purge_bytes);
	f->purge_bytes = bytes;
	if (bytes == NULL ||
	    !purge_list_read((struct slice){ bytes, n }, &f->purges) ||
	    purge_list_newest(&f->purges) < g->prefix) {
		f->purges.n = 0;
		f->purges_of = 0;
		return false;
	}
	f->purges_of = purge_list_newest(&f->purges);
	return true;
}

static bool write_prefixes(struct files *f)
{
	struct text t = { .size = PURGE_LIST_MAX, .max = PURGE_LIST_MAX };
	char tmp[TMP_NAME_MAX];
	struct slice bytes;
	bool written;
	int fd;

	t.at = malloc(t.size);
	if (t.at == NULL)
		return false;
	purge_list_write(&f->purges, &t);
	bytes = text_slice(&t);
	fd = files_tmp_new(f, tmp);
	if (fd < 0) {
		free(t.at);
		return false;
	}
	written = !text_spent(&t) &&
	    write(fd, bytes.at, bytes.len) == (ssize_t)bytes.len &&
	    fdatasync(fd) == 0 && files_tmp_move(f, tmp, f->root, PREFIXES);
	if (!written)
		files_tmp_drop(f, tmp);
	close(fd);
	free(t.at);
	return written;
}

/* ---- asking ---- */

bool files_is_void(struct files *f, const struct generations *g, uint64_t hash,
    const struct record *r)
{
	if (r->generation >= g->last)
		return false;
	if (r->generation < g->all ||
	    state_key_voids(&f->state, hash, r->generation))
		return true;
	for (size_t i = 0; i < r->tags.n; i++)
		if (state_tag_voids(&f->state, r->tags.at[i], r->generation))
			return true;
	if (r->generation >= g->prefix)
		return false;
	/* Where the list is lost, all that it could have been about is. */
	return !load_prefixes(f, g) ||
	    purge_list_voids(&f->purges, r->key, r->generation);
}

/* ---- purging ---- */

static bool put_prefix(
    struct files *f, struct generations *g, struct slice what, uint64_t next)
{
	bool written;

	/* Without the list, everything goes and a new one begins. */
	if (!load_prefixes(f, g))
		g->all = next;
	purge_list_add(&f->purges, what, next);
	g->prefix = next;
	written = write_prefixes(f);
	/* The row borrows the caller's bytes: all is read again. */
	f->purges.n = 0;
	f->purges_of = 0;
	return written;
}

static bool put(struct files *f, enum store_scope scope, struct slice what,
    struct generations *g, uint64_t next)
{
	switch (scope) {
	case STORE_KEY:
		return state_put_key(
		    &f->state, key_hash(&f->state.secret, what), next);
	case STORE_PREFIX:
		return put_prefix(f, g, what, next);
	case STORE_TAG:
	case STORE_CHANGED:
		return state_put_tag(&f->state, what, next);
	case STORE_ALL:
		break;
	}
	g->all = next;
	return true;
}

/* It is gone at once, for the rows of keys are not for ever. */
static void unlink_key(struct files *f, struct slice key)
{
	uint64_t hash = key_hash(&f->state.secret, key);
	struct entry_name name = entry_name(f, hash);
	int fd = files_open_entry(f, &name, O_RDONLY);
	struct variants v = { .n = 0 };

	if (fd < 0)
		return;
	if (!files_read_variants(fd, &v))
		v.n = 0;
	close(fd);
	files_forget(f, &name);
	for (size_t i = 0; i < v.n; i++) {
		name = entry_variant(f, hash, v.at[i]);
		files_forget(f, &name);
	}
}

bool files_purge(
    struct store *s, enum store_scope scope, struct slice what, int64_t now_ms)
{
	struct files *f = (struct files *)s;
	struct generations g;
	uint64_t next;
	bool done;

	if (!files_ready(f, now_ms))
		return false;
	if (!state_lock(&f->state))
		return files_failed(f, errno);
	done = state_generations(&f->state, &g);
	if (done) {
		next = state_next(&g, now_ms);
		done = put(f, scope, what, &g, next);
		g.last = next;
		done = done && state_put_generations(&f->state, &g);
	}
	if (!done)
		files_failed(f, errno);
	state_unlock(&f->state);
	/* What visitors purge must not cost a write to disk; the others are
	 * somebody's explicit wish. */
	if (done && scope == STORE_KEY)
		unlink_key(f, what);
	else if (done && scope != STORE_CHANGED)
		done = state_sync(&f->state);
	return done;
}
