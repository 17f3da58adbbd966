/* Precompressed objects: names, types and heads. */
#include "policy/s3_coded.h"

#include "http/media_type.h"
#include "http/message.h"

#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
#define COUNT(row) (sizeof(row) / sizeof((row)[0]))

static const struct {
	struct slice coding, suffix;
} suffixes[] = {
	{ NAME("br"), NAME(".br") },
	{ NAME("gzip"), NAME(".gz") },
};

/* Text and its like: images, films and archives are compressed already. */
static const struct {
	struct slice extension, type;
} types[] = {
	{ NAME("html"), NAME("text/html") },
	{ NAME("htm"), NAME("text/html") },
	{ NAME("xhtml"), NAME("application/xhtml+xml") },
	{ NAME("css"), NAME("text/css") },
	{ NAME("js"), NAME("text/javascript") },
	{ NAME("mjs"), NAME("text/javascript") },
	{ NAME("json"), NAME("application/json") },
	{ NAME("map"), NAME("application/json") },
	{ NAME("geojson"), NAME("application/geo+json") },
	{ NAME("jsonld"), NAME("application/ld+json") },
	{ NAME("webmanifest"), NAME("application/manifest+json") },
	{ NAME("wasm"), NAME("application/wasm") },
	{ NAME("svg"), NAME("image/svg+xml") },
	{ NAME("xml"), NAME("application/xml") },
	{ NAME("xsl"), NAME("application/xslt+xml") },
	{ NAME("rss"), NAME("application/rss+xml") },
	{ NAME("atom"), NAME("application/atom+xml") },
	{ NAME("txt"), NAME("text/plain") },
	{ NAME("md"), NAME("text/markdown") },
	{ NAME("csv"), NAME("text/csv") },
	{ NAME("vtt"), NAME("text/vtt") },
	{ NAME("ics"), NAME("text/calendar") },
	{ NAME("ico"), NAME("image/vnd.microsoft.icon") },
	{ NAME("ttf"), NAME("font/ttf") },
	{ NAME("otf"), NAME("font/otf") },
	{ NAME("eot"), NAME("application/vnd.ms-fontobject") },
};

/* What tools that upload KEY.gz say of it. */
static const struct slice no_types[] = {
	NAME(""),
	NAME("application/octet-stream"),
	NAME("binary/octet-stream"),
	NAME("application/gzip"),
	NAME("application/x-gzip"),
	NAME("application/brotli"),
	NAME("application/x-brotli"),
};

struct slice s3_coded_suffix(struct slice coding)
{
	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (slice_eq_nocase(coding, suffixes[i].coding))
			return suffixes[i].suffix;
	return LIT("");
}

struct slice s3_coded_type(struct slice path)
{
	size_t dot = path.len;

	while (dot > 0 && path.at[dot - 1] != '.')
		dot--;
	if (dot == 0)
		return LIT("");
	for (size_t i = 0; i < COUNT(types); i++)
		if (slice_eq_nocase(slice_from(path, dot), types[i].extension))
			return types[i].type;
	return LIT("");
}

static bool says_nothing(struct slice type)
{
	for (size_t i = 0; i < COUNT(no_types); i++)
		if (slice_eq_nocase(type, no_types[i]))
			return true;
	return false;
}

bool s3_coded_head(
    struct response *r, struct slice coding, struct slice path, struct arena *a)
{
	struct slice name = LIT("Content-Type");
	struct slice own = media_type(field_get(&r->fields, name));

	/* Of these a 304 says nothing (RFC 9110 section 15.4.5). */
	if (r->status == 304)
		return true;
	if (says_nothing(own) &&
	    !field_set(&r->fields, a, name, s3_coded_type(path)))
		return false;
	return field_set(&r->fields, a, LIT("Content-Encoding"), coding);
}
