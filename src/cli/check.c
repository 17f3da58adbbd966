/* fingerpost check: every fault of the rules, before a visitor meets it. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/rules.h"
#include "conf/conf.h"
#include "conf/exposure.h"
#include "conf/finding.h"
#include "conf/tls.h"

#define FINDINGS_BYTES_MAX ((size_t)8 << 20)

extern char **environ;

static void warn_exposed(const char *path, struct findings *f)
{
	char room[4096];
	struct text why = text_over(room, sizeof(room));

	if (exposure_find(path, &why))
		finding_add(f, FINDING_WARNING, slice_of(path), 0, "%.*s",
		    SLICE_ARG(text_slice(&why)));
}

/* The rule file even where it is broken: it is served all the same. */
static void look_for_exposure(const char *path, const struct conf *conf,
    struct findings *f, struct arena *a)
{
	warn_exposed(path, f);
	for (size_t i = 1; conf != NULL && i < conf->files.n; i++) {
		const char *included = arena_cstr(a, conf->files.at[i]);

		/* The folders that are watched as well are not served as
		 * files. */
		if (included != NULL &&
		    conf->files.at[i].at[conf->files.at[i].len - 1] != '/')
			warn_exposed(included, f);
	}
}

static void warn_shown(const struct storage *storage, struct findings *f)
{
	char room[4096];
	struct text why = text_over(room, sizeof(room));

	if (storage->path.len > 0 && exposure_folder(storage->path.at, &why))
		finding_add(f, FINDING_WARNING, storage->file, storage->line,
		    "path: %.*s", SLICE_ARG(text_slice(&why)));
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static int check(const char *path)
{
	struct arena *a = arena_new(FINDINGS_BYTES_MAX);
	struct findings findings;
	struct conf *conf;

	if (a == NULL) {
		fputs("fingerpost: out of memory\n", stderr);
		return 1;
	}
	findings = findings_in(a);
	conf = conf_load(path, environ, &findings);
	if (conf != NULL) {
		tls_expired(conf, time(NULL), &findings);
		warn_shown(&conf->storage, &findings);
	}
	look_for_exposure(path, conf, &findings, a);
	findings_sort(&findings);
	rules_print(&findings, stderr);
	if (conf == NULL) {
		fprintf(stderr, "%s: %zu fault%s\n", path, findings.faults,
		    plural(findings.faults));
	} else {
		printf("%s: %zu route%s, no faults", path, conf->rule_n,
		    plural(conf->rule_n));
		if (findings.warnings > 0)
			printf(", %zu warning%s", findings.warnings,
			    plural(findings.warnings));
		putchar('\n');
	}
	arena_free(a);
	if (conf == NULL)
		return 1;
	conf_free(conf);
	return 0;
}

int cli_check(int argc, char **argv)
{
	const char *rules = NULL;
	char buffer[4096];
	int option;

	optind = 1;
	while ((option = getopt(argc, argv, "c:")) != -1) {
		if (option != 'c') {
			fputs("usage: fingerpost check [-c RULES]\n", stderr);
			return EXIT_USAGE;
		}
		rules = optarg;
	}
	if (optind < argc) {
		fputs("usage: fingerpost check [-c RULES]\n", stderr);
		return EXIT_USAGE;
	}
	rules = rules_find(rules, buffer, sizeof(buffer));
	return rules == NULL ? 1 : check(rules);
}
