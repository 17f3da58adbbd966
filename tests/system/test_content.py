"""Content rewritten on its way: every kind, whole and in pieces, coded and
plain, and what its head then says."""

import gzip
import json
import time
import zlib

import pytest

from fronts import FRONTS

every = pytest.mark.parametrize("front", [
    pytest.param(name, marks=pytest.mark.short if name == "lighttpd-spawn"
                 else ()) for name in FRONTS], indirect=True)
one = pytest.mark.parametrize("front", [
    pytest.param("lighttpd-spawn", marks=pytest.mark.short)], indirect=True)

HTML = "text/html; charset=utf-8"
PAGE = b"""<!DOCTYPE html><html><head><title>/a</title>
<link rel=stylesheet href="/s.css"><style>a{background:url(/b.png)}</style>
</head><body style="background: url('/c.png')">
<a href="/x?y=/z#/w">/x</a> <img src='/i.png' srcset="/i.png 1x, /j.png 2x">
<script>go("/x")</script><!-- <a href="/x"> --><form action=/f></form>
<a href="ORIGIN/abs">abs</a><a href="//elsewhere.test/y">other</a></body></html>
"""
PAGE_OUT = (PAGE.replace(b'"/s.css', b'"P/s.css').replace(b"(/b", b"(P/b")
            .replace(b"'/c", b"'P/c").replace(b'<a href="/x?', b'<a href="P/x?')
            .replace(b"'/i.png'", b"'P/i.png'")
            .replace(b'"/i.png 1x, /j', b'"P/i.png 1x, P/j')
            .replace(b"action=/f", b"action=P/f")
            .replace(b"ORIGIN/abs", b"P/abs"))

# name: type, what the origin sends, what the client gets
KINDS = {
    "html": (HTML, PAGE, PAGE_OUT),
    "css": ("text/css", b'@import "/a.css"; b{background:URL( "/c" )}/* /d */',
            b'@import "P/a.css"; b{background:URL( "P/c" )}/* /d */'),
    "webmanifest": ("application/manifest+json",
                    b'{"start_url":"\\/","icons":[{"src":"/i"}],"name":"/n"}',
                    b'{"start_url":"P\\/","icons":[{"src":"P/i"}],'
                    b'"name":"/n"}'),
    "json": ("application/json", b'{"url":"/x","not":"/x",'
             b'"in":"/__fingerpost_prefix__/y"}',
             b'{"url":"P/x","not":"/x","in":"P/y"}'),
    "js": ("text/javascript", b'go("/x","/__fingerpost_prefix__/y")',
           b'go("/x","P/y")'),
    "atom": ("application/atom+xml",
             b'<feed xmlns="http://www.w3.org/2005/Atom"><id>/id</id>'
             b'<link href="ORIGIN/x"/><title>/t</title></feed>',
             b'<feed xmlns="http://www.w3.org/2005/Atom"><id>/id</id>'
             b'<link href="http://site.testP/x"/><title>/t</title></feed>'),
    "dav": ("application/xml",
            b'<D:multistatus xmlns:D="DAV:"><D:href>/x%20y/</D:href>'
            b'</D:multistatus>',
            b'<D:multistatus xmlns:D="DAV:"><D:href>P/x%20y/</D:href>'
            b'</D:multistatus>'),
    "svg": ("image/svg+xml",
            b'<svg xmlns="http://www.w3.org/2000/svg"><image href="/x"/></svg>',
            b'<svg xmlns="http://www.w3.org/2000/svg"><image href="P/x"/>'
            b'</svg>'),
    "text": ("text/plain", b'<a href="/x">', b'<a href="/x">'),
}


def pieces_of(body, size):
    return [body[i:i + size] for i in range(0, len(body), size)]


def give(site, name, kind, body, status="200 OK", fields=()):
    site.origin.given[name] = (status, [("Content-Type", kind), *fields], body)


def prefixed(front, body, prefix="/linked"):
    return body.replace(b"P/", (front.prefix + prefix).encode() + b"/") \
        .replace(b"P\\/", (front.prefix + prefix).encode()
                 .replace(b"/", b"\\/") + b"\\/")


@every
@pytest.mark.parametrize("name", KINDS)
def test_kinds(front, site, name):
    kind, body, want = KINDS[name]
    body = body.replace(b"ORIGIN", site.origin.url.encode())
    want = prefixed(front, want)
    give(site, name, kind, body)
    r = front.get("/linked/given/" + name)
    assert (r.status, r.complete, r.body) == (200, True, want)


@every
def test_in_pieces_and_coded(front, site):
    body = PAGE.replace(b"ORIGIN", site.origin.url.encode())
    want = prefixed(front, PAGE_OUT)
    coder = zlib.compressobj(wbits=-15)
    raw = coder.compress(body) + coder.flush()
    for name, coding, coded in (
            ("plain", None, body), ("gzip", "gzip", gzip.compress(body)),
            ("deflate", "deflate", zlib.compress(body)),
            ("raw", "deflate", raw)):
        fields = [("Content-Encoding", coding)] if coding else []
        for size in (1, 7, 1000, 100000):
            give(site, name, HTML, pieces_of(coded, size), fields=fields)
            r = front.get("/linked/given/" + name)
            assert (r.status, r.complete, r.body) == (200, True, want), (
                name, size)
            assert r.get("Content-Encoding") is None
        r = front.get("/linked/given/" + name,
                      [("Accept-Encoding", "gzip, br")])
        assert r.get("Content-Encoding") == "gzip"
        assert gzip.decompress(r.body) == want
        assert "Accept-Encoding" in ", ".join(r.all("Vary"))


@every
def test_head_follows(front, site):
    fields = [("ETag", '"strong"'), ("Accept-Ranges", "bytes"),
              ("Content-MD5", "x"), ("Digest", "md5=x"),
              ("Content-Digest", "sha-256=:x:"), ("Repr-Digest", "md5=:x:"),
              ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")]
    give(site, "head", HTML, b'<a href="/x">', fields=fields)
    for method in ("GET", "HEAD"):
        r = front.request(method, "/linked/given/head")
        assert r.status == 200
        assert r.get("ETag") == 'W/"strong"'
        assert r.get("Last-Modified") == fields[-1][1]
        for name in ("Accept-Ranges", "Content-MD5", "Digest",
                     "Content-Digest", "Repr-Digest"):
            # lighttpd says so of what it can cut itself.
            if r.get(name) != "bytes":
                assert r.get(name) is None, name
    # And where nothing is rewritten all stays.
    give(site, "head", "image/png", b"png", fields=fields)
    r = front.get("/linked/given/head")
    assert r.get("ETag") == '"strong"' and r.get("Digest") == "md5=x"


@every
def test_not_modified(front, site):
    give(site, "304", HTML, b"", "304 Not Modified", [("ETag", '"a"')])
    r = front.get("/linked/given/304", [("If-None-Match", 'W/"a"')])
    assert (r.status, r.get("ETag")) == (304, 'W/"a"')


@every
def test_range_of_what_is_rewritten(front, site):
    """The origin's piece is one of other bytes: the whole comes instead,
    and the web server may cut its own piece out of that."""
    body = b'<a href="/x">' + b"." * 1000
    give(site, "range", HTML, body)
    want = prefixed(front, body.replace(b'"/x', b'"P/x'))
    r = front.get("/linked/given/range", [("Range", "bytes=0-19")])
    assert (r.status, r.body) in ((200, want), (206, want[:20]))
    give(site, "range", "video/mp4", body)
    r = front.get("/linked/given/range", [("Range", "bytes=0-19")])
    assert (r.status, r.body) == (206, body[:20])


@one
def test_token(front, site):
    """A build that writes the token for its base works as it is."""
    give(site, "token", HTML, b'<script src="/__fingerpost_prefix__/a.js">'
         b'</script><script>base = "/__fingerpost_prefix__/";</script>'
         b'<p>/__fingerpost_prefix__</p>')
    r = front.get("/linked/given/token")
    assert r.body == (b'<script src="/linked/a.js"></script><script>'
                      b'base = "/linked/";</script>'
                      b'<p>/__fingerpost_prefix__</p>')


@one
def test_left_alone(front, site):
    body = b'<a href="/x">'
    for name, fields in (
            ("br", [("Content-Type", HTML), ("Content-Encoding", "br")]),
            ("utf16", [("Content-Type", "text/html; charset=utf-16le")]),
            ("own", [("Content-Type", HTML),
                     ("Cache-Control", "no-transform")])):
        site.origin.given[name] = ("200 OK", [*fields, ("ETag", '"s"')], body)
        r = front.get("/linked/given/" + name)
        assert (r.status, r.body, r.get("ETag")) == (200, body, '"s"'), name
    wide = '<a href="/x">'.encode("utf-16")
    give(site, "bom", "text/html", wide)
    assert front.get("/linked/given/bom").body == wide


@pytest.mark.parametrize("front", ["nginx-unix", "apache-proxy-unix"],
                         indirect=True)
def test_broken_coding_is_no_whole(front, site):
    coded = gzip.compress(PAGE * 400)
    give(site, "cut", HTML, coded[:len(coded) // 2],
         fields=[("Content-Encoding", "gzip")])
    r = front.get("/linked/given/cut")
    assert r.status == 502 or not r.complete


@every
def test_large_and_slow(front, site):
    """Much out of little: the reader is slow, nothing is lost."""
    body = PAGE.replace(b"ORIGIN", site.origin.url.encode()) * 8000
    want = prefixed(front, PAGE_OUT) * 8000
    give(site, "large", HTML, gzip.compress(body, 9),
         fields=[("Content-Encoding", "gzip")])
    with front.connection() as c:
        c.send_head("GET", front.prefix + "/linked/given/large", [
            ("Host", "site.test"), ("Connection", "close")])
        time.sleep(0.5)
        r = c.read_response()
    assert r.complete and r.body == want


@every
def test_no_coding_is_asked_for_but_ours(front, site):
    for accept, want in (("gzip, br, zstd", "gzip"), ("br", "identity")):
        r = front.get("/linked/echo", [("Accept-Encoding", accept)])
        body = r.body
        if r.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        sent = dict((n.lower(), v) for n, v in json.loads(body)["fields"])
        assert sent["accept-encoding"] == want


@every
def test_shim(front, site):
    give(site, "shim", HTML, b"<!doctype html><head><title>x</title>"
         b'<a href="/x">')
    r = front.get("/shimmed/given/shim")
    before, _, after = r.body.partition(b"<head>")
    assert before == b"<!doctype html>" and after.startswith(b"<script ")
    assert after.endswith(b'</script><title>x</title><a href="/x">')
    source = after.split(b'src="')[1].split(b'"')[0].decode()
    assert source.startswith(front.prefix + "/shimmed/.fingerpost/shim.js")
    r = front.get(source[len(front.prefix):])
    assert r.status == 200 and b"XMLHttpRequest" in r.body
    assert r.get("Content-Type").startswith("text/javascript")
    # Part of a page gets none.
    give(site, "shim", HTML, b"<p>part</p>")
    assert front.get("/shimmed/given/shim").body == b"<p>part</p>"


@one
def test_shim_in_workers(front, site):
    give(site, "sw.js", "text/javascript", b"work()")
    r = front.get("/shimmed/given/sw.js", [("Service-Worker", "script")])
    assert r.body.endswith(b"work()") and b"__fingerpost_prefix" in r.body
    assert b"/shimmed" in r.body
    assert "Service-Worker" in ", ".join(r.all("Vary"))
    r = front.get("/shimmed/given/sw.js")
    assert r.body == b"work()"
    assert "Service-Worker" in ", ".join(r.all("Vary"))
    give(site, "sw.js", "text/javascript", b"gone", "404 Not Found")
    r = front.get("/shimmed/given/sw.js", [("Service-Worker", "script")])
    assert r.body == b"gone"
