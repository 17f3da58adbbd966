/* JSON (RFC 8259) with the component's URLs mapped, in the members that hold
 * URLs.  Everything else stays as it is; where the content stops being JSON
 * or is nested deeper than JSON_DEPTH, nothing changes from there on.
 *
 * New bytes are escaped as JSON wants, and slashes written \/ where the
 * string's own begin so. */
#ifndef FILTER_JSON_H
#define FILTER_JSON_H

#include "filter/rewriter.h"
#include "policy/mapping.h"

#define JSON_DEPTH 64

struct arena;
struct slice_list;

enum json_kind {
	/* Web Application Manifest, and the proposals that add to it: start
	 * and scope, icons, shortcuts, share targets, handlers.  Not
	 * related applications. */
	JSON_MANIFEST,
	/* HTML 8.1.6.2: keys and addresses that are URLs; bare specifiers
	 * stay. */
	JSON_IMPORT_MAP,
	/* HTML 7.6.1 and the URL patterns of its document rules. */
	JSON_SPECULATION_RULES,
	/* Strings, and arrays of strings, that are values of the members
	 * named, at any depth. */
	JSON_MEMBERS,
};

/* `members` outlives the rewriter and is NULL but for JSON_MEMBERS; its names
 * are as they stand between the quotes where nothing is escaped.
 * At most 12 KiB of the arena.  NULL: the arena is spent. */
struct rewriter *json_new(struct arena *a, const struct mapping *m,
    struct mapping_place place, enum json_kind kind,
    const struct slice_list *members, struct outlet out);

/* Begins another text with the same mapping, members and outlet, after
 * rewriter_finish(). */
void json_reset(
    struct rewriter *json, struct mapping_place place, enum json_kind kind);

#endif
