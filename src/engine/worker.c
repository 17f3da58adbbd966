/* The worker's loop: signals, reloading, the flush tick, a graceful end. */
#include "engine/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/conf.h"
#include "engine/balancer.h"
#include "engine/cache.h"
#include "engine/commons.h"
#include "engine/exchange.h"
#include "engine/ghost.h"
#include "engine/keyring.h"
#include "engine/probe.h"
#include "filter/gzip.h"
#include "front/cgi.h"
#include "front/fcgi.h"
#include "origin/multi.h"

/* The rule files are looked at this often. */
#define WATCH_S 0.5

/* How long an encoder may hold back bytes of a content that is not a stream
 * of events but trickles all the same. */
#define FLUSH_S 0.1

/* After so many exchanges at once, memory is given back when less than a
 * quarter of them is left; looked at this often. */
#define RUSH   16
#define TRIM_S 0.5

/* Descriptors: an exchange takes two, a few are for logs and files. */
#define DESCRIPTORS_WANTED 16384
#define DESCRIPTORS_KEPT   64

static void open_logs(struct worker *w)
{
	const struct settings *s = &w->rules->conf->settings;

	if (!log_open(s->error_log, s->log_level))
		log_line(LOG_ERROR, "error_log %.*s: %s",
		    SLICE_ARG(s->error_log), strerror(errno));
	if (!access_log_open(&w->access, s->access_log))
		log_line(LOG_ERROR, "access_log %.*s: %s",
		    SLICE_ARG(s->access_log), strerror(errno));
}

/* What one rule needs of the others' knowledge is opened with the first that
 * does, and stays. */
static bool open_commons(struct worker *w, const struct ruleset *rules)
{
	if (w->commons == NULL && balancer_is_needed(rules->balancer))
		w->commons = commons_new(w->loop, rules->conf, w->rules_path);
	return w->commons != NULL || !balancer_is_needed(rules->balancer);
}

/* What goes on by itself goes on by these rules. */
static void follow_rules(struct worker *w)
{
	keyring_follow(w->keyring, w->rules->conf);
	prober_free(w->prober);
	if (!prober_new(w, &w->prober))
		log_line(LOG_ERROR, "no memory to probe servers");
}

/* Parse, validate whole, swap one pointer; what is broken changes nothing. */
static void reload(struct worker *w)
{
	struct conf *conf = reload_rules(w->rules_path);
	struct ruleset *fresh = conf == NULL ? NULL : ruleset_new(conf);

	if (fresh != NULL && !open_commons(w, fresh)) {
		log_line(LOG_ERROR, "no memory for pools: the rules stay");
		ruleset_drop(fresh);
		fresh = NULL;
	}
	if (fresh != NULL) {
		fresh->cache =
		    cache_open(w->loop, fresh->conf, w->rules->cache);
		ruleset_drop(w->rules);
		w->rules = fresh;
		open_logs(w);
		follow_rules(w);
		fcgi_server_limit_params(
		    w->server, (size_t)fresh->conf->settings.max_params_bytes);
	}
	/* Of a broken edit, too: wait for the next one. */
	watched_renew(&w->watched, w->rules->conf);
}

static void on_watch(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct worker *w = timer->data;

	(void)loop;
	(void)revents;
	if (watched_changed(&w->watched, w->rules->conf))
		reload(w);
}

static void on_hangup(
    struct ev_loop *loop, struct ev_signal *signal, int revents)
{
	(void)loop;
	(void)revents;
	reload(signal->data);
}

static void on_flush(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct worker *w = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	exchange_flush_all(w->exchanges);
}

void worker_want_flush(struct worker *w)
{
	if (!ev_is_active(&w->flush_tick))
		ev_timer_again(w->loop, &w->flush_tick);
}

static void on_ghosts(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	(void)loop;
	(void)revents;
	ghosts_begin(timer->data);
}

/* Under CGI what is to be done afterwards is done by a child: see haunt(). */
void worker_want_ghosts(struct worker *w)
{
	if (w->server != NULL && !ev_is_active(&w->ghost_tick)) {
		ev_timer_set(&w->ghost_tick, 0., 0.);
		ev_timer_start(w->loop, &w->ghost_tick);
	}
	worker_defer_end(w);
}

static void mask_term(int how)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(how, &term, NULL);
}

void worker_defer_end(struct worker *w)
{
	if (w->server == NULL)
		mask_term(SIG_BLOCK);
}

/* Buffers of a rush lie between what lives on, so that glibc by itself would
 * keep them all: 256 large responses at once left 120 MiB behind. */
static void on_trim(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct worker *w = timer->data;

	(void)revents;
	if (w->exchange_n * 4 > w->rush)
		return;
	gzip_pool_trim(w->gzip);
#ifdef M_TRIM_THRESHOLD
	(void)malloc_trim(0);
#endif
	w->rush = w->exchange_n;
	ev_timer_stop(loop, timer);
}

void worker_entered(struct worker *w)
{
	w->exchange_n++;
	if (w->exchange_n <= w->rush)
		return;
	w->rush = w->exchange_n;
	if (w->rush >= RUSH && !ev_is_active(&w->trim_tick))
		ev_timer_again(w->loop, &w->trim_tick);
}

static void on_stop_deadline(
    struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct worker *w = timer->data;

	(void)revents;
	if (w->exchange_n > 0)
		log_line(LOG_WARN,
		    "stop_timeout is over: %zu requests are broken off",
		    w->exchange_n);
	ev_break(loop, EVBREAK_ALL);
}

static void on_stop_check(
    struct ev_loop *loop, struct ev_prepare *prepare, int revents)
{
	struct worker *w = prepare->data;

	(void)revents;
	if (w->exchange_n == 0 &&
	    (w->server == NULL || fcgi_server_connections(w->server) == 0))
		ev_break(loop, EVBREAK_ALL);
}

/* Graceful: takes nothing new, finishes what runs. */
static void on_stop(struct ev_loop *loop, struct ev_signal *signal, int revents)
{
	struct worker *w = signal->data;
	int64_t grace_ms = w->rules->conf->settings.stop_timeout_ms;

	(void)revents;
	if (w->stopping)
		return;
	w->stopping = true;
	ev_timer_stop(loop, &w->watch_tick);
	if (w->server != NULL)
		fcgi_server_stop(w->server);
	ev_timer_set(&w->stop_deadline, (double)grace_ms / 1000., 0.);
	ev_timer_start(loop, &w->stop_deadline);
	ev_prepare_start(loop, &w->stop_check);
}

/* Buffers of tens of KiB come and go with every response: glibc must not
 * return each to the system, nor keep an arena for libcurl's resolver. */
static void tune_allocator(void)
{
#ifdef M_TRIM_THRESHOLD
	(void)mallopt(M_TRIM_THRESHOLD, 2 * 1024 * 1024);
	(void)mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
	(void)mallopt(M_ARENA_MAX, 1);
#endif
}

static void watchers_init(struct worker *w)
{
	ev_timer_init(&w->flush_tick, on_flush, 0., FLUSH_S);
	ev_timer_init(&w->ghost_tick, on_ghosts, 0., 0.);
	ev_timer_init(&w->trim_tick, on_trim, 0., TRIM_S);
	ev_timer_init(&w->watch_tick, on_watch, WATCH_S, WATCH_S);
	ev_timer_init(&w->stop_deadline, on_stop_deadline, 0., 0.);
	ev_prepare_init(&w->stop_check, on_stop_check);
	/* After the fronts have flushed and may have closed. */
	ev_set_priority(&w->stop_check, EV_MINPRI);
	ev_signal_init(&w->on_term, on_stop, SIGTERM);
	ev_signal_init(&w->on_int, on_stop, SIGINT);
	ev_signal_init(&w->on_hup, on_hangup, SIGHUP);
	w->ghost_tick.data = w;
	w->flush_tick.data = w->trim_tick.data = w->watch_tick.data =
	    w->stop_deadline.data = w->stop_check.data = w->on_term.data =
		w->on_int.data = w->on_hup.data = w;
}

static struct slice base_name(const char *path)
{
	const char *slash = path == NULL ? NULL : strrchr(path, '/');

	return slice_of(slash == NULL ? path : slash + 1);
}

struct worker *worker_new(const struct worker_options *o)
{
	struct worker *w = calloc(1, sizeof(*w));
	struct ruleset *rules = ruleset_new(o->conf);

	if (w == NULL || rules == NULL) {
		ruleset_drop(rules);
		free(w);
		return NULL;
	}
	w->rules = rules;
	w->rules_path = o->rules_path;
	w->program = base_name(o->program);
	w->supervised = o->supervised;
	w->access.fd = -1;
	w->ids = request_ids_new();
	open_logs(w);
	w->loop = ev_loop_new(EVFLAG_NOENV);
	w->gzip = gzip_pool_new();
	if (w->loop != NULL && origin_global_init())
		w->multi = multi_new(w->loop);
	if (w->multi != NULL)
		w->keyring = keyring_new(w->loop, w->multi, environ);
	if (w->keyring == NULL || w->gzip == NULL || !open_commons(w, rules)) {
		log_line(LOG_ERROR, "cannot start: no memory or no libcurl");
		worker_free(w);
		return NULL;
	}
	if (!o->uncached)
		rules->cache = cache_open(w->loop, rules->conf, NULL);
	tune_allocator();
	signal(SIGPIPE, SIG_IGN);
	watchers_init(w);
	return w;
}

void worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	fcgi_server_free(w->server);
	cgi_free(w->cgi);
	prober_free(w->prober);
	keyring_free(w->keyring);
	commons_free(w->commons);
	ghosts_free(w);
	multi_free(w->multi);
	gzip_pool_free(w->gzip);
	ruleset_drop(w->rules);
	(void)access_log_open(&w->access, SLICE_NONE);
	if (w->loop != NULL)
		ev_loop_destroy(w->loop);
	free(w);
}

/* As many descriptors as we may have, within reason. */
static size_t connections_possible(void)
{
	struct rlimit limit;
	rlim_t kept;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256;
	if (limit.rlim_cur < DESCRIPTORS_WANTED) {
		rlim_t had = limit.rlim_cur;

		limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ?
		    limit.rlim_max :
		    DESCRIPTORS_WANTED;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			limit.rlim_cur = had;
	}
	if (limit.rlim_cur > DESCRIPTORS_WANTED)
		limit.rlim_cur = DESCRIPTORS_WANTED;
	kept = limit.rlim_cur / 2;
	if (kept > DESCRIPTORS_KEPT)
		kept = DESCRIPTORS_KEPT;
	return (limit.rlim_cur - kept) / 2;
}

bool worker_serve(struct worker *w, int listen_fd)
{
	struct fcgi_limits limits = {
		.max_params_bytes =
		    (size_t)w->rules->conf->settings.max_params_bytes,
		.max_connections = connections_possible(),
	};

	w->server =
	    fcgi_server_new(w->loop, listen_fd, limits, &exchange_events, w);
	if (w->server == NULL)
		return false;
	ev_signal_start(w->loop, &w->on_term);
	ev_signal_start(w->loop, &w->on_int);
	ev_signal_start(w->loop, &w->on_hup);
	if (!w->supervised) {
		watched_renew(&w->watched, w->rules->conf);
		ev_timer_start(w->loop, &w->watch_tick);
	}
	follow_rules(w);
	ev_run(w->loop, 0);
	return true;
}

/* The web server takes the answer for complete when all that was its is
 * closed. */
static bool detach(void)
{
	int nothing = open("/dev/null", O_RDWR);

	for (int fd = 0; fd <= 2 && nothing >= 0; fd++)
		if (dup2(nothing, fd) < 0)
			return false;
	return nothing >= 0 && setsid() >= 0;
}

static void on_haunted(
    struct ev_loop *loop, struct ev_prepare *prepare, int revents)
{
	struct worker *w = prepare->data;

	(void)revents;
	if (w->exchange_n == 0)
		ev_break(loop, EVBREAK_ALL);
}

/* What is to be asked for again is asked for by a child that the web server
 * knows nothing of.  Those who come meanwhile find that somebody does. */
static void haunt(struct worker *w)
{
	struct ev_prepare over;

	if (fork() != 0)
		return;
	/* What came was for the parent. */
	signal(SIGTERM, SIG_IGN);
	mask_term(SIG_UNBLOCK);
	signal(SIGTERM, SIG_DFL);
	if (!detach())
		_exit(1);
	ev_loop_fork(w->loop);
	/* What the parent opened is the parent's. */
	cache_drop(w->rules->cache);
	w->rules->cache = cache_open(w->loop, w->rules->conf, NULL);
	if (w->rules->cache == NULL)
		_exit(1);
	ghosts_begin(w);
	ev_prepare_init(&over, on_haunted);
	over.data = w;
	ev_prepare_start(w->loop, &over);
	ev_run(w->loop, 0);
	_exit(0);
}

static void on_cgi_over(void *user)
{
	struct worker *w = user;

	ev_break(w->loop, EVBREAK_ALL);
}

bool worker_cgi(struct worker *w, char *const environment[])
{
	size_t max = (size_t)w->rules->conf->settings.max_params_bytes;

	w->cgi = cgi_new(
	    w->loop, environment, max, &exchange_events, w, on_cgi_over);
	if (w->cgi == NULL)
		return false;
	ev_run(w->loop, 0);
	if (ghosts_wait(w))
		haunt(w);
	return true;
}
