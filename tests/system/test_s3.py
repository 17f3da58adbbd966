"""A private bucket as a website, out of real servers."""

import array
import email.utils
import gzip
import os
import subprocess
import tempfile
import time

import pytest

import s3_client
import s3_gate
from origins import pattern
from processes import children, memory_kib

SERVERS = ("radosgw", "swift")
BUCKET = "fp-site-bucket"
PUBLIC = "fp-public-bucket"

RULES = """
[site]
path   = /site
origin = s3://%(bucket)s/site

[paged]
path          = /paged
origin        = s3://%(bucket)s/site
s3_error_page = errors/not found.html

[app]
path        = /app
origin      = s3://%(bucket)s/site
s3_fallback = index.html

[packed]
path             = /packed
origin           = s3://%(bucket)s/packed
s3_precompressed = br, gzip

[flat]
path     = /flat
origin   = s3://%(bucket)s/site
s3_index =

[named]
path     = /named
origin   = s3://%(bucket)s/site
s3_index = start.htm

[hosted]
path          = /hosted
origin        = s3://%(bucket)s/site
s3_endpoint   = %(domain)s
s3_path_style = no

[public]
path           = /public
origin         = s3://%(public)s
s3_credentials = none

[denied]
path                 = /denied
origin               = s3://%(public)s
s3_credentials       = none
s3_denied_is_missing = no
s3_error_page        = sorry.html

[wrong-secret]
path           = /wrong-secret
origin         = s3://%(bucket)s/site
s3_credentials = wrong-secret

[wrong-key]
path           = /wrong-key
origin         = s3://%(bucket)s/site
s3_credentials = wrong-key

[no-bucket]
path   = /no-bucket
origin = s3://fp-no-such-bucket

[wrong-region]
path      = /wrong-region
origin    = s3://%(bucket)s/site
s3_region = mars-north-1

[credentials wrong-secret]
access_key_id = %(id)s
secret_access_key = not/the+secret=at+all

[credentials wrong-key]
access_key_id = AKWRONG
secret_access_key = not/the+secret=at+all
"""

INDEX = b"<!DOCTYPE html><title>home</title><h1>home</h1>\n" * 20
LOST = b"<!DOCTYPE html><title>lost</title><p>Nothing here\n" * 20
TEXT = b"".join(b"line %04d\n" % n for n in range(1000))
DATA = pattern(100)

HTML = [("Content-Type", "text/html; charset=utf-8")]
OBJECTS = [
    ("site/index.html", INDEX, HTML),
    ("site/docs/index.html", b"docs " + INDEX, HTML),
    ("site/docs/a b/index.html", b"a b " + INDEX, HTML),
    ("site/docs", b"an object beside a directory", []),
    ("site/only/index.html", b"only " + INDEX, HTML),
    ("site/named/start.htm", b"named " + INDEX, HTML),
    ("site/data.bin", DATA, [("Content-Type", "application/x-data")]),
    ("site/text.txt", TEXT, [("Content-Type", "text/plain"),
                             ("Cache-Control", "max-age=77")]),
    ("site/app.js", b"go()", [("Content-Type", "text/javascript")]),
    ("site/errors/not found.html", LOST, HTML),
    ("site/stored.txt", gzip.compress(TEXT), [
        ("Content-Type", "text/plain"), ("Content-Encoding", "gzip")]),
    ("packed/both.js", b"plain()" * 50, []),
    ("packed/both.js.br", b"not really brotli", []),
    ("packed/both.js.gz", gzip.compress(b"plain()" * 50),
     [("Content-Type", "application/gzip")]),
    ("packed/one.css", b"p{}" * 200, [("Content-Type", "text/css")]),
    ("packed/one.css.gz", gzip.compress(b"p{}" * 200), []),
    ("packed/none.css", b"q{}" * 200, [("Content-Type", "text/css")]),
    ("packed/index.html", INDEX, HTML),
    ("packed/index.html.gz", gzip.compress(INDEX), []),
]


def short(value):
    """For pytest's names of the cases."""
    return "" if isinstance(value, bytes) else None


class Web:
    def __init__(self, site, server):
        self.server = server
        self.folder = tempfile.mkdtemp(dir=site.folder)
        os.chmod(self.folder, 0o755)
        self.bucket = s3_client.Bucket(server, BUCKET).create()
        for key, body, fields in OBJECTS:
            self.bucket.put(key.encode(), body, fields)
        self.gate = s3_gate.Gate(
            site, self.folder, s3_gate.rules_of(server, RULES % {
                "bucket": BUCKET, "public": PUBLIC, "id":
                server.access_key_id, "domain": server.domain_endpoint}),
            secret=[BUCKET, PUBLIC, "fp-no-such-bucket",
                    server.secret_access_key, server.access_key_id])
        self.get, self.ask = self.gate.get, self.gate.ask


@pytest.fixture(scope="module")
def webs(site, s3_server):
    made = {}

    def web(name):
        if name not in made:
            made[name] = Web(site, s3_server(name))
        return made[name]
    yield web
    for w in made.values():
        w.gate.stop()


@pytest.fixture(params=SERVERS)
def web(request, webs):
    return webs(request.param)


@pytest.fixture
def radosgw(webs):
    return webs("radosgw")


# Objects.

def test_object(web):
    stored = web.bucket.head(b"site/data.bin")
    r = web.get("/site/data.bin")
    assert (r.status, r.body) == (200, DATA)
    assert r.get("Content-Type") == "application/x-data"
    for name in ("ETag", "Last-Modified", "Content-Length"):
        assert r.get(name) == stored.get(name), name
    assert r.get("Server") is None
    h = web.ask("HEAD", "/site/data.bin")
    assert (h.status, h.body) == (200, b"")
    for name in ("ETag", "Last-Modified", "Content-Length", "Content-Type"):
        assert h.get(name) == r.get(name), name


def test_virtual_host_style(web):
    assert web.get("/hosted/data.bin").body == DATA
    assert web.get("/hosted/docs/a%20b/").body == b"a b " + INDEX
    assert web.get("/hosted/missing").status == 404


RANGES = [
    ("bytes=0-9", 206, "bytes 0-9/100", DATA[:10]),
    ("bytes=10-19", 206, "bytes 10-19/100", DATA[10:20]),
    ("bytes=-5", 206, "bytes 95-99/100", DATA[95:]),
    ("bytes=0-", 206, "bytes 0-99/100", DATA),
    ("bytes=99-", 206, "bytes 99-99/100", DATA[99:]),
    ("bytes=90-200", 206, "bytes 90-99/100", DATA[90:]),
    ("bytes=-200", 206, "bytes 0-99/100", DATA),
    ("bytes=0-0", 206, "bytes 0-0/100", DATA[:1]),
]


@pytest.mark.parametrize("span, status, said, body", RANGES)
def test_range(web, span, status, said, body):
    r = web.get("/site/data.bin", ("Range", span))
    assert (r.status, r.get("Content-Range"), r.body) == (status, said, body)


def test_range_past_the_end(web):
    r = web.get("/site/data.bin", ("Range", "bytes=100-"))
    assert r.status == 416
    # Neither server says how long it is; where one does, so do we.
    assert r.get("Content-Range") in (None, "bytes */100")


def test_several_ranges(web):
    r = web.get("/site/data.bin", ("Range", "bytes=0-3,50-53"))
    assert r.status == 206
    if web.server.name == "radosgw":  # gives the first alone
        assert r.body == DATA[:4]
    else:
        assert r.get("Content-Type").startswith("multipart/byteranges")
        assert DATA[:4] in r.body and DATA[50:54] in r.body


def test_range_is_no_range(web):
    """RFC 9110 section 14.2: ignored where it is none."""
    r = web.get("/site/data.bin", ("Range", "lines=1-2"))
    assert (r.status, r.body) == (200, DATA)


def test_if_range(web):
    r = web.get("/site/data.bin")
    r = web.get("/site/data.bin", ("Range", "bytes=5-9"),
                ("If-Range", r.get("ETag")))
    assert (r.status, r.body) == (206, DATA[5:10])


@pytest.mark.parametrize("other", ['"other"',
                                   "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_if_range_of_another(web, other):
    r = web.get("/site/data.bin", ("Range", "bytes=5-9"),
                ("If-Range", other))
    assert (r.status, r.body) == (200, DATA)


def test_conditions(web):
    r = web.get("/site/data.bin")
    tag, modified = r.get("ETag"), r.get("Last-Modified")
    early = email.utils.formatdate(0, usegmt=True)
    for fields, status in (
            ([("If-None-Match", tag)], 304),
            ([("If-None-Match", "W/" + tag)], 304),
            ([("If-None-Match", '"other"')], 200),
            ([("If-Match", tag)], 200),
            ([("If-Match", '"other"')], 412),
            ([("If-Modified-Since", modified)], 304),
            ([("If-Modified-Since", early)], 200),
            ([("If-Unmodified-Since", modified)], 200),
            ([("If-Unmodified-Since", early)], 412)):
        r = web.get("/site/data.bin", *fields)
        assert r.status == status, (fields, r.status)
        if status == 304:
            assert r.body == b""
            # radosgw names no tag here.
            assert r.get("ETag") in (tag, "W/" + tag, None)


def test_our_weak_tag(web):
    """A compressed response's tag is ours; the bucket knows the strong one."""
    coded = ("Accept-Encoding", "gzip")
    r = web.get("/site/text.txt", coded)
    assert r.get("Content-Encoding") == "gzip"
    assert gzip.decompress(r.body) == TEXT
    tag = r.get("ETag")
    assert tag == "W/" + web.bucket.head(b"site/text.txt").get("ETag")
    assert r.get("Cache-Control") == "max-age=77"
    r = web.get("/site/text.txt", coded, ("If-None-Match", tag))
    assert (r.status, r.body) == (304, b"")


def test_coded_object(web):
    """Content-Encoding set on the object: undone for whom does not take
    it."""
    r = web.get("/site/stored.txt", ("Accept-Encoding", "gzip"))
    assert (r.status, r.get("Content-Encoding")) == (200, "gzip")
    assert gzip.decompress(r.body) == TEXT
    assert "Accept-Encoding" in r.get("Vary")
    r = web.get("/site/stored.txt")
    assert (r.status, r.get("Content-Encoding"), r.body) == (200, None, TEXT)
    assert "Accept-Encoding" in r.get("Vary")


# Directories and pages.

@pytest.mark.parametrize("target, body", [
    ("/site/", INDEX), ("/site/docs/", b"docs " + INDEX),
    ("/site/docs/a%20b/", b"a b " + INDEX),
    ("/site/docs", b"an object beside a directory"),
    ("/site/?list-type=2", INDEX), ("/named/named/", b"named " + INDEX)],
    ids=short)
def test_index(web, target, body):
    r = web.get(target)
    assert (r.status, r.body) == (200, body)
    assert web.ask("HEAD", target).status == 200


@pytest.mark.parametrize("target, location", [
    ("/site/only", "/site/only/"), ("/site/only?a=b&c", "/site/only/?a=b&c"),
    ("/site/docs/a%20b", "/site/docs/a%20b/"), ("/site", "/site/"),
    ("/named/named", "/named/named/")])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_directory_without_its_slash(web, target, location, method):
    r = web.ask(method, target)
    assert r.status == (301 if target == "/site" else 302)
    # Whole or not, it is the same place.
    assert r.get("Location").removeprefix("http://site.test") == location


@pytest.mark.parametrize("target", [
    "/site/nothing", "/site/nothing/", "/site/nothing.html", "/flat/docs/",
    "/flat/only", "/flat/", "/site//", "/named/only/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_missing(web, target, method):
    r = web.ask(method, target)
    assert r.status == 404
    assert "xml" not in r.get("Content-Type")
    if method == "HEAD":
        assert r.body == b""


def test_error_page(web):
    for method, body in (("GET", LOST), ("HEAD", b"")):
        r = web.ask(method, "/paged/nothing")
        assert (r.status, r.body) == (404, body)
        assert r.get("Content-Type").startswith("text/html")
        for name in ("ETag", "Last-Modified"):
            assert r.get(name) is None, name
    assert web.get("/paged/data.bin").body == DATA
    # A condition on what is missing is none on the page.
    tag = web.bucket.head(b"site/errors/not found.html").get("ETag")
    r = web.get("/paged/nothing", ("If-None-Match", tag),
                ("Range", "bytes=0-3"))
    assert (r.status, r.body) == (404, LOST)
    assert web.get("/paged/only").status == 302


NAVIGATION = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]
MODES = [
    (NAVIGATION, 200),
    (NAVIGATION + [("Sec-Fetch-Mode", "navigate"),
                   ("Sec-Fetch-Dest", "document")], 200),
    (NAVIGATION + [("Sec-Fetch-Mode", "navigate"),
                   ("Sec-Fetch-Dest", "iframe")], 200),
    (NAVIGATION + [("Sec-Fetch-Mode", "cors")], 404),
    (NAVIGATION + [("Sec-Fetch-Mode", "no-cors"),
                   ("Sec-Fetch-Dest", "script")], 404),
    ([("Accept", "*/*"), ("Sec-Fetch-Mode", "no-cors"),
      ("Sec-Fetch-Dest", "image")], 404),
    ([("Accept", "application/json")], 404),
    ([("Accept", "*/*")], 404),
    ([("Accept", "text/html;q=0, */*")], 404),
    ([], 404),
]


@pytest.mark.parametrize("fields, status", MODES)
def test_fallback(web, fields, status):
    for method in ("GET", "HEAD"):
        r = web.ask(method, "/app/some/page?x=1", fields)
        assert r.status == status
    r = web.get("/app/some/page?x=1", *fields)
    assert (r.body == INDEX) == (status == 200)
    assert web.get("/app/app.js", *fields).body == b"go()"


@pytest.mark.parametrize("accept", ["text/html", "text/html;q=0.9, */*"])
def test_missing_for_whom_html_is_meant(web, accept):
    """Who asks radosgw for HTML is told so what is wrong: without its code,
    and longer than its Content-Length, which spoils the connection."""
    for n in range(5):
        assert web.get("/site/nothing", ("Accept", accept)).status == 404
        assert web.get("/no-bucket/x", ("Accept", accept)).status == 500
        assert web.get("/site/data.bin", ("Accept", accept)).body == DATA


# Precompressed.

@pytest.mark.parametrize("name, accepted, coding, body, kind", [
    ("both.js", "gzip, br", "br", b"not really brotli", "javascript"),
    ("both.js", "br", "br", b"not really brotli", "javascript"),
    ("both.js", "gzip", "gzip", None, "javascript"),
    ("both.js", "br;q=0, gzip", "gzip", None, "javascript"),
    ("one.css", "gzip, br", "gzip", None, "text/css"),
    ("", "gzip", "gzip", None, "text/html"),
])
def test_precompressed(web, name, accepted, coding, body, kind):
    key = "packed/" + (name or "index.html") + {"br": ".br",
                                                "gzip": ".gz"}[coding]
    stored = web.bucket.get(key.encode())
    r = web.get("/packed/" + name, ("Accept-Encoding", accepted))
    assert (r.status, r.get("Content-Encoding")) == (200, coding)
    assert r.body == (body or stored.body)
    assert kind in r.get("Content-Type")
    assert "Accept-Encoding" in r.get("Vary")
    assert r.get("ETag") == stored.get("ETag")
    again = web.get("/packed/" + name, ("Accept-Encoding", accepted),
                    ("If-None-Match", r.get("ETag")))
    assert again.status == 304


@pytest.mark.parametrize("name, body", [
    ("both.js", b"plain()" * 50), ("none.css", b"q{}" * 200), ("", INDEX)],
    ids=short)
def test_not_precompressed(web, name, body):
    r = web.get("/packed/" + name)
    assert (r.status, r.get("Content-Encoding"), r.body) == (200, None, body)
    assert "Accept-Encoding" in r.get("Vary")
    r = web.get("/packed/none.css", ("Accept-Encoding", "br"))
    assert (r.status, r.get("Content-Encoding")) == (200, None)


# Redirects.

REDIRECTS = [
    ("http://other.test/x?y=z", "http://other.test/x?y=z"),
    ("https://other.test/", "https://other.test/"),
    ("/site/docs/", "/site/docs/"),  # below the origin's prefix
    ("/elsewhere", "/site/elsewhere"),
]


@pytest.mark.parametrize("stored, location", REDIRECTS)
def test_redirect_of_an_object(radosgw, stored, location):
    """Swift refuses such an object: 501."""
    radosgw.bucket.put(b"site/moved", b"", [
        ("x-amz-website-redirect-location", stored)])
    for method in ("GET", "HEAD"):
        r = radosgw.ask(method, "/site/moved")
        assert r.status == 301
        assert r.get("Location").removeprefix("http://site.test") == location


# What we may not see, and what is wrong with the rules.

@pytest.fixture
def public(radosgw):
    """Anybody may read its objects, nobody may list it.  Swift's s3api has no
    such policy, and lets nobody in who does not sign."""
    bucket = s3_client.Bucket(radosgw.server, PUBLIC).create()
    bucket.put(b"there.txt", b"there")
    bucket.put(b"sorry.html", LOST, HTML)
    bucket.allow_reading()
    return radosgw


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_denied_is_missing(public, method):
    assert public.ask(method, "/public/there.txt").status == 200
    r = public.ask(method, "/public/missing")
    assert r.status == 404
    r = public.ask(method, "/denied/missing")
    assert (r.status, r.body) == (403, LOST if method == "GET" else b"")


# Of which server, and which words the log has of it.
FAULTS = [
    ("radosgw", "wrong-secret", "secret"),
    ("radosgw", "wrong-key", "[credentials wrong-key]"),
    ("radosgw", "no-bucket", "bucket"),
    ("swift", "wrong-secret", "secret"),
    ("swift", "wrong-key", "secret"),  # says the same of a key unknown
    ("swift", "no-bucket", "bucket"),
    ("swift", "wrong-region", "region"),  # radosgw takes any
]


@pytest.mark.parametrize("server, name, word", FAULTS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_wrong_with_the_rules(webs, server, name, word, method):
    web = webs(server)
    before = len(web.gate.log())
    r = web.ask(method, "/%s/data.bin" % name)
    if (name, method) == ("no-bucket", "HEAD"):
        assert r.status == 404  # without content it is as a missing object
    else:
        assert r.status == 500
        assert "proxy_configuration_error" in r.get("Proxy-Status")
        assert word in web.gate.log()[before:]
    for secret in (web.server.secret_access_key, "not/the+secret",
                   "Signature="):
        assert secret not in web.gate.log()
    assert web.get("/site/data.bin").body == DATA


def test_wrong_region_is_named(webs):
    web = webs("swift")
    web.get("/wrong-region/data.bin")
    assert "s3_region = " + web.server.region in web.gate.log()


# Gigabytes.

GIB = 1 << 30
BOUND_KIB = 24 * 1024


@pytest.mark.bulk
def test_two_gibibytes(site, webs):
    """Out of Swift, which keeps it on the disk."""
    web = webs("swift")
    tool = os.path.join(web.folder, "bulk")
    subprocess.run(["cc", "-O2", "-Wall", "-o", tool, os.path.join(
        os.path.dirname(__file__), "bulk.c")], check=True)
    put_words(web.bucket, b"site/big", 2 * GIB)
    try:
        front = s3_gate.start_front("lighttpd-unix", site, os.path.join(
            web.folder, "bulk-front"), web.gate.rules)
        try:
            done = subprocess.run(
                [tool, "get", str(front.port), "/site/big", str(2 * GIB)],
                capture_output=True, text=True, timeout=200,
                stdin=subprocess.DEVNULL)
            assert done.stdout.startswith("HTTP/1.1 200"), done
            assert done.returncode == 0, "the body is not right"
            serve = front.parts[0].process.pid
            assert max(memory_kib(w, "VmHWM")
                       for w in children(serve)) < BOUND_KIB
            first = 2 * GIB - 100
            r = front.get("/site/big", [("Range", "bytes=%d-" % first)])
            assert (r.status, len(r.body)) == (206, 100)
        finally:
            front.stop()
    finally:
        web.bucket.delete(b"site/big")


def put_words(bucket, key, size_bytes, piece_bytes=1 << 22):
    """What bulk.c expects: each eight bytes say where they are, in the
    machine's own order."""
    def pieces():
        for at in range(0, size_bytes, piece_bytes):
            yield array.array("Q", range(
                at // 8, (at + piece_bytes) // 8)).tobytes()
    bucket.put_pieces(key, size_bytes, pieces())


# Under web servers.

@pytest.mark.parametrize("name", ["lighttpd-spawn", "apache-fcgid",
                                  "apache-cgi-rewrite"])
def test_website_under_web_servers(site, web, name, request):
    front = s3_gate.start_front(name, site, os.path.join(
        web.folder, name), web.gate.rules)
    request.addfinalizer(front.stop)
    for target, status, body in (
            ("/site/", 200, INDEX), ("/site/data.bin", 200, DATA),
            ("/site/only", 302, None), ("/paged/nothing", 404, LOST),
            ("/app/some/page", 404, None),
            ("/hosted/docs/", 200, b"docs " + INDEX)):
        r = front.get(target)
        assert r.status == status, (target, r)
        assert body is None or r.body == body
        s3_gate.check_hidden(r.fields, r.status, r.body, [BUCKET.encode()])
    r = front.get("/site/data.bin", [("Range", "bytes=10-19")])
    assert (r.status, r.body) == (206, DATA[10:20])
    assert front.get("/app/some/page", NAVIGATION).body == INDEX


def test_reload_takes_other_keys(site, web, folder):
    """Rules with a wrong secret, mended."""
    def rules(secret):
        return s3_gate.rules_of(web.server, """
[credentials]
access_key_id = %s
secret_access_key = "%s"
[site]
path = /site
origin = s3://%s/site
""" % (web.server.access_key_id, secret, BUCKET), credentials=False)
    gate = s3_gate.Gate(site, folder, rules("wrong"))
    try:
        assert gate.get("/site/data.bin").status == 500
        s3_gate.write_private(gate.rules, rules(
            web.server.secret_access_key))
        gate.serve.process.signal(1)
        end = time.monotonic() + 20
        while gate.get("/site/data.bin").status != 200:
            assert time.monotonic() < end
    finally:
        gate.stop()
