/* The XML rewriter.  Every case is run whole, byte by byte and cut at every
 * place, and must come out as it went in where nothing is to be mapped. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "filter/xml.h"
#include "tests/unit/filter/pieces.h"

#define LONG_MAX 400000

/* --- one run ---------------------------------------------------------- */

struct setup {
	const struct mapping *mapping;
	struct rewriter **made; /* the latest */
};

static struct rewriter *make(
    struct arena *a, const void *how, struct outlet out)
{
	const struct setup *setup = how;

	*setup->made = xml_new(a, setup->mapping, out);
	return *setup->made;
}

/* In pieces of `size`; in the arena. */
static struct slice run(const struct mapping *m, struct slice in, size_t size,
    unsigned *hints_out, struct arena *a)
{
	struct rewriter *made = NULL;
	struct setup setup = { m, &made };
	struct slice out = pieces_run(make, &setup, in, 0, size, a);

	*hints_out = made->hints;
	return out;
}

/* The component at http://origin is ours at http://www.test/hotels. */
static struct mapping mapping_of(struct arena *a)
{
	struct mapping m;

	assert_true(mapping_plain(LIT("/hotels"), a, &m));
	m.authority = LIT("www.test");
	m.absolute = LIT("http://www.test/hotels/");
	m.network = LIT("//www.test/hotels/");
	m.depth = 1;
	return m;
}

static struct mapping identity(struct arena *a)
{
	struct mapping m;

	assert_true(mapping_plain(LIT(""), a, &m));
	m.origin_host = m.origin_authority = LIT("nowhere.invalid");
	m.authority = LIT("www.test");
	m.absolute = LIT("http://www.test/");
	m.network = LIT("//www.test/");
	return m;
}

static unsigned check(struct slice in, struct slice want)
{
	struct arena *a = arena_new(1 << 24);
	struct mapping m = mapping_of(a);
	struct mapping same = identity(a);
	struct rewriter *made = NULL;
	struct setup setup = { &m, &made };
	unsigned hints, ignored;

	assert_slice(run(&m, in, in.len + 1, &hints, a), want, in);
	assert_slice(run(&m, in, 1, &ignored, a), want, LIT("by bytes"));
	if (in.len < 4096)
		pieces_check(make, &setup, in, want);
	assert_slice(run(&same, in, in.len + 1, &ignored, a), in, LIT("same"));
	arena_free(a);
	return hints;
}

struct row {
	struct slice in, want;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(rows[i].in, rows[i].want);
}

#define KEEP(s)            \
	{                  \
		S(s), S(s) \
	}

/* A document around what differs. */
#define AROUND(open, in, want, close)                \
	{                                            \
		S(open in close), S(open want close) \
	}

/* --- WebDAV ----------------------------------------------------------- */

#define DAV_OPEN                                               \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"         \
	"<D:multistatus xmlns:D=\"DAV:\" xmlns:z=\"urn:z\">\n" \
	"<D:response>"
#define DAV_CLOSE         "</D:response>\n</D:multistatus>\n"
#define DAV(in, want)     AROUND(DAV_OPEN, in, want, DAV_CLOSE)
#define DAV_KEEP(s)       DAV(s, s)
#define HREF(s)           "<D:href>" s "</D:href>"
#define DAV_URL(in, want) DAV(HREF(in), HREF(want))

static const struct row dav[] = {
	DAV_URL("/a/b%20c", "/hotels/a/b%20c"),
	DAV_URL("http://origin/a", "http://www.test/hotels/a"),
	DAV_URL("http://origin:80/a", "http://www.test/hotels/a"),
	DAV_URL("http://other/a", "http://other/a"),
	DAV_URL("/", "/hotels/"),
	DAV_URL("", ""),
	DAV_URL("\n  /a\n  ", "\n  /hotels/a\n  "),
	DAV_URL("a/b", "a/b"),
	DAV_URL("/a?b&amp;c=d", "/hotels/a?b&amp;c=d"),
	DAV_URL("&#47;a", "/hotels&#47;a"),
	DAV_URL("&#x2f;&#x2F;origin/a", "//www.test/hotels/a"),
	DAV_URL(
	    "htt&#112;:&#0047;/origin/&#xe9;", "http://www.test/hotels/&#xe9;"),
	DAV_URL("&#x2f;&#x2F;other/a", "&#x2f;&#x2F;other/a"),
	DAV_URL("&unknown;/a", "&unknown;/a"),
	DAV_URL("&#;/a", "&#;/a"),
	DAV_URL("& /a", "& /a"),
	DAV_URL("/a&amp", "/hotels/a&amp"),
	/* CDATA, and what interrupts */
	DAV_URL("<![CDATA[/a&b]]>", "<![CDATA[/hotels/a&b]]>"),
	DAV_URL("\n <![CDATA[ /a ]]>\n", "\n <![CDATA[ /hotels/a ]]>\n"),
	DAV_URL("<![CDATA[/a]]]]>", "<![CDATA[/hotels/a]]]]>"),
	DAV_URL("<![CDATA[/a]]b]>", "<![CDATA[/a]]b]>"),
	DAV_URL("<![CDATA[]]>/a", "<![CDATA[]]>/hotels/a"),
	DAV_URL("<![CDATA[/a]]>/b", "<![CDATA[/hotels/a]]>/b"),
	DAV_URL("/a<![CDATA[/b]]>", "/a<![CDATA[/b]]>"),
	DAV_URL("/<!-- x -->/a", "/<!-- x -->/a"),
	DAV_URL("<!-- x -->/a", "<!-- x -->/hotels/a"),
	DAV_URL("<!-- x --->/a", "<!-- x --->/hotels/a"),
	DAV_URL("<![CDATA[&#47;a]]>", "<![CDATA[&#47;a]]>"),
	DAV_URL("&#4294967343;a", "&#4294967343;a"),
	DAV_URL("/a<?x y?>/b", "/a<?x y?>/b"),
	DAV_URL("/a<z:x/>/b", "/a<z:x/>/b"),
	/* others of that name, and other elements */
	DAV_KEEP("<z:href>/a</z:href>"),
	DAV_KEEP("<href>/a</href>"),
	DAV_KEEP("<href xmlns=\"\">/a</href>"),
	DAV_KEEP("<D:displayname>/a</D:displayname>"),
	DAV_KEEP("<D:href/>/a"),
	DAV_KEEP("<D:owner><D:href>/a</D:href></D:owner>"),
	DAV("<href xmlns=\"DAV:\">/a</href>",
	    "<href xmlns=\"DAV:\">/hotels/a</href>"),
	DAV("<x xmlns='DAV:'><href>/a</href></x><href>/a</href>",
	    "<x xmlns='DAV:'><href>/hotels/a</href></x><href>/a</href>"),
	DAV_KEEP("<D:href xmlns:D='urn:d'>/a</D:href>"),
	DAV("<D:x xmlns:D='urn:d'/><D:href>/a</D:href>",
	    "<D:x xmlns:D='urn:d'/><D:href>/hotels/a</D:href>"),
	DAV("<e:href xmlns:e=\"&#68;AV:\">/a</e:href>",
	    "<e:href xmlns:e=\"&#68;AV:\">/hotels/a</e:href>"),
	DAV("<D:href >/a</D:href >", "<D:href >/hotels/a</D:href >"),
	AROUND("<d:prop xmlns:d='DAV:'><d:lockdiscovery><d:activelock>"
	       "<d:owner>me</d:owner><d:lockroot><d:href>",
	    "/a", "/hotels/a",
	    "</d:href></d:lockroot></d:activelock></d:lockdiscovery></d:prop>"),
	AROUND("<d:error xmlns:d='DAV:'><d:lock-token-submitted><d:href>", "/a",
	    "/hotels/a", "</d:href></d:lock-token-submitted></d:error>"),
	AROUND("<C:schedule-response xmlns:D='DAV:' "
	       "xmlns:C='urn:ietf:params:xml:ns:caldav'><D:href>",
	    "/a", "/hotels/a", "</D:href></C:schedule-response>"),
	/* the root tells */
	KEEP("<x><D:href xmlns:D='DAV:'>/a</D:href></x>"),
};

static void webdav(void **state)
{
	(void)state;
	check_rows(dav, ROWS(dav));
}

/* --- feeds ------------------------------------------------------------ */

#define ATOM_OPEN                                     \
	"\xef\xbb\xbf<?xml version='1.0'?>"           \
	"<feed xmlns='http://www.w3.org/2005/Atom'\n" \
	" xmlns:h='http://www.w3.org/1999/xhtml'>"
#define ATOM(in, want) AROUND(ATOM_OPEN, in, want, "</feed>")
#define ATOM_KEEP(s)   ATOM(s, s)

static const struct row atom[] = {
	ATOM("<link rel='self' href='/a'/>",
	    "<link rel='self' href='/hotels/a'/>"),
	ATOM("<link href = \"http://origin/a?b=c&amp;d\" />",
	    "<link href = \"http://www.test/hotels/a?b=c&amp;d\" />"),
	ATOM("<content src='/a'></content>",
	    "<content src='/hotels/a'></content>"),
	ATOM("<generator uri='/a'>/b</generator>",
	    "<generator uri='/hotels/a'>/b</generator>"),
	ATOM("<author><name>/a</name><uri>/a</uri></author>",
	    "<author><name>/a</name><uri>/hotels/a</uri></author>"),
	ATOM("<icon>/a</icon><logo> /a </logo>",
	    "<icon>/hotels/a</icon><logo> /hotels/a </logo>"),
	ATOM_KEEP("<id>http://origin/a</id><uri>/a</uri>"),
	ATOM_KEEP("<category scheme='/a' term='/a'/>"),
	ATOM_KEEP("<content type='html'>&lt;a href=\"/a\"></content>"),
	ATOM_KEEP("<a href='/a'/>"),
	ATOM("<content type='xhtml'><h:div><h:a href='/a'>/a</h:a></h:div>"
	     "</content>",
	    "<content type='xhtml'><h:div><h:a href='/hotels/a'"
	    ">/a</h:a></h:div></content>"),
	/* bases */
	ATOM("<entry xml:base='/b/c/'><link href='../../../a'/></entry>"
	     "<link href='../../../a'/>",
	    "<entry xml:base='/hotels/b/c/'><link href='/hotels/a'/></entry>"
	    "<link href='/hotels/a'/>"),
	ATOM("<entry xml:base='/b/c/'><link href='../../a'/></entry>",
	    "<entry xml:base='/hotels/b/c/'><link href='../../a'/></entry>"),
	ATOM_KEEP("<entry xml:base='http://other/'><link href='/a'/>"
		  "<icon>/a</icon></entry>"),
	ATOM("<link href='/a' xml:base='http://other/'/><link href='/a'/>",
	    "<link href='/a' xml:base='http://other/'/>"
	    "<link href='/hotels/a'/>"),
	ATOM("<entry xml:base='../../b/c/d'/>",
	    "<entry xml:base='/hotels/b/c/d'/>"),
	ATOM("<h:base href='http://other/'/><link href='/a'/>",
	    "<h:base href='http://other/'/><link href='/hotels/a'/>"),
	/* quotes, blanks and references */
	ATOM("<link\thref\n=\n'\t/a'/>", "<link\thref\n=\n'\t/hotels/a'/>"),
	ATOM("<link href='/\n/a'/>", "<link href='/hotels/\n/a'/>"),
	ATOM("<link title='>' href='/a'/>",
	    "<link title='>' href='/hotels/a'/>"),
	ATOM("<link title=\"a'b\" href='/a'/>",
	    "<link title=\"a'b\" href='/hotels/a'/>"),
};

static void feeds_of_atom(void **state)
{
	(void)state;
	check_rows(atom, ROWS(atom));
}

#define RSS_OPEN                                                   \
	"<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'" \
	" xmlns:media='http://search.yahoo.com/mrss/'><channel>"
#define RSS(in, want) AROUND(RSS_OPEN, in, want, "</channel></rss>")
#define RSS_KEEP(s)   RSS(s, s)
#define WHOLE         "http://www.test/hotels"

static const struct row rss[] = {
	RSS("<link>http://origin</link>", "<link>" WHOLE "/</link>"),
	RSS("<item><link>http://origin/a</link></item>",
	    "<item><link>" WHOLE "/a</link></item>"),
	RSS("<link><![CDATA[http://origin/a?b&c]]></link>",
	    "<link><![CDATA[" WHOLE "/a?b&c]]></link>"),
	RSS("<comments>/a</comments><docs>/a</docs>",
	    "<comments>/hotels/a</comments><docs>/hotels/a</docs>"),
	RSS("<image><url>/a</url><link>/a</link></image><url>/a</url>",
	    "<image><url>/hotels/a</url><link>/hotels/a</link></image>"
	    "<url>/a</url>"),
	RSS("<guid>http://origin/a</guid>", "<guid>" WHOLE "/a</guid>"),
	RSS("<guid isPermaLink='true'>http://origin/a</guid>",
	    "<guid isPermaLink='true'>" WHOLE "/a</guid>"),
	RSS_KEEP("<guid isPermaLink='false'>http://origin/a</guid>"),
	RSS("<enclosure url='/a' length='1'/><source url='/a'>/a</source>",
	    "<enclosure url='/hotels/a' length='1'/><source url='/hotels/a'>/a"
	    "</source>"),
	RSS("<a:link href='/a'/><media:content url='/a'>"
	    "<media:thumbnail url='/a'/></media:content>",
	    "<a:link href='/hotels/a'/><media:content url='/hotels/a'>"
	    "<media:thumbnail url='/hotels/a'/></media:content>"),
	RSS_KEEP("<description><![CDATA[<a href='/a'>]]></description>"),
	RSS_KEEP("<title>/a</title><a:id>/a</a:id><x:link>/a</x:link>"),
	RSS_KEEP("<link xmlns='urn:z'>/a</link>"),
	AROUND(
	    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
	    " xmlns='http://purl.org/rss/1.0/'><item rdf:about='/a'"
	    " rdf:resource='/a'><link>",
	    "/a", "/hotels/a", "</link></item></rdf:RDF>"),
	AROUND(
	    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
	    " xmlns='http://purl.org/rss/1.0/'><image><url>",
	    "/a", "/hotels/a", "</url></image></rdf:RDF>"),
	KEEP("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
	     "<link>/a</link></rdf:RDF>"),
	KEEP("<opml><link>/a</link></opml>"),
};

static void feeds_of_rss(void **state)
{
	(void)state;
	check_rows(rss, ROWS(rss));
}

/* --- sitemaps --------------------------------------------------------- */

#define MAP_SPACE "http://www.sitemaps.org/schemas/sitemap/0.9"
#define MAP_OPEN                                                         \
	"<urlset xmlns='" MAP_SPACE "' xmlns:xhtml="                     \
	"'http://www.w3.org/1999/xhtml' xmlns:image="                    \
	"'http://www.google.com/schemas/sitemap-image/1.1' xmlns:video=" \
	"'http://www.google.com/schemas/sitemap-video/1.1'><url>"
#define MAP(in, want) AROUND(MAP_OPEN, in, want, "</url></urlset>")

static const struct row sitemap[] = {
	MAP("<loc>http://origin/a</loc>", "<loc>" WHOLE "/a</loc>"),
	MAP("<xhtml:link rel='alternate' href='http://origin/a'/>",
	    "<xhtml:link rel='alternate' href='" WHOLE "/a'/>"),
	MAP("<image:image><image:loc>/a</image:loc><image:title>/a"
	    "</image:title></image:image>",
	    "<image:image><image:loc>/hotels/a</image:loc><image:title>/a"
	    "</image:title></image:image>"),
	MAP("<video:video><video:player_loc>/a</video:player_loc></"
	    "video:video>",
	    "<video:video><video:player_loc>/hotels/a</video:player_loc>"
	    "</video:video>"),
	MAP("<other><loc>/a</loc></other>", "<other><loc>/a</loc></other>"),
	AROUND("<sitemapindex xmlns='" MAP_SPACE "'><sitemap><loc>", "/a",
	    "/hotels/a", "</loc></sitemap></sitemapindex>"),
};

static void sitemaps(void **state)
{
	(void)state;
	check_rows(sitemap, ROWS(sitemap));
}

/* --- pages ------------------------------------------------------------ */

#define SVG_OPEN                                   \
	"<svg xmlns='http://www.w3.org/2000/svg' " \
	"xmlns:l='http://www.w3.org/1999/xlink'>"
#define SVG(in, want) AROUND(SVG_OPEN, in, want, "</svg>")
#define SVG_KEEP(s)   SVG(s, s)

static const struct row svg[] = {
	SVG("<image href='/a'/>", "<image href='/hotels/a'/>"),
	SVG("<image href='http://origin/a'/>", "<image href='/hotels/a'/>"),
	SVG("<use l:href='/a#b'/>", "<use l:href='/hotels/a#b'/>"),
	SVG("<a style='fill:url(/a)' fill=\"url('/a')\" title='url(/a)'/>",
	    "<a style='fill:url(/hotels/a)' fill=\"url('/hotels/a')\""
	    " title='url(/a)'/>"),
	SVG("<a style='a:url(&quot;&#47;a&quot;)'/>",
	    "<a style='a:url(&quot;/hotels&#47;a&quot;)'/>"),
	SVG("<style>a{b:url(/a)}</style>",
	    "<style>a{b:url(/hotels/a)}</style>"),
	SVG("<style>\n<![CDATA[@import '/a';]]>\nb{c:url(/a)}</style>url(/a)",
	    "<style>\n<![CDATA[@import '/hotels/a';]]>\nb{c:url(/hotels/a)}"
	    "</style>url(/a)"),
	SVG("<style>a&gt;b{c:url(/a)}<!-- url(/a) -->d{e:url(/a)}</style>",
	    "<style>a&gt;b{c:url(/hotels/a)}<!-- url(/a) -->"
	    "d{e:url(/hotels/a)}</style>"),
	SVG_KEEP("<style>a{b:url(#a)}</style><path fill='red' d='url(/a)'/>"),
	SVG_KEEP("<use l:href='#b' xlink:href='/a'/>"),
	SVG_KEEP("<a title='/a'>/a</a><x src='a'/>"),
	SVG("<g xml:base='http://other/'><a href='/a'/></g>",
	    "<g xml:base='http://other/'><a href='/hotels/a'/></g>"),
};

#define PAGE_OPEN                                            \
	"<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 >\" " \
	"\"http://origin/a\" [\n<!-- don't ]> -->\n"         \
	"<!ENTITY a \"]>'<b href='/a'/>\"><?x ]> '?>\n]>\n"  \
	"<html xmlns='http://www.w3.org/1999/xhtml'>"
#define PAGE(in, want) AROUND(PAGE_OPEN, in, want, "</html>")
#define PAGE_KEEP(s)   PAGE(s, s)

static const struct row pages[] = {
	PAGE("<a href='/a'>/a</a>", "<a href='/hotels/a'>/a</a>"),
	PAGE("<img src=\"/a\" alt=\"/a\" longdesc='/a'/>",
	    "<img src=\"/hotels/a\" alt=\"/a\" longdesc='/hotels/a'/>"),
	PAGE("<form action='/a'><button formaction='/a'/></form>",
	    "<form action='/hotels/a'><button formaction='/hotels/a'/></form>"),
	PAGE("<object data='/a'/><x data='/a'/>",
	    "<object data='/hotels/a'/><x data='/a'/>"),
	PAGE_KEEP("<script>var a = '/a'; // &lt;a href='/a'></script>"),
	PAGE_KEEP("<!-- <a href='/a'> -- ><a href='/a'> -->"),
	PAGE_KEEP("<![CDATA[<a href='/a'>]]>"),
	PAGE("<p style='a:url(/a)'>url(/a)</p><style>a{b:url(/a)}</style>",
	    "<p style='a:url(/hotels/a)'>url(/a)</p>"
	    "<style>a{b:url(/hotels/a)}</style>"),
	PAGE_KEEP("<A HREF='/a' Href='/a'/>"),
	PAGE("<base href='/b/c/'/><a href='../../../a'/>",
	    "<base href='/hotels/b/c/'/><a href='/hotels/a'/>"),
	PAGE("<base href='/b/c/'/><base href='/'/><a href='../../a'/>",
	    "<base href='/hotels/b/c/'/><base href='/hotels/'/>"
	    "<a href='../../a'/>"),
	PAGE_KEEP("<base href='http://other/'/><base href='/b/'/>"
		  "<a href='/a'/>"),
};

static void pages_of_svg_and_xhtml(void **state)
{
	(void)state;
	check_rows(svg, ROWS(svg));
	check_rows(pages, ROWS(pages));
}

/* Style sheets of ours are changed, so their sums no longer hold. */
static const struct {
	struct slice in, want;
	unsigned hints;
} integrities[] = {
	{ S(PAGE_OPEN "<link integrity='x' href='/a'/>"),
	    S(PAGE_OPEN "<link href='/hotels/a'/>"), REWRITER_INTEGRITY },
	{ S(PAGE_OPEN "<link href='/a' integrity = \"x\" />"),
	    S(PAGE_OPEN "<link href='/hotels/a' />"), REWRITER_INTEGRITY },
	{ S(PAGE_OPEN "<link href='http://other/a' integrity='x'/>"),
	    S(PAGE_OPEN "<link href='http://other/a' integrity='x'/>"), 0 },
	{ S(PAGE_OPEN "<script src='http://other/a' integrity='x'/>"),
	    S(PAGE_OPEN "<script src='http://other/a' integrity='x'/>"), 0 },
};

static void integrity_of_what_changes(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct mapping m = mapping_of(a);
	struct rewriter *made = NULL;
	struct setup setup = { &m, &made };
	unsigned hints;

	(void)state;
	for (size_t i = 0; i < ROWS(integrities); i++) {
		struct slice in = integrities[i].in;

		pieces_check(make, &setup, in, integrities[i].want);
		run(&m, in, in.len, &hints, a);
		assert_int_equal(hints, integrities[i].hints);
	}
	arena_free(a);
}

/* --- any other -------------------------------------------------------- */

#define SHEET(url) "<?xml-stylesheet type='text/xsl' href='" url "'?>"

static const struct row others[] = {
	KEEP(""),
	KEEP("<"),
	KEEP("a"),
	KEEP("<?"),
	KEEP("<x"),
	KEEP("<x>text"),
	KEEP("<x href='/a' src='/a'><link>/a</link></x>"),
	{ S("<x xmlns:l='http://www.w3.org/1999/xlink' l:href='/a'/>"),
	    S("<x xmlns:l='http://www.w3.org/1999/xlink' "
	      "l:href='/hotels/a'/>") },
	/* declared behind its use */
	{ S("<x l:href='/a' xmlns:l='http://www.w3.org/1999/xlink'/>"),
	    S("<x l:href='/hotels/a' "
	      "xmlns:l='http://www.w3.org/1999/xlink'/>") },
	{ S("<x xml:base='/b/'/>"), S("<x xml:base='/hotels/b/'/>") },
	{ S(SHEET("/a.xsl") "<x/>"), S(SHEET("/hotels/a.xsl") "<x/>") },
	{ S(SHEET("http://origin/a&amp;b") "<x/>"),
	    S(SHEET("/hotels/a&amp;b") "<x/>") },
	{ S("<?xml version='1.0'?>\n" SHEET("&#x2f;a") "<x/>"),
	    S("<?xml version='1.0'?>\n" SHEET("/hotels&#x2f;a") "<x/>") },
	KEEP("<x>" SHEET("/a") "</x>"),
	AROUND("<!DOCTYPE m [<!ELEMENT a ANY> <!ELEMENT b ANY>]>"
	       "<m xmlns='DAV:'><href>",
	    "/a", "/hotels/a", "</href></m>"),
	KEEP("<?xml-stylesheets href='/a'?><x/>"),
};

#define HREF_DOCUMENT "<href xmlns='DAV:'>/a</href>"

/* --- encodings and maxima --------------------------------------------- */

static const struct {
	struct slice in;
	unsigned hints;
} encodings[] = {
	{ S("\xff\xfe<\0x\0/\0>\0"), REWRITER_UTF16 },
	{ S("\xfe\xff\0<\0x\0/\0>"), REWRITER_UTF16 },
	{ S("<\0x\0/\0>\0"), REWRITER_UTF16 },
	{ S("\0<\0x\0/\0>"), REWRITER_UTF16 },
	{ S("\xff"), REWRITER_UTF16 },
	{ S("<?xml version='1.0' encoding='utf-16'?>" HREF_DOCUMENT),
	    REWRITER_UTF16 },
	{ S("<?xml version=\"1.0\" "
	    "encoding=\"ISO-10646-UCS-2\"?>" HREF_DOCUMENT),
	    REWRITER_UTF16 },
	{ S("\xef\xbb\xbf<x/>"), 0 },
};

static void encodings_we_cannot_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(encodings); i++)
		assert_int_equal(check(encodings[i].in, encodings[i].in),
		    encodings[i].hints);
}

/* before, then n times `again` with its number for a #, then behind. */
static struct slice repeated(
    const char *before, const char *again, size_t n, const char *behind)
{
	static char at[LONG_MAX];
	struct text t = text_over(at, sizeof(at));

	text_add(&t, slice_of(before));
	for (size_t i = 0; i < n; i++)
		for (const char *c = again; *c != '\0'; c++)
			if (*c == '#')
				text_u64(&t, i);
			else
				text_char(&t, *c);
	text_add(&t, slice_of(behind));
	assert_false(text_spent(&t));
	return text_slice(&t);
}

/* in and want differ in the one /hotels that stands at the mark. */
static unsigned check_mark(struct slice in, bool changes)
{
	static char without[LONG_MAX];
	static char with[LONG_MAX];
	struct text i = text_over(without, sizeof(without));
	struct text w = text_over(with, sizeof(with));
	size_t at = slice_find(in, '@');

	assert_true(at < in.len);
	text_add(&i, slice_upto(in, at));
	text_add(&w, slice_upto(in, at));
	if (changes)
		text_add(&w, LIT("/hotels"));
	text_add(&i, slice_from(in, at + 1));
	text_add(&w, slice_from(in, at + 1));
	return check(text_slice(&i), text_slice(&w));
}

#define OPEN_DAV "<m xmlns='DAV:'>"

static void too_deep(void **state)
{
	(void)state;
	check_mark(repeated(OPEN_DAV, "<x>", 254, "<href>@/a</href>"), true);
	check_mark(repeated(OPEN_DAV, "<x>", 255, "<href>@/a</href>"), false);
	/* Back from the depth it goes on. */
	check_mark(repeated(OPEN_DAV, "<x>", 300,
		       "<href xmlns=''>/a</href></x></x></x></x></x></x></x>"
		       "</x></x></x></x></x></x></x></x></x></x></x></x></x>"
		       "</x></x></x></x></x></x></x></x></x></x></x></x></x>"
		       "</x></x></x></x></x></x></x></x></x></x></x></x></x>"
		       "<href>@/a</href>"),
	    true);
}

static void too_many_declarations(void **state)
{
	(void)state;
	check_mark(repeated("<m xmlns='DAV:'", " xmlns:p#='p'", 63,
		       "><href>@/a</href></m>"),
	    true);
	check_mark(repeated("<m xmlns='DAV:'", " xmlns:p#='p'", 64,
		       "><href>@/a</href></m>"),
	    false);
	check_mark(repeated(OPEN_DAV "<x", " xmlns:p#='p'", 100,
		       "><href>/a</href></x><href>@/a</href></m>"),
	    true);
	check_mark(repeated(OPEN_DAV "<x", " xmlns:p#='p'", 100,
		       "><href>@/a</href></x><href xmlns=''>/a</href></m>"),
	    false);
	/* Those of brothers do not add up. */
	check_mark(repeated(OPEN_DAV, "<x xmlns:p#='p'/>", 100,
		       "<href>@/a</href></m>"),
	    true);
}

static void names_too_long(void **state)
{
	(void)state;
	check_mark(repeated("<d:m xmlns:", "p", 25,
		       "='p' xmlns:d='DAV:'>"
		       "<d:href>@/a</d:href></d:m>"),
	    false);
	check_mark(repeated("<d:m xmlns:d='DAV:' xmlns='", "p", 2000,
		       "'><d:href>@/a</d:href><href>/a</href></d:m>"),
	    true);
}

static void tags_too_long(void **state)
{
	unsigned hints;

	(void)state;
	hints = check_mark(repeated(OPEN_DAV "<x a='", "/a", 5000,
			       "'><href>/a</href></x><href>@/a</href>"),
	    true);
	assert_int_equal(hints, REWRITER_LONG);
	hints = check_mark(repeated(OPEN_DAV "<x a='", "/a", 5000,
			       "'/><href>@/a</href></m><x>"),
	    true);
	hints = check_mark(repeated(OPEN_DAV "<x a='/>", "/a", 5000,
			       "'><href>@/a</href></x><x>"),
	    false);
	check_mark(
	    repeated("<!--", "-", 9000, "-->" OPEN_DAV "<href>@/a</href>"),
	    true);
	check_mark(
	    repeated("<?", "?", 9000, "?>" OPEN_DAV "<href>@/a</href>"), true);
	check_mark(
	    repeated(OPEN_DAV "<x></x", " ", 9000, "><href>@/a</href>"), true);
	/* A URL may be longer than what is held of it. */
	check_mark(repeated(OPEN_DAV "<href>@", "/a", 5000, "</href>"), true);
}

static void bases_too_deep(void **state)
{
	(void)state;
	check_mark(repeated("<feed xmlns='http://www.w3.org/2005/Atom'>",
		       "<x xml:base='a#'>", 15, "<icon>@/a</icon>"),
	    true);
	check_mark(repeated("<feed xmlns='http://www.w3.org/2005/Atom'>",
		       "<x xml:base='a#'>", 16, "<icon>@/a</icon>"),
	    false);
}

/* Behind what cannot be XML nothing changes; what came before has. */
#define TWO(url)  HREF(url) HREF(url)
#define BREAKS(s) DAV(TWO("/a") s TWO("/a"), TWO("/hotels/a") s TWO("/a"))

static const struct row broken[] = {
	BREAKS("< a>"),
	BREAKS("<a <b>"),
	BREAKS("<a b='<'/>"),
	BREAKS("<a b/>"),
	BREAKS("<a b=c/>"),
	BREAKS("<a b='c'd='e'/>"),
	BREAKS("<a / >"),
	BREAKS("<!ELEMENT a>"),
	BREAKS("<![IGNORE["),
	DAV("<a><b></b <" TWO("/a"), "<a><b></b <" TWO("/a")),
	BREAKS("</D:response></D:multistatus></x>"),
	/* this is tolerated */
	DAV("<a></b>" HREF("/a"), "<a></b>" HREF("/hotels/a")),
};

/* A prefix that no rule file would have. */
static void fresh_bytes_are_escaped(void **state)
{
	struct arena *a = arena_new(1 << 16);
	struct slice in = LIT("<m xmlns='DAV:' xml:base='/a'><href>/a</href>"
			      "<href><![CDATA[/a]]></href></m>");
	struct mapping m;
	unsigned hints;

	(void)state;
	assert_true(mapping_plain(LIT("/]]><'\"&"), a, &m));
	assert_slice(run(&m, in, in.len, &hints, a),
	    LIT("<m xmlns='DAV:' xml:base='/]]&gt;&lt;&apos;&quot;&amp;/a'>"
		"<href>/]]&gt;&lt;&apos;&quot;&amp;/a</href>"
		"<href><![CDATA[/]]%3E<'\"&/a]]></href></m>"),
	    in);
	arena_free(a);
}

static void any_other(void **state)
{
	(void)state;
	check_rows(others, ROWS(others));
	check_rows(broken, ROWS(broken));
}

/* --- anything at all -------------------------------------------------- */

static const char *const fragments[] = { "<", ">", "/>", "</", "<!--", "-->",
	"<![CDATA[", "]]>", "]", "<?", "?>", "<?xml-stylesheet href='/a'?>",
	"<!DOCTYPE x [", "&", ";", "&amp;", "&#47;", "&#x", "'", "\"", "=", " ",
	"\n", "/", "/a", "xmlns='DAV:'", " xmlns:d='DAV:'",
	" xmlns='http://www.w3.org/2000/svg'", " xml:base='/b/'", " href='/a'",
	" href=\"&#x2f;a\"", " l:href='/a'",
	" xmlns:l='http://www.w3.org/1999/xlink'", "<d:href>", "</d:href>",
	"<d:m xmlns:d='DAV:'>", "<href>", "</href>", "<svg>", "<x>", "<x/>",
	"</x>", "<m xmlns='DAV:'>", "<rss>", "</rss>", "<link>", "</link>",
	"<guid isPermaLink='false'>", "</guid>",
	"<svg xmlns='http://www.w3.org/2000/svg'>", "<a href='/a' style=''/>" };

static const char *const beginnings[] = { "", "<m xmlns='DAV:'>",
	"<m xmlns='DAV:'><href", "<x><![CDATA[",
	"<svg xmlns='http://www.w3.org/2000/svg'", "<rss><link>" };

static const char *const sound[] = { "<href>/a</href>",
	"<d:href xmlns:d='DAV:'>/a</d:href>", "<a href='/a'/>",
	"<link> <![CDATA[/a]]]> </link>", "<x xml:base='/a'/>", "/&#47;/a",
	"<guid isPermaLink='false'>/a</guid>", "<guid>&#47;a</guid>",
	"<!-- ' -->", "<?x '?>", "<![CDATA[]]]]>", "<x>", "</x>" };

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct slice random_document(uint32_t *seed)
{
	static char at[4096];
	struct text t = text_over(at, sizeof(at));
	uint32_t n = next_random(seed) % 20;

	/* Most of it breaks soon: let it begin well. */
	text_add(&t, slice_of(beginnings[n % ROWS(beginnings)]));
	for (uint32_t i = 0; i < n; i++)
		if (next_random(seed) % 4 > 0)
			text_add(&t,
			    slice_of(sound[next_random(seed) % ROWS(sound)]));
		else
			text_add(&t,
			    slice_of(fragments[next_random(seed) %
				ROWS(fragments)]));
	return text_slice(&t);
}

/* No fragment holds it: taking it out again leaves what was there. */
static struct slice without_prefix(struct slice s)
{
	static char at[65536];
	struct text t = text_over(at, sizeof(at));

	for (size_t i = 0; i < s.len;)
		if (slice_starts(slice_from(s, i), LIT("/hotels")))
			i += 7;
		else
			text_char(&t, s.at[i++]);
	assert_false(text_spent(&t));
	return text_slice(&t);
}

static void whatever_comes(void **state)
{
	struct arena *rules = arena_new(1 << 16);
	struct arena *a = arena_new(1 << 20);
	struct mapping m = mapping_of(rules);
	uint32_t seed = 1;
	size_t changed = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct slice in = random_document(&seed);
		struct slice whole;
		unsigned hints;

		arena_reset(a);
		whole = run(&m, in, in.len + 1, &hints, a);
		assert_slice(run(&m, in, 1, &hints, a), whole, in);
		assert_slice(run(&m, in, 7, &hints, a), whole, in);
		assert_slice(without_prefix(whole), in, in);
		changed += in.len != whole.len;
	}
	assert_true(changed > 1000);
	arena_free(rules);
	arena_free(a);
}

static void without_memory_there_is_none(void **state)
{
	struct arena *a = arena_new(1000);
	struct mapping m = { 0 };

	(void)state;
	assert_null(xml_new(a, &m, pieces_into(NULL)));
	arena_free(a);
}

static void it_is_small(void **state)
{
	struct arena *a = arena_new(1 << 20);
	struct mapping m = { 0 };

	(void)state;
	assert_non_null(xml_new(a, &m, pieces_into(NULL)));
	assert_true(arena_used(a) <= 40 << 10);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(webdav),
		cmocka_unit_test(feeds_of_atom),
		cmocka_unit_test(feeds_of_rss),
		cmocka_unit_test(sitemaps),
		cmocka_unit_test(pages_of_svg_and_xhtml),
		cmocka_unit_test(integrity_of_what_changes),
		cmocka_unit_test(any_other),
		cmocka_unit_test(fresh_bytes_are_escaped),
		cmocka_unit_test(encodings_we_cannot_read),
		cmocka_unit_test(too_deep),
		cmocka_unit_test(too_many_declarations),
		cmocka_unit_test(names_too_long),
		cmocka_unit_test(tags_too_long),
		cmocka_unit_test(bases_too_deep),
		cmocka_unit_test(whatever_comes),
		cmocka_unit_test(without_memory_there_is_none),
		cmocka_unit_test(it_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
