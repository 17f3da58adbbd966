/* Where the rules are, and their findings in print. */
#include "cli/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/tls.h"

#define RULES_NAME         "fingerpost.ini"
#define FINDINGS_BYTES_MAX ((size_t)8 << 20)

extern char **environ;

/* Beside the binary, by what the system says it is: argv[0] is the web
 * server's to choose.  False where the system does not say. */
static bool beside_binary(char *buffer, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buffer, size);
	char *slash;

	if (n <= 0 || (size_t)n >= size)
		return false;
	buffer[n] = '\0';
	slash = strrchr(buffer, '/');
	if (slash == NULL ||
	    (size_t)(slash + 1 - buffer) + sizeof(RULES_NAME) > size)
		return false;
	memcpy(slash + 1, RULES_NAME, sizeof(RULES_NAME));
	return true;
}

const char *rules_find(const char *option, char *buffer, size_t size)
{
	static const char installed[] = SYSCONFDIR "/" RULES_NAME;
	const char *named = getenv("FINGERPOST_RULES");
	bool beside;

	if (option != NULL)
		return option;
	if (named != NULL && named[0] != '\0')
		return named;
	beside = beside_binary(buffer, size);
	/* One that is there but cannot be read is the one to complain of. */
	if (beside && (access(buffer, F_OK) == 0 || errno == EACCES))
		return buffer;
	if (access(installed, F_OK) == 0 || errno == EACCES)
		return installed;
	fprintf(stderr,
	    "fingerpost: no rule file: neither -c nor FINGERPOST_RULES names "
	    "one, and there is no %s%s%s\n",
	    beside ? buffer : "", beside ? " and no " : "", installed);
	return NULL;
}

void rules_print(const struct findings *f, FILE *to)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *finding = &f->at[i];

		fprintf(to, "%.*s:", SLICE_ARG(finding->file));
		if (finding->line > 0)
			fprintf(to, "%u:", finding->line);
		fprintf(to, " %s%.*s\n",
		    finding->severity == FINDING_WARNING ? "warning: " : "",
		    SLICE_ARG(finding->message));
	}
	if (f->faults + f->warnings > f->n)
		fprintf(to, "fingerpost: and %zu more\n",
		    f->faults + f->warnings - f->n);
}

struct conf *rules_load(const char *option)
{
	char buffer[4096];
	const char *path = rules_find(option, buffer, sizeof(buffer));
	struct arena *a;
	struct findings findings;
	struct conf *conf;

	if (path == NULL)
		return NULL;
	a = arena_new(FINDINGS_BYTES_MAX);
	if (a == NULL) {
		fputs("fingerpost: out of memory\n", stderr);
		return NULL;
	}
	findings = findings_in(a);
	conf = conf_load(path, environ, &findings);
	if (conf != NULL)
		tls_expired(conf, time(NULL), &findings);
	rules_print(&findings, stderr);
	arena_free(a);
	return conf;
}
