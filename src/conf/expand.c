/* Environment expansion. */
#include "conf/expand.h"

#include "base/arena.h"
#include "base/text.h"

static struct slice environment_get(
    char *const environment[], struct slice name)
{
	for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
		struct slice entry = slice_of(environment[i]);
		size_t end = slice_find(entry, '=');

		if (end < entry.len && slice_eq(slice_upto(entry, end), name))
			return slice_from(entry, end + 1);
	}
	return SLICE_NONE;
}

static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.at[i]) && s.at[i] != '_' &&
		    (i == 0 || !ascii_is_digit(s.at[i])))
			return false;
	return s.len > 0;
}

/* The value of the ${NAME} that `rest` starts with; its end in *end_out. */
static bool expand_one(struct slice rest, char *const environment[],
    struct slice *value_out, size_t *end_out, struct text *why)
{
	size_t end = slice_find(rest, '}');
	struct slice name = slice_from(slice_upto(rest, end), 2);
	struct slice value;

	if (end == rest.len) {
		text_add(why,
		    LIT("${ without its }: write $${ for the two characters"));
		return false;
	}
	if (!is_name(name)) {
		text_format(why, "${%.*s} is no environment variable's name",
		    SLICE_ARG(name));
		return false;
	}
	value = environment_get(environment, name);
	if (value.at == NULL) {
		text_format(why,
		    "the environment has no %.*s: set it for the server "
		    "that runs fingerpost, or write the value here",
		    SLICE_ARG(name));
		return false;
	}
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if ((c < ' ' && c != '\t') || c == 0x7f) {
			text_format(why,
			    "the environment's %.*s holds a control character",
			    SLICE_ARG(name));
			return false;
		}
	}
	*value_out = value;
	*end_out = end + 1;
	return true;
}

static void add_guarded(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '$')
			text_char(t, '$');
		text_char(t, s.at[i]);
	}
}

static bool expand_all(struct slice value, char *const environment[],
    bool guarded, struct arena *a, struct slice *value_out, struct text *why)
{
	struct text t = text_in(a, EXPAND_BYTES_MAX);
	size_t i = 0;

	if (slice_find(value, '$') == value.len) {
		*value_out = value;
		return true;
	}
	while (i < value.len) {
		struct slice rest = slice_from(value, i);

		if (slice_starts(rest, LIT("$${"))) {
			text_add(&t, LIT("${"));
			i += 3;
		} else if (slice_starts(rest, LIT("${"))) {
			struct slice got;
			size_t taken;

			if (!expand_one(rest, environment, &got, &taken, why))
				return false;
			if (guarded)
				add_guarded(&t, got);
			else
				text_add(&t, got);
			i += taken;
		} else {
			text_char(&t, value.at[i++]);
		}
	}
	if (text_spent(&t)) {
		text_format(why, "longer than %d bytes once ${NAME} is filled",
		    EXPAND_BYTES_MAX);
		return false;
	}
	*value_out = text_slice(&t);
	return true;
}

bool expand(struct slice value, char *const environment[], struct arena *a,
    struct slice *value_out, struct text *why)
{
	return expand_all(value, environment, false, a, value_out, why);
}

bool expand_guarded(struct slice value, char *const environment[],
    struct arena *a, struct slice *value_out, struct text *why)
{
	return expand_all(value, environment, true, a, value_out, why);
}

bool expand_is_name(struct slice value)
{
	return slice_starts(value, LIT("${")) &&
	    slice_find(value, '}') + 1 == value.len;
}
