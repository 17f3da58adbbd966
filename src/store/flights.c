/* Slots in a file, and locks that say more than that they are there.
 *
 * Each slot has a range of offsets far behind the end of the file.  Its lock
 * begins at the range's begin, so that there is one at most, and is as long as
 * the number that tells which key it is about and which fetch.  So whoever
 * meets a lock knows at once whose turn it is, and what is written in the slot
 * is believed only as long as it agrees. */
#include "store/flights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/little.h"
#include "store/sum.h"

#define MAGIC      UINT64_C(0x3174676c66727066) /* "fprflgt1" */
#define SLOT_BYTES 256
#define ALL_BYTES  (SLOT_BYTES * (1 + (off_t)FLIGHT_SLOTS))

/* A slot.  What others ask for is not under the sum. */
enum place {
	AT_SUM = 0, /* of the rest */
	AT_ID = 8,
	AT_NUMBER = 16,
	AT_END_MS = 24, /* by the wall clock */
	AT_BODY_BYTES = 32,
	AT_STATE = 40,
	AT_NAME_N = 44,
	AT_NAME = 48,
	DATA_BYTES = AT_NAME + STORE_NAME_MAX,
	AT_WANTED = SLOT_BYTES - 8,
};

/* Half of a range is never locked: neighbours that touch become one lock. */
#define RANGE_BITS  50
#define ID_BITS     31
#define NUMBER_BITS 18
#define LOW(n)      ((UINT64_C(1) << (n)) - 1)

#define ATTEMPTS   4
#define LOOK_MS    1000
#define END_MAX_MS (60 * 1000)

struct held {
	bool on;
	uint64_t id;
	uint64_t number;
};

struct flights {
	char *path;
	int fd; /* -1: none */
	dev_t device;
	ino_t inode;
	int64_t looked_ms;
	uint64_t random;
	struct held held[FLIGHT_SLOTS];
};

static unsigned slot_of(uint64_t id)
{
	return (unsigned)(id % FLIGHT_SLOTS);
}

static off_t slot_at(uint64_t id)
{
	return SLOT_BYTES * (1 + (off_t)slot_of(id));
}

/* ---- the file ---- */

static bool is_safe(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	    st->st_nlink == 1 && (st->st_mode & 022) == 0;
}

/* A new file, one of ours that was cut, or nobody's: ours and whole then. */
static bool make_whole(int fd, const struct stat *st)
{
	char head[8] = { 0 };

	if (pread(fd, head, sizeof(head), 0) < 0)
		return false;
	if (little_u64(head) != MAGIC) {
		if (st->st_size >= (off_t)sizeof(head) && little_u64(head) != 0)
			return false;
		little_put_u64(head, MAGIC);
		if (pwrite(fd, head, sizeof(head), 0) != sizeof(head))
			return false;
	}
	return st->st_size == ALL_BYTES || ftruncate(fd, ALL_BYTES) == 0;
}

static void open_file(struct flights *f)
{
	static const int how =
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct stat st;

	f->fd = open(f->path, how, 0600);
	if (f->fd < 0)
		return;
	if (fstat(f->fd, &st) == 0 && is_safe(&st) && make_whole(f->fd, &st)) {
		f->device = st.st_dev;
		f->inode = st.st_ino;
		return;
	}
	close(f->fd);
	f->fd = -1;
}

static bool is_current(const struct flights *f)
{
	struct stat st;

	return f->fd >= 0 && lstat(f->path, &st) == 0 &&
	    st.st_dev == f->device && st.st_ino == f->inode && is_safe(&st) &&
	    (st.st_size == ALL_BYTES || make_whole(f->fd, &st));
}

static bool ready(struct flights *f)
{
	int64_t now_ms;

	if (f == NULL)
		return false;
	now_ms = clock_ms();
	if (now_ms - f->looked_ms < LOOK_MS)
		return f->fd >= 0;
	f->looked_ms = now_ms;
	if (is_current(f))
		return true;
	if (f->fd >= 0) {
		close(f->fd);
		memset(f->held, 0, sizeof(f->held));
	}
	open_file(f);
	return f->fd >= 0;
}

struct flights *flights_open(const char *path)
{
	struct flights *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->fd = -1;
	f->path = strdup(path);
	f->looked_ms = clock_ms();
	if (f->path == NULL ||
	    getrandom(&f->random, sizeof(f->random), 0) != sizeof(f->random)) {
		flights_free(f);
		return NULL;
	}
	open_file(f);
	return f;
}

void flights_free(struct flights *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f);
}

/* ---- locks ---- */

/* What a lock says: never 0. */
static uint64_t tag_of(uint64_t id, uint64_t number)
{
	uint64_t key = id / FLIGHT_SLOTS & LOW(ID_BITS);

	return 1 + (key << NUMBER_BITS | (number & LOW(NUMBER_BITS)));
}

static bool tag_is_of(uint64_t tag, uint64_t id)
{
	return (tag - 1) >> NUMBER_BITS == (id / FLIGHT_SLOTS & LOW(ID_BITS));
}

#ifdef F_OFD_SETLK
static bool lock(const struct flights *f, short type, uint64_t id, uint64_t tag)
{
	struct flock range = { .l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)slot_of(id) << RANGE_BITS,
		.l_len = (off_t)tag };

	return fcntl(f->fd, F_OFD_SETLK, &range) == 0;
}

/* What the lock on its slot says; 0: there is none of another process. */
static uint64_t holder(const struct flights *f, uint64_t id)
{
	struct flock range = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)slot_of(id) << RANGE_BITS,
		.l_len = 1 };

	if (fcntl(f->fd, F_OFD_GETLK, &range) != 0 || range.l_type == F_UNLCK ||
	    range.l_len <= 0)
		return 0;
	return (uint64_t)range.l_len;
}
#else
static bool lock(const struct flights *f, short type, uint64_t id, uint64_t tag)
{
	(void)f;
	(void)type;
	(void)id;
	(void)tag;
	errno = ENOSYS;
	return false;
}

static uint64_t holder(const struct flights *f, uint64_t id)
{
	(void)f;
	(void)id;
	return 0;
}
#endif

/* ---- slots ---- */

struct slot {
	uint64_t id;
	int64_t end_ms;
	struct flight flight;
};

static uint64_t sum_of(const char *at)
{
	struct sum sum = sum_new();

	sum_add(&sum, (struct slice){ at + AT_ID, DATA_BYTES - AT_ID });
	return sum_value(&sum);
}

static bool write_slot(const struct flights *f, const struct slot *s)
{
	char at[DATA_BYTES] = { 0 };

	little_put_u64(at + AT_ID, s->id);
	little_put_u64(at + AT_NUMBER, s->flight.number);
	little_put_u64(at + AT_END_MS, (uint64_t)s->end_ms);
	little_put_u64(at + AT_BODY_BYTES, s->flight.body_bytes);
	little_put_u32(at + AT_STATE, s->flight.state);
	little_put_u32(at + AT_NAME_N, (uint32_t)s->flight.name_n);
	memcpy(at + AT_NAME, s->flight.name, s->flight.name_n);
	little_put_u64(at + AT_SUM, sum_of(at));
	return pwrite(f->fd, at, sizeof(at), slot_at(s->id)) ==
	    (ssize_t)sizeof(at);
}

/* False: nothing, or met halfway. */
static bool read_slot(const struct flights *f, uint64_t id, struct slot *s)
{
	char at[DATA_BYTES];

	if (pread(f->fd, at, sizeof(at), slot_at(id)) != (ssize_t)sizeof(at) ||
	    little_u64(at + AT_SUM) != sum_of(at) ||
	    little_u32(at + AT_STATE) > FLIGHT_REFUSED ||
	    little_u32(at + AT_NAME_N) > STORE_NAME_MAX)
		return false;
	s->id = little_u64(at + AT_ID);
	s->end_ms = (int64_t)little_u64(at + AT_END_MS);
	s->flight = (struct flight){
		.state = (enum flight_state)little_u32(at + AT_STATE),
		.body_bytes = little_u64(at + AT_BODY_BYTES),
		.number = little_u64(at + AT_NUMBER),
		.name_n = little_u32(at + AT_NAME_N),
	};
	memcpy(s->flight.name, at + AT_NAME, s->flight.name_n);
	return true;
}

static struct held *held_of(struct flights *f, uint64_t id)
{
	struct held *h = f == NULL ? NULL : &f->held[slot_of(id)];

	return h != NULL && h->on && h->id == id ? h : NULL;
}

/* ---- the calls ---- */

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum flight_turn taken(struct flights *f, uint64_t id, uint64_t number)
{
	struct slot s = { .id = id,
		.flight = { .state = FLIGHT_UNKNOWN, .number = number } };

	/* On a full disk nothing is stored that others could wait for. */
	if (!write_slot(f, &s)) {
		lock(f, F_UNLCK, id, tag_of(id, number));
		return FLIGHT_ALONE;
	}
	f->held[slot_of(id)] = (struct held){ true, id, number };
	return FLIGHT_OURS;
}

/* The lock has a part of the id, the slot has all of it. */
static enum flight_turn met(const struct flights *f, uint64_t id, uint64_t tag)
{
	struct slot s;

	if (!tag_is_of(tag, id) ||
	    (read_slot(f, id, &s) && tag_of(s.id, s.flight.number) == tag &&
		s.id != id))
		return FLIGHT_ALONE;
	return FLIGHT_THEIRS;
}

enum flight_turn flights_take(struct flights *f, uint64_t id)
{
	uint64_t number;

	if (!ready(f) || f->held[slot_of(id)].on)
		return FLIGHT_ALONE;
	f->random += UINT64_C(0x9e3779b97f4a7c15);
	number = hash64_mix(f->random) | 1;
	for (int i = 0; i < ATTEMPTS; i++) {
		uint64_t tag;

		if (lock(f, F_WRLCK, id, tag_of(id, number)))
			return taken(f, id, number);
		if (errno != EAGAIN && errno != EACCES)
			return FLIGHT_ALONE;
		tag = holder(f, id);
		if (tag != 0)
			return met(f, id, tag);
	}
	return FLIGHT_ALONE;
}

void flights_show(struct flights *f, uint64_t id, struct slice name)
{
	const struct held *h = held_of(f, id);
	struct slot s = { .id = id };

	if (h == NULL || name.len > STORE_NAME_MAX)
		return;
	s.flight = (struct flight){
		.state = FLIGHT_SHOWN, .number = h->number, .name_n = name.len
	};
	memcpy(s.flight.name, name.at, name.len);
	(void)write_slot(f, &s);
}

void flights_leave(
    struct flights *f, uint64_t id, enum flight_state end, uint64_t body_bytes)
{
	struct held *h = held_of(f, id);
	struct slot s = { .id = id };

	if (h == NULL)
		return;
	s.end_ms = wall_ms();
	s.flight = (struct flight){
		.state = end, .body_bytes = body_bytes, .number = h->number
	};
	/* Without a lock what is under way is over. */
	if (end != FLIGHT_NONE)
		(void)write_slot(f, &s);
	lock(f, F_UNLCK, id, tag_of(id, h->number));
	h->on = false;
}

static bool is_end(const struct slot *s, uint64_t id)
{
	int64_t ago_ms = wall_ms() - s->end_ms;

	return s->id == id &&
	    (s->flight.state == FLIGHT_STORED ||
		s->flight.state == FLIGHT_REFUSED) &&
	    ago_ms >= 0 && ago_ms < END_MAX_MS;
}

/* The lock is asked first: an end is written before it goes. */
void flights_look(struct flights *f, uint64_t id, struct flight *flight_out)
{
	const struct held *h;
	struct slot s;

	*flight_out = (struct flight){ .state = FLIGHT_NONE };
	if (!ready(f))
		return;
	h = held_of(f, id);
	for (int i = 0; i < ATTEMPTS; i++) {
		uint64_t tag =
		    h != NULL ? tag_of(id, h->number) : holder(f, id);
		bool whole = read_slot(f, id, &s);

		if (tag == 0) {
			if (whole && is_end(&s, id))
				*flight_out = s.flight;
			return;
		}
		if (!tag_is_of(tag, id))
			return;
		if (whole && tag_of(s.id, s.flight.number) == tag) {
			if (s.id == id)
				*flight_out = s.flight;
			return;
		}
	}
	/* Locked, and not yet written. */
	flight_out->state = FLIGHT_UNKNOWN;
}

/* The lock's word, so that it is about this fetch and no later one. */
void flights_want(struct flights *f, uint64_t id)
{
	uint64_t tag = ready(f) ? holder(f, id) : 0;
	char word[8];

	if (tag == 0 || !tag_is_of(tag, id))
		return;
	little_put_u64(word, tag);
	(void)!pwrite(f->fd, word, sizeof(word), slot_at(id) + AT_WANTED);
}

bool flights_wanted(struct flights *f, uint64_t id)
{
	const struct held *h = held_of(f, id);
	char word[8];

	return h != NULL &&
	    pread(f->fd, word, sizeof(word), slot_at(id) + AT_WANTED) ==
	    (ssize_t)sizeof(word) &&
	    little_u64(word) == tag_of(id, h->number);
}
