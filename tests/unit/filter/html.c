/* The rewriter of HTML, by tables of markup. */
#include "tests/unit/filter/html_run.h"
#include "tests/unit/unit.h"

struct row {
	struct slice in, want;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slice want = rows[i].want;

		html_check(&html_plain, rows[i].in,
		    want.len > 0 ? want : rows[i].in, 0);
	}
}

/* An empty `want`: nothing changes. */

static const struct row attribute_rows[] = {
	{ S("<a href=\"/x\">"), S("<a href=\"/h/x\">") },
	{ S("<a href='/x'>"), S("<a href='/h/x'>") },
	{ S("<a href=/x>"), S("<a href=/h/x>") },
	{ S("<a href=/>"), S("<a href=/h/>") },
	{ S("<a href=/x/>"), S("<a href=/h/x/>") },
	{ S("<A HREF = \"/x\" >"), S("<A HREF = \"/h/x\" >") },
	{ S("<a\nhref\t=\f/x\r>"), S("<a\nhref\t=\f/h/x\r>") },
	{ S("<a/href=\"/x\"/>"), S("<a/href=\"/h/x\"/>") },
	{ S("<a class=x href=/x>"), S("<a class=x href=/h/x>") },
	{ S("<a href=\"/x\"src='/y'>"), S("<a href=\"/h/x\"src='/h/y'>") },
	{ S("<a href=\"/x\" href=\"/y\">"),
	    S("<a href=\"/h/x\" href=\"/y\">") },
	{ S("<a href HREF=/y>"), S("") },
	{ S("<a href>"), S("") },
	{ S("<a href=>"), S("") },
	{ S("<a href=''>/x"), S("") },
	{ S("<a href=\"x\"><a href=#/x><a href=?/x>"), S("") },
	{ S("<a href=\"mailto:/x\"><a href=\"javascript:'/x'\">"), S("") },
	{ S("<a href=\"//cdn/x\"><a href=/\\cdn>"), S("") },
	{ S("<a href=\"/\t/cdn\">"), S("") },
	{ S("<a href=\"http://origin/x\">"), S("<a href=\"/h/x\">") },
	{ S("<a href=\"http://elsewhere/x\">"), S("") },
	{ S("<a data-href=/x xhref=/x hre=/x title=/x alt=/x>"), S("") },
	{ S("<a =href=/x>"), S("") },
	{ S("<a \"href=/x>"), S("") },
	{ S("<a href=/x =href=/y>"), S("<a href=/h/x =href=/y>") },
	{ S("<a href\0=/x>"), S("") },
	{ S("<a\0 href=/x>"), S("<a\0 href=/h/x>") },
	{ S("<a href=\"/\0x\">"), S("<a href=\"/h/\0x\">") },
	{ S("<a href=/x"), S("<a href=/h/x") },
	{ S("<a href=\"/x"), S("<a href=\"/h/x") },
	{ S("<my-element href=/x>"), S("<my-element href=/h/x>") },
	{ S("<a href=a></a src=/x><b src=/x>"),
	    S("<a href=a></a src=/x><b src=/h/x>") },
	{ S("<a href></a x=/y><b y=/z>"), S("") },
	{ S("<img title=\"a>b\" src=/x>"), S("<img title=\"a>b\" src=/h/x>") },
	{ S("<img title=a'b src=/x>"), S("<img title=a'b src=/h/x>") },
	{ S("<img src=/x<b>"), S("<img src=/h/x<b>") },
	{ S("<i a1 a2 a3 src=/x a4>"), S("<i a1 a2 a3 src=/h/x a4>") },
	{ S("<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa src=/x>"),
	    S("<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa src=/h/x>") },
	{ S("<a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=/y src=/x>"),
	    S("<a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=/y "
	      "src=/h/x>") },
};

static const struct row element_rows[] = {
	{ S("<form action=/x><div action=/x>"),
	    S("<form action=/h/x><div action=/x>") },
	{ S("<button formaction=/x><input formaction=/x><b formaction=/x>"),
	    S("<button formaction=/h/x><input formaction=/h/x>"
	      "<b formaction=/x>") },
	{ S("<video poster=/x><object data=/x><div data=/x>"),
	    S("<video poster=/h/x><object data=/h/x><div data=/x>") },
	{ S("<blockquote cite=/x><q cite=/x><ins cite=/x><del cite=/x>"),
	    S("<blockquote cite=/h/x><q cite=/h/x><ins cite=/h/x>"
	      "<del cite=/h/x>") },
	{ S("<b cite=/x>"), S("") },
	{ S("<html manifest=/x>"), S("<html manifest=/h/x>") },
	{ S("<body background=/x><td background=/x><b background=/x>"),
	    S("<body background=/h/x><td background=/h/x><b background=/x>") },
	{ S("<img longdesc=/x><iframe longdesc=/x></iframe>"),
	    S("<img longdesc=/h/x><iframe longdesc=/h/x></iframe>") },
	{ S("<a ping=\"/x /y\t//z\">"), S("<a ping=\"/h/x /h/y\t//z\">") },
	{ S("<a ping=\"/x,/y\">"), S("<a ping=\"/h/x,/y\">") },
	{ S("<a ping=' /x '>"), S("<a ping=' /h/x '>") },
	{ S("<meta content=/x><meta name=refresh content='0;/x'>"), S("") },
	{ S("<noscript><img src=/x></noscript>"),
	    S("<noscript><img src=/h/x></noscript>") },
	{ S("<template><img src=/x></template>"),
	    S("<template><img src=/h/x></template>") },
	{ S("<link rel=icon href=/x>"), S("<link rel=icon href=/h/x>") },
	{ S("<script src=/x>\"/y\"</script>"),
	    S("<script src=/h/x>\"/y\"</script>") },
	{ S("<iframe srcdoc=\"<a href=/x>\">"), S("") },
};

static const struct row reference_rows[] = {
	{ S("<a href=\"&#47;x\">"), S("<a href=\"/h&#47;x\">") },
	{ S("<a href=\"&sol;x\">"), S("<a href=\"/h&sol;x\">") },
	{ S("<a href=&#x2f;x>"), S("<a href=/h&#x2f;x>") },
	{ S("<a href='&#X2Fx'>"), S("<a href='/h&#X2Fx'>") },
	{ S("<a href='&#0000047x'>"), S("<a href='/h&#0000047x'>") },
	{ S("<a href='/&#47;x'>"), S("") },
	{ S("<a href='/&bsol;x'>"), S("") },
	{ S("<a href='&Tab;/&NewLine;/x'>"), S("") },
	{ S("<a href='http&colon;//origin&sol;x'>"), S("<a href='/h&sol;x'>") },
	{ S("<a href='/x?a=1&amp;b=2&c=3'>"),
	    S("<a href='/h/x?a=1&amp;b=2&c=3'>") },
	{ S("<a href='&solx'>"), S("") },
	{ S("<a href='&sol=/x'>"), S("") },
	{ S("<a href='&sol'>"), S("") },
	{ S("<a href='&#/x'>"), S("") },
	{ S("<a href='&#x/x'>"), S("") },
	{ S("<a href='&/x'>"), S("") },
	{ S("<a href='/&unknown;x'>"), S("<a href='/h/&unknown;x'>") },
	{ S("<a href='/x&am'>"), S("<a href='/h/x&am'>") },
	{ S("<a href='/x&'>"), S("<a href='/h/x&'>") },
	{ S("<a href='/&#0;'>"), S("<a href='/h/&#0;'>") },
	{ S("<a href='/&#x110000;'>"), S("<a href='/h/&#x110000;'>") },
	{ S("<a href='/&fjlig;'>"), S("<a href='/h/&fjlig;'>") },
	{ S("<a href='/&quot;'>"), S("<a href='/h/&quot;'>") },
};

static const struct row text_rows[] = {
	{ S("/x \"/x\" < /x > href=/x"), S("") },
	{ S("<p>href=\"/x\"</p>"), S("") },
	{ S("<code>&lt;a href=\"/x\"></code>"), S("") },
	{ S("< a href=/x>"), S("") },
	{ S("<1 href=/x>"), S("") },
	{ S("</ a href=/x><b src=/x>"), S("</ a href=/x><b src=/h/x>") },
	{ S("</><b src=/x>"), S("</><b src=/h/x>") },
	{ S("<"), S("") },
	{ S("</"), S("") },
	{ S("<a"), S("") },
	{ S("<<a href=/x>"), S("<<a href=/h/x>") },
	{ S("<!-- <a href=/x> -->"), S("") },
	{ S("<!-- <a href=/x> --"), S("") },
	{ S("<!--><a href=/x>"), S("<!--><a href=/h/x>") },
	{ S("<!---><a href=/x>"), S("<!---><a href=/h/x>") },
	{ S("<!--x--!><a href=/x>"), S("<!--x--!><a href=/h/x>") },
	{ S("<!--x--!-><a href=/x>"), S("") },
	{ S("<!--x--!--><a href=/x>"), S("<!--x--!--><a href=/h/x>") },
	{ S("<!--!><a href=/x>"), S("") },
	{ S("<!---!><a href=/x>"), S("") },
	{ S("<!----!><a href=/x>"), S("<!----!><a href=/h/x>") },
	{ S("<!--x----><a href=/x>"), S("<!--x----><a href=/h/x>") },
	{ S("<!--x-- ><a href=/x>"), S("") },
	{ S("<!-- <!-- --><a href=/x>"), S("<!-- <!-- --><a href=/h/x>") },
	{ S("<!-- <!--><a href=/x>"), S("<!-- <!--><a href=/h/x>") },
	{ S("<!-><a href=/x>"), S("<!-><a href=/h/x>") },
	{ S("<!><a href=/x>"), S("<!><a href=/h/x>") },
	{ S("<!x '><a href=/x>'>"), S("<!x '><a href=/h/x>'>") },
	{ S("<?php '?><a href=/x>"), S("<?php '?><a href=/h/x>") },
	{ S("<!--[if IE]><a href=/x><![endif]-->"), S("") },
	{ S("<![if !IE]><a href=/x><![endif]>"),
	    S("<![if !IE]><a href=/h/x><![endif]>") },
	{ S("<!doctype html PUBLIC \"><a href=/x>"),
	    S("<!doctype html PUBLIC \"><a href=/h/x>") },
	{ S("<![CDATA[x><a href=/x>]]>"), S("<![CDATA[x><a href=/h/x>]]>") },
	{ S("\xEF\xBB\xBF<a href=/x>"), S("\xEF\xBB\xBF<a href=/h/x>") },
	{ S("\xEF\xBB<a href=/x>"), S("\xEF\xBB<a href=/h/x>") },
	{ S("\xEF"), S("") },
	{ S("\xC3\xA4<a href=\"/\xC3\xA4\">"),
	    S("\xC3\xA4<a href=\"/h/\xC3\xA4\">") },
};

static const struct row raw_text_rows[] = {
	{ S("<script>x='<a href=/x>'</script><a href=/y>"),
	    S("<script>x='<a href=/x>'</script><a href=/h/y>") },
	{ S("<script>'</scr'+'ipt><a href=/x>'</script>"), S("") },
	{ S("<script></scriptx><a href=/x></script >"), S("") },
	{ S("<SCRIPT></ScRiPt/><a href=/x>"),
	    S("<SCRIPT></ScRiPt/><a href=/h/x>") },
	{ S("<script/><a href=/x></script>"), S("") },
	{ S("<script><!--<script></script><a href=/x>--></script>"
	    "<a href=/y>"),
	    S("<script><!--<script></script><a href=/x>--></script>"
	      "<a href=/h/y>") },
	{ S("<script><!--</script><a href=/y>"),
	    S("<script><!--</script><a href=/h/y>") },
	{ S("<script><!--<script>--></script><a href=/y>"),
	    S("<script><!--<script>--></script><a href=/h/y>") },
	{ S("<script><!--><script></script><a href=/y>"),
	    S("<script><!--><script></script><a href=/h/y>") },
	{ S("<script><!-<script></script><a href=/y>"),
	    S("<script><!-<script></script><a href=/h/y>") },
	{ S("<script><!--<scriptx></script><a href=/y>"),
	    S("<script><!--<scriptx></script><a href=/h/y>") },
	{ S("<script><!--<script/</script/</script><a href=/y>"),
	    S("<script><!--<script/</script/</script><a href=/h/y>") },
	{ S("<script><!--<script></script><script></script>"
	    "<a href=/x>"),
	    S("") },
	{ S("<script><!-- - -- -><script></script><a href=/x>"), S("") },
	{ S("<script></script"), S("") },
	{ S("<script><"), S("") },
	{ S("<title><a href=/x></title><a href=/y>"),
	    S("<title><a href=/x></title><a href=/h/y>") },
	{ S("<textarea><a href=/x></title></textarea><a href=/y>"),
	    S("<textarea><a href=/x></title></textarea><a href=/h/y>") },
	{ S("<textarea><!--</textarea><a href=/y>-->"),
	    S("<textarea><!--</textarea><a href=/h/y>-->") },
	{ S("<xmp><a href=/x></xmp><a href=/y>"),
	    S("<xmp><a href=/x></xmp><a href=/h/y>") },
	{ S("<iframe src=/x><a href=/x></iframe><a href=/y>"),
	    S("<iframe src=/h/x><a href=/x></iframe><a href=/h/y>") },
	{ S("<noembed><a href=/x></noembed>"), S("") },
	{ S("<noframes><a href=/x></noframes>"), S("") },
	{ S("<plaintext><a href=/x></plaintext><a href=/x>"), S("") },
	{ S("<style><a href=/x></style><a href=/y>"),
	    S("<style><a href=/x></style><a href=/h/y>") },
	{ S("<title></title href=/x><a href=/y>"),
	    S("<title></title href=/x><a href=/h/y>") },
	{ S("<title></title"), S("") },
	{ S("<title>a</title <a href=/x>b"), S("") },
};

static const struct row srcset_rows[] = {
	{ S("<img srcset=\"/x\">"), S("<img srcset=\"/h/x\">") },
	{ S("<img srcset=\"/x 1x, /y 2x\">"),
	    S("<img srcset=\"/h/x 1x, /h/y 2x\">") },
	{ S("<img srcset=\"/x, /y\">"), S("<img srcset=\"/h/x, /h/y\">") },
	{ S("<img srcset=\"/x,/y\">"), S("<img srcset=\"/h/x,/y\">") },
	{ S("<img srcset=\" ,, /x,, ,/y 100w\t,\n/z\">"),
	    S("<img srcset=\" ,, /h/x,, ,/h/y 100w\t,\n/h/z\">") },
	{ S("<img srcset=\"/x 1x,/y 2x\">"),
	    S("<img srcset=\"/h/x 1x,/h/y 2x\">") },
	{ S("<img srcset=\"/x (,/y) 2x, /z\">"),
	    S("<img srcset=\"/h/x (,/y) 2x, /h/z\">") },
	{ S("<img srcset=\"/x (/y , /z\">"),
	    S("<img srcset=\"/h/x (/y , /z\">") },
	{ S("<img srcset=\"data:,/x 1x, /y\">"),
	    S("<img srcset=\"data:,/x 1x, /h/y\">") },
	{ S("<img srcset=\"http://origin, /y\">"),
	    S("<img srcset=\"/h/, /h/y\">") },
	{ S("<img srcset=\"http://origin&comma; /y\">"),
	    S("<img srcset=\"/h/&comma; /h/y\">") },
	{ S("<img srcset=\"http://origin,x /y\">"), S("") },
	{ S("<img srcset=\"&#47;x&#32;1x&comma;&sol;y\">"),
	    S("<img srcset=\"/h&#47;x&#32;1x&comma;/h&sol;y\">") },
	{ S("<img srcset=/x,>"), S("<img srcset=/h/x,>") },
	{ S("<img srcset=/x,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
	    ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,y>"),
	    S("<img srcset=/h/x,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
	      ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,y>") },
	{ S("<source srcset=/x><link imagesrcset='/x 1x'><b imagesrcset=/x>"),
	    S("<source srcset=/h/x><link imagesrcset='/h/x 1x'>"
	      "<b imagesrcset=/x>") },
};

static const struct row refresh_rows[] = {
	{ S("<meta http-equiv=refresh content='5; url=/x'>"),
	    S("<meta http-equiv=refresh content='5; url=/h/x'>") },
	{ S("<meta content='5; url=/x' http-equiv=Refresh>"),
	    S("<meta content='5; url=/h/x' http-equiv=Refresh>") },
	{ S("<meta http-equiv=refresh content=0;/x>"),
	    S("<meta http-equiv=refresh content=0;/h/x>") },
	{ S("<meta http-equiv=refresh content=\"0,URL = '/x'/y\">"),
	    S("<meta http-equiv=refresh content=\"0,URL = '/h/x'/y\">") },
	{ S("<meta http-equiv=refresh content='0;url=&quot;/x&quot;'>"),
	    S("<meta http-equiv=refresh content='0;url=&quot;/h/x&quot;'>") },
	{ S("<meta http-equiv=refresh content='&#48;&semi;url=&#47;x'>"),
	    S("<meta http-equiv=refresh content='&#48;&semi;url=/h&#47;x'>") },
	{ S("<meta http-equiv=refresh content='/x'>"), S("") },
	{ S("<meta http-equiv=refresh content=5>"), S("") },
	{ S("<meta http-equiv=refresh content=''>"), S("") },
	{ S("<meta http-equiv=refresh content>"), S("") },
	{ S("<meta http-equiv=refresh>"), S("") },
	{ S("<meta http-equiv=x content='0;/x'>"), S("") },
	{ S("<meta http-equiv=refresh content='0;/x"), S("") },
	{ S("<meta http-equiv=refresh content='0;/x' src=/y>"),
	    S("<meta http-equiv=refresh content='0;/h/x' src=/y>") },
};

static const struct row base_rows[] = {
	{ S("<base href=/x/><a href=/y>"),
	    S("<base href=/h/x/><a href=/h/y>") },
	{ S("<base href=//cdn/><a href=/y><a href=http://origin/z>"),
	    S("<base href=//cdn/><a href=/y><a href=/h/z>") },
	{ S("<base target=_top><base href=//cdn/><a href=/y>"), S("") },
	{ S("<base href=//cdn/><base href=/x/><a href=/y>"),
	    S("<base href=//cdn/><base href=/h/x/><a href=/y>") },
	{ S("<base href=/x/><base href=//cdn/><a href=/y>"),
	    S("<base href=/h/x/><base href=//cdn/><a href=/h/y>") },
	{ S("<a href=/w><base href='&#47;/cdn/'><a href=/y>"),
	    S("<a href=/h/w><base href='&#47;/cdn/'><a href=/y>") },
	{ S("<svg><base href=//cdn/></svg><a href=/y>"),
	    S("<svg><base href=//cdn/></svg><a href=/h/y>") },
	{ S("<base href=//cdn/><style>a{b:url(/x)}</style>"), S("") },
};

static const struct row foreign_rows[] = {
	{ S("<svg><use xlink:href=/x /><a href=/y></svg>"),
	    S("<svg><use xlink:href=/h/x /><a href=/h/y></svg>") },
	{ S("<svg><title><a href=/x></title></svg>"),
	    S("<svg><title><a href=/h/x></title></svg>") },
	{ S("<svg><script><a href=/x></script></svg>"),
	    S("<svg><script><a href=/h/x></script></svg>") },
	{ S("<svg><textarea><a href=/x></textarea></svg>"),
	    S("<svg><textarea><a href=/h/x></textarea></svg>") },
	{ S("<math><style><a href=/x></style></math>"),
	    S("<math><style><a href=/h/x></style></math>") },
	{ S("<svg></svg><script><a href=/x></script>"), S("") },
	{ S("<svg/><script><a href=/x></script>"), S("") },
	{ S("<svg><svg></svg><script><a href=/x></script></svg>"
	    "<script><a href=/y></script>"),
	    S("<svg><svg></svg><script><a href=/h/x></script></svg>"
	      "<script><a href=/y></script>") },
	{ S("<svg><foreignObject><script><a href=/x></script>"), S("") },
	{ S("<svg><foreignObject/><script><a href=/x></script>"),
	    S("<svg><foreignObject/><script><a href=/h/x></script>") },
	{ S("<svg><foreignObject></foreignObject><script><a href=/x>"),
	    S("<svg><foreignObject></foreignObject><script>"
	      "<a href=/h/x>") },
	{ S("<svg><foreignObject><title></title><script><a href=/x>"), S("") },
	{ S("<svg><desc><svg></svg><script><a href=/x>"), S("") },
	{ S("<svg><div><script><a href=/x></script>"), S("") },
	{ S("<svg><font><script><a href=/x></script>"),
	    S("<svg><font><script><a href=/h/x></script>") },
	{ S("<svg><font color=red><script><a href=/x></script>"), S("") },
	{ S("<div><svg></div><script><a href=/x></script>"), S("") },
	{ S("<div><svg></g><script><a href=/x></script>"),
	    S("<div><svg></g><script><a href=/h/x></script>") },
	{ S("<math><mi><script><a href=/x></script>"), S("") },
	{ S("<math><mrow><script><a href=/x></script>"),
	    S("<math><mrow><script><a href=/h/x></script>") },
	{ S("<math><annotation-xml><script><a href=/x></script>"),
	    S("<math><annotation-xml><script><a href=/h/x></script>") },
	{ S("<math><annotation-xml encoding=TEXT/html><script><a href=/x>"),
	    S("") },
	{ S("<math><annotation-xml><svg><desc><script><a href=/x>"), S("") },
	{ S("<math><svg><desc><script><a href=/x></script>"),
	    S("<math><svg><desc><script><a href=/h/x></script>") },
	{ S("<svg><![CDATA[<a href=/x>]]><a href=/y>"),
	    S("<svg><![CDATA[<a href=/x>]]><a href=/h/y>") },
	{ S("<svg><![CDATA[<a href=/x>]]]]>]><a href=/y>"),
	    S("<svg><![CDATA[<a href=/x>]]]]>]><a href=/h/y>") },
	{ S("<svg><![CDATA[<a href=/x>]]"), S("") },
	{ S("<svg><![cdata[x><a href=/x>]]>"),
	    S("<svg><![cdata[x><a href=/h/x>]]>") },
	{ S("<svg><desc><![CDATA[<a href=/x>]]>"), S("") },
	{ S("<svg><desc><b><![CDATA[x><a href=/x>]]>"),
	    S("<svg><desc><b><![CDATA[x><a href=/h/x>]]>") },
	{ S("<svg></svg><![CDATA[x><a href=/x>]]>"),
	    S("<svg></svg><![CDATA[x><a href=/h/x>]]>") },
	{ S("<mask fill='url(/x)'>"), S("") },
};

static const struct row style_rows[] = {
	{ S("<b style=\"a:url(/x)\">"), S("<b style=\"a:url(/h/x)\">") },
	{ S("<b style=\"a:url('/x')\">"), S("<b style=\"a:url('/h/x')\">") },
	{ S("<b style=a:url(/x)>"), S("<b style=a:url(/h/x)>") },
	{ S("<b style=\"a:url(&quot;/x&quot;)\">"),
	    S("<b style=\"a:url(&quot;/h/x&quot;)\">") },
	{ S("<b style=\"a:url&lpar;&#47;x)\">"),
	    S("<b style=\"a:url&lpar;/h&#47;x)\">") },
	{ S("<b style=\"a:'url(/x)'\">"), S("") },
	{ S("<b style=\"a:url(/x\"><b style=\"b:url(/y)\">"),
	    S("<b style=\"a:url(/h/x\"><b style=\"b:url(/h/y)\">") },
	{ S("<style>a{b:url(/x)}</style>"),
	    S("<style>a{b:url(/h/x)}</style>") },
	{ S("<style>@import '/x';</style>"),
	    S("<style>@import '/h/x';</style>") },
	{ S("<style type=text/css>a{b:url(/x)}</style>"),
	    S("<style type=text/css>a{b:url(/h/x)}</style>") },
	{ S("<style type=text/less>a{b:url(/x)}</style>"), S("") },
	{ S("<style>a{b:url(/x)</sty}</style><i style='a:url(/y)'>"),
	    S("<style>a{b:url(/h/x)</sty}</style><i style='a:url(/h/y)'>") },
	{ S("<style>a{b:url(/x</style>url(/y)"),
	    S("<style>a{b:url(/h/x</style>url(/y)") },
	{ S("<style>/*</style><style>a{b:url(/y)}</style>"),
	    S("<style>/*</style><style>a{b:url(/h/y)}</style>") },
	{ S("<svg><style>a{b:url(/x)}</style></svg>"),
	    S("<svg><style>a{b:url(/h/x)}</style></svg>") },
	{ S("<svg><style>a{b:url(&quot;/x&quot;)}</style></svg>"),
	    S("<svg><style>a{b:url(&quot;/h/x&quot;)}</style></svg>") },
	{ S("<svg><style><![CDATA[a{b:url(/x)}]]></style>url(/y)</svg>"),
	    S("<svg><style><![CDATA[a{b:url(/h/x)}]]></style>url(/y)</svg>") },
	{ S("<svg><style>a{b:url(/x<!--c-->/y)}c{d:url(/z)}</style></svg>"),
	    S("<svg><style>a{b:url(/h/x<!--c-->/y)}c{d:url(/h/z)}"
	      "</style></svg>") },
	{ S("<svg><style>@import \"/x<![CDATA[y\";a{b:url(/z)}]]></style>"),
	    S("<svg><style>@import "
	      "\"/h/x<![CDATA[y\";a{b:url(/z)}]]></style>") },
	{ S("<svg><path fill=\"url(/x#a)\" fille=\"url(/x)\"/></svg>"),
	    S("<svg><path fill=\"url(/h/x#a)\" fille=\"url(/x)\"/></svg>") },
	{ S("<svg mask='url(/x#a)'>"), S("<svg mask='url(/h/x#a)'>") },
};

static const struct row script_rows[] = {
	{ S("<script type=importmap>{\"imports\":{\"a\":\"/x\"}}</script>"),
	    S("<script type=importmap>{\"imports\":{\"a\":\"/h/x\"}}"
	      "</script>") },
	{ S("<script type=' ImportMap '>{\"imports\":{\"a\":\"\\/x\"}}"),
	    S("<script type=' ImportMap '>{\"imports\":{\"a\":"
	      "\"\\/h\\/x\"}}") },
	{ S("<script type=speculationrules>{\"prefetch\":[{\"urls\":"
	    "[\"/x\"]}]}</script>"),
	    S("<script type=speculationrules>{\"prefetch\":[{\"urls\":"
	      "[\"/h/x\"]}]}</script>") },
	{ S("<script type=application/json>{\"imports\":{\"a\":\"/x\"}}"),
	    S("") },
};

#define TEST(name)                                          \
	static void name(void **state)                      \
	{                                                   \
		(void)state;                                \
		check_rows(name##_rows, ROWS(name##_rows)); \
	}

TEST(attribute)
TEST(element)
TEST(reference)
TEST(text)
TEST(raw_text)
TEST(srcset)
TEST(refresh)
TEST(base)
TEST(foreign)
TEST(style)
TEST(script)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attribute),
		cmocka_unit_test(element),
		cmocka_unit_test(reference),
		cmocka_unit_test(text),
		cmocka_unit_test(raw_text),
		cmocka_unit_test(srcset),
		cmocka_unit_test(refresh),
		cmocka_unit_test(base),
		cmocka_unit_test(foreign),
		cmocka_unit_test(style),
		cmocka_unit_test(script),
	};

	return cmocka_run_group_tests(tests, html_setup, html_teardown);
}
