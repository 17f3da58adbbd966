/* Judging a request target: every reading that a web server or an origin may
 * take must lead to the same owner. */
#include "policy/route.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/overlap.h"
#include "http/uri.h"
#include "policy/remap.h"
#include "policy/route_table.h"
#include "policy/split.h"

#define WHY_MAX    1024
#define PREFIX_MAX 65536

/* ---- one reading ---- */

struct lookup {
	const struct route_table *table;
	struct arena *arena;
	struct slice host;  /* normalised */
	struct slice mount; /* "" or "/x", without trailing slash */
	struct slice raw;   /* the client's path */
	struct choice choice;
	struct boundary *boundaries; /* room for depth_max + 1 */
	struct uri_path path;
};

struct owner {
	const struct slot *slot; /* NULL: nobody */
	const struct rule *rule;
	size_t mount_len; /* 0 where no mount applied */
	bool above_root;
};

/* The owner of a normalised path. */
static struct owner path_owner(struct lookup *l, struct slice path)
{
	struct owner o = { 0 };
	struct owned owned;

	if (l->mount.len > 0 && slice_starts(path, l->mount) &&
	    on_boundary(path, l->mount.len)) {
		o.mount_len = l->mount.len;
		path = slice_from(path, o.mount_len);
	}
	owned = route_table_find(
	    l->table, l->host, path, &l->choice, l->boundaries);
	o.slot = owned.slot;
	o.rule = owned.rule;
	return o;
}

static struct owner reading_owner(struct lookup *l, unsigned reading)
{
	struct owner o;

	uri_normalise(l->raw, reading, SLICE_NONE, &l->path);
	o = path_owner(l, (struct slice){ l->path.at, l->path.len });
	o.above_root = l->path.above_root;
	return o;
}

/* ---- all readings ---- */

#define DIFFER "readings of the path disagree about who owns it"
#define CLIMBS "a dot segment climbs out of the prefix"
#define ROOT   "a dot segment climbs above the root"
#define CUT    "what follows the prefix does not start with a plain slash"
#define HEADS  "the path in front of the prefix has more than one reading"
#define MAPPED "what map_path makes of the path is no path to ask for"
#define SPENT  "the request target is too long"

static bool paths_room(struct lookup *l)
{
	/* Offsets are 32 bits wide. */
	if (l->raw.len >= UINT32_MAX)
		return false;
	l->path.at = arena_alloc(l->arena, l->raw.len + 1);
	l->path.from =
	    arena_alloc(l->arena, (l->raw.len + 1) * sizeof(*l->path.from));
	return l->path.at != NULL && l->path.from != NULL;
}

/* Asks every reading that may differ; leaves l->path in the full one.
 * Conditions and rolls are the same in all of them, so that the same slot
 * means the same rule.
 * SLICE_NONE: they agree, and *owner_out is who it is. */
static struct slice judge_readings(
    struct lookup *l, unsigned odd, struct owner *owner_out)
{
	unsigned flags = odd & URI_FULL;
	struct owner full = reading_owner(l, URI_FULL);
	bool above_root = full.above_root;
	bool found = full.slot != NULL;
	struct slice prefix;

	if (flags == 0) {
		*owner_out = full;
		return SLICE_NONE;
	}
	for (unsigned off = flags; off != 0; off = (off - 1) & flags) {
		struct owner other = reading_owner(l, URI_FULL & ~off);

		above_root |= other.above_root;
		if (other.slot == NULL)
			continue;
		if (found &&
		    (other.slot != full.slot ||
			other.mount_len != full.mount_len))
			return LIT(DIFFER);
		/* Found where the full reading finds nobody: remember whom,
		 * so that the next one is compared with it. */
		full = other;
		found = true;
	}
	uri_normalise(l->raw, URI_FULL, SLICE_NONE, &l->path);
	*owner_out = path_owner(l, (struct slice){ l->path.at, l->path.len });
	if (!found)
		return SLICE_NONE;
	if (owner_out->slot == NULL)
		return LIT(DIFFER);
	if (above_root)
		return LIT(ROOT);
	if (!(flags & URI_DOTS))
		return SLICE_NONE;
	prefix = (struct slice){ l->path.at,
		owner_out->mount_len + owner_out->slot->path.len };
	prefix = arena_slice(l->arena, prefix);
	if (prefix.at == NULL)
		return LIT(SPENT);
	for (unsigned off = flags & ~(unsigned)URI_DOTS;;
	     off = (off - 1) & flags & ~(unsigned)URI_DOTS) {
		uri_normalise(l->raw, URI_FULL & ~off, prefix, &l->path);
		if (l->path.left_prefix)
			return LIT(CLIMBS);
		if (off == 0)
			return SLICE_NONE; /* the full reading was the last */
	}
}

/* Where in the raw path the normalised one is at that length. */
static size_t raw_offset(const struct lookup *l, size_t len)
{
	return l->path.from == NULL ? len : l->path.from[len];
}

static bool method_allowed(const struct rule *rule, struct slice method)
{
	if (rule->methods.n == 0)
		return true;
	for (size_t i = 0; i < rule->methods.n; i++) {
		struct slice allowed = rule->methods.at[i];

		/* A server that knows GET knows HEAD (RFC 9110, 9.1). */
		if (slice_eq(allowed, method) ||
		    (slice_eq(allowed, LIT("GET")) &&
			slice_eq(method, LIT("HEAD"))))
			return true;
	}
	return false;
}

static void refuse(struct route_match *m, struct slice why)
{
	m->verdict = ROUTE_REFUSED;
	m->rule = NULL;
	m->why = why;
}

/* mount + prefix as a URL holds them; SLICE_NONE when the arena is spent. */
static struct slice public_prefix(
    const struct slot *slot, const struct owner *o, const struct lookup *l)
{
	struct text t = text_in(l->arena, PREFIX_MAX);

	if (o->mount_len == 0)
		return slot->encoded;
	uri_encode_path(&t, l->mount);
	text_add(&t, slot->encoded);
	return text_spent(&t) ? SLICE_NONE : text_slice(&t);
}

static bool slash_location(struct route_match *m, struct arena *a)
{
	struct text t = text_in(a, SIZE_MAX / 2);

	/* From the configured bytes, not the client's: "//host" or "/\host"
	 * would send a browser to another site. */
	text_add(&t, m->prefix);
	text_char(&t, '/');
	text_add(&t, m->query);
	m->location = text_slice(&t);
	return !text_spent(&t);
}

static bool keep_splits(
    const struct lookup *l, const struct owner *o, struct route_match *m)
{
	for (size_t i = 0; i < l->choice.split_n; i++) {
		struct slice prefix =
		    public_prefix(l->choice.split_slots[i], o, l);

		if (prefix.at == NULL)
			return false;
		l->choice.splits[i].prefix = prefix;
	}
	m->splits = l->choice.splits;
	m->split_n = l->choice.split_n;
	return true;
}

static void map_path(const struct lookup *l, struct route_match *m)
{
	const struct rule *rule = m->rule;
	struct remap mapped;

	switch (remap(&rule->map_path, rule->strip ? m->tail : m->path,
	    m->query, l->arena, &mapped)) {
	case REMAP_OFF:
		break;
	case REMAP_DONE:
		m->mapped_path = mapped.path;
		m->mapped_query = mapped.query;
		m->captures = mapped.captures;
		break;
	case REMAP_TOO_LONG:
		m->verdict = ROUTE_LONG;
		break;
	case REMAP_REFUSED:
		refuse(m, LIT(MAPPED));
		break;
	}
}

/* The cut is sound: what becomes of the request? */
static void decide(
    const struct lookup *l, const struct route_query *q, struct route_match *m)
{
	const struct rule *rule = m->rule;
	bool elsewhere = rule->redirect.status != 0;

	if (rule->maintenance) {
		m->verdict = ROUTE_MAINTENANCE;
		return;
	}
	if (!method_allowed(rule, q->method)) {
		m->verdict = ROUTE_METHOD;
		return;
	}
	if (m->tail.len == 0 && m->prefix.len > 0 && rule->slash_redirect &&
	    !elsewhere) {
		m->verdict = ROUTE_SLASH;
		if (!slash_location(m, l->arena))
			refuse(m, LIT(SPENT));
		return;
	}
	m->verdict = elsewhere ? ROUTE_ELSEWHERE : ROUTE_FOUND;
	if (rule->map_path.pattern != NULL)
		map_path(l, m);
}

/* An owner is found and nothing contradicts it: cut, check the cut. */
static void settle(const struct lookup *l, const struct route_query *q,
    const struct owner *o, unsigned odd, struct route_match *m)
{
	const struct rule *rule = o->rule;
	size_t mount_end = raw_offset(l, o->mount_len);
	size_t cut = raw_offset(l, o->mount_len + o->slot->path.len);

	m->rule = rule;
	m->path = slice_from(l->raw, mount_end);
	m->tail = slice_from(l->raw, cut);
	m->prefix = public_prefix(o->slot, o, l);
	if (m->prefix.at == NULL || !keep_splits(l, o, m)) {
		refuse(m, LIT(SPENT));
		return;
	}
	if ((m->tail.len > 0 && m->tail.at[0] != '/') ||
	    (m->path.len > 0 && m->path.at[0] != '/')) {
		refuse(m, LIT(CUT));
		return;
	}
	if ((odd & (URI_DOTS | URI_DOT_PARAMETER)) && uri_climbs(m->tail)) {
		refuse(m, LIT(CLIMBS));
		return;
	}
	/* The origin of strip = no reads the head of the path too.  Only one
	 * reading of it may exist, but for repeated slashes. */
	if (!rule->strip && odd != 0 &&
	    (uri_oddities(slice_upto(m->path, cut - mount_end)) &
		(URI_FULL | URI_DOT_PARAMETER) & ~(unsigned)URI_MERGE)) {
		refuse(m, LIT(HEADS));
		return;
	}
	if (m->path.len == 0)
		m->path = LIT("/");
	decide(l, q, m);
}

/* A mount that no request can have is none; "//x" would make our own links
 * lead elsewhere. */
static struct slice usable_mount(struct slice mount)
{
	while (mount.len > 0 && mount.at[mount.len - 1] == '/')
		mount.len--;
	if (mount.len < 2 || mount.at[0] != '/' || mount.at[1] == '/' ||
	    mount.at[1] == '\\')
		return SLICE_NONE;
	return mount;
}

/* Everything before the readings.  SLICE_NONE: go on with l and m filled. */
static struct slice prepare(struct lookup *l, const struct route_query *q,
    char *host_room, struct route_match *m)
{
	enum uri_fault fault;
	struct uri uri;

	fault = uri_split(q->target, &uri);
	if (fault != URI_OK)
		return uri_fault_words(fault);
	m->path = uri.path;
	m->query = uri.query;
	/* The absolute form overrides Host (RFC 9112 section 3.2.2). */
	if (uri.authority.len > 0)
		m->authority = uri.authority;
	if (!uri_host(m->authority, host_room, URI_HOST_MAX, &l->host))
		return uri_fault_words(URI_AUTHORITY);
	l->raw = uri.path;
	l->mount = usable_mount(q->mount);
	l->choice =
	    (struct choice){ .facts = { q->method, uri.query, q->fields },
		    .roll = q->roll,
		    .arena = l->arena };
	l->boundaries = arena_alloc(
	    l->arena, route_table_depth(l->table) * sizeof(*l->boundaries));
	return l->boundaries == NULL ? LIT(SPENT) : SLICE_NONE;
}

void route_match(const struct route_table *t, const struct route_query *q,
    struct arena *a, struct route_match *match_out)
{
	struct route_match m = { .verdict = ROUTE_NONE,
		.authority = q->authority };
	struct lookup l = { .table = t, .arena = a };
	struct owner owner = { 0 };
	char host_room[URI_HOST_MAX];
	struct slice why = prepare(&l, q, host_room, &m);
	unsigned odd = 0;

	if (why.at != NULL) {
		refuse(&m, why);
		*match_out = m;
		return;
	}
	if (slice_eq(l.raw, LIT("*"))) {
		/* About the server as a whole, so no route's. */
		if (!slice_eq(q->method, LIT("OPTIONS")))
			refuse(&m, LIT("\"*\" is a target of OPTIONS alone"));
		*match_out = m;
		return;
	}
	odd = uri_oddities(l.raw);
	if (odd == 0)
		owner = path_owner(&l, l.raw);
	else if (!paths_room(&l))
		why = LIT(SPENT);
	else
		why = judge_readings(&l, odd, &owner);
	if (why.at != NULL)
		refuse(&m, why);
	else if (owner.slot != NULL)
		settle(&l, q, &owner, odd, &m);
	*match_out = m;
}

/* ---- each rule by itself ---- */

/* 0: the rule does not take that host; more is more specific. */
static size_t host_rank(const struct rule *rule, struct slice host)
{
	size_t best = rule->hosts.n == 0 ? 1 : 0;

	for (size_t i = 0; i < rule->hosts.n; i++) {
		struct slice name = rule->hosts.at[i];
		size_t rank = 0;

		if (slice_eq(name, host))
			rank = SIZE_MAX;
		else if (slice_starts(name, LIT("*.")) &&
		    host.len > name.len - 1 &&
		    slice_ends(host, slice_from(name, 1)))
			rank = 1 + name.len;
		if (rank > best)
			best = rank;
	}
	return best;
}

/* The rule's longest path that leads the normalised one. */
static bool path_leads(
    const struct rule *rule, struct slice path, size_t *len_out)
{
	bool found = false;
	size_t longest = 0;

	for (size_t i = 0; i < rule->paths.n; i++) {
		struct slice p = rule->paths.at[i];

		if (slice_starts(path, p) && on_boundary(path, p.len)) {
			found = true;
			if (p.len > longest)
				longest = p.len;
		}
	}
	if (found)
		*len_out = longest;
	return found;
}

bool route_place(struct slice authority, struct slice target,
    struct slice mount, struct arena *a, struct route_place *place_out)
{
	struct uri uri;
	struct uri_path path = { .from = NULL };
	struct slice host = SLICE_NONE;
	struct slice whole;
	char *room = arena_alloc(a, URI_HOST_MAX);

	mount = usable_mount(mount);
	if (room == NULL || uri_split(target, &uri) != URI_OK ||
	    uri.path.at[0] != '/' ||
	    (authority.at != NULL &&
		!uri_host(authority, room, URI_HOST_MAX, &host)))
		return false;
	path.at = arena_alloc(a, uri.path.len);
	if (path.at == NULL)
		return false;
	uri_normalise(uri.path, URI_FULL, SLICE_NONE, &path);
	whole = (struct slice){ path.at, path.len };
	if (mount.len > 0 && slice_starts(whole, mount) &&
	    on_boundary(whole, mount.len))
		whole = slice_from(whole, mount.len);
	*place_out = (struct route_place){ host, whole };
	return true;
}

bool route_may_own(
    const struct rule *rule, const struct route_place *place, bool below)
{
	size_t len;

	if (place->host.at != NULL && host_rank(rule, place->host) == 0)
		return false;
	if (path_leads(rule, place->path, &len))
		return true;
	for (size_t i = 0; below && i < rule->paths.n; i++)
		if (slice_starts(rule->paths.at[i], place->path))
			return true;
	return false;
}

static void add_list(struct text *t, const struct slice_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			text_add(t, LIT(", "));
		text_add(t, list->at[i].len ? list->at[i] : LIT("/"));
	}
}

const struct origin *route_origin(const struct route_match *m)
{
	return m->server != NULL ? &m->server->origin : &m->rule->origin;
}

struct slice route_why_not(const struct route_table *t,
    const struct route_query *q, const struct route_match *match,
    const struct rule *rule, struct arena *a)
{
	struct text why = text_in(a, WHY_MAX);
	struct lookup l = { .table = t, .arena = a };
	struct route_match ignored = { .authority = q->authority };
	char host_room[URI_HOST_MAX];
	struct slice path;
	size_t len = 0;
	size_t best_len = 0;
	const struct condition *failed;

	if (match->rule == rule)
		return SLICE_NONE;
	if (prepare(&l, q, host_room, &ignored).at != NULL || !paths_room(&l))
		return LIT("the request is refused before any route is asked");
	if (slice_eq(l.raw, LIT("*")))
		return LIT("\"*\" is about the server, not about a path");
	uri_normalise(l.raw, URI_FULL, SLICE_NONE, &l.path);
	path = (struct slice){ l.path.at, l.path.len };
	path = slice_from(path, path_owner(&l, path).mount_len);
	failed = condition_failed(&rule->match, &l.choice.facts);
	if (host_rank(rule, l.host) == 0) {
		text_add(&why, LIT("host "));
		add_list(&why, &rule->hosts);
		text_add(&why, LIT(" is not "));
		text_add(&why,
		    l.host.len ? l.host : LIT("that of a request without one"));
	} else if (!path_leads(rule, path, &len)) {
		text_add(&why, LIT("path "));
		add_list(&why, &rule->paths);
		text_add(&why, LIT(" does not lead "));
		uri_encode_path(&why, path.len ? path : LIT("/"));
	} else if (failed != NULL) {
		text_add(&why, failed->written);
		text_add(&why, LIT(" does not hold"));
	} else if (rule->split.on &&
	    !split_decide(rule, q->roll, q->fields).in) {
		text_format(&why,
		    "its split of %u.%02u%% leaves the request to others",
		    rule->split.share / 100, rule->split.share % 100);
	} else if (match->rule == NULL) {
		text_add(&why, LIT("the request is refused: "));
		text_add(&why, match->why);
	} else if (host_rank(match->rule, l.host) > host_rank(rule, l.host)) {
		text_format(&why, "[%.*s] names the host more exactly",
		    SLICE_ARG(match->rule->name));
	} else if (path_leads(match->rule, path, &best_len) && best_len > len) {
		text_format(&why, "[%.*s] has a longer path, %.*s",
		    SLICE_ARG(match->rule->name), (int)best_len, path.at);
	} else if (overlap_rank(match->rule) < overlap_rank(rule)) {
		text_format(&why,
		    "[%.*s] has the same path, and %s that takes the request",
		    SLICE_ARG(match->rule->name),
		    match->rule->match.n > 0 ? "a match" : "a split");
	} else {
		text_format(&why,
		    "[%.*s] has the same path earlier in the file",
		    SLICE_ARG(match->rule->name));
	}
	return text_slice(&why);
}
