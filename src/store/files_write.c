/* A new entry from its begin to its end.
 *
 * What fits the buffer is in no file before its end, so that a small response
 * costs one write, and one that breaks off costs nothing. */
#include "store/files_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http/message.h"
#include "store/sum.h"
#include "store/variants.h"

#define BUFFER_BYTES 65536u
#define SWEEP_EVERY  256u

/* A larger body is not copied to give it another head. */

struct writer {
	struct store_writer base;
	uint64_t hash;
	uint64_t variant; /* hash of it */
	bool varies;
	bool failed;
	bool crowded;  /* no room could be made */
	bool shown;    /* others read it: nothing stays in the buffer */
	bool in_place; /* nothing but the head is written anew */
	dev_t device;  /* in_place: of what was found */
	ino_t inode;
	int64_t length;
	int64_t begun_ms;
	char *head; /* body_at of it */
	uint32_t body_at;
	uint64_t body_bytes;
	uint64_t room_bytes; /* so far the file may grow */
	struct sum sum;
	int fd; /* -1: all of it is in the buffer */
	char tmp[TMP_NAME_MAX];
	size_t buffered;
	char buffer[BUFFER_BYTES];
};

static struct files *files_of(const struct writer *w)
{
	return (struct files *)w->base.store;
}

static struct entry_name name_of(const struct writer *w)
{
	return w->varies ? entry_variant(files_of(w), w->hash, w->variant) :
			   entry_name(files_of(w), w->hash);
}

/* ---- writing ---- */

static bool fail(struct writer *w, int error)
{
	w->failed = true;
	return files_failed(files_of(w), error);
}

/* All of the pieces, at the end of the file. */
static bool put(struct writer *w, struct iovec *piece, int n)
{
	while (n > 0) {
		ssize_t done = writev(w->fd, piece, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return fail(w, errno);
		while (n > 0 && (size_t)done >= piece->iov_len) {
			done -= (ssize_t)piece->iov_len;
			piece++;
			n--;
		}
		if (n > 0) {
			piece->iov_base = (char *)piece->iov_base + done;
			piece->iov_len -= (size_t)done;
		}
	}
	return true;
}

static bool crowd(struct writer *w)
{
	files_full(files_of(w));
	w->failed = true;
	w->crowded = true;
	return false;
}

/* The file grows as far as room was made for it.  more is what is to be written
 * now, the last of body_bytes. */
static bool make_room(struct writer *w, size_t more)
{
	struct files *f = files_of(w);
	uint64_t size = w->body_at + w->body_bytes;
	uint64_t most = w->length != LENGTH_UNKNOWN ? (uint64_t)w->length :
						      f->plan.max_body_bytes;
	uint64_t goal = files_tmp_room(f, size);
	uint64_t had = w->fd < 0 ? 0 : files_tmp_room(f, size - more);

	if (size <= w->room_bytes)
		return true;
	if (goal - w->body_at > most)
		goal = files_disk(w->body_at + most);
	f->making = files_tmp_bytes(f);
	if (!files_make_room(f, goal > had ? goal - had : 0))
		return crowd(w);
	w->room_bytes = goal;
	return true;
}

/* What is buffered and the piece behind it into the file. */
static bool spill(struct writer *w, struct slice piece)
{
	struct iovec pieces[3];
	int n = 0;

	if (!make_room(w, w->buffered + piece.len))
		return false;
	if (w->fd < 0) {
		w->fd = files_tmp_new(files_of(w), w->tmp);
		if (w->fd < 0)
			return fail(w, errno);
		pieces[n++] = (struct iovec){ w->head, w->body_at };
	}
	if (w->buffered > 0)
		pieces[n++] = (struct iovec){ w->buffer, w->buffered };
	if (piece.len > 0)
		pieces[n++] = (struct iovec){ (char *)piece.at, piece.len };
	w->buffered = 0;
	return put(w, pieces, n);
}

bool files_append(struct store_writer *base, struct slice piece)
{
	struct writer *w = (struct writer *)base;

	if (w->failed || piece.len == 0)
		return !w->failed;
	w->body_bytes += piece.len;
	if (w->body_bytes > files_of(w)->plan.max_body_bytes || w->in_place ||
	    (w->length != LENGTH_UNKNOWN &&
		w->body_bytes > (uint64_t)w->length)) {
		w->failed = true;
		return false;
	}
	sum_add(&w->sum, piece);
	if (w->shown || w->buffered + piece.len > sizeof(w->buffer))
		return spill(w, piece);
	memcpy(w->buffer + w->buffered, piece.at, piece.len);
	w->buffered += piece.len;
	return true;
}

size_t files_show(struct store_writer *base, char name_out[STORE_NAME_MAX])
{
	struct writer *w = (struct writer *)base;
	size_t n;

	if (w->failed || w->in_place || !spill(w, SLICE_NONE))
		return 0;
	w->shown = true;
	n = strlen(w->tmp);
	memcpy(name_out, w->tmp, n);
	return n;
}

/* ---- beginning ---- */

static bool identify(const struct store_hit *hit, dev_t *device, ino_t *inode)
{
	struct stat st;

	if (hit->own != NULL) {
		files_hot_file(hit, device, inode);
		return true;
	}
	if (fstat(hit->fd, &st) != 0)
		return false;
	*device = st.st_dev;
	*inode = st.st_ino;
	return true;
}

/* The same entry with another head, where that fits. */
static bool set_in_place(
    struct writer *w, struct record *r, const struct store_hit *hit)
{
	r->body_at = hit->record.body_at;
	r->body_bytes = hit->record.body_bytes;
	r->body_sum = hit->record.body_sum;
	if (!slice_eq(r->key, hit->record.key) ||
	    !slice_eq(r->variant, hit->record.variant) ||
	    !identify(hit, &w->device, &w->inode))
		return false;
	w->head = malloc(r->body_at);
	if (w->head == NULL || !record_write(r, w->head)) {
		free(w->head);
		w->head = NULL;
		return false;
	}
	w->body_at = r->body_at;
	w->in_place = true;
	return true;
}

static bool set_head(struct writer *w, struct record *r)
{
	r->body_at = record_body_at(r);
	r->body_bytes = 0;
	r->body_sum = 0;
	w->body_at = r->body_at;
	w->head = r->body_at == 0 ? NULL : malloc(r->body_at);
	return w->head != NULL && record_write(r, w->head);
}

static void writer_free(struct writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	free(w->head);
	free(w);
}

struct store_writer *files_begin(struct store *s, const struct record *given,
    int64_t length, const struct store_hit *body, int64_t now_ms)
{
	struct files *f = (struct files *)s;
	struct record r = *given;
	struct writer *w;

	if (!files_ready(f, now_ms) ||
	    (length != LENGTH_UNKNOWN &&
		(uint64_t)length > f->plan.max_body_bytes))
		return NULL;
	w = malloc(sizeof(*w));
	if (w == NULL)
		return NULL;
	memset(w, 0, offsetof(struct writer, buffer));
	w->base.store = s;
	w->fd = -1;
	w->length = length;
	w->begun_ms = now_ms;
	w->sum = sum_new();
	w->hash = key_hash(&f->state.secret, r.key);
	w->varies = r.variant.len > 0;
	w->variant = key_hash(&f->state.secret, r.variant);
	r.boot = f->boot;
	if (body != NULL && set_in_place(w, &r, body))
		return &w->base;
	if (!set_head(w, &r) ||
	    (body != NULL && !store_copy_body(&w->base, body))) {
		if (w->fd >= 0)
			files_tmp_drop(f, w->tmp);
		writer_free(w);
		return NULL;
	}
	return &w->base;
}

/* ---- the end ---- */

/* Adds to the list of variants; no list, or another entry in its place: a new
 * list.  What another adds meanwhile may be lost, and is fetched again. */
static bool list_variant(struct writer *w, int folder)
{
	struct files *f = files_of(w);
	struct entry_name name = entry_name(f, w->hash);
	struct variants v = { .n = 0 };
	char bytes[VARIANTS_BYTES];
	char tmp[TMP_NAME_MAX];
	bool done = false;
	size_t n;
	int64_t before = 0;
	struct stat st;
	int fd = files_open_entry(f, &name, O_RDWR | O_APPEND);

	if (fd >= 0 && fstat(fd, &st) == 0)
		before = (int64_t)files_disk((uint64_t)st.st_size);
	if (fd >= 0 && files_read_variants(fd, &v)) {
		done = variants_have(&v, w->variant);
		if (!done && v.lines < VARIANTS_LINES) {
			variants_line(w->variant, bytes);
			done = write(fd, bytes, 8) == 8;
		}
	}
	if (fd >= 0)
		close(fd);
	if (done)
		return true;
	variants_add(&v, w->variant);
	n = variants_write(&v, bytes);
	fd = files_tmp_new(f, tmp);
	if (fd < 0)
		return false;
	done = write(fd, bytes, n) == (ssize_t)n &&
	    files_tmp_move(f, tmp, folder, name.at);
	if (done)
		state_add_shard(
		    &f->state, name.shard, (int64_t)files_disk(n) - before);
	else
		files_tmp_drop(f, tmp);
	close(fd);
	return done;
}

static void set_used(int fd, int64_t now_ms)
{
	struct timespec times[2] = { { 0, UTIME_OMIT },
		{ now_ms / 1000, now_ms % 1000 * 1000000 } };

	(void)futimens(fd, times);
}

/* The file is whole: under its name with it. */
static bool put_in_place(struct writer *w, int folder, int64_t now_ms)
{
	struct files *f = files_of(w);
	struct entry_name name = name_of(w);
	struct stat st;
	int64_t before = 0;

	if (fstatat(folder, name.at, &st, AT_SYMLINK_NOFOLLOW) == 0)
		before = (int64_t)files_disk((uint64_t)st.st_size);
	set_used(w->fd, now_ms);
	if (!files_tmp_move(f, w->tmp, folder, name.at))
		return false;
	w->tmp[0] = '\0';
	state_add_shard(&f->state, name.shard,
	    (int64_t)files_disk(w->body_at + w->body_bytes) - before);
	return !w->varies || list_variant(w, folder);
}

static bool commit_new(struct writer *w, int64_t now_ms)
{
	struct files *f = files_of(w);
	uint64_t size;
	int folder;
	bool done;

	if (w->length != LENGTH_UNKNOWN && (uint64_t)w->length != w->body_bytes)
		return false;
	f->commits++;
	if (f->commits % SWEEP_EVERY == 0)
		files_tmp_sweep(f, now_ms);
	size = w->body_at + w->body_bytes;
	if (w->fd < 0 && !files_make_room(f, files_disk(size)))
		return crowd(w);
	if (w->fd < 0)
		w->room_bytes = size;
	record_finish(w->head, w->body_bytes, sum_value(&w->sum));
	/* Of what was spilled the head is there, with other numbers: no more
	 * than these, for whoever reads it at this moment. */
	if (w->fd >= 0 &&
	    pwrite(w->fd, w->head, RECORD_FIXED, 0) != (ssize_t)RECORD_FIXED)
		return fail(w, errno);
	if ((w->fd < 0 || w->buffered > 0) && !spill(w, SLICE_NONE))
		return false;
	folder = files_make_shard(f, name_of(w).shard);
	if (folder < 0)
		return fail(w, errno);
	done = put_in_place(w, folder, now_ms);
	if (!done)
		fail(w, errno);
	close(folder);
	return done;
}

/* Whoever reads it meanwhile sees the old head, the new one, or sees that it is
 * neither and looks again. */
static bool commit_head(struct writer *w, int64_t now_ms)
{
	struct entry_name name = name_of(w);
	int fd = files_open_entry(files_of(w), &name, O_WRONLY);
	struct stat st;
	bool done = false;

	if (fd < 0)
		return false;
	/* Another body has another inode. */
	if (fstat(fd, &st) == 0 && files_is_safe(files_of(w), &st) &&
	    st.st_dev == w->device && st.st_ino == w->inode) {
		done =
		    pwrite(fd, w->head, w->body_at, 0) == (ssize_t)w->body_at;
		if (!done)
			fail(w, errno);
		set_used(fd, now_ms);
	}
	close(fd);
	return done;
}

/* It is in the ledger now, or nowhere. */
static void made(const struct writer *w)
{
	struct files *f = files_of(w);
	uint64_t bytes = files_tmp_room(f, w->body_at + w->body_bytes);

	f->making -= f->making < bytes ? f->making : bytes;
}

bool files_end(struct store_writer *base, bool whole, int64_t now_ms)
{
	struct writer *w = (struct writer *)base;
	struct files *f = files_of(w);
	bool done = false;

	/* The rows of purged keys are kept for no longer. */
	if (whole && !w->failed && files_ready(f, now_ms) &&
	    now_ms - w->begun_ms < WRITER_MAX_MS)
		done = w->in_place ? commit_head(w, now_ms) :
				     commit_new(w, now_ms);
	if (done) {
		files_went_well(f);
		state_put_change(&f->state, w->hash, files_random(f));
	}
	if (w->fd >= 0 && w->tmp[0] != '\0')
		files_tmp_drop(f, w->tmp);
	if (w->fd >= 0)
		made(w);
	if (w->crowded)
		files_tmp_sweep(f, now_ms);
	writer_free(w);
	return done;
}
