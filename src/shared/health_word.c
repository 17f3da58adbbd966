/* Packing, and trying again where another process was faster. */
#include "shared/health_word.h"

/* Beyond it an outcome is not worth the wait: it is advice. */
#define TRIES 16

#define STATE_BITS   2
#define LEVEL_BITS   4
#define FAILURE_BITS 6
#define SUCCESS_BITS 4
#define TIME_BITS    48
#define MASK(bits)   ((UINT64_C(1) << (bits)) - 1)

_Static_assert(HEALTH_LEVEL_MAX <= MASK(LEVEL_BITS), "level");
_Static_assert(HEALTH_FAILURES_MAX <= MASK(FAILURE_BITS), "failures");
_Static_assert(HEALTH_SUCCESSES_MAX <= MASK(SUCCESS_BITS), "successes");
_Static_assert(
    STATE_BITS + LEVEL_BITS + FAILURE_BITS + SUCCESS_BITS + TIME_BITS == 64,
    "one word");

static uint64_t put(uint64_t word, unsigned bits, uint64_t value)
{
	return word << bits | (value & MASK(bits));
}

static uint64_t take(uint64_t *word, unsigned bits)
{
	uint64_t value = *word & MASK(bits);

	*word >>= bits;
	return value;
}

static uint64_t pack(const struct health *h)
{
	uint64_t word = put(0, TIME_BITS, (uint64_t)h->at_ms);

	word = put(word, SUCCESS_BITS, h->successes);
	word = put(word, FAILURE_BITS, h->failures);
	word = put(word, LEVEL_BITS, h->level);
	return put(word, STATE_BITS, (uint64_t)h->state);
}

static struct health unpack(uint64_t word, int64_t back_ms)
{
	struct health h = { .back_ms = back_ms };

	h.state = (enum health_state)take(&word, STATE_BITS);
	h.level = (unsigned)take(&word, LEVEL_BITS);
	h.failures = (unsigned)take(&word, FAILURE_BITS);
	h.successes = (unsigned)take(&word, SUCCESS_BITS);
	h.at_ms = (int64_t)word;
	return h;
}

static struct health bounded(struct health_word *w, uint64_t bits,
    const struct health_rules *rules, int64_t now_ms)
{
	return health_bounded(
	    unpack(
		bits, atomic_load_explicit(&w->back_ms, memory_order_relaxed)),
	    rules, now_ms);
}

struct health health_word_read(
    struct health_word *w, const struct health_rules *rules, int64_t now_ms)
{
	return bounded(w, atomic_load(&w->bits), rules, now_ms);
}

/* True where it holds now; false: another process was faster. */
static bool put_back(
    struct health_word *w, uint64_t *was, const struct health *h)
{
	uint64_t bits = pack(h);

	/* Success after success changes nothing: no line is written. */
	if (bits == *was)
		return true;
	return atomic_compare_exchange_strong(&w->bits, was, bits);
}

bool health_word_try(
    struct health_word *w, const struct health_rules *rules, int64_t now_ms)
{
	uint64_t was = atomic_load(&w->bits);
	struct health h = bounded(w, was, rules, now_ms);

	/* Whoever is faster has the trial. */
	return health_try(&h, rules, now_ms) && put_back(w, &was, &h);
}

enum health_change health_word_outcome(struct health_word *w,
    const struct health_rules *rules, bool ok, bool trial, int64_t now_ms,
    uint64_t random)
{
	uint64_t was = atomic_load(&w->bits);

	for (int tries = 0; tries < TRIES; tries++) {
		struct health h = bounded(w, was, rules, now_ms);
		enum health_change change =
		    health_outcome(&h, rules, ok, trial, now_ms, random);

		if (!put_back(w, &was, &h))
			continue;
		if (change == HEALTH_CAME_BACK)
			atomic_store(&w->back_ms, h.back_ms);
		return change;
	}
	return HEALTH_SAME;
}

enum health_change health_word_take_out(struct health_word *w,
    const struct health_rules *rules, int64_t now_ms, uint64_t random)
{
	uint64_t was = atomic_load(&w->bits);

	for (int tries = 0; tries < TRIES; tries++) {
		struct health h = bounded(w, was, rules, now_ms);
		enum health_change change =
		    health_take_out(&h, rules, now_ms, random);

		if (put_back(w, &was, &h))
			return change;
	}
	return HEALTH_SAME;
}
