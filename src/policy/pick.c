/* Who may, and who of them does. */
#include "policy/pick.h"

#include <arpa/inet.h>

#include "base/hash.h"

/* ---- who may ---- */

/* Those that may have the request, by index, with the weight that counts. */
struct field {
	const struct pick_server *servers;
	size_t n;
	size_t index[PICK_SERVERS_MAX];
	uint64_t weight[PICK_SERVERS_MAX];
};

enum group {
	GROUP_NORMAL,
	GROUP_BACKUP,
	GROUP_TRIALS, /* of any kind: the last resort */
	GROUP_N
};

static bool is_full(const struct pick_server *s)
{
	return s->max > 0 && s->in_flight >= s->max;
}

static bool may_ever(const struct pick_server *s)
{
	return !s->tried && !s->drain && s->weight > 0;
}

static bool is_in(const struct pick_server *s, enum group group, bool trials)
{
	if (!may_ever(s) || s->admits == HEALTH_REFUSES)
		return false;
	if (group == GROUP_TRIALS)
		return s->admits == HEALTH_ADMITS_TRIAL;
	return s->backup == (group == GROUP_BACKUP) &&
	    (trials || s->admits == HEALTH_ADMITS);
}

static uint64_t weight_of(const struct pick_server *s)
{
	uint64_t weight =
	    s->weight < PICK_WEIGHT_MAX ? s->weight : PICK_WEIGHT_MAX;

	return weight *
	    (s->share < HEALTH_SHARE_WHOLE ? s->share + (s->share == 0) :
					     HEALTH_SHARE_WHOLE);
}

/* True where some are usable, full or not. */
static bool field_of(struct field *f, const struct pick_server *servers,
    size_t n, enum group group, bool trials)
{
	bool any = false;

	f->servers = servers;
	f->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_in(&servers[i], group, trials))
			continue;
		any = true;
		if (is_full(&servers[i]))
			continue;
		f->index[f->n] = i;
		f->weight[f->n++] = weight_of(&servers[i]);
	}
	return any;
}

/* ---- who does ---- */

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* The server that holds `point` when all stand in a row, as broad as they
 * weigh. */
static size_t at_point(const struct field *f, uint64_t unit, uint64_t point)
{
	size_t i = 0;

	while (i + 1 < f->n && point >= f->weight[i] / unit) {
		point -= f->weight[i] / unit;
		i++;
	}
	return i;
}

static uint64_t sum_of(const struct field *f)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < f->n; i++)
		sum += f->weight[i];
	return sum;
}

/* Step through 0..sum-1 by the golden section of sum, or the next step that
 * shares no factor with it: each point comes once a round, neighbours far
 * apart, so that a heavy server's turns are spread over the round. */
static size_t by_ticket(const struct field *f, uint64_t ticket)
{
	uint64_t unit = 0;
	uint64_t sum;
	uint64_t step;

	for (size_t i = 0; i < f->n; i++)
		unit = gcd(f->weight[i], unit);
	sum = sum_of(f) / unit;
	step = sum * 618 / 1000;
	while (gcd(sum, step) != 1)
		step++;
	return at_point(f, unit, ticket % sum * step % sum);
}

/* Is a busier than b, for its weight, should it get one request more? */
static bool is_busier(const struct field *f, size_t a, size_t b)
{
	uint64_t of_a = f->servers[f->index[a]].in_flight + UINT64_C(1);
	uint64_t of_b = f->servers[f->index[b]].in_flight + UINT64_C(1);

	return of_a * f->weight[b] > of_b * f->weight[a];
}

static size_t by_load(const struct field *f, uint64_t ticket)
{
	struct field tied = { .servers = f->servers };
	size_t back[PICK_SERVERS_MAX];
	size_t best = 0;

	for (size_t i = 1; i < f->n; i++)
		if (is_busier(f, best, i))
			best = i;
	for (size_t i = 0; i < f->n; i++) {
		if (is_busier(f, i, best))
			continue;
		back[tied.n] = i;
		tied.index[tied.n] = f->index[i];
		tied.weight[tied.n++] = f->weight[i];
	}
	return back[by_ticket(&tied, ticket)];
}

static size_t by_chance(const struct field *f, uint64_t random)
{
	uint64_t sum = sum_of(f);
	size_t a = at_point(f, 1, hash64_mix(random) % sum);
	struct field rest = *f;
	size_t b;

	if (f->n < 2)
		return a;
	rest.n--;
	for (size_t i = a; i < rest.n; i++) {
		rest.index[i] = f->index[i + 1];
		rest.weight[i] = f->weight[i + 1];
	}
	b = at_point(&rest, 1, hash64_mix(random + 1) % (sum - f->weight[a]));
	if (b >= a)
		b++;
	return is_busier(f, a, b) ? b : a;
}

/* -log2(x / 2^64) in units of 2^-24, for x > 0: the same on every machine,
 * which floating point would not promise. */
static uint64_t minus_log2(uint64_t x)
{
	uint64_t whole = 0;
	uint64_t fraction = 0;

	while (x >> 63 == 0) {
		x <<= 1;
		whole++;
	}
	x >>= 32;
	/* x is 1..2 in units of 2^-31; its square's whole bit is the next
	 * bit of the logarithm. */
	for (int bit = 23; bit >= 0; bit--) {
		x = x * x >> 31;
		if (x >> 32 != 0) {
			fraction |= UINT64_C(1) << bit;
			x >>= 1;
		}
	}
	return ((whole + 1) << 24) - fraction;
}

/* The lowest -log(u) / weight wins, u being the hash of key and server as a
 * number of 0..1: so each wins as often as it weighs. */
static size_t by_hash(const struct field *f, uint64_t key)
{
	size_t best = 0;
	uint64_t best_cost = UINT64_MAX;

	for (size_t i = 0; i < f->n; i++) {
		uint64_t id = f->servers[f->index[i]].id;
		uint64_t u = hash64_mix(hash64_mix(key) ^ hash64_mix(~id)) | 1;
		uint64_t cost = (minus_log2(u) << 24) / f->weight[i];

		if (cost < best_cost) {
			best = i;
			best_cost = cost;
		}
	}
	return best;
}

static size_t choose(const struct field *f, const struct pick_request *r)
{
	switch (r->method) {
	case PICK_LEAST_CONNECTIONS:
		return by_load(f, r->ticket);
	case PICK_HASH:
		return by_hash(f, r->key);
	case PICK_RANDOM:
		return by_chance(f, r->random);
	case PICK_ROUND_ROBIN:
		break;
	}
	return by_ticket(f, r->ticket);
}

/* ---- the answer ---- */

static struct pick picked(const struct pick_server *servers, size_t i)
{
	if (is_full(&servers[i]))
		return (struct pick){ .result = PICK_FULL };
	return (struct pick){ .result = PICK_SERVER,
		.server = i,
		.trial = servers[i].admits == HEALTH_ADMITS_TRIAL };
}

static int64_t soonest_ms(const struct pick_server *servers, size_t n)
{
	int64_t soonest = -1;

	for (size_t i = 0; i < n; i++)
		if (!servers[i].drain && servers[i].weight > 0 &&
		    servers[i].admits == HEALTH_REFUSES &&
		    (soonest < 0 || servers[i].wait_ms < soonest))
			soonest =
			    servers[i].wait_ms < 0 ? 0 : servers[i].wait_ms;
	return soonest;
}

struct pick pick_server(const struct pick_server *servers, size_t n,
    const struct pick_request *request)
{
	struct field f;

	if (n > PICK_SERVERS_MAX)
		n = PICK_SERVERS_MAX;
	if (request->session < n && !servers[request->session].tried &&
	    servers[request->session].admits == HEALTH_ADMITS)
		return picked(servers, request->session);
	for (int group = 0; group < GROUP_N; group++) {
		if (!field_of(
			&f, servers, n, (enum group)group, request->repeatable))
			continue;
		if (f.n == 0)
			return (struct pick){ .result = PICK_FULL };
		return picked(servers, f.index[choose(&f, request)]);
	}
	return (struct pick){ .result = PICK_NONE,
		.wait_ms = soonest_ms(servers, n) };
}

/* ---- keys ---- */

uint64_t pick_key_of_address(struct slice address)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[16];

	if (address.len < sizeof(text)) {
		for (size_t i = 0; i < address.len; i++)
			text[i] = address.at[i];
		text[address.len] = '\0';
		if (inet_pton(AF_INET6, text, bytes) == 1)
			return hash64((struct slice){ (const char *)bytes, 8 });
	}
	return hash64(address);
}
