"""The HTML rewriter against html5lib, an independent parser: of what a
browser would see, the URLs are mapped and nothing else is changed."""

import os
import random
import re
import subprocess

import html5lib
import pytest

PREFIX = "/h"
HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data", "html5lib", "tokens")
XLINK = "{http://www.w3.org/1999/xlink}href"
SVG = "{http://www.w3.org/2000/svg}"

# Attribute: the elements it is a URL on; none: on any.
URLS = {
    "href": (), "src": (), "poster": (), XLINK: (), "xlink:href": (),
    "action": ("form",), "formaction": ("button", "input"),
    "data": ("object",), "cite": ("blockquote", "q", "ins", "del"),
    "manifest": ("html",), "longdesc": ("img", "frame", "iframe"),
    "background": ("body", "table", "thead", "tbody", "tfoot", "tr", "th",
                   "td"),
}


@pytest.fixture(scope="module")
def rewrite():
    """Rewrites a text, fed in pieces of so many bytes."""
    built = os.path.dirname(os.path.abspath(
        os.environ.get("FINGERPOST", "./fingerpost")))
    tool = os.path.join(built, "tests", "unit", "filter", "rewrite_cli")

    def run(text, chunk=16384):
        return subprocess.run(
            [tool, "-p", PREFIX, "-c", str(chunk)], input=text.encode(),
            stdout=subprocess.PIPE, check=True).stdout.decode()
    return run


def url(value):
    """Only the forms of URLs that the documents here are made of."""
    blanks = re.match("[\0- ]*", value)[0]
    rest = value[len(blanks):]
    if not rest.startswith("/") or rest[1:2] in ("/", "\\"):
        return value
    return blanks + PREFIX + rest


def css(value):
    return re.sub(r"(url\(['\"]?)/(?!/)", r"\1" + PREFIX + "/", value)


def srcset(value):
    """Candidates without parentheses in their descriptors."""
    out, at = "", 0
    while at < len(value):
        between = re.match(r"[ \t\n\f\r,]*", value[at:])[0]
        at += len(between)
        link = re.match(r"[^ \t\n\f\r]*", value[at:])[0]
        at += len(link)
        commas = link[len(link.rstrip(",")):]
        rest = "" if commas else re.match("[^,]*", value[at:])[0]
        at += len(rest)
        out += between + url(link.rstrip(",")) + commas + rest
    return out


def wanted(tag, name, value):
    local = tag.rpartition("}")[2]
    if name in URLS and (not URLS[name] or local in URLS[name]):
        return url(value)
    if name == "srcset" or (name == "imagesrcset" and local == "link"):
        return srcset(value)
    if name == "ping" and local in ("a", "area"):
        return re.sub(r"[^ \t\n\f\r]+", lambda m: url(m[0]), value)
    if name == "style" or (name == "fill" and tag.startswith(SVG)):
        return css(value)
    return value


def parse(text):
    return html5lib.parse(text, treebuilder="etree")


def compare(before, after, source):
    """Both trees, node by node; etree tells comments by a function's tag."""
    assert before.tag == after.tag, source
    assert before.tail == after.tail, source
    is_style = isinstance(before.tag, str) and \
        before.tag.rpartition("}")[2] == "style"
    text = before.text
    assert (css(text) if is_style and text else text) == after.text, source
    if isinstance(before.tag, str):
        assert {k: wanted(before.tag, k, v)
                for k, v in before.attrib.items()} == after.attrib, source
    assert len(before) == len(after), source
    for a, b in zip(before, after):
        compare(a, b, source)


def check(rewrite, text, chunk=16384):
    compare(parse(text), parse(rewrite(text, chunk)), text)


def written_cases():
    with open(DATA, encoding="ascii") as lines:
        for line in lines:
            state, _, text = line.rstrip("\n").split("\t")[:3]
            raw = re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]),
                         text.encode())
            yield state, raw.decode()


def test_html5lib_cases(rewrite):
    """Each of its inputs as a document of its own."""
    seen = set()
    for state, text in written_cases():
        if state != "data" or text in seen or "&" in text:
            continue
        seen.add(text)
        check(rewrite, text)
    assert len(seen) > 1000


PARTS = [
    '<a href="%s">', "<img src=%s alt=/x>", "<a href='%s' title='%s'>",
    "<form action=%s>", "<div action=%s data-x=%s>", '<object data="%s">',
    '<img srcset="%s 1x, %s 2x">', '<img srcset="%s,%s">',
    '<a ping="%s %s">', '<b style="a:url(%s)">',
    "<style>a{b:url(%s)}/*<a href=%s>*/</style>",
    "<script>x = '<a href=%s>'</script>",
    "<script><!--<script></script><a href=%s>--></script>",
    "<!-- <a href=%s> -->", "<!--><a href=%s>", "<!-- %s --!><a href=%s>",
    "<title><a href=%s></title>", "<textarea><a href=%s></textarea>",
    "<noembed><a href=%s></noembed>", "<iframe src=%s><a href=%s></iframe>",
    '<svg><use xlink:href="%s"/><title><a href=%s></title></svg>',
    "<svg><style>a{b:url(%s)}</style><path fill=url(%s)></svg>",
    "<svg><![CDATA[<a href=%s>]]></svg>", "<![CDATA[x><a href=%s>]]>",
    "<svg><foreignObject><div><a href=%s></div></foreignObject></svg>",
    "<math><mi><a href=%s></mi></math>", "<p>%s &lt;a href=%s&gt;",
    "<table background=%s><tr><td background=%s></table>",
    "<blockquote cite=%s><q cite=%s>", "<A HREF=%s SRC='%s'/>",
    "<a href=%s href=%s>", "<a href = %s>", "<x-y src=%s>", "</a href=%s>",
    "<video poster=%s>", "<button formaction=%s>", "<base target=%s>",
    "<", "</", "<?php %s ?>", "<!x %s>", "< a href=%s>", "<a href>", "%s",
]
LINKS = ["/x", "/", "/x/y?z=1#a", "//cdn/x", "x", "#x", "?/x", "mailto:/x",
         "data:/x", "/&amp;x", "&#47;x", "&sol;x", "/x&y=1"]


def document(dice):
    text = dice.choice(["", "<!doctype html>", "<!doctype html><html><head>"])
    for _ in range(dice.randrange(1, 12)):
        text += re.sub("%s", lambda m: dice.choice(LINKS), dice.choice(PARTS))
    return text


@pytest.mark.parametrize("seed", range(4))
def test_made_documents(rewrite, seed):
    dice = random.Random(seed)
    for _ in range(200):
        check(rewrite, document(dice), dice.choice([1, 7, 16384]))
