/* Certificates and keys are looked at when the rules are, so that `check`
 * says with file and line what a handshake would only hint at. */
#include "conf/tls.h"

#include <sys/stat.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/lint.h"
#include "conf/page.h"
#include "conf/pem.h"

/* A fifth of a millisecond each. */
#define AUTHORITIES_MANY 16

enum role { AUTHORITIES, CLIENT_CERT, CLIENT_KEY, ROLES };

static const char *const role_keys[ROLES] = {
	[AUTHORITIES] = "tls_ca_file",
	[CLIENT_CERT] = "tls_client_cert",
	[CLIENT_KEY] = "tls_client_key",
};

static struct tls_file *file_of(struct tls *tls, enum role role)
{
	return role == AUTHORITIES ? &tls->authorities :
	    role == CLIENT_CERT    ? &tls->client_cert :
				     &tls->client_key;
}

static unsigned line_of(const struct lint_section *s, const char *key)
{
	const struct lint_key *found = lint_key_find(s, slice_of(key));

	return found == NULL ? s->number : found->number;
}

static void warn_many(const struct tls_file *file, size_t n, struct findings *f)
{
	finding_add(f, FINDING_WARNING, file->file, file->line,
	    "tls_ca_file: %.*s: all %zu certificates are read for each new "
	    "connection, which takes long: name those alone that sign for the "
	    "origin, or leave it empty for the system's",
	    SLICE_ARG(file->path), n);
}

static const char *read_role(
    enum role role, struct tls_file *file, struct findings *f)
{
	struct pem_sum sum;
	const char *wrong;

	if (role == CLIENT_KEY)
		return pem_key(file->pem);
	wrong = pem_certificates(file->pem, &sum);
	if (wrong != NULL)
		return wrong;
	file->expires_s = role == AUTHORITIES ? sum.last_s : sum.first_s;
	if (role == AUTHORITIES && sum.n > AUTHORITIES_MANY)
		warn_many(file, sum.n, f);
	return NULL;
}

static bool others_may_read(struct slice path)
{
	struct stat st;

	return stat(path.at, &st) == 0 && (st.st_mode & S_IROTH) != 0;
}

/* An empty name takes back what was inherited. */
static void read_named(struct pages *p, enum role role, struct tls_file *file,
    const struct lint_section *s, struct arena *a, struct findings *f)
{
	struct slice name = file->path;
	const char *wrong;

	*file = (struct tls_file){
		.path = name,
		.file = s->file,
		.line = line_of(s, role_keys[role]),
	};
	if (name.len == 0)
		return;
	wrong = pages_read(p, name, a, &file->path, &file->pem);
	if (wrong == NULL)
		wrong = read_role(role, file, f);
	if (wrong != NULL) {
		file->pem = SLICE_NONE;
		finding_add(f, FINDING_FAULT, s->file, file->line,
		    "%s: %.*s: %s", role_keys[role], SLICE_ARG(file->path),
		    wrong);
	} else if (role == CLIENT_KEY && others_may_read(file->path)) {
		finding_add(f, FINDING_WARNING, s->file, file->line,
		    "%s: %.*s: every user of this machine can read the key: "
		    "chmod o-r, or have it made anew",
		    role_keys[role], SLICE_ARG(file->path));
	}
}

void tls_read(struct pages *p, struct rule *rule, const struct rule *inherited,
    const struct lint_section *s, struct arena *a, struct findings *f)
{
	struct tls none = { 0 };
	struct tls before = inherited == NULL ? none : inherited->tls;

	for (enum role role = 0; role < ROLES; role++) {
		struct tls_file *file = file_of(&rule->tls, role);

		/* Set anew it is another copy of the name. */
		if (file->path.at != file_of(&before, role)->path.at)
			read_named(p, role, file, s, a, f);
	}
	if (!rule->tls.verify && lint_key_find(s, LIT("tls_verify")) != NULL)
		finding_add(f, FINDING_WARNING, s->file,
		    line_of(s, "tls_verify"),
		    "tls_verify: whoever is on the way to the origin can read "
		    "and change what passes: better name the authority of its "
		    "certificate in tls_ca_file");
}

static void check_pair(
    const struct tls *tls, const struct lint_section *s, struct findings *f)
{
	const struct tls_file *cert = &tls->client_cert;
	const struct tls_file *key = &tls->client_key;

	if (cert->path.len > 0 && key->path.len == 0)
		finding_add(f, FINDING_FAULT, s->file,
		    line_of(s, "tls_client_cert"),
		    "tls_client_cert: its key is missing: name the file in "
		    "tls_client_key, the same one where it holds both");
	else if (key->path.len > 0 && cert->path.len == 0)
		finding_add(f, FINDING_FAULT, s->file,
		    line_of(s, "tls_client_key"),
		    "tls_client_key: there is no certificate to go with it: "
		    "name the file in tls_client_cert");
	else if (cert->pem.len > 0 && key->pem.len > 0 &&
	    !pem_pair(cert->pem, key->pem))
		finding_add(f, FINDING_FAULT, s->file,
		    line_of(s, "tls_client_key"),
		    "tls_client_key: %.*s is not the key of the first "
		    "certificate in %.*s",
		    SLICE_ARG(key->path), SLICE_ARG(cert->path));
}

static void warn_idle(const struct lint_section *s, struct findings *f)
{
	for (size_t i = 0; i < s->key_n; i++)
		if (slice_starts(s->keys[i].lower, LIT("tls_")))
			finding_add(f, FINDING_WARNING, s->file,
			    s->keys[i].number,
			    "%.*s has no effect: [%.*s] has no https:// origin",
			    SLICE_ARG(s->keys[i].name), SLICE_ARG(s->name));
}

bool tls_aim(struct tls *tls, const struct origin *o, struct arena *a)
{
	struct text root = text_in(a, 4096);
	struct text to = text_in(a, 4096);

	text_format(&root, "https://%.*s:%u", SLICE_ARG(tls->server_name),
	    (unsigned)o->port);
	text_format(&to, "::%.*s:%u", SLICE_ARG(o->host), (unsigned)o->port);
	tls->root =
	    (struct slice){ arena_cstr(a, text_slice(&root)), root.len };
	tls->connect_to =
	    (struct slice){ arena_cstr(a, text_slice(&to)), to.len };
	return !text_spent(&root) && !text_spent(&to) && tls->root.at != NULL &&
	    tls->connect_to.at != NULL;
}

bool tls_whole(struct rule *rule, const struct lint_section *s, struct arena *a,
    struct findings *f)
{
	check_pair(&rule->tls, s, f);
	if (!slice_eq(rule->origin.scheme, LIT("https"))) {
		if (rule->origin.scheme.len > 0 || rule->redirect.status != 0)
			warn_idle(s, f);
		return true;
	}
	return rule->tls.server_name.len == 0 ||
	    tls_aim(&rule->tls, &rule->origin, a);
}

/* A line of [defaults] is that of many routes. */
static bool said(const struct findings *f, const struct tls_file *file)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].line == file->line &&
		    slice_eq(f->at[i].file, file->file) &&
		    slice_ends(f->at[i].message, LIT("no longer valid")))
			return true;
	return false;
}

static void warn_expired(enum role role, const struct tls_file *file,
    int64_t now_s, struct findings *f)
{
	if (file->path.len == 0 || file->expires_s >= now_s || said(f, file))
		return;
	finding_add(f, FINDING_WARNING, file->file, file->line,
	    "%s: %.*s: %s no longer valid", role_keys[role],
	    SLICE_ARG(file->path),
	    role == CLIENT_CERT ? "the certificate is" :
				  "all of its certificates are");
}

void tls_expired(const struct conf *c, int64_t now_s, struct findings *f)
{
	for (size_t i = 0; i < c->rule_n; i++) {
		const struct tls *tls = &c->rules[i].tls;

		warn_expired(AUTHORITIES, &tls->authorities, now_s, f);
		warn_expired(CLIENT_CERT, &tls->client_cert, now_s, f);
	}
}
