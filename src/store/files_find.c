/* Looking a key up, and reading what was found. */
#include "store/files_in.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/sum.h"
#include "store/variants.h"

#define FIRST_READ 4096u
#define READ_TIMES 2
#define SUM_PIECE  16384u

struct look {
	struct files *files;
	struct generations generations;
	struct slice key;
	uint64_t hash;
	int64_t now_ms;
	struct arena *arena;
	struct files_sight sight;
};

int64_t files_used_ms(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 +
	    st->st_mtim.tv_nsec / 1000000;
}

/* The time of last use is the file's own, so that choosing what to throw away
 * opens nothing. */
static void touch(struct look *l, int fd, const struct stat *st)
{
	struct timespec times[2] = { { 0, UTIME_OMIT },
		{ l->now_ms / 1000, l->now_ms % 1000 * 1000000 } };

	if (l->now_ms - files_used_ms(st) < USE_GRAIN_MS)
		return;
	(void)futimens(fd, times);
	/* It is not as it was seen any more. */
	l->sight.partial = true;
}

static enum record_read read_once(
    int fd, struct arena *a, struct record *record_out)
{
	size_t want = FIRST_READ;
	enum record_read how = RECORD_MORE;

	while (how == RECORD_MORE) {
		char *room = arena_alloc(a, want);
		ssize_t n = room == NULL ? -1 : pread(fd, room, want, 0);
		size_t need = 0;

		if (n < 0)
			return RECORD_BROKEN;
		how = record_read(
		    (struct slice){ room, (size_t)n }, a, record_out, &need);
		if (how == RECORD_MORE && (need <= want || (size_t)n < want))
			return RECORD_BROKEN;
		want = need;
	}
	return how;
}

/* Twice, since a head that is freshened in place may be met halfway. */
bool files_read_head(int fd, struct arena *a, struct record *record_out)
{
	for (int i = 0; i < READ_TIMES; i++)
		if (read_once(fd, a, record_out) == RECORD_WHOLE)
			return true;
	return false;
}

static bool body_is_right(int fd, const struct record *r)
{
	struct sum sum = sum_new();
	char piece[SUM_PIECE];
	uint64_t done = 0;

	if (r->body_bytes > VERIFY_BYTES)
		return false;
	while (done < r->body_bytes) {
		uint64_t left = r->body_bytes - done;
		ssize_t n = pread(fd, piece,
		    left < sizeof(piece) ? (size_t)left : sizeof(piece),
		    (off_t)(r->body_at + done));

		if (n <= 0)
			return false;
		sum_add(&sum, (struct slice){ piece, (size_t)n });
		done += (uint64_t)n;
	}
	return sum_value(&sum) == r->body_sum;
}

/* The verified head is of this boot from now on. */
static void stamp(const struct look *l, int fd, const struct entry_name *name,
    const struct record *r)
{
	int again = files_open_entry(l->files, name, O_RDWR);
	char *head = arena_alloc(l->arena, r->body_at);
	struct record now;
	size_t need;
	struct stat a;
	struct stat b;

	if (again < 0)
		return;
	/* Read anew and looked at, since a new sum would hide that it was met
	 * halfway. */
	if (head != NULL && fstat(fd, &a) == 0 && fstat(again, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
	    pread(again, head, r->body_at, 0) == (ssize_t)r->body_at &&
	    record_read((struct slice){ head, r->body_at }, l->arena, &now,
		&need) == RECORD_WHOLE) {
		record_stamp(head, l->files->boot);
		(void)!pwrite(again, head, r->body_at, 0);
	}
	close(again);
}

/* Is it what it says, and still to be used?  No: nobody misses it. */
static bool is_good(const struct look *l, int fd, const struct stat *st,
    const struct entry_name *name, const struct record *r)
{
	struct files *f = l->files;

	if ((uint64_t)st->st_size != r->body_at + r->body_bytes ||
	    files_is_void(f, &l->generations, l->hash, r))
		return false;
	if (r->boot == f->boot)
		return true;
	if (!body_is_right(fd, r))
		return false;
	stamp(l, fd, name, r);
	return true;
}

/* Takes the descriptor. */
static bool consider(struct look *l, int fd, const struct stat *st,
    const struct entry_name *name, struct store_hit *hit_out)
{
	struct store_hit hit = { .fd = fd, .used_ms = files_used_ms(st) };
	bool good = files_read_head(fd, l->arena, &hit.record);

	/* Two keys of one hash push each other out, and that is all. */
	if (good && !slice_eq(hit.record.key, l->key)) {
		close(fd);
		return false;
	}
	if (!good || !is_good(l, fd, st, name, &hit.record)) {
		close(fd);
		/* An arena that is spent says nothing about the entry. */
		if (good || arena_alloc(l->arena, RECORD_HEAD_MAX) != NULL)
			files_forget(l->files, name);
		return false;
	}
	touch(l, fd, st);
	*hit_out = hit;
	return true;
}

int files_open_safe(
    struct files *f, const struct entry_name *name, struct stat *st)
{
	int fd = files_open_entry(f, name, O_RDONLY);

	if (fd < 0) {
		if (errno != ENOENT && errno != ELOOP && errno != ENOTDIR &&
		    errno != ENXIO)
			files_failed(f, errno);
		return -1;
	}
	if (fstat(fd, st) == 0 && files_is_safe(f, st))
		return fd;
	close(fd);
	return -1;
}

static void find_variants(
    struct look *l, const struct variants *v, struct store_found *found)
{
	for (size_t i = 0; i < v->n; i++) {
		struct entry_name name =
		    entry_variant(l->files, l->hash, v->at[i]);
		struct stat st;
		int fd = files_open_safe(l->files, &name, &st);

		files_sight_add(&l->sight, v->at[i], fd < 0 ? NULL : &st);
		if (fd < 0)
			continue;
		if (consider(l, fd, &st, &name, &found->at[found->n]))
			found->n++;
		else
			l->sight.partial = true;
	}
}

/* What of the key is in files. */
static void find_in_files(struct look *l, struct store_found *found)
{
	struct entry_name name = entry_name(l->files, l->hash);
	struct variants variants;
	struct stat st;
	int fd = files_open_safe(l->files, &name, &st);

	if (fd < 0)
		return;
	files_sight_add(&l->sight, 0, &st);
	/* A file that is longer is no list: most heads are read once. */
	if (st.st_size > (off_t)VARIANTS_BYTES * 2 ||
	    !files_read_variants(fd, &variants)) {
		if (consider(l, fd, &st, &name, found->at))
			found->n = 1;
		return;
	}
	touch(l, fd, &st);
	close(fd);
	find_variants(l, &variants, found);
}

void files_find(struct store *s, struct slice key, uint64_t round,
    int64_t now_ms, struct arena *a, struct store_found *found_out)
{
	struct files *f = (struct files *)s;
	struct look l;
	uint64_t changes;

	found_out->n = 0;
	found_out->mark = 0;
	if (!files_ready(f, now_ms))
		return;
	l.files = f;
	l.key = key;
	l.hash = key_hash(&f->state.secret, key);
	l.now_ms = now_ms;
	l.arena = a;
	if (!state_look(&f->state, round, l.hash, &l.generations, &changes))
		return;
	found_out->mark = l.generations.last;
	if (f->hot != NULL &&
	    files_hot_find(
		f, l.hash, key, &l.generations, changes, now_ms, a, found_out))
		return;
	files_sight_begin(&l.sight, changes);
	find_in_files(&l, found_out);
	if (f->hot != NULL)
		files_hot_keep(
		    f, l.hash, &l.sight, found_out, &l.generations, now_ms);
}

bool files_read(struct store *s, const struct store_hit *hit, uint64_t from,
    char *room, size_t n)
{
	(void)s;
	if (hit->body.at != NULL) {
		memcpy(room, hit->body.at + from, n);
		return true;
	}
	while (n > 0) {
		ssize_t got = pread(
		    hit->fd, room, n, (off_t)(hit->record.body_at + from));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		room += got;
		from += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

void files_release(struct store *s, struct store_hit *hit)
{
	(void)s;
	if (hit->own != NULL)
		files_hot_release(hit);
	if (hit->fd >= 0)
		close(hit->fd);
	hit->fd = -1;
}
