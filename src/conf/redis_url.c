/* Reading the URL of a server. */
#include "conf/redis_url.h"

#include <string.h>
#include <sys/un.h>

#include "base/arena.h"

#define PORT       6379u
#define DB_MAX     9999u
#define WAIT_MAX   1000u
#define PREFIX_MAX 64u
#define HOST_MAX   255u
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
	    "the number of a database is 0 to 9999";
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
	struct slice host = s;
	struct slice port = SLICE_NONE;
	size_t n;

	if (s.len > 0 && s.at[0] == '[') {
		n = slice_find(s, ']');
		if (n == s.len)
			return "the ] behind the address is missing";
		host = slice_from(slice_upto(s, n), 1);
		s = slice_from(s, n + 1);
		if (s.len > 0 && s.at[0] != ':')
			return "behind ] may stand :PORT";
		port = slice_from(s, 1);
		if (s.len > 0 && port.len == 0)
			return "a port is 1 to 65535";
	} else if (slice_find(s, ':') < s.len) {
		port = s;
		slice_cut(&port, ':', &host);
		if (port.len == 0)
			return "a port is 1 to 65535";
	}
	if (host.len == 0 || host.len > HOST_MAX)
		return "the host is missing, or too long";
	for (size_t i = 0; i < host.len; i++)
		if ((unsigned char)host.at[i] <= ' ' || host.at[i] == 0x7f)
			return "that is no host";
	u->port = PORT;
	if (port.len > 0 && !read_number(port, 1, 65535, &u->port))
		return "a port is 1 to 65535";
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
		if (before.len == 0 || before.at[0] != ':')
			return "before @ stands :PASSWORD";
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
		return "redis+unix: wants the whole path of a socket";
	if (s.len > PATH_LIMIT || memchr(s.at, '\0', s.len) != NULL)
		return "that is no path of a socket, or too long";
	u->path = (struct slice){ arena_cstr(a, s), s.len };
	return u->path.at == NULL ? out_of_memory : NULL;
}

const char *redis_url_read(
    struct slice url, struct arena *a, struct redis_url *url_out)
{
	static const struct slice tcp = { "redis://", 8 };
	static const struct slice local = { "redis+unix:", 11 };
	struct redis_url u = {
		.host = LIT(""),
		.path = LIT(""),
		.password = LIT(""),
		.prefix = LIT("fingerpost"),
	};
	struct slice rest;
	struct slice place;
	const char *wrong;

	if (slice_starts(url, tcp))
		rest = slice_from(url, tcp.len);
	else if (slice_starts(url, local))
		rest = slice_from(url, local.len);
	else
		return "it begins with redis:// or redis+unix:";
	place = SLICE_NONE;
	slice_cut(&rest, '?', &place);
	wrong = slice_starts(url, tcp) ? read_place(place, a, &u) :
					 read_path(place, a, &u);
	if (wrong == NULL)
		wrong = read_settings(rest, a, &u);
	if (wrong == NULL)
		*url_out = u;
	return wrong;
}
