/* Fields that are not a rule's to touch, with the remedy for each. */
#include "conf/field_rules.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/stencil.h"

#define CONNECTION_OWN                                                    \
	"belongs to the connection and is fingerpost's to write: remove " \
	"this line"

/* Fields that say how this one connection is framed are ours to write. */
static const char *const connection_own[] = { "Connection", "Transfer-Encoding",
	"Content-Length", "TE", "Trailer", "Upgrade", "Keep-Alive",
	"Proxy-Connection" };

static const struct {
	const char *name;
	const char *remedy;
} response_own[] = {
	{ "Status", "is the web server's: an origin's status stays" },
	{ "Content-Encoding",
	    "says how the content is coded, and compress decides that: write "
	    "compress = no where it shall stay as it is" },
	{ "Content-Range",
	    "says which part of the content this is: remove this line" },
};

static bool connection_field(struct slice name)
{
	for (size_t i = 0;
	     i < sizeof(connection_own) / sizeof(connection_own[0]); i++)
		if (slice_eq_nocase(name, slice_of(connection_own[i])))
			return true;
	return false;
}

static const char *response_remedy(struct slice name)
{
	for (size_t i = 0; i < sizeof(response_own) / sizeof(response_own[0]);
	     i++)
		if (slice_eq_nocase(name, slice_of(response_own[i].name)))
			return response_own[i].remedy;
	return NULL;
}

static bool say(struct slice name, const char *remedy, struct text *why)
{
	text_format(why, "%.*s %s", SLICE_ARG(name), remedy);
	return false;
}

bool field_settable(enum field_side side, struct slice name, struct text *why)
{
	const char *key =
	    side == FIELD_REQUEST ? "request_header" : "response_header";

	if (name.len == 0)
		text_format(why, "needs a field's name: %s NAME = VALUE", key);
	else if (!field_name_valid(name))
		text_format(why,
		    "\"%.*s\" is no field name: leave out colons "
		    "and blanks",
		    SLICE_ARG(name));
	else if (connection_field(name))
		return say(name, CONNECTION_OWN, why);
	else if (side == FIELD_REQUEST && slice_eq_nocase(name, LIT("Host")))
		text_add(why,
		    LIT("Host is the origin's own: write preserve_host = yes "
			"for the client's"));
	else if (side == FIELD_RESPONSE && response_remedy(name) != NULL)
		return say(name, response_remedy(name), why);
	else
		return true;
	return false;
}

bool field_removable(enum field_side side, struct slice name, struct text *why)
{
	if (!field_name_valid(name))
		text_format(why,
		    "\"%.*s\" is no field name: part several "
		    "with commas",
		    SLICE_ARG(name));
	else if (side == FIELD_REQUEST && slice_eq_nocase(name, LIT("Host")))
		text_add(why,
		    LIT("no request goes without Host: remove it "
			"from this list"));
	else if (side == FIELD_RESPONSE && connection_field(name))
		return say(name,
		    "belongs to the connection and never passes: take it off "
		    "this list",
		    why);
	else if (side == FIELD_RESPONSE && response_remedy(name) != NULL)
		return say(name, response_remedy(name), why);
	else
		return true;
	return false;
}

bool field_stencils(
    const struct fields *f, struct arena *a, const struct stencil **values_out)
{
	char room[256];
	struct stencil *values;
	bool any = false;

	for (size_t i = 0; i < f->n; i++)
		any |= slice_find(f->at[i].value, '$') < f->at[i].value.len;
	*values_out = NULL;
	if (!any)
		return true;
	values = arena_alloc(a, f->n * sizeof(*values));
	if (values == NULL)
		return false;
	for (size_t i = 0; i < f->n; i++) {
		struct text why = text_over(room, sizeof(room));

		if (!stencil_compile(f->at[i].value, a, &values[i], &why))
			return false;
	}
	*values_out = values;
	return true;
}
