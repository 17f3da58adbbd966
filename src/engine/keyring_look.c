/* Where credentials may be, in the order in which AWS' own tools look. */
#include "engine/keyring_entry.h"

#include <stdarg.h>
#include <stdio.h>

struct slice keyring_variable(const struct keyring *k, struct slice name)
{
	for (size_t i = 0; k->environment[i] != NULL; i++) {
		struct slice s = slice_of(k->environment[i]);

		if (slice_starts(s, name) && s.len > name.len &&
		    s.at[name.len] == '=')
			return slice_from(s, name.len + 1);
	}
	return LIT("");
}

void entry_tried(struct entry *e, const char *format, ...)
{
	char words[512];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	if (e->why.len > 0)
		text_add(&e->why, LIT("; "));
	text_add(&e->why, slice_of(words));
}

static enum look look_environment(struct entry *e)
{
	const struct keyring *k = e->keyring;
	struct aws_keys keys = {
		keyring_variable(k, LIT("AWS_ACCESS_KEY_ID")),
		keyring_variable(k, LIT("AWS_SECRET_ACCESS_KEY")),
		keyring_variable(k, LIT("AWS_SESSION_TOKEN")),
	};
	struct slice fault = aws_keys_fault(&keys);

	if (keys.access_key_id.len == 0 && keys.secret_access_key.len == 0) {
		entry_tried(e, "AWS_ACCESS_KEY_ID is not set");
		return LOOK_NOTHING;
	}
	if (fault.len > 0) {
		entry_tried(e,
		    "of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
		    "AWS_SESSION_TOKEN in the environment %.*s is missing or "
		    "holds what none does",
		    SLICE_ARG(fault));
		return LOOK_BROKEN;
	}
	entry_got(e, CREDENTIALS_ENVIRONMENT, &keys, 0.);
	return LOOK_FOUND;
}

static const struct {
	enum credentials_source source;
	enum look (*look)(struct entry *);
} places[] = {
	{ CREDENTIALS_ENVIRONMENT, look_environment },
	{ CREDENTIALS_FILE, look_files },
	{ CREDENTIALS_CONTAINER, look_container },
	{ CREDENTIALS_INSTANCE, look_instance },
};

void entry_look(struct entry *e)
{
	/* Where they were found they are renewed: another place would be
	 * somebody else's. */
	enum credentials_source only =
	    e->from == CREDENTIALS_AUTO ? e->source : e->from;
	enum look look = LOOK_NOTHING;

	if (e->round != NULL)
		return;
	e->why = text_over(e->why_room, sizeof(e->why_room));
	for (size_t i = 0;
	     i < sizeof(places) / sizeof(places[0]) && look == LOOK_NOTHING;
	     i++)
		if (only == CREDENTIALS_AUTO || only == places[i].source)
			look = places[i].look(e);
	if (look == LOOK_NOTHING || look == LOOK_BROKEN)
		entry_failed(e);
}
