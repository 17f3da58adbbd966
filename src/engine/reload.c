/* Watching by what stat says, twice a second: it works on every file system
 * and sees renames, links and included folders alike. */
#include "engine/reload.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/tls.h"

#define FINDINGS_ARENA_BYTES (4 * 1024 * 1024)

extern char **environ;

static uint64_t mix(uint64_t hash, uint64_t value)
{
	/* FNV-1a's prime, a word at a time. */
	return (hash ^ value) * 1099511628211u;
}

static uint64_t mix_files(uint64_t hash, const struct slice_list *files)
{
	for (size_t i = 0; i < files->n; i++) {
		char name[4096];
		struct stat s;

		snprintf(name, sizeof(name), "%.*s", SLICE_ARG(files->at[i]));
		if (stat(name, &s) < 0)
			memset(&s, 0, sizeof(s));
		hash = mix(hash, (uint64_t)s.st_ino);
		hash = mix(hash, (uint64_t)s.st_size);
		hash = mix(hash, (uint64_t)s.st_mtim.tv_sec);
		hash = mix(hash, (uint64_t)s.st_mtim.tv_nsec);
	}
	return hash;
}

/* Changes with a file's identity, size or time, its coming or going. */
static uint64_t signature(const struct conf *c)
{
	uint64_t hash = mix_files(14695981039346656037u, &c->files);

	return mix_files(hash, &c->pages);
}

void watched_renew(struct watched *w, const struct conf *c)
{
	w->seen = w->pending = signature(c);
}

bool watched_changed(struct watched *w, const struct conf *c)
{
	uint64_t now = signature(c);
	bool steady = now == w->pending;

	w->pending = now;
	return now != w->seen && steady;
}

static void log_findings(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		log_line(
		    f->at[i].severity == FINDING_FAULT ? LOG_ERROR : LOG_WARN,
		    "%.*s:%u: %.*s", SLICE_ARG(f->at[i].file), f->at[i].line,
		    SLICE_ARG(f->at[i].message));
}

struct conf *reload_rules(const char *path)
{
	struct arena *arena = arena_new(FINDINGS_ARENA_BYTES);
	struct findings findings = findings_in(arena);
	struct conf *conf;

	if (arena == NULL)
		return NULL;
	conf = conf_load(path, environ, &findings);
	if (conf != NULL)
		tls_expired(conf, time(NULL), &findings);
	log_findings(&findings);
	arena_free(arena);
	if (conf == NULL)
		log_line(LOG_ERROR, "%s: not loaded; the last good rules stay",
		    path);
	else
		log_line(LOG_INFO, "%s: %zu routes loaded", path, conf->rule_n);
	return conf;
}
