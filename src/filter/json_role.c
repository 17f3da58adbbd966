/* The tables of roles. */
#include "filter/json_role.h"

static const struct {
	enum json_role object;
	struct slice name;
	enum json_role value;
} members[] = {
	/* Web Application Manifest, and what WICG and browsers add */
	{ ROLE_MANIFEST, { "start_url", 9 }, ROLE_URL },
	{ ROLE_MANIFEST, { "scope", 5 }, ROLE_URL },
	{ ROLE_MANIFEST, { "id", 2 }, ROLE_URL },
	{ ROLE_MANIFEST, { "icons", 5 }, ROLE_IMAGE },
	{ ROLE_MANIFEST, { "screenshots", 11 }, ROLE_IMAGE },
	{ ROLE_MANIFEST, { "shortcuts", 9 }, ROLE_SHORTCUT },
	{ ROLE_MANIFEST, { "share_target", 12 }, ROLE_ACTION },
	{ ROLE_MANIFEST, { "file_handlers", 13 }, ROLE_ACTION },
	{ ROLE_MANIFEST, { "protocol_handlers", 17 }, ROLE_HANDLER },
	{ ROLE_MANIFEST, { "serviceworker", 13 }, ROLE_WORKER },
	{ ROLE_MANIFEST, { "note_taking", 11 }, ROLE_NOTES },
	{ ROLE_MANIFEST, { "widgets", 7 }, ROLE_WIDGET },
	{ ROLE_IMAGE, { "src", 3 }, ROLE_URL },
	{ ROLE_SHORTCUT, { "url", 3 }, ROLE_URL },
	{ ROLE_SHORTCUT, { "icons", 5 }, ROLE_IMAGE },
	{ ROLE_ACTION, { "action", 6 }, ROLE_URL },
	{ ROLE_ACTION, { "icons", 5 }, ROLE_IMAGE },
	{ ROLE_HANDLER, { "url", 3 }, ROLE_URL },
	{ ROLE_WORKER, { "src", 3 }, ROLE_URL },
	{ ROLE_WORKER, { "scope", 5 }, ROLE_URL },
	{ ROLE_NOTES, { "new_note_url", 12 }, ROLE_URL },
	{ ROLE_WIDGET, { "ms_ac_template", 14 }, ROLE_URL },
	{ ROLE_WIDGET, { "data", 4 }, ROLE_URL },
	{ ROLE_WIDGET, { "icons", 5 }, ROLE_IMAGE },
	{ ROLE_WIDGET, { "screenshots", 11 }, ROLE_IMAGE },

	/* HTML 8.1.6.2, import maps */
	{ ROLE_IMPORT_MAP, { "imports", 7 }, ROLE_IMPORTS },
	{ ROLE_IMPORT_MAP, { "scopes", 6 }, ROLE_SCOPES },
	{ ROLE_IMPORT_MAP, { "integrity", 9 }, ROLE_INTEGRITY },

	/* HTML 7.6.1, speculation rules */
	{ ROLE_SPECULATION, { "prefetch", 8 }, ROLE_RULE },
	{ ROLE_SPECULATION, { "prerender", 9 }, ROLE_RULE },
	{ ROLE_SPECULATION, { "prerender_until_script", 22 }, ROLE_RULE },
	{ ROLE_RULE, { "urls", 4 }, ROLE_URL },
	{ ROLE_RULE, { "where", 5 }, ROLE_CONDITION },
	{ ROLE_CONDITION, { "and", 3 }, ROLE_CONDITION },
	{ ROLE_CONDITION, { "or", 2 }, ROLE_CONDITION },
	{ ROLE_CONDITION, { "not", 3 }, ROLE_CONDITION },
	{ ROLE_CONDITION, { "href_matches", 12 }, ROLE_PATTERN },
};

/* Objects whose members have any name. */
static const struct {
	enum json_role names;
	enum json_role values;
} maps[ROLES] = {
	[ROLE_IMPORTS] = { ROLE_SPECIFIER, ROLE_SPECIFIER },
	[ROLE_SCOPES] = { ROLE_URL, ROLE_IMPORTS },
	[ROLE_INTEGRITY] = { ROLE_SPECIFIER, ROLE_NONE },
};

enum json_role json_role_root(enum json_kind kind)
{
	static const enum json_role roots[] = {
		[JSON_MANIFEST] = ROLE_MANIFEST,
		[JSON_IMPORT_MAP] = ROLE_IMPORT_MAP,
		[JSON_SPECULATION_RULES] = ROLE_SPECULATION,
		[JSON_MEMBERS] = ROLE_NONE,
	};

	return roots[kind];
}

enum json_role json_role_member(enum json_role object, struct slice name)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (members[i].object == object &&
		    slice_eq(members[i].name, name))
			return members[i].value;
	return maps[object].values;
}

enum json_role json_role_names(enum json_role object)
{
	return maps[object].names;
}
