/* What each rewriter makes of content of its kind, in this process alone:
 * MB of input for a
 * second of the processor, fed 32 KiB at a time.  Prints; asserts nothing about them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf.h"
#include "filter/css.h"
#include "filter/html.h"
#include "filter/json.h"
#include "filter/token.h"
#include "filter/xml.h"

#define CONTENT_BYTES (1u << 20)
#define PIECE_BYTES   (32u << 10)
#define RUN_NS        3e8

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const struct slice names[] = { { "href", 4 } };
static const struct slice_list members = { names, 1 };

static struct rewriter *html(
    struct arena *a, const struct mapping *m, struct outlet out)
{
	struct html_options options = { .shim = LIT("") };

	return html_new(a, m, &options, out);
}

static struct rewriter *css(
    struct arena *a, const struct mapping *m, struct outlet out)
{
	return css_new(a, m, mapping_place(m), CSS_SHEET, out);
}

static struct rewriter *json(
    struct arena *a, const struct mapping *m, struct outlet out)
{
	return json_new(a, m, mapping_place(m), JSON_MEMBERS, &members, out);
}

/* What the row's part is repeated between; %u counts. */
static const struct row {
	const char *name;
	struct rewriter *(*make)(
	    struct arena *, const struct mapping *, struct outlet);
	const char *head, *part, *tail;
} rows[] = {
	{ "html", html, "<!DOCTYPE html><html><head><title>x</title></head>",
	    "<div class=\"card card--wide\" id=\"n%u\">\n"
	    "  <a class=\"card__link\" href=\"/rooms/%u\">A room with a view "
	    "of the sea, two beds and breakfast</a>\n"
	    "  <img src=\"/img/%u.jpg\" alt=\"the room\" width=\"320\">\n"
	    "  <p>Visible text goes on for a while before the next link "
	    "comes, as it does on most pages.</p>\n</div>\n",
	    "</html>" },
	{ "css", css, "@charset \"utf-8\";\n",
	    ".card-%u > .card__title:hover {\n"
	    "  color: rgba(12, 34, 56, .5);\n"
	    "  margin: 0 auto calc(1rem + %upx);\n"
	    "  background: #f7f7f7 url(/img/%u.png) no-repeat;\n}\n",
	    "" },
	{ "css, minified", css, "",
	    ".a%u{color:#123456;margin:0 auto;display:flex}"
	    ".b%u:before{content:\"\\201c\";font:700 1em/1.5 sans-serif}"
	    ".c%u{padding:4px}",
	    "" },
	{ "css, data", css, "",
	    ".i%u{background:url(data:image/png;base64,"
	    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q"
	    "DwADhgGAWjR9awAAAABJRU5ErkJggg==%u%u)}\n",
	    "" },
	{ "json, members", json, "[",
	    "{\"id\":%u,\"name\":\"A room with a view\",\"href\":\"\\/rooms"
	    "\\/%u\",\"tags\":[\"sea\",\"quiet\"],\"price\":%u.5},\n",
	    "{}]" },
	{ "xml", xml_new,
	    "<?xml version=\"1.0\"?>\n"
	    "<feed xmlns=\"http://www.w3.org/2005/Atom\">",
	    "<entry><id>urn:x:%u</id><title>A room with a view</title>"
	    "<link rel=\"alternate\" href=\"/rooms/%u\"/>"
	    "<summary>Two beds, breakfast %u</summary></entry>\n",
	    "</feed>" },
	{ "token, script", token_new, "",
	    "function f%u(a,b){return a/b+fetch(\"/api/\"+a).then(r=>r.json())"
	    "/* %u */}const u%u=\"/__fingerpost_prefix__/x\";\n",
	    "" },
};

static void count(void *user, struct slice bytes)
{
	*(size_t *)user += bytes.len;
}

static struct slice content(const struct row *row, struct arena *a)
{
	struct text t = text_in(a, CONTENT_BYTES + 4096);
	char part[1024];

	text_add(&t, slice_of(row->head));
	for (unsigned i = 0; t.len < CONTENT_BYTES; i++) {
		/* The rows above are the only formats. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(part, sizeof(part), row->part, i, i, i);
#pragma GCC diagnostic pop
		text_add(&t, slice_of(part));
	}
	text_add(&t, slice_of(row->tail));
	return text_slice(&t);
}

static void measure(const struct row *row, const struct mapping *m)
{
	struct arena *a = arena_new(16 << 20);
	struct arena *one = arena_new(1 << 20);
	struct slice in = content(row, a);
	double start = cpu_ns();
	size_t bytes_in = 0;
	size_t bytes_out = 0;
	size_t memory;

	do {
		struct outlet out = { count, count, &bytes_out };
		struct slice rest = in;
		struct rewriter *r;

		arena_reset(one);
		r = row->make(one, m, out);
		for (; rest.len > 0; rest = slice_from(rest, PIECE_BYTES))
			rewriter_feed(r, slice_upto(rest, PIECE_BYTES));
		rewriter_finish(r);
		bytes_in += in.len;
	} while (cpu_ns() - start < RUN_NS);
	memory = arena_used(one);
	printf("%-16s %8.0f %8.3f %8zu\n", row->name,
	    (double)bytes_in * 1e3 / (cpu_ns() - start),
	    (double)bytes_out / (double)bytes_in, memory);
	arena_free(a);
	arena_free(one);
}

int main(void)
{
	struct arena *a = arena_new(1 << 16);
	struct mapping m;

	if (a == NULL || !mapping_plain(LIT("/hotels"), a, &m))
		return 1;
	printf("%-16s %8s %8s %8s\n", "rewriter", "MB/s", "out/in", "bytes");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		measure(&rows[i], &m);
	arena_free(a);
	return 0;
}
