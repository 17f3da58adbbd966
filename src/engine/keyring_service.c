/* Which metadata service to ask: what the environment says of it, and which
 * of these addresses may be trusted with a secret in the clear. */
#include "engine/keyring_entry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "conf/origin.h"
#include "engine/keyring_round.h"

#define SERVICE_BYTES (64 * 1024)

#define RELATIVE LIT("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
#define FULL     LIT("AWS_CONTAINER_CREDENTIALS_FULL_URI")

/* --- an instance's ---------------------------------------------------- */

static struct slice instance_endpoint(const struct keyring *k)
{
	struct slice endpoint =
	    keyring_variable(k, LIT("AWS_EC2_METADATA_SERVICE_ENDPOINT"));
	struct slice mode =
	    keyring_variable(k, LIT("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"));

	if (endpoint.len == 0)
		return slice_eq_nocase(mode, LIT("IPv6")) ?
		    LIT("http://[fd00:ec2::254]") :
		    LIT("http://169.254.169.254");
	while (slice_ends(endpoint, LIT("/")))
		endpoint.len--;
	return endpoint;
}

static enum look begin(struct entry *e, const struct round_service *service)
{
	e->round = round_start(e, service);
	if (e->round != NULL)
		return LOOK_ASKING;
	entry_tried(e, "%.*s cannot be asked: no memory",
	    SLICE_ARG(service->origin->root));
	return LOOK_BROKEN;
}

/* `named`: the variable, for the log. */
static bool origin_of(struct entry *e, struct slice url, const char *named,
    struct arena *a, struct origin *origin_out)
{
	char room[256];
	struct text why = text_over(room, sizeof(room));

	if (origin_parse(url, a, origin_out, &why))
		return true;
	entry_tried(e, "%s: %.*s", named, SLICE_ARG(text_slice(&why)));
	return false;
}

static enum look instance_in(struct entry *e, struct arena *a)
{
	const struct keyring *k = e->keyring;
	struct origin origin;
	struct round_service service = { .origin = &origin, .instance = true };

	if (slice_eq_nocase(
		keyring_variable(k, LIT("AWS_EC2_METADATA_DISABLED")),
		LIT("true"))) {
		entry_tried(e, "AWS_EC2_METADATA_DISABLED is true");
		return LOOK_NOTHING;
	}
	if (!origin_of(e, instance_endpoint(k),
		"AWS_EC2_METADATA_SERVICE_ENDPOINT", a, &origin))
		return LOOK_BROKEN;
	return begin(e, &service);
}

/* --- a container's ---------------------------------------------------- */

/* Those of ECS and EKS, which no packet leaves the machine for. */
static const struct {
	int family;
	const char *address;
} near[] = {
	{ AF_INET, "169.254.170.2" },
	{ AF_INET, "169.254.170.23" },
	{ AF_INET6, "fd00:ec2::23" },
	{ AF_INET6, "::1" },
};

/* `host`: IPv6 in brackets. */
static bool is_near(struct slice host)
{
	char name[64];
	unsigned char is[16];
	unsigned char want[16];
	int family = AF_INET;

	if (slice_eq(host, LIT("localhost")))
		return true;
	if (slice_starts(host, LIT("["))) {
		host = slice_upto(slice_from(host, 1), host.len - 2);
		family = AF_INET6;
	}
	if (host.len >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", SLICE_ARG(host));
	if (inet_pton(family, name, is) != 1)
		return false;
	if (family == AF_INET && is[0] == 127)
		return true;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		if (near[i].family == family &&
		    inet_pton(family, near[i].address, want) == 1 &&
		    memcmp(is, want, family == AF_INET ? 4 : 16) == 0)
			return true;
	return false;
}

/* A request target; what would end the request line has no place in it. */
static bool target_valid(struct slice target)
{
	for (size_t i = 0; i < target.len; i++)
		if (target.at[i] <= ' ' || target.at[i] >= 0x7f ||
		    target.at[i] == '#')
			return false;
	return slice_starts(target, LIT("/"));
}

/* Where the path of scheme://authority/path begins. */
static size_t path_start(struct slice url)
{
	size_t i = slice_find(url, ':') + 3;

	while (i < url.len && url.at[i] != '/' && url.at[i] != '?')
		i++;
	return i < url.len ? i : url.len;
}

static bool container_url(struct entry *e, struct arena *a,
    struct origin *origin_out, struct slice *target_out)
{
	struct slice relative = keyring_variable(e->keyring, RELATIVE);
	struct slice full = keyring_variable(e->keyring, FULL);
	bool is_relative = relative.len > 0;
	struct slice root = is_relative ? LIT("http://169.254.170.2") :
					  slice_upto(full, path_start(full));
	struct slice target =
	    is_relative ? relative : slice_from(full, path_start(full));
	const char *named = is_relative ? RELATIVE.at : FULL.at;

	if (target.len == 0)
		target = LIT("/");
	if (!target_valid(target)) {
		entry_tried(e, "%s: no path of a URL", named);
		return false;
	}
	if (!origin_of(e, root, named, a, origin_out))
		return false;
	if (slice_eq(origin_out->scheme, LIT("http")) &&
	    !is_near(origin_out->host)) {
		entry_tried(e,
		    "%s: http is for this machine's own addresses alone, not "
		    "for %.*s: use https",
		    named, SLICE_ARG(origin_out->host));
		return false;
	}
	*target_out = target;
	return true;
}

/* Up to `room` bytes of it; -1, errno set. */
static ssize_t read_file(const char *path, char *to, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = 1;
	int error;

	if (fd < 0)
		return -1;
	while (n > 0 && len < room) {
		n = read(fd, to + len, room - len);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	error = errno;
	close(fd);
	errno = error;
	return n < 0 ? -1 : (ssize_t)len;
}

/* Read anew each time: it changes under us. */
static bool container_authorization(struct entry *e, struct arena *a,
    char room[ROUND_AUTHORIZATION_MAX + 1], struct slice *authorization_out)
{
	struct slice value = keyring_variable(
	    e->keyring, LIT("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
	struct slice file = keyring_variable(
	    e->keyring, LIT("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
	const char *path = arena_cstr(a, file);
	ssize_t len;

	if (file.len > 0) {
		len = path == NULL ?
		    -1 :
		    read_file(path, room, ROUND_AUTHORIZATION_MAX + 1);
		if (len < 0) {
			entry_tried(
			    e, "%.*s: %s", SLICE_ARG(file), strerror(errno));
			return false;
		}
		value = (struct slice){ room, (size_t)len };
		while (slice_ends(value, LIT("\n")) ||
		    slice_ends(value, LIT("\r")))
			value.len--;
	}
	if (value.len > ROUND_AUTHORIZATION_MAX || !field_value_valid(value)) {
		entry_tried(e,
		    "the container's authorization token is too "
		    "long or holds what no field holds");
		return false;
	}
	*authorization_out = value;
	return true;
}

static enum look container_in(struct entry *e, struct arena *a)
{
	char room[ROUND_AUTHORIZATION_MAX + 1];
	struct origin origin;
	struct round_service service = { .origin = &origin };
	enum look look = LOOK_BROKEN;

	if (keyring_variable(e->keyring, RELATIVE).len == 0 &&
	    keyring_variable(e->keyring, FULL).len == 0) {
		entry_tried(e, "no AWS_CONTAINER_CREDENTIALS_... is set");
		return LOOK_NOTHING;
	}
	if (container_url(e, a, &origin, &service.target) &&
	    container_authorization(e, a, room, &service.authorization))
		look = begin(e, &service);
	OPENSSL_cleanse(room, sizeof(room));
	return look;
}

/* --- both ------------------------------------------------------------- */

static enum look look_in_arena(
    struct entry *e, enum look (*look_in)(struct entry *, struct arena *))
{
	struct arena *a = arena_new(SERVICE_BYTES);
	enum look look = LOOK_BROKEN;

	if (a == NULL)
		entry_tried(e, "no memory for a service's URL");
	else
		look = look_in(e, a);
	arena_free(a);
	return look;
}

enum look look_container(struct entry *e)
{
	return look_in_arena(e, container_in);
}

enum look look_instance(struct entry *e)
{
	return look_in_arena(e, instance_in);
}
