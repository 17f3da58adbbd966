/* What the members of JSON texts mean, kind by kind: a value of a role is a
 * URL, or an object whose members have roles in turn.  The elements of an
 * array have the array's role. */
#ifndef FILTER_JSON_ROLE_H
#define FILTER_JSON_ROLE_H

#include "filter/json.h"

enum json_role {
	ROLE_NONE,
	ROLE_URL,
	ROLE_SPECIFIER, /* of a module: a URL or a bare name */
	ROLE_PATTERN,   /* of the URL Pattern Standard, as a string */

	ROLE_MANIFEST,
	ROLE_IMAGE,
	ROLE_SHORTCUT,
	ROLE_ACTION,
	ROLE_HANDLER,
	ROLE_WORKER,
	ROLE_NOTES,
	ROLE_WIDGET,

	ROLE_IMPORT_MAP,
	ROLE_IMPORTS,
	ROLE_SCOPES,
	ROLE_INTEGRITY,

	ROLE_SPECULATION,
	ROLE_RULE,
	ROLE_CONDITION,
	ROLES
};

/* Of a whole text. */
enum json_role json_role_root(enum json_kind kind);

/* Of a member's value in an object of that role. */
enum json_role json_role_member(enum json_role object, struct slice name);

/* Of the names in an object of that role. */
enum json_role json_role_names(enum json_role object);

static inline bool json_role_is_link(enum json_role role)
{
	return role == ROLE_URL || role == ROLE_SPECIFIER ||
	    role == ROLE_PATTERN;
}

#endif
