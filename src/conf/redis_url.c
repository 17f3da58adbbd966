/* Reading the URL of a server. */
#include "conf/redis_url.h"

#include <string.h>
#include <sys/un.h>

#include "base/arena.h"
#include "conf/match.h"

#define PORT       6379u
#define DB_MAX     65535u
#define WAIT_MAX   1000u
#define PREFIX_MAX 64u
#define PATH_LIMIT (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

static const char out_of_memory[] = "too long";

static bool read_number(
    struct slice s, unsigned from, unsigned to, unsigned *number_out)
{
	uint64_t value;

	if (!slice_to_u64(s, &value) || value < from || value > to)
		return false;
	*number_out = (unsigned)value;
	return true;
}

static const char *decode(struct slice s, struct arena *a, struct slice *out)
{
	char *room = arena_alloc(a, s.len + 1);
	size_t n = 0;

	if (room == NULL)
		return out_of_memory;
	for (size_t i = 0; i < s.len; i++) {
		int high = s.at[i] == '%' && s.len - i > 2 ?
		    ascii_hex(s.at[i + 1]) :
		    -1;
		int low = high < 0 ? -1 : ascii_hex(s.at[i + 2]);

		if (s.at[i] == '%' && low < 0)
			return "a % in the password is to be written %25";
		room[n++] = low < 0 ? s.at[i] : (char)(high * 16 + low);
		if (low >= 0)
			i += 2;
	}
	*out = (struct slice){ room, n };
	return NULL;
}

/* ---- what follows a question mark ---- */

static const char *set_db(
    struct slice value, struct arena *a, struct redis_url *u)
{
	(void)a;
	return read_number(value, 0, DB_MAX, &u->db) ?
	    NULL :
	    "the database is a number, as in redis://HOST/0";
}

static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.at[i]) && !ascii_is_digit(s.at[i]) &&
		    memchr("-_.:", s.at[i], 4) == NULL)
			return false;
	return s.len > 0 && s.len <= PREFIX_MAX;
}

static const char *set_prefix(
    struct slice value, struct arena *a, struct redis_url *u)
{
	if (!is_name(value))
		return "prefix= wants letters, digits and - _ . : , 64 at most";
	u->prefix = arena_slice(a, value);
	return NULL;
}

static const char *set_timeout(
    struct slice value, struct arena *a, struct redis_url *u)
{
	unsigned ms;

	(void)a;
	if (!read_number(value, 1, WAIT_MAX, &ms))
		return "timeout= wants milliseconds, 1 to 1000";
	u->wait_ms = ms;
	return NULL;
}

static const char *set_password(
    struct slice value, struct arena *a, struct redis_url *u)
{
	return decode(value, a, &u->password);
}

static const struct {
	struct slice name;
	bool path_only; /* redis:// has another place for it */
	const char *(*set)(struct slice, struct arena *, struct redis_url *);
} settings[] = {
	{ { "db", 2 }, true, set_db },
	{ { "password", 8 }, true, set_password },
	{ { "prefix", 6 }, false, set_prefix },
	{ { "timeout", 7 }, false, set_timeout },
};

static const char *set(
    struct slice name, struct slice value, struct arena *a, struct redis_url *u)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (slice_eq(name, settings[i].name) &&
		    (u->path.len > 0 || !settings[i].path_only))
			return settings[i].set(value, a, u);
	return u->path.len > 0 ?
	    "behind ? may stand db=, password=, prefix= and timeout=" :
	    "behind ? may stand prefix= and timeout=";
}

static const char *read_settings(
    struct slice rest, struct arena *a, struct redis_url *u)
{
	const char *wrong = NULL;
	struct slice value;
	struct slice name;

	while (wrong == NULL && slice_cut(&rest, '&', &value)) {
		if (slice_cut(&value, '=', &name))
			wrong = set(name, value, a, u);
	}
	return wrong;
}

/* ---- what stands before it ---- */

static const char *read_host(
    struct slice s, struct arena *a, struct redis_url *u)
{
	size_t end = slice_starts(s, LIT("[")) ? slice_find(s, ']') : 0;
	struct slice host;
	struct slice port;

	end += slice_find(slice_from(s, end), ':');
	host = slice_upto(s, end);
	port = slice_from(s, end);
	if (!match_host_valid(host))
		return "no host behind redis://: write a name, an address or "
		       "an [IPv6] one";
	u->port = PORT;
	if (port.len > 0 &&
	    !read_number(slice_from(port, 1), 1, 65535, &u->port))
		return "the port is none: write 1 to 65535";
	if (slice_starts(host, LIT("[")))
		host = slice_from(slice_upto(host, host.len - 1), 1);
	u->host = (struct slice){ arena_cstr(a, host), host.len };
	return u->host.at == NULL ? out_of_memory : NULL;
}

static const char *read_place(
    struct slice s, struct arena *a, struct redis_url *u)
{
	const char *wrong = NULL;
	struct slice before;
	size_t at = s.len;

	while (at > 0 && s.at[at - 1] != '@')
		at--;
	if (at > 0) {
		before = slice_upto(s, at - 1);
		if (!slice_starts(before, LIT(":")))
			return "a colon goes before the password, and no "
			       "user's name: redis://:PASSWORD@HOST";
		wrong = decode(slice_from(before, 1), a, &u->password);
		s = slice_from(s, at);
	}
	if (wrong == NULL && slice_find(s, '/') < s.len) {
		struct slice db = s;

		slice_cut(&db, '/', &s);
		if (db.len > 0)
			wrong = set_db(db, a, u);
	}
	return wrong != NULL ? wrong : read_host(s, a, u);
}

static const char *read_path(
    struct slice s, struct arena *a, struct redis_url *u)
{
	if (s.len == 0 || s.at[0] != '/')
		return "the path of the socket starts with /, as in "
		       "redis+unix:/run/redis.sock";
	if (s.len > PATH_LIMIT)
		return "the path of the socket is longer than 107 bytes";
	u->path = (struct slice){ arena_cstr(a, s), s.len };
	return u->path.at == NULL ? out_of_memory : NULL;
}

/* Of what is no such URL: what it may have been meant to be. */
static const char *other_scheme(struct slice s)
{
	if (slice_starts_nocase(s, LIT("rediss:")))
		return "this version speaks no TLS there: write redis://HOST "
		       "or redis+unix:PATH";
	if (slice_starts(s, LIT("/")) || slice_starts_nocase(s, LIT("unix:")))
		return "a socket is written redis+unix:PATH";
	return "write redis://HOST, redis://:PASSWORD@HOST:PORT/DATABASE or "
	       "redis+unix:PATH";
}

const char *redis_url_read(
    struct slice url, struct arena *a, struct redis_url *url_out)
{
	struct redis_url u = {
		.host = LIT(""),
		.path = LIT(""),
		.password = LIT(""),
		.prefix = LIT("fingerpost"),
	};
	bool tcp = slice_starts(url, LIT("redis://"));
	struct slice rest = slice_from(url, tcp ? 8 : 11);
	struct slice place = SLICE_NONE;
	const char *wrong;

	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.at[i] <= ' ' || url.at[i] == 0x7f)
			return "a blank or a control character in it: a "
			       "password has them percent-encoded";
	if (!tcp && !slice_starts(url, LIT("redis+unix:")))
		return other_scheme(url);
	slice_cut(&rest, '?', &place);
	wrong = tcp ? read_place(place, a, &u) : read_path(place, a, &u);
	if (wrong == NULL)
		wrong = read_settings(rest, a, &u);
	if (wrong == NULL)
		*url_out = u;
	return wrong;
}
