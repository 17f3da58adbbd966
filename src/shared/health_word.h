/* A struct health that many processes change: one word by compare and swap,
 * and beside it the time of the last recovery.  What is read is bounded. */
#ifndef SHARED_HEALTH_WORD_H
#define SHARED_HEALTH_WORD_H

#include <stdatomic.h>

#include "policy/health.h"

/* All zero: good. */
struct health_word {
	_Atomic uint64_t bits;
	_Atomic int64_t back_ms;
};

struct health health_word_read(
    struct health_word *w, const struct health_rules *rules, int64_t now_ms);

/* As the functions of policy/health.h; of many at once each counts, and a
 * change is told to one alone. */
bool health_word_try(
    struct health_word *w, const struct health_rules *rules, int64_t now_ms);
enum health_change health_word_outcome(struct health_word *w,
    const struct health_rules *rules, bool ok, bool trial, int64_t now_ms,
    uint64_t random);
enum health_change health_word_take_out(struct health_word *w,
    const struct health_rules *rules, int64_t now_ms, uint64_t random);

#endif
