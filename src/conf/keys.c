/* Finding keys, and one setter a kind.  The table is key_table.c. */
#include "conf/keys.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/bucket.h"
#include "conf/cache.h"
#include "conf/conditions.h"
#include "conf/conf.h"
#include "conf/field_rules.h"
#include "conf/match.h"
#include "conf/network.h"
#include "conf/path_map.h"
#include "conf/pool.h"
#include "conf/redirect.h"
#include "conf/server.h"
#include "conf/statuses.h"
#include "conf/stencil.h"
#include "conf/value.h"
#include "http/uri.h"

/* Is its line "key NAME = value" or "key.NAME = value"? */
static bool takes_name(const struct key *k)
{
	return k->kind == KEY_REQUEST_FIELD || k->kind == KEY_RESPONSE_FIELD ||
	    k->kind == KEY_SERVER;
}

bool key_has_variables(const struct key *k)
{
	return k->kind == KEY_REQUEST_FIELD || k->kind == KEY_RESPONSE_FIELD ||
	    k->kind == KEY_REDIRECT;
}

/* Where the name of the row ends: "server." takes the dot along. */
static size_t name_end(struct slice written)
{
	size_t end = 0;

	while (end < written.len && written.at[end] != ' ' &&
	    written.at[end] != '\t')
		if (written.at[end++] == '.')
			break;
	return end;
}

const struct key *key_find(
    struct slice written, unsigned place, struct slice *rest_out)
{
	const struct key *elsewhere = NULL;
	size_t end = name_end(written);

	for (size_t i = 0; i < key_table_n; i++) {
		const struct key *k = &key_table[i];

		if (!takes_name(k) && end != written.len)
			continue;
		if (!slice_eq_nocase(
			slice_upto(written, end), slice_of(k->name)))
			continue;
		*rest_out = slice_from(written, end);
		if (k->kind != KEY_SERVER)
			*rest_out = slice_trim(*rest_out);
		if (k->place & place)
			return k;
		if (elsewhere == NULL)
			elsewhere = k;
	}
	return elsewhere;
}

struct setting {
	const struct key *key;
	struct slice rest;
	struct slice value;
	void *object;
	void *to; /* the key's member */
	struct arena *arena;
	struct text *why;
};

static bool memory_spent(struct setting *s)
{
	text_add(s->why, LIT("out of memory"));
	return false;
}

static bool keep(struct setting *s, struct slice value, struct slice *to)
{
	struct slice kept = arena_slice(s->arena, value);

	if (kept.at == NULL)
		return memory_spent(s);
	*to = kept;
	return true;
}

static bool set_bool(struct setting *s)
{
	return value_bool(s->value, s->to, s->why);
}

typedef bool number_parser(struct slice, int64_t *, struct text *);

/* A number within the row's range, whose ends are written as values are. */
static bool set_number(struct setting *s, number_parser *parse)
{
	struct slice high = slice_of(s->key->range);
	struct slice low;
	int64_t value, least, most;

	if (!parse(s->value, &value, s->why))
		return false;
	(void)slice_cut(&high, '.', &low);
	high = slice_from(high, 1);
	if (!parse(low, &least, s->why) || !parse(high, &most, s->why))
		return false;
	if (value < least || value > most) {
		text_format(s->why, "%.*s is out of range: write %.*s to %.*s",
		    SLICE_ARG(s->value), SLICE_ARG(low), SLICE_ARG(high));
		return false;
	}
	*(int64_t *)s->to = value;
	return true;
}

static bool set_duration(struct setting *s)
{
	return set_number(s, value_duration);
}

static bool set_size(struct setting *s)
{
	return set_number(s, value_size);
}

static bool set_integer(struct setting *s)
{
	return set_number(s, value_integer);
}

static bool set_level(struct setting *s)
{
	static const char *const words[] = { [LOG_ERROR] = "error",
		[LOG_WARN] = "warn",
		[LOG_INFO] = "info",
		[LOG_DEBUG] = "debug" };
	size_t level;

	if (!value_choice(s->value, words, 4, &level, s->why))
		return false;
	*(enum log_level *)s->to = (enum log_level)level;
	return true;
}

static bool set_mount(struct setting *s)
{
	static const char *const words[] = { "auto", "none" };
	struct settings *settings = s->object;
	size_t index;

	if (s->value.len > 0 && s->value.at[0] == '/') {
		if (!match_path(s->value, s->arena, &settings->mount, s->why))
			return false;
		settings->mount_mode =
		    settings->mount.len == 0 ? MOUNT_NONE : MOUNT_FIXED;
		return true;
	}
	if (!value_choice(s->value, words, 2, &index, s->why)) {
		text_add(s->why, LIT(", or a path that starts with /"));
		return false;
	}
	settings->mount_mode = index == 0 ? MOUNT_AUTO : MOUNT_NONE;
	return true;
}

static bool set_token(struct setting *s)
{
	if (!field_name_valid(s->value)) {
		text_format(s->why,
		    "\"%.*s\" is no token: write letters, digits, - _ and . "
		    "alone",
		    SLICE_ARG(s->value));
		return false;
	}
	return keep(s, s->value, s->to);
}

static bool set_text(struct setting *s)
{
	return keep(s, s->value, s->to);
}

/* Also for ~user/: neither a shell nor a home is there to look it up. */
static bool set_file(struct setting *s)
{
	if (slice_starts(s->value, LIT("~"))) {
		text_add(s->why,
		    LIT("~ means no folder here, a web server has no home: "
			"write the whole path"));
		return false;
	}
	return keep(s, s->value, s->to);
}

/* The loader follows them before any key is set. */
static bool set_patterns(struct setting *s)
{
	struct slice_list list;

	return value_list(s->value, s->arena, &list, s->why);
}

typedef bool item_parser(
    struct slice, struct arena *, struct slice *, struct text *);

/* Each item as its parser gives it back, each of them once. */
static bool set_list(struct setting *s, item_parser *parse)
{
	struct slice_list list;
	struct slice *items;

	if (!value_list(s->value, s->arena, &list, s->why))
		return false;
	items = arena_alloc(s->arena, (list.n + 1) * sizeof(*items));
	if (items == NULL)
		return memory_spent(s);
	for (size_t i = 0; i < list.n; i++) {
		if (!parse(list.at[i], s->arena, &items[i], s->why))
			return false;
		for (size_t j = 0; j < i; j++)
			if (slice_eq(items[i], items[j])) {
				text_format(s->why,
				    "\"%.*s\" is listed twice: keep one",
				    SLICE_ARG(list.at[i]));
				return false;
			}
	}
	*(struct slice_list *)s->to = (struct slice_list){ items, list.n };
	return true;
}

static bool set_origin(struct setting *s)
{
	struct rule *rule = s->object;

	if (bucket_meant(s->value))
		return bucket_parse(
		    s->value, s->arena, &rule->bucket, &rule->origin, s->why);
	return servers_parse(s->value, s->arena, &rule->servers, s->why);
}

static bool set_server(struct setting *s)
{
	return servers_add_line(s->to, s->rest, s->value, s->arena, s->why);
}

static bool set_balance(struct setting *s)
{
	size_t index;

	if (!value_choice(
		s->value, balance_words, BALANCE_WORDS, &index, s->why))
		return false;
	*(enum balance *)s->to = (enum balance)index;
	return true;
}

static bool set_sticky(struct setting *s)
{
	static const char *const words[] = { "no", "cookie" };
	size_t index;

	if (!value_choice(s->value, words, 2, &index, s->why))
		return false;
	*(bool *)s->to = index == 1;
	return true;
}

static bool set_target(struct setting *s)
{
	struct uri uri;
	enum uri_fault fault = uri_split(s->value, &uri);

	if (s->value.len > 0 && s->value.at[0] != '/') {
		text_format(s->why,
		    "\"%.*s\" does not start with /: did you mean \"/%.*s\"?",
		    SLICE_ARG(s->value), SLICE_ARG(s->value));
		return false;
	}
	for (size_t i = 0; i < s->value.len && fault == URI_OK; i++)
		if ((unsigned char)s->value.at[i] >= 0x7f)
			fault = URI_CONTROL;
	if (s->value.len > 0 && fault != URI_OK) {
		text_format(s->why,
		    "\"%.*s\" holds a character that a URL writes "
		    "percent-encoded",
		    SLICE_ARG(s->value));
		return false;
	}
	return keep(s, s->value, s->to);
}

static bool set_statuses(struct setting *s)
{
	return statuses_parse(s->value, s->arena, s->to, s->why);
}

static bool set_retry_on(struct setting *s)
{
	return retry_on_parse(s->value, s->arena, s->to, s->why);
}

/* Empty, where it may be: 0. */
static bool set_percent(struct setting *s)
{
	if (s->value.len > 0)
		return set_number(s, value_percent);
	*(int64_t *)s->to = 0;
	return true;
}

static bool set_field_of(struct setting *s, enum field_side side)
{
	struct fields *fields = s->to;
	struct slice name, value;
	struct stencil unused;

	if (!field_settable(side, s->rest, s->why))
		return false;
	if (!field_value_valid(s->value)) {
		text_add(s->why, LIT("a control character in the value"));
		return false;
	}
	if (!stencil_compile(s->value, s->arena, &unused, s->why))
		return false;
	if (!keep(s, s->rest, &name) || !keep(s, s->value, &value) ||
	    !field_set(fields, s->arena, name, value))
		return memory_spent(s);
	return true;
}

static bool set_request_field(struct setting *s)
{
	return set_field_of(s, FIELD_REQUEST);
}

static bool set_response_field(struct setting *s)
{
	return set_field_of(s, FIELD_RESPONSE);
}

static bool keep_name(struct slice s, struct arena *a, struct slice *name_out)
{
	*name_out = arena_slice(a, s);
	return name_out->at != NULL;
}

static bool parse_request_name(
    struct slice s, struct arena *a, struct slice *name_out, struct text *why)
{
	return field_removable(FIELD_REQUEST, s, why) &&
	    keep_name(s, a, name_out);
}

static bool parse_response_name(
    struct slice s, struct arena *a, struct slice *name_out, struct text *why)
{
	return field_removable(FIELD_RESPONSE, s, why) &&
	    keep_name(s, a, name_out);
}

static bool set_conditions(struct setting *s)
{
	struct slice_list list;
	struct condition *items;

	if (!value_list(s->value, s->arena, &list, s->why))
		return false;
	if (list.n > CONDITIONS_MAX) {
		text_format(s->why, "more than %d conditions", CONDITIONS_MAX);
		return false;
	}
	items = arena_alloc(s->arena, (list.n + 1) * sizeof(*items));
	if (items == NULL)
		return memory_spent(s);
	for (size_t i = 0; i < list.n; i++) {
		if (!condition_parse(list.at[i], s->arena, &items[i], s->why))
			return false;
		for (size_t j = 0; j < i; j++)
			if (condition_same(&items[i], &items[j])) {
				text_format(s->why,
				    "\"%.*s\" is listed twice: keep one",
				    SLICE_ARG(list.at[i]));
				return false;
			}
	}
	*(struct conditions *)s->to = (struct conditions){ items, list.n };
	return true;
}

static bool set_share(struct setting *s)
{
	struct split *split = s->to;

	if (s->value.len == 0)
		return true;
	split->on = value_share(s->value, &split->share, s->why);
	return split->on;
}

static bool set_map(struct setting *s)
{
	return s->value.len == 0 ||
	    path_map_parse(s->value, s->arena, s->to, s->why);
}

static bool set_redirect(struct setting *s)
{
	return redirect_parse(s->value, s->arena, s->to, s->why);
}

static bool parse_media_type(
    struct slice s, struct arena *a, struct slice *type_out, struct text *why)
{
	size_t slash = slice_find(s, '/');
	struct slice type = slice_upto(s, slash);
	struct slice subtype = slice_from(s, slash + 1);
	struct slice kept;

	if (!field_name_valid(type) || !field_name_valid(subtype) ||
	    slice_find(type, '*') < type.len ||
	    (slice_find(subtype, '*') < subtype.len && subtype.len > 1)) {
		text_format(why,
		    "\"%.*s\" is no media type: write TYPE/SUBTYPE or TYPE/* "
		    "without parameters",
		    SLICE_ARG(s));
		return false;
	}
	kept = arena_lower(a, s);
	if (kept.at == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	*type_out = kept;
	return true;
}

static bool parse_encoding(struct slice s, struct arena *a,
    struct slice *encoding_out, struct text *why)
{
	(void)a;
	if (!slice_eq(s, LIT("gzip"))) {
		text_format(why,
		    "\"%.*s\" is no coding of this version: "
		    "write gzip",
		    SLICE_ARG(s));
		return false;
	}
	*encoding_out = LIT("gzip");
	return true;
}

static bool set_scripts(struct setting *s)
{
	static const char *const words[] = { "no", "token" };
	size_t index;

	if (!value_choice(s->value, words, 2, &index, s->why))
		return false;
	*(bool *)s->to = index == 1;
	return true;
}

/* As it stands between the quotes of JSON, where nothing is escaped. */
static bool parse_member(
    struct slice s, struct arena *a, struct slice *member_out, struct text *why)
{
	struct slice kept;

	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == '"' || s.at[i] == '\\' ||
		    (unsigned char)s.at[i] < ' ') {
			text_format(why,
			    "\"%.*s\" is no member's name: write it without "
			    "quotes and escapes",
			    SLICE_ARG(s));
			return false;
		}
	kept = arena_slice(a, s);
	if (kept.at == NULL) {
		text_add(why, LIT("out of memory"));
		return false;
	}
	*member_out = kept;
	return true;
}

static bool set_style(struct setting *s)
{
	static const char *const words[] = { [BUCKET_STYLE_AUTO] = "auto",
		[BUCKET_STYLE_PATH] = "yes",
		[BUCKET_STYLE_HOST] = "no" };
	size_t index;

	if (!value_choice(s->value, words, 3, &index, s->why))
		return false;
	*(enum bucket_style *)s->to = (enum bucket_style)index;
	return true;
}

static bool set_tls_version(struct setting *s)
{
	static const char *const words[] = {
		[TLS_1_2] = "1.2", [TLS_1_3] = "1.3"
	};
	size_t version;

	if (slice_eq(s->value, LIT("1.0")) || slice_eq(s->value, LIT("1.1"))) {
		text_format(s->why,
		    "TLS %.*s is no longer safe, nor spoken by OpenSSL: write "
		    "1.2 or 1.3",
		    SLICE_ARG(s->value));
		return false;
	}
	if (!value_choice(s->value, words, 2, &version, s->why))
		return false;
	*(enum tls_version *)s->to = (enum tls_version)version;
	return true;
}

static bool set_tls_name(struct setting *s)
{
	struct slice lower = arena_lower(s->arena, s->value);

	if (s->value.len > 0 && !match_host_valid(s->value)) {
		text_format(s->why,
		    "\"%.*s\" is no host name: write the one in the origin's "
		    "certificate, without a port",
		    SLICE_ARG(s->value));
		return false;
	}
	if (lower.at == NULL)
		return memory_spent(s);
	*(struct slice *)s->to = lower;
	return true;
}

/* Which section it names is seen once all of them are read. */
static bool set_credentials(struct setting *s)
{
	struct slice name = arena_lower(s->arena, s->value);

	if (name.at == NULL)
		return memory_spent(s);
	*(struct slice *)s->to = name;
	return true;
}

/* It becomes part of a field. */
static bool set_secret(struct setting *s)
{
	for (size_t i = 0; i < s->value.len; i++)
		if ((unsigned char)s->value.at[i] <= ' ' ||
		    s->value.at[i] == 0x7f) {
			text_add(s->why,
			    LIT("a blank or a control character, which no key "
				"has: copy it anew"));
			return false;
		}
	return keep(s, s->value, s->to);
}

static bool set_source(struct setting *s)
{
	static const struct {
		struct slice word;
		enum credentials_source source;
	} sources[] = {
		{ { "environment", 11 }, CREDENTIALS_ENVIRONMENT },
		{ { "file", 4 }, CREDENTIALS_FILE },
		{ { "container", 9 }, CREDENTIALS_CONTAINER },
		{ { "instance", 8 }, CREDENTIALS_INSTANCE },
	};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (slice_eq(s->value, sources[i].word)) {
			*(enum credentials_source *)s->to = sources[i].source;
			return true;
		}
	/* What is written may be a key that has got into the wrong line. */
	text_add(s->why, LIT("write environment, file, container or instance"));
	return false;
}

static bool set_networks(struct setting *s)
{
	return networks_parse(s->value, s->arena, s->to, s->why);
}

static bool set_cache_ttl(struct setting *s)
{
	return cache_ttl_parse(s->value, s->arena, s->to, s->why);
}

static bool set_cache_key(struct setting *s)
{
	return cache_key_parse(s->value, s->arena, s->to, s->why);
}

/* Kinds that are one slice, and kinds that are a list of them. */
static item_parser *const readers[KEY_KINDS] = {
	[KEY_REGION] = bucket_region,
	[KEY_ENDPOINT] = bucket_endpoint,
	[KEY_INDEX] = bucket_index,
	[KEY_OBJECT] = bucket_key,
	[KEY_REDIS] = cache_redis,
};

static item_parser *const item_readers[KEY_KINDS] = {
	[KEY_PATHS] = match_path,
	[KEY_HOSTS] = match_host,
	[KEY_METHODS] = match_method,
	[KEY_REQUEST_NAMES] = parse_request_name,
	[KEY_RESPONSE_NAMES] = parse_response_name,
	[KEY_MEDIA_TYPES] = parse_media_type,
	[KEY_ENCODINGS] = parse_encoding,
	[KEY_MEMBERS] = parse_member,
	[KEY_CODINGS] = bucket_coding,
	[KEY_PARAMETERS] = bucket_parameter,
};

/* All the others. */
static bool (*const setters[KEY_KINDS])(struct setting *) = {
	[KEY_BOOL] = set_bool,
	[KEY_DURATION] = set_duration,
	[KEY_SIZE] = set_size,
	[KEY_INTEGER] = set_integer,
	[KEY_LEVEL] = set_level,
	[KEY_MOUNT] = set_mount,
	[KEY_TOKEN] = set_token,
	[KEY_FILE] = set_file,
	[KEY_PATTERNS] = set_patterns,
	[KEY_ORIGIN] = set_origin,
	[KEY_REQUEST_FIELD] = set_request_field,
	[KEY_RESPONSE_FIELD] = set_response_field,
	[KEY_CONDITIONS] = set_conditions,
	[KEY_SHARE] = set_share,
	[KEY_MAP] = set_map,
	[KEY_REDIRECT] = set_redirect,
	[KEY_SCRIPTS] = set_scripts,
	[KEY_TLS_VERSION] = set_tls_version,
	[KEY_TLS_NAME] = set_tls_name,
	[KEY_SERVER] = set_server,
	[KEY_BALANCE] = set_balance,
	[KEY_STICKY] = set_sticky,
	[KEY_TARGET] = set_target,
	[KEY_STATUSES] = set_statuses,
	[KEY_RETRY_ON] = set_retry_on,
	[KEY_PERCENT] = set_percent,
	[KEY_NETWORKS] = set_networks,
	[KEY_CACHE_TTL] = set_cache_ttl,
	[KEY_CACHE_KEY] = set_cache_key,
	[KEY_STYLE] = set_style,
	[KEY_CREDENTIALS] = set_credentials,
	[KEY_SECRET] = set_secret,
	[KEY_SOURCE] = set_source,
	[KEY_TEXT] = set_text,
};

bool key_set(const struct key *k, struct slice rest, struct slice value,
    void *object, struct arena *a, struct text *why)
{
	struct setting s = { k, rest, value, object, (char *)object + k->at, a,
		why };

	/* Quotes kept blanks at the ends, which no value has a use for, a
	 * field's neither (RFC 9110 section 5.5). */
	s.value = slice_trim(value);
	if (s.value.len == 0 && k->kind != KEY_INDEX &&
	    (k->standard == NULL || k->standard[0] != 0)) {
		text_format(why, "needs a value%s",
		    k->kind == KEY_REQUEST_FIELD ?
			": remove_request_headers drops the client's" :
			k->kind == KEY_RESPONSE_FIELD ?
			": remove_response_headers drops the origin's" :
			k->kind == KEY_RETRY_ON ?
			": retries = 0 asks no other server" :
			k->kind == KEY_CACHE_KEY ?
			": path is the least that tells answers apart" :
			"");
		return false;
	}
	if (readers[k->kind] != NULL)
		return readers[k->kind](s.value, a, s.to, why);
	if (item_readers[k->kind] != NULL)
		return set_list(&s, item_readers[k->kind]);
	return setters[k->kind](&s);
}

bool key_set_standard(unsigned place, void *object, struct arena *a)
{
	char room[256];

	for (size_t i = 0; i < key_table_n; i++) {
		const struct key *k = &key_table[i];
		struct text why = text_over(room, sizeof(room));

		if ((k->place & place) == 0 || k->standard == NULL)
			continue;
		if (!key_set(
			k, SLICE_NONE, slice_of(k->standard), object, a, &why))
			return false;
	}
	return true;
}
