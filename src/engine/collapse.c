/* A small table; a timer of no delay for news of our own, and one that looks
 * after the fetches of other processes. */
#include "engine/collapse.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_S  0.010
#define BUCKETS 256

struct fetch {
	struct collapse *collapse;
	struct fetch *next; /* in the bucket */
	uint64_t id;
	size_t holders;
	bool ours; /* this process fetches it */
	bool slot; /* and holds its slot in the file */
	bool over;
	bool fresh; /* there is news */
	struct flight flight;
	struct follower *followers;
};

struct collapse {
	struct ev_loop *loop;
	struct flights *flights;
	struct ev_timer wake; /* our own news */
	struct ev_timer look; /* theirs */
	size_t theirs;
	struct fetch *buckets[BUCKETS];
};

static struct fetch *find(struct collapse *c, uint64_t id)
{
	struct fetch *f = c->buckets[id % BUCKETS];

	while (f != NULL && (f->id != id || f->over))
		f = f->next;
	return f;
}

/* Followers come and go while they are woken: all of them are put aside, and
 * each is back in its place before its call. */
static void wake(struct fetch *f)
{
	struct follower *waiting = f->followers;

	f->fresh = false;
	f->followers = NULL;
	f->holders++;
	if (waiting != NULL)
		waiting->at = &waiting;
	while (waiting != NULL) {
		struct follower *w = waiting;

		collapse_leave(w);
		collapse_follow(f, w);
		w->woken(w->user);
	}
	collapse_drop(f);
}

static struct fetch *first_fresh(struct collapse *c)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct fetch *f = c->buckets[i]; f != NULL; f = f->next)
			if (f->fresh)
				return f;
	return NULL;
}

static void on_wake(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct collapse *c = timer->data;
	struct fetch *f;

	(void)loop;
	(void)revents;
	while ((f = first_fresh(c)) != NULL)
		wake(f);
}

void collapse_tell(struct fetch *f)
{
	struct collapse *c = f->collapse;

	if (f->followers == NULL || f->fresh)
		return;
	f->fresh = true;
	if (!ev_is_active(&c->wake)) {
		ev_timer_set(&c->wake, 0., 0.);
		ev_timer_start(c->loop, &c->wake);
	}
}

/* Of another fetch of the same key, or of none, ours is over. */
static void look_at(struct fetch *f)
{
	struct flight now;

	flights_look(f->collapse->flights, f->id, &now);
	if (f->flight.number == 0)
		f->flight.number = now.number;
	if (now.number != f->flight.number) {
		f->flight.state = FLIGHT_NONE;
		f->over = true;
	} else {
		f->flight = now;
		f->over =
		    now.state != FLIGHT_UNKNOWN && now.state != FLIGHT_SHOWN;
	}
	f->fresh = f->flight.state != FLIGHT_UNKNOWN;
}

static void on_look(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct collapse *c = timer->data;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct fetch *f = c->buckets[i]; f != NULL; f = f->next)
			if (!f->ours && !f->over)
				look_at(f);
	on_wake(loop, timer, revents);
}

struct collapse *collapse_new(struct ev_loop *loop)
{
	struct collapse *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->loop = loop;
	ev_timer_init(&c->wake, on_wake, 0., 0.);
	ev_timer_init(&c->look, on_look, LOOK_S, LOOK_S);
	c->wake.data = c->look.data = c;
	return c;
}

void collapse_use(struct collapse *c, struct flights *taken)
{
	flights_free(c->flights);
	c->flights = taken;
}

void collapse_free(struct collapse *c)
{
	if (c == NULL)
		return;
	ev_timer_stop(c->loop, &c->wake);
	ev_timer_stop(c->loop, &c->look);
	flights_free(c->flights);
	free(c);
}

static struct fetch *add(struct collapse *c, uint64_t id, bool ours)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->collapse = c;
	f->id = id;
	f->ours = ours;
	f->flight.state = FLIGHT_UNKNOWN;
	f->next = c->buckets[id % BUCKETS];
	c->buckets[id % BUCKETS] = f;
	if (!ours && c->theirs++ == 0)
		ev_timer_again(c->loop, &c->look);
	return f;
}

enum flight_turn collapse_take(
    struct collapse *c, uint64_t id, struct fetch **fetch_out)
{
	struct fetch *f = find(c, id);
	enum flight_turn turn = FLIGHT_THEIRS;

	if (f == NULL) {
		turn = flights_take(c->flights, id);
		/* In one process it works without the file, too. */
		f = add(c, id, turn != FLIGHT_THEIRS);
		if (f == NULL && turn == FLIGHT_OURS)
			flights_leave(c->flights, id, FLIGHT_NONE, 0);
		if (f == NULL)
			return FLIGHT_ALONE;
		if (turn == FLIGHT_THEIRS)
			flights_want(c->flights, id);
		f->slot = turn == FLIGHT_OURS;
		turn = turn == FLIGHT_ALONE ? FLIGHT_OURS : turn;
	}
	f->holders++;
	*fetch_out = f;
	return turn;
}

static bool is_flown(struct collapse *c, uint64_t id)
{
	struct flight now;

	flights_look(c->flights, id, &now);
	return now.state == FLIGHT_UNKNOWN || now.state == FLIGHT_SHOWN;
}

enum flight_turn collapse_join(
    struct collapse *c, uint64_t id, struct fetch **fetch_out)
{
	struct fetch *f = find(c, id);

	if (f == NULL && is_flown(c, id)) {
		f = add(c, id, false);
		flights_want(c->flights, id);
	}
	if (f == NULL)
		return FLIGHT_ALONE;
	f->holders++;
	*fetch_out = f;
	return FLIGHT_THEIRS;
}

bool collapse_is_under_way(struct collapse *c, uint64_t id)
{
	return find(c, id) != NULL;
}

void collapse_drop(struct fetch *f)
{
	struct collapse *c;
	struct fetch **at;

	if (f == NULL || --f->holders > 0)
		return;
	c = f->collapse;
	at = &c->buckets[f->id % BUCKETS];
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	if (!f->ours && --c->theirs == 0)
		ev_timer_stop(c->loop, &c->look);
	free(f);
}

bool collapse_is_wanted(const struct fetch *f)
{
	return f->followers != NULL ||
	    (f->slot && flights_wanted(f->collapse->flights, f->id));
}

void collapse_show(struct fetch *f, struct slice name)
{
	f->flight.state = FLIGHT_SHOWN;
	f->flight.name_n = name.len;
	memcpy(f->flight.name, name.at, name.len);
	if (f->slot)
		flights_show(f->collapse->flights, f->id, name);
	collapse_tell(f);
}

void collapse_end(struct fetch *f, enum flight_state end, uint64_t body_bytes)
{
	f->flight.state = end;
	f->flight.body_bytes = body_bytes;
	f->over = true;
	if (f->slot)
		flights_leave(f->collapse->flights, f->id, end, body_bytes);
	f->slot = false;
	collapse_tell(f);
}

void collapse_follow(struct fetch *f, struct follower *w)
{
	w->next = f->followers;
	w->at = &f->followers;
	if (w->next != NULL)
		w->next->at = &w->next;
	f->followers = w;
}

void collapse_leave(struct follower *w)
{
	if (w->at == NULL)
		return;
	*w->at = w->next;
	if (w->next != NULL)
		w->next->at = w->at;
	w->at = NULL;
}

const struct flight *collapse_flight(const struct fetch *f)
{
	return &f->flight;
}
