/* What the parts of the files backend share; for them alone. */
#ifndef STORE_FILES_IN_H
#define STORE_FILES_IN_H

#include "store/files.h"
#include "store/files_state.h"
#include "store/hot.h"
#include "store/purge_list.h"

#define ENTRY_NAME_MAX 40 /* HASH-HASH and its NUL */
#define BLOCK_BYTES    4096u

/* The time of last use is kept to this. */
#define USE_GRAIN_MS (60 * 1000)

struct files {
	struct store store;
	struct files_plan plan; /* its path is ours */
	int root;               /* -1: none */
	dev_t device;
	ino_t inode;
	struct files_state state;
	int64_t looked_ms; /* when the folder was last made sure of */
	int64_t failed_ms; /* when something last went wrong */
	uid_t uid;         /* ours */
	uint64_t random;
	uint64_t boot;    /* of this system; 0: it does not say */
	uint64_t commits; /* of this process */
	uint64_t rooms;   /* made by this process */
	uint64_t making;  /* bytes in tmp/ when it was last looked at */
	/* The prefixes file as it was at its newest row's generation. */
	struct purge_list purges;
	char *purge_bytes;
	uint64_t purges_of;
	struct hot *hot; /* NULL: nothing is kept in memory */
};

struct entry_name {
	unsigned shard;
	char at[ENTRY_NAME_MAX];
};

/* files.c: makes sure of the folder once a second; false: there is none. */
bool files_ready(struct files *f, int64_t now_ms);

/* Notes what came of it, for store_news(). */
bool files_failed(struct files *f, int error);
void files_full(struct files *f);
void files_went_well(struct files *f);

uint64_t files_random(struct files *f);

/* files_path.c: names and how they are opened; errno is set on failure. */
struct entry_name entry_name(const struct files *f, uint64_t hash);
struct entry_name entry_variant(
    const struct files *f, uint64_t hash, uint64_t variant);
bool entry_name_ours(const char *name);

/* No link is followed on the way. */
int files_open_at(const struct files *f, const char *path, int how);
int files_open_entry(
    const struct files *f, const struct entry_name *name, int how);
int files_open_shard(const struct files *f, unsigned shard, int how);
/* The same, made where it is missing. */
int files_make_shard(const struct files *f, unsigned shard);
int files_make_tmp(const struct files *f);

/* A regular file of ours alone? */
bool files_is_safe(const struct files *f, const struct stat *st);

/* Bytes of disk for a file of that size. */
uint64_t files_disk(uint64_t size);

/* Unlinks; the ledger says so. */
void files_forget(struct files *f, const struct entry_name *name);

int64_t files_used_ms(const struct stat *st);

/* The lines of what varies, from the start of fd; false: it is no such file */
struct variants;
bool files_read_variants(int fd, struct variants *variants_out);

/* files_purge.c: was it purged?  g is what was read before the entry was. */
bool files_is_void(struct files *f, const struct generations *g, uint64_t hash,
    const struct record *r);
bool files_purge(
    struct store *s, enum store_scope scope, struct slice what, int64_t now_ms);

/* files_find.c: -1 where there is no regular file of ours. */
int files_open_safe(
    struct files *f, const struct entry_name *name, struct stat *st);
void files_find(struct store *s, struct slice key, uint64_t round,
    int64_t now_ms, struct arena *a, struct store_found *found_out);
bool files_read(struct store *s, const struct store_hit *hit, uint64_t from,
    char *room, size_t n);
void files_release(struct store *s, struct store_hit *hit);

/* The head at the start of fd; false: it is none, or the arena is spent. */
bool files_read_head(int fd, struct arena *a, struct record *record_out);

/* What was written before the system went down is read whole before it is
 * trusted; larger ones are not worth it. */
#define VERIFY_BYTES (1024u * 1024u)

/* files_watch.c */
bool files_watch(struct store *s, struct slice name, struct arena *a,
    struct store_hit *hit_out);
bool files_grown(
    struct store *s, const struct store_hit *hit, uint64_t *bytes_out);

/* files_each.c */
bool files_each(
    struct store *s, store_visit *visit, void *user, int64_t now_ms);

/* files_write.c */
struct store_writer *files_begin(struct store *s, const struct record *r,
    int64_t length, const struct store_hit *body, int64_t now_ms);
bool files_append(struct store_writer *w, struct slice piece);
size_t files_show(struct store_writer *w, char name_out[STORE_NAME_MAX]);
bool files_end(struct store_writer *w, bool whole, int64_t now_ms);

/* files_hot.c: what is asked for often, in memory.  All of it wants f->hot. */
struct file_mark {
	dev_t device;
	ino_t inode; /* 0: there is none */
	struct timespec changed;
};

struct files_seen {
	uint64_t variant;
	struct file_mark mark;
};

/* The files of a key as a look-up saw them: its own, then its variants'. */
struct files_sight {
	uint64_t changes; /* read before them */
	struct timespec settled;
	bool partial; /* it does not say what there is */
	size_t n;
	struct files_seen at[1 + STORE_VARIANTS_MAX];
};

void files_sight_begin(struct files_sight *s, uint64_t changes);
/* Taken before the file is read; NULL: it is not there. */
void files_sight_add(
    struct files_sight *s, uint64_t variant, const struct stat *st);

/* False: look at the files. */
bool files_hot_find(struct files *f, uint64_t hash, struct slice key,
    const struct generations *g, uint64_t changes, int64_t now_ms,
    struct arena *a, struct store_found *found_out);

/* Keeps what was found in files, if that is worth it. */
void files_hot_keep(struct files *f, uint64_t hash, const struct files_sight *s,
    const struct store_found *found, const struct generations *g,
    int64_t now_ms);

/* Of a hit that is held. */
void files_hot_release(struct store_hit *hit);
void files_hot_file(const struct store_hit *hit, dev_t *device, ino_t *inode);

/* files_tmp.c: a new file in tmp/, locked as long as it is open. */
#define TMP_NAME_MAX 48
int files_tmp_new(struct files *f, char name_out[TMP_NAME_MAX]);
bool files_tmp_move(
    struct files *f, const char *tmp, int folder, const char *name);
void files_tmp_drop(struct files *f, const char *tmp);

bool files_tmp_ours(const char *name);

/* How far a file of that size in tmp/ may grow before its writer makes room
 * again: from the size alone, so that all others know, too. */
uint64_t files_tmp_room(const struct files *f, uint64_t size);

/* The rooms of all that is in the making, left ones included. */
uint64_t files_tmp_bytes(const struct files *f);

/* Removes what killed writers left, a bounded number of files. */
void files_tmp_sweep(struct files *f, int64_t now_ms);

/* files_room.c: throws away until so many bytes more fit beside what is stored
 * and what is in the making; false: they do not.  A bounded number of files. */
bool files_make_room(struct files *f, uint64_t bytes);

#endif
