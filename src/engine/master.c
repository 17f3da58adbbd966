/* Supervising workers with plain signals and waitpid. */
#include "engine/master.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "engine/reload.h"
#include "engine/worker.h"

/* How often rule files and dead workers are looked after. */
#define TICK_MS 500

/* A worker that died young is not replaced before this, from its start. */
#define RESPAWN_MS 1000

/* Workers get this much longer than their own grace before SIGKILL. */
#define KILL_AFTER_MS 2000

#define WORKERS_MAX 1024

struct slot {
	pid_t pid; /* 0: none */
	int64_t started_ms;
};

struct master {
	const struct master_options *options;
	pid_t pid;
	struct conf *conf;
	struct watched watched;
	struct slot *slots;
	size_t slot_n;
	sigset_t signals;
	bool stopping;
	int64_t kill_at_ms;
};

/* A worker without a master would hold the socket against the next one: it
 * ends as it would on SIGTERM. */
static void follow_parent(pid_t parent)
{
#ifdef PR_SET_PDEATHSIG
	prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
	if (getppid() != parent)
		raise(SIGTERM);
}

static int worker_main(const struct master *m)
{
	struct worker_options options = {
		.conf = m->conf,
		.rules_path = m->options->rules_path,
		.program = m->options->program,
		.supervised = true,
	};
	struct worker *w;
	bool ok;

	follow_parent(m->pid);
	sigprocmask(SIG_SETMASK, &m->options->mask, NULL);
	w = worker_new(&options);
	ok = w != NULL && worker_serve(w, m->options->listen_fd);
	worker_free(w);
	return ok ? 0 : 1;
}

/* True in the worker. */
static bool spawn(struct slot *slot)
{
	pid_t pid = fork();

	if (pid == 0)
		return true;
	slot->started_ms = clock_ms();
	slot->pid = pid < 0 ? 0 : pid;
	if (pid < 0)
		log_line(LOG_ERROR, "fork: %s", strerror(errno));
	return false;
}

static bool spawn_missing(struct master *m)
{
	int64_t now = clock_ms();

	for (size_t i = 0; i < m->slot_n && !m->stopping; i++) {
		struct slot *slot = &m->slots[i];

		if (slot->pid == 0 &&
		    (slot->started_ms == 0 ||
			now - slot->started_ms >= RESPAWN_MS) &&
		    spawn(slot))
			return true;
	}
	return false;
}

static void tell_all(const struct master *m, int signal)
{
	for (size_t i = 0; i < m->slot_n; i++)
		if (m->slots[i].pid > 0)
			kill(m->slots[i].pid, signal);
}

static size_t running(const struct master *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->slot_n; i++)
		n += m->slots[i].pid > 0;
	return n;
}

static void reap(struct master *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < m->slot_n; i++) {
			if (m->slots[i].pid != pid)
				continue;
			m->slots[i].pid = 0;
			if (m->stopping)
				continue;
			log_line(LOG_ERROR,
			    "worker %ld ended with %s %d; starting another",
			    (long)pid,
			    WIFSIGNALED(status) ? "signal" : "status",
			    WIFSIGNALED(status) ? WTERMSIG(status) :
						  WEXITSTATUS(status));
		}
}

static void open_log(const struct master *m)
{
	const struct settings *s = &m->conf->settings;

	if (!log_open(s->error_log, s->log_level))
		log_line(LOG_ERROR, "error_log %.*s: %s",
		    SLICE_ARG(s->error_log), strerror(errno));
}

static void reload(struct master *m)
{
	struct conf *fresh = reload_rules(m->options->rules_path);

	if (fresh != NULL) {
		conf_free(m->conf);
		m->conf = fresh;
		open_log(m);
		tell_all(m, SIGHUP);
	}
	watched_renew(&m->watched, m->conf);
}

static void stop(struct master *m)
{
	if (m->stopping)
		return;
	m->stopping = true;
	m->kill_at_ms =
	    clock_ms() + m->conf->settings.stop_timeout_ms + KILL_AFTER_MS;
	tell_all(m, SIGTERM);
}

static void handle(struct master *m, int signal)
{
	switch (signal) {
	case SIGTERM:
	case SIGINT:
		stop(m);
		break;
	case SIGHUP:
		reload(m);
		break;
	default: /* SIGCHLD, or time to look around */
		break;
	}
}

static size_t worker_count(const struct master_options *o)
{
	long n = (long)o->workers;

	if (n == 0)
		n = (long)o->conf->settings.workers;
	if (n == 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (size_t)n;
}

static int supervise(struct master *m, bool *in_worker_out)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };

	for (;;) {
		if (spawn_missing(m)) {
			*in_worker_out = true;
			return worker_main(m);
		}
		if (m->stopping && running(m) == 0)
			return 0;
		handle(m, sigtimedwait(&m->signals, NULL, &tick));
		reap(m);
		if (!m->stopping && watched_changed(&m->watched, m->conf))
			reload(m);
		if (m->stopping && clock_ms() > m->kill_at_ms)
			tell_all(m, SIGKILL);
	}
}

static sigset_t signals_of_interest(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	return signals;
}

void master_block(sigset_t *mask_out)
{
	sigset_t signals = signals_of_interest();

	sigprocmask(SIG_BLOCK, &signals, mask_out);
}

int master_run(const struct master_options *o, bool *in_worker_out)
{
	struct master m = { .options = o, .pid = getpid(), .conf = o->conf };
	int code;

	*in_worker_out = false;
	m.slot_n = worker_count(o);
	m.slots = calloc(m.slot_n, sizeof(*m.slots));
	if (m.slots == NULL) {
		conf_free(m.conf);
		return 1;
	}
	m.signals = signals_of_interest();
	open_log(&m);
	watched_renew(&m.watched, m.conf);
	code = supervise(&m, in_worker_out);
	free(m.slots);
	/* A worker's conf went to its worker. */
	if (!*in_worker_out)
		conf_free(m.conf);
	return code;
}
