/* A worker's part in what processes share: the region, the board on it, and
 * the ticks that keep both true.  Opened only for rules that need it. */
#ifndef ENGINE_COMMONS_H
#define ENGINE_COMMONS_H

#include "base/slice.h"

struct board;
struct commons;
struct conf;
struct ev_loop;

/* Logs, once, where it has to work by itself.  `rules_path` names the region
 * where the rules do not.  NULL: no memory.  Caller frees. */
struct commons *commons_new(
    struct ev_loop *loop, const struct conf *c, const char *rules_path);

/* Accepts NULL. */
void commons_free(struct commons *c);

struct board *commons_board(const struct commons *c);

/* 32 bytes that all processes know and no visitor; see board_secret(). */
struct slice commons_secret(const struct commons *c);

/* Random, and no secret. */
uint64_t commons_random(struct commons *c);

#endif
