/* Sections of credentials, and the words that stand for other places. */
#include "conf/credentials.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/expand.h"
#include "conf/finding.h"
#include "conf/lint.h"
#include "conf/suggest.h"

#define SECTION LIT("credentials")

/* A name of a section that may be quoted: what is longer, or has another
 * character, may be a secret that was put in the wrong place. */
#define NAME_QUOTED_MAX 64

static const struct {
	struct slice word;
	bool choice; /* s3_credentials may say it */
	const char *where;
} words[] = {
	[CREDENTIALS_AUTO] = { { "auto", 4 }, true,
	    "auto: the first of environment, file, container and "
	    "instance that has any" },
	[CREDENTIALS_NONE] = { { "none", 4 }, true, "none, unsigned" },
	[CREDENTIALS_WRITTEN] = { { "written", 7 }, false, "" },
	[CREDENTIALS_ENVIRONMENT] = { { "environment", 11 }, true,
	    "the environment" },
	[CREDENTIALS_FILE] = { { "file", 4 }, true,
	    "the shared credentials file" },
	[CREDENTIALS_CONTAINER] = { { "container", 9 }, true,
	    "the container's metadata" },
	[CREDENTIALS_INSTANCE] = { { "instance", 8 }, true,
	    "the instance's metadata" },
};

#define WORDS (sizeof(words) / sizeof(words[0]))

struct slice credentials_name(const struct lint_section *s)
{
	return slice_trim(slice_from(s->name, SECTION.len));
}

bool credentials_room(struct credentials_table *t, size_t sections,
    struct arena *scratch, struct arena *conf)
{
	if (sections > CREDENTIALS_MAX)
		sections = CREDENTIALS_MAX;
	t->sections =
	    arena_zero(scratch, (sections + 1) * sizeof(*t->sections));
	t->kept = arena_zero(conf, (sections + WORDS) * sizeof(*t->kept));
	return t->sections != NULL && t->kept != NULL;
}

/* --- one section -------------------------------------------------------- */

static void fault(
    struct findings *f, const struct lint_section *s, const char *message)
{
	finding_add(f, FINDING_FAULT, s->file, s->number, "[%.*s] %s",
	    SLICE_ARG(s->name), message);
}

static void check_pair(const struct lint_section *s, struct findings *f)
{
	if (lint_key_find(s, LIT("access_key_id")) == NULL)
		fault(f, s,
		    "has no access_key_id: it and secret_access_key make a "
		    "pair");
	if (lint_key_find(s, LIT("secret_access_key")) == NULL)
		fault(f, s,
		    "has no secret_access_key: it and access_key_id make a "
		    "pair");
}

/* Keys are written here, or it says where they are. */
static void check_kind(const struct lint_section *s,
    const struct credentials *read, struct findings *f)
{
	static const struct slice of_files[] = { { "profile", 7 },
		{ "credentials_file", 16 }, { "config_file", 11 } };
	const struct lint_key *source = lint_key_find(s, LIT("source"));
	bool keys = lint_key_find(s, LIT("access_key_id")) != NULL ||
	    lint_key_find(s, LIT("secret_access_key")) != NULL ||
	    lint_key_find(s, LIT("session_token")) != NULL;

	if (keys)
		check_pair(s, f);
	if (keys && source != NULL)
		finding_add(f, FINDING_FAULT, s->file, source->number,
		    "source: keys are written in [%.*s] already: remove them "
		    "or this line",
		    SLICE_ARG(s->name));
	if (!keys && source == NULL)
		fault(f, s,
		    "has no keys: write access_key_id and secret_access_key, "
		    "or source");
	for (size_t i = 0; i < 3; i++) {
		const struct lint_key *key = lint_key_find(s, of_files[i]);

		/* A source that could not be read may have been file. */
		if (key != NULL &&
		    (source == NULL ||
			(read->source != CREDENTIALS_FILE &&
			    read->source != CREDENTIALS_WRITTEN)))
			finding_add(f, FINDING_FAULT, s->file, key->number,
			    "%.*s belongs to source = file: write that, or "
			    "remove this line",
			    SLICE_ARG(key->name));
	}
}

static struct slice base_name(struct slice path)
{
	for (size_t i = path.len; i > 0; i--)
		if (path.at[i - 1] == '/')
			return slice_from(path, i);
	return path;
}

static const struct credentials_section *section_named(
    const struct credentials_table *t, struct slice name)
{
	for (size_t i = 0; i < t->n; i++)
		if (slice_eq(t->sections[i].read.name, name))
			return &t->sections[i];
	return NULL;
}

static bool name_taken(const struct credentials_table *t, struct slice name,
    const struct lint_section *s, struct findings *f)
{
	for (size_t i = 0; i < WORDS; i++)
		if (slice_eq(name, words[i].word)) {
			finding_add(f, FINDING_FAULT, s->file, s->number,
			    "[%.*s]: %.*s has a meaning of its own in "
			    "s3_credentials: take another name",
			    SLICE_ARG(s->name), SLICE_ARG(name));
			return true;
		}
	if (section_named(t, name) == NULL)
		return false;
	/* The lint has compared the names as they are written. */
	if (s->first == NULL)
		fault(f, s, "stands twice: join the two or rename one");
	return true;
}

/* A value that only says which variable of the environment holds it is none. */
static bool holds_secret(const struct lint_section *s)
{
	static const struct slice names[] = { { "secret_access_key", 17 },
		{ "session_token", 13 } };

	for (size_t i = 0; i < 2; i++) {
		const struct lint_key *key = lint_key_find(s, names[i]);
		struct slice value = key == NULL || key->broken ?
		    SLICE_NONE :
		    slice_trim(lint_value(key));

		if (value.len > 0 && !expand_is_name(value))
			return true;
	}
	return false;
}

void credentials_add(struct credentials_table *t, const struct lint_section *s,
    const struct credentials *read, bool published, struct findings *f)
{
	check_kind(s, read, f);
	if (published && holds_secret(s))
		finding_add(f, FINDING_FAULT, s->file, s->number,
		    "%.*s holds a secret and can be read by everyone: chmod "
		    "o-r %.*s, or put the section into a file of its own and "
		    "include that",
		    SLICE_ARG(base_name(s->file)),
		    SLICE_ARG(base_name(s->file)));
	if (name_taken(t, read->name, s, f))
		return;
	if (t->n == CREDENTIALS_MAX) {
		finding_add(f, FINDING_FAULT, s->file, s->number,
		    "more than %d sections of credentials", CREDENTIALS_MAX);
		return;
	}
	t->sections[t->n++].read = *read;
}

/* --- what a route means ------------------------------------------------- */

static const struct credentials *keep_section(
    struct credentials_table *t, struct credentials_section *section)
{
	if (section->kept == NULL) {
		t->kept[t->kept_n] = section->read;
		section->kept = &t->kept[t->kept_n++];
	}
	return section->kept;
}

static const struct credentials *keep_word(
    struct credentials_table *t, enum credentials_source source)
{
	if (t->words[source] == NULL) {
		t->kept[t->kept_n] = (struct credentials){
			.name = words[source].word,
			.file = LIT(""),
			.source = source,
			.access_key_id = LIT(""),
			.secret_access_key = LIT(""),
			.session_token = LIT(""),
			.profile = LIT(""),
			.credentials_file = LIT(""),
			.config_file = LIT(""),
		};
		t->words[source] = &t->kept[t->kept_n++];
	}
	return t->words[source];
}

static bool quotable(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!ascii_is_alpha(name.at[i]) &&
		    !ascii_is_digit(name.at[i]) && name.at[i] != '-' &&
		    name.at[i] != '_' && name.at[i] != '.' && name.at[i] != ' ')
			return false;
	return name.len <= NAME_QUOTED_MAX;
}

static void say_unknown(const struct credentials_table *t, struct slice name,
    const struct lint_section *route, struct findings *f)
{
	const struct lint_key *key =
	    lint_key_find(route, LIT("s3_credentials"));
	unsigned line = key == NULL ? route->number : key->number;
	struct suggestion near = suggest_for(name);

	for (size_t i = 0; i < WORDS; i++)
		if (words[i].choice)
			suggest_offer(&near, words[i].word);
	for (size_t i = 0; i < t->n; i++)
		suggest_offer(&near, t->sections[i].read.name);
	if (!quotable(name))
		finding_add(f, FINDING_FAULT, route->file, line,
		    "s3_credentials: the value names no section: write keys "
		    "into a section [credentials NAME], and its NAME here");
	else if (near.best.len > 0)
		finding_add(f, FINDING_FAULT, route->file, line,
		    "s3_credentials: there is no [credentials %.*s]: did you "
		    "mean %.*s?",
		    SLICE_ARG(name), SLICE_ARG(near.best));
	else
		finding_add(f, FINDING_FAULT, route->file, line,
		    "s3_credentials: there is no [credentials %.*s]: write "
		    "that section, or one of auto, none, environment, file, "
		    "container, instance",
		    SLICE_ARG(name));
}

const struct credentials *credentials_choose(struct credentials_table *t,
    struct slice name, const struct lint_section *route, struct findings *f)
{
	struct slice wanted =
	    slice_eq(name, words[CREDENTIALS_AUTO].word) ? LIT("") : name;

	for (size_t i = 0; i < t->n; i++)
		if (slice_eq(t->sections[i].read.name, wanted))
			return keep_section(t, &t->sections[i]);
	for (size_t i = 0; i < WORDS; i++)
		if (words[i].choice && slice_eq(words[i].word, name))
			return keep_word(t, (enum credentials_source)i);
	say_unknown(t, name, route, f);
	return keep_word(t, CREDENTIALS_NONE);
}

void credentials_unused(const struct credentials_table *t, struct findings *f)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct credentials *c = &t->sections[i].read;

		if (t->sections[i].kept != NULL)
			continue;
		if (c->name.len > 0)
			finding_add(f, FINDING_WARNING, c->file, c->line,
			    "no route uses [credentials %.*s]: name it with "
			    "s3_credentials = %.*s, or remove it",
			    SLICE_ARG(c->name), SLICE_ARG(c->name));
		else
			finding_add(f, FINDING_WARNING, c->file, c->line,
			    "no route uses [credentials]: it is for buckets "
			    "with s3_credentials = auto");
	}
}

struct slice credentials_where(const struct credentials *c, struct arena *a)
{
	struct text t = text_in(a, 8192);
	bool section = c->file.len > 0;
	bool elsewhere = c->source != CREDENTIALS_WRITTEN;

	if (section)
		text_format(&t, "[credentials%s%.*s], %.*s:%u",
		    c->name.len > 0 ? " " : "", SLICE_ARG(c->name),
		    SLICE_ARG(c->file), c->line);
	if (section && elsewhere)
		text_add(&t, LIT(" ("));
	text_add(&t, slice_of(words[c->source].where));
	if (c->profile.len > 0)
		text_format(&t, ", profile %.*s", SLICE_ARG(c->profile));
	if (section && elsewhere)
		text_char(&t, ')');
	return text_spent(&t) || t.len == 0 ? LIT("credentials") :
					      text_slice(&t);
}
