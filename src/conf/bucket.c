/* The strict readers of what S3 keys hold.
 *
 * Names: "Bucket naming rules" of the Amazon S3 User Guide.  Encoding: every
 * byte but A-Z a-z 0-9 - . _ ~ and / as %XX, as it is signed. */
#include "conf/bucket.h"

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/origin.h"

#define SCHEME LIT("s3://")

#define REGION_MAX    63
#define PARAMETER_MAX 128

static bool spent(struct text *why)
{
	text_add(why, LIT("too long"));
	return false;
}

static bool keep(
    struct slice s, struct arena *a, struct slice *kept_out, struct text *why)
{
	struct slice kept = arena_slice(a, s);

	if (kept.at == NULL)
		return spent(why);
	*kept_out = kept;
	return true;
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool unreserved(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '.' ||
	    c == '_' || c == '~';
}

/* Decoded once, then encoded: %41 and A are one byte of one key, and only A
 * is what the server signs. */
static bool encode(struct slice s, struct arena *a, struct slice *encoded_out)
{
	static const char digits[] = "0123456789ABCDEF";
	struct text t = text_in(a, 3 * BUCKET_KEY_MAX);

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c == '%' && i + 2 < s.len && ascii_hex(s.at[i + 1]) >= 0 &&
		    ascii_hex(s.at[i + 2]) >= 0) {
			c = (unsigned char)(ascii_hex(s.at[i + 1]) * 16 +
			    ascii_hex(s.at[i + 2]));
			i += 2;
		}
		if (unreserved((char)c) || c == '/') {
			text_char(&t, (char)c);
		} else {
			text_char(&t, '%');
			text_char(&t, digits[c / 16]);
			text_char(&t, digits[c % 16]);
		}
	}
	*encoded_out = t.len == 0 ? LIT("") : text_slice(&t);
	return !text_spent(&t);
}

/* Encoded already: some servers on the way would take such a segment away,
 * and with it the prefix. */
static bool no_dots(struct slice key, struct text *why)
{
	struct slice segment;

	while (slice_cut(&key, '/', &segment))
		if (slice_eq(segment, LIT(".")) ||
		    slice_eq(segment, LIT(".."))) {
			text_add(why, LIT("a dot segment: leave it out"));
			return false;
		}
	return true;
}

static bool encode_key(
    struct slice s, struct arena *a, struct slice *key_out, struct text *why)
{
	struct slice key;

	if (!encode(s, a, &key))
		return spent(why);
	if (!no_dots(key, why))
		return false;
	*key_out = key;
	return true;
}

static bool is_arn(struct slice s)
{
	return slice_starts_nocase(s, LIT("arn:"));
}

bool bucket_meant(struct slice origin)
{
	return slice_starts_nocase(origin, LIT("s3:")) || is_arn(origin);
}

static bool all_of(struct slice s, bool (*is)(char))
{
	for (size_t i = 0; i < s.len; i++)
		if (!is(s.at[i]))
			return false;
	return true;
}

static bool label_char(char c)
{
	return is_lower(c) || ascii_is_digit(c) || c == '-';
}

static bool name_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '.' ||
	    c == '_';
}

static bool address_char(char c)
{
	return ascii_is_digit(c) || c == '.';
}

bool bucket_is_label(struct slice name)
{
	return name.len > 0 && name.len <= 63 && all_of(name, label_char) &&
	    name.at[0] != '-' && name.at[name.len - 1] != '-';
}

bool bucket_is_host(struct slice name)
{
	struct slice rest = name;
	struct slice label;

	while (slice_cut(&rest, '.', &label))
		if (!bucket_is_label(label))
			return false;
	return name.len <= 63 && !all_of(name, address_char);
}

static bool name_valid(struct slice name, struct text *why)
{
	if (name.len == 0) {
		text_add(why, LIT("names no bucket: write s3://BUCKET/PREFIX"));
	} else if (!all_of(name, name_char)) {
		text_format(why,
		    "\"%.*s\" is no bucket's name: those are of a-z, 0-9, - "
		    "and .",
		    SLICE_ARG(name));
		if (slice_find(name, ':') < name.len)
			text_add(why,
			    LIT("; where it is served is s3_endpoint's to "
				"say"));
	} else if (name.len < 3 || name.len > BUCKET_NAME_MAX) {
		text_format(why,
		    "\"%.*s\" is no bucket's name: those have 3 to 63 "
		    "characters",
		    SLICE_ARG(name));
	} else if (name.at[0] == '.' || name.at[name.len - 1] == '.') {
		text_format(why,
		    "\"%.*s\" is no bucket's name: no dot stands at its "
		    "ends",
		    SLICE_ARG(name));
	} else {
		return true;
	}
	return false;
}

static bool prefix_valid(struct slice prefix, struct text *why)
{
	for (size_t i = 0; i < prefix.len; i++) {
		char c = prefix.at[i];

		if (c != '?' && c != '#' && c != ',' && c != ' ' && c != '\t')
			continue;
		text_format(why,
		    "a %s in the prefix is written %%%02X; an origin has no "
		    "query, and a route one bucket without attributes",
		    c == ' '      ? "blank" :
			c == '\t' ? "tab" :
			c == ','  ? "comma" :
			c == '?'  ? "question mark" :
				    "number sign",
		    (unsigned)c);
		return false;
	}
	return true;
}

bool bucket_parse(struct slice s, struct arena *a, struct bucket *bucket_out,
    struct origin *origin_out, struct text *why)
{
	struct slice rest = slice_from(s, SCHEME.len);
	struct slice name = slice_upto(rest, slice_find(rest, '/'));
	struct slice prefix = slice_from(rest, name.len);
	struct slice url;

	if (is_arn(s)) {
		text_add(why,
		    LIT("an ARN is no origin: write s3://BUCKET/PREFIX with "
			"the bucket's name alone"));
		return false;
	}
	if (!slice_starts_nocase(s, SCHEME)) {
		text_add(
		    why, LIT("s3: lacks the two slashes: write s3://BUCKET"));
		return false;
	}
	if (is_arn(rest)) {
		text_add(why,
		    LIT("an ARN is no bucket's name: write the bucket's own, "
			"access points are not supported"));
		return false;
	}
	/* Without quoting what may be a secret. */
	if (slice_find(name, '@') < name.len) {
		text_add(why,
		    LIT("keys have no place in an origin: write them in a "
			"section [credentials]"));
		return false;
	}
	if (!name_valid(name, why) || !prefix_valid(prefix, why))
		return false;
	if (slice_ends(prefix, LIT("/")))
		prefix.len--;
	if (!encode_key(prefix, a, &prefix, why))
		return false;
	url = ARENA_JOIN(a, SCHEME, name, prefix);
	if (url.at == NULL)
		return spent(why);
	origin_out->url = url;
	bucket_out->name = slice_upto(slice_from(url, SCHEME.len), name.len);
	bucket_out->prefix = prefix;
	bucket_out->on = true;
	return true;
}

bool bucket_region(
    struct slice s, struct arena *a, struct slice *region_out, struct text *why)
{
	if (s.len == 0 || s.len > REGION_MAX || !all_of(s, label_char)) {
		text_format(why,
		    "\"%.*s\" is no region: write its code, such as eu-west-1",
		    SLICE_ARG(s));
		return false;
	}
	return keep(s, a, region_out, why);
}

static bool is_website(struct slice host)
{
	for (size_t i = 0; i < host.len; i++)
		if (slice_starts(slice_from(host, i), LIT("s3-website")))
			return true;
	return false;
}

bool bucket_endpoint(struct slice s, struct arena *a,
    struct slice *endpoint_out, struct text *why)
{
	struct origin o;

	if (s.len == 0) {
		*endpoint_out = LIT("");
		return true;
	}
	/* Before anything is quoted. */
	if (slice_find(s, '@') < s.len) {
		text_add(why,
		    LIT("keys have no place in an endpoint: write them in a "
			"section [credentials]"));
		return false;
	}
	if (!origin_parse(s, a, &o, why))
		return false;
	if (o.base.len > 0) {
		text_format(why,
		    "an endpoint has no path: write %.*s; the bucket is the "
		    "origin's to name",
		    SLICE_ARG(o.root));
		return false;
	}
	if (is_website(o.host)) {
		text_add(why,
		    LIT("a website endpoint answers no signed requests: leave "
			"s3_endpoint out and name the region"));
		return false;
	}
	*endpoint_out = o.root;
	return true;
}

bool bucket_index(
    struct slice s, struct arena *a, struct slice *index_out, struct text *why)
{
	struct slice index;

	if (!encode_key(s, a, &index, why))
		return false;
	if (slice_find(index, '/') < index.len) {
		text_format(why,
		    "\"%.*s\" has a slash: write the name alone, it is looked "
		    "for in each directory",
		    SLICE_ARG(s));
		return false;
	}
	*index_out = index;
	return true;
}

bool bucket_key(
    struct slice s, struct arena *a, struct slice *key_out, struct text *why)
{
	if (slice_starts(s, LIT("/")))
		s = slice_from(s, 1);
	if (slice_ends(s, LIT("/")) || slice_starts_nocase(s, SCHEME)) {
		text_format(why,
		    "\"%.*s\" names no object: write its key below the "
		    "prefix, such as errors/404.html",
		    SLICE_ARG(s));
		return false;
	}
	return encode_key(s, a, key_out, why);
}

bool bucket_coding(
    struct slice s, struct arena *a, struct slice *coding_out, struct text *why)
{
	if (slice_eq(s, LIT("br")) || slice_eq(s, LIT("gzip")))
		return keep(s, a, coding_out, why);
	text_format(why, "\"%.*s\" is none of br, gzip", SLICE_ARG(s));
	if (slice_eq_nocase(s, LIT("gz")))
		text_add(why, LIT(": did you mean gzip?"));
	else if (slice_eq_nocase(s, LIT("brotli")))
		text_add(why, LIT(": did you mean br?"));
	return false;
}

static bool parameter_char(char c)
{
	return unreserved(c) || c == '*';
}

bool bucket_parameter(
    struct slice s, struct arena *a, struct slice *name_out, struct text *why)
{
	if (s.len == 0 || s.len > PARAMETER_MAX || !all_of(s, parameter_char) ||
	    (slice_find(s, '*') < s.len && s.len > 1)) {
		text_format(why,
		    "\"%.*s\" is no parameter's name: write names without "
		    "values, or * for all",
		    SLICE_ARG(s));
		return false;
	}
	return keep(s, a, name_out, why);
}
