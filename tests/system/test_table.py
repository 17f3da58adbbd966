"""The table: every row on every deployment.

Where a web server does something to every program called through it, the
front says so (fronts.py) and the row expects that instead.
"""

import concurrent.futures
import gzip
import hashlib
import threading
import time

import pytest

from fronts import FRONTS
from origins import TEXT, pattern

MIB = 1 << 20

pytestmark = pytest.mark.parametrize("front", [
    pytest.param(name, marks=pytest.mark.short if name == "lighttpd-spawn"
                 else ()) for name in FRONTS], indirect=True)


def fields_of(response):
    """As the origin saw them: {lower-case name: [values]}."""
    out = {}
    for name, value in response.json()["fields"]:
        out.setdefault(name.lower(), []).append(value)
    return out


def sha(data):
    return hashlib.sha256(data).hexdigest()


# Methods and bodies.

def test_get(front):
    r = front.get("/app/text/1000")
    assert (r.status, r.complete, r.body) == (200, True, TEXT[:1000])
    assert r.get("Content-Type") == "text/plain"
    assert r.get("ETag") == '"strong"'
    assert r.get("Via") and "fingerpost" in r.get("Via")
    if front.keeps_length:
        assert r.get("Content-Length") == "1000"


def test_head(front):
    r = front.request("HEAD", "/plain/text/1000")
    assert (r.status, r.body) == (200, b"")
    assert r.get("Content-Type") == "text/plain"
    assert r.get("Content-Length") in (
        ["1000"] if front.keeps_length else ["1000", None])
    # Nothing must follow the head: the next answer begins where it should.
    with front.connection() as c:
        for _ in range(2):
            r = c.exchange("HEAD", front.prefix + "/app/text/1000",
                           close=False)
            assert r.status == 200
        r = c.exchange("GET", front.prefix + "/app/text/10")
        assert (r.status, r.body) == (200, TEXT[:10])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_body(front, method):
    r = front.request(method, "/app/echo", [("Content-Type", "text/x-odd")],
                      b"some=body&\0\xff")
    assert r.status == 200
    seen = r.json()
    assert (seen["method"], seen["body"]) == (method, "some=body&\0\xff")
    assert fields_of(r)["content-type"] == ["text/x-odd"]
    assert fields_of(r).get("content-length") == ["12"] or \
        seen["framing"] == "chunked"


def test_empty_body(front):
    r = front.request("POST", "/app/echo", body=b"")
    assert (r.status, r.json()["size"]) == (200, 0)


def test_get_sends_no_body(front):
    seen = front.get("/app/echo").json()
    # lighttpd says CONTENT_LENGTH=0 of every request without a body.
    assert seen["framing"] != "chunked"
    assert seen["size"] == 0


@pytest.mark.parametrize("method", [
    "OPTIONS", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK",
    "UNLOCK", "REPORT", "SEARCH"])
def test_other_methods(front, method):
    r = front.request(method, "/app/echo", [("Depth", "1")])
    assert (r.status, r.json()["method"]) == (200, method)
    assert fields_of(r)["depth"] == ["1"]


@pytest.mark.parametrize("how", ["bytes", "chunked", "close"])
def test_mebibyte_down(front, how):
    r = front.get("/app/%s/%d" % (how, MIB))
    assert (r.status, r.complete, len(r.body)) == (200, True, MIB)
    assert r.body == pattern(MIB)


@pytest.mark.parametrize("chunked", [False, True])
def test_mebibyte_up(front, chunked):
    size = MIB
    if size > front.max_upload:
        r = front.request("POST", "/app/echo", body=pattern(size))
        # The web server answers by itself, or breaks off while we send.
        assert r.status >= 400
        size = 100000
    body = pattern(size)
    sent = (body[at:at + 9999] for at in range(0, size, 9999)) \
        if chunked else body
    r = front.request("POST", "/app/echo", body=sent)
    if chunked and front.chunked_upload != 200:
        assert r.status == front.chunked_upload
        return
    assert r.status == 200
    assert (r.json()["size"], r.json()["sha256"]) == (size, sha(body))


def test_refused_upload(front):
    """The origin answers 413 without reading the body."""
    body = bytes(min(MIB, front.max_upload // 2))
    r = front.request("POST", "/app/deaf", body=body)
    assert r.status == 413
    assert r.body == b"too much\n"


# Statuses.

@pytest.mark.parametrize("status", [201, 202, 203, 400, 401, 403, 404, 409,
                                    418, 429, 451, 500, 503])
def test_status(front, status):
    r = front.get("/app/status/%d" % status)
    assert (r.status, r.body) == (status, b"status %d\n" % status)


@pytest.mark.parametrize("status", [204, 205, 304])
def test_status_without_body(front, status):
    with front.connection() as c:
        r = c.exchange("GET", front.prefix + "/app/status/%d" % status,
                       close=False)
        assert (r.status, r.body) == (status, b"")
        assert r.get("ETag") == '"e"'
        r = c.exchange("GET", front.prefix + "/app/text/10")
        assert (r.status, r.body) == (200, TEXT[:10])


def test_redirect_of_the_origin(front):
    r = front.get("/app/redirect")
    assert r.status == 302
    assert r.get("Location") == "https://elsewhere.example/a%20b?x=1&y=2"
    assert r.body == b"moved\n"


def test_interim_responses_are_consumed(front):
    r = front.get("/app/interim")
    assert (r.status, r.body) == (200, b"final\n")
    assert r.get("X-Interim") is None and r.get("Link") is None


def test_range(front):
    r = front.get("/app/bytes/5000", [("Range", "bytes=100-299")])
    assert r.status == 206
    assert r.get("Content-Range") == "bytes 100-299/5000"
    assert r.body == pattern(200, 100)


# Compression.

ACCEPT = [("Accept-Encoding", "gzip, deflate")]


def test_gzip(front):
    r = front.get("/app/text/100000", ACCEPT)
    assert r.all("Content-Encoding") == ["gzip"]
    assert len(r.body) < 50000
    assert gzip.decompress(r.body) == TEXT[:100000]
    assert "accept-encoding" in ",".join(r.all("Vary")).lower()
    assert r.get("ETag") == 'W/"strong"'
    assert r.get("Content-Length") in (None, str(len(r.body)))
    assert r.get("Accept-Ranges") != "bytes"


def test_gzip_head(front):
    r = front.request("HEAD", "/app/text/100000", ACCEPT)
    assert (r.status, r.body) == (200, b"")
    assert r.get("Content-Length") != "100000"


@pytest.mark.parametrize("accept", [
    None, "", "identity", "gzip;q=0", "br", "*;q=0, identity"])
def test_gzip_not_asked_for(front, accept):
    r = front.get("/app/text/100000",
                  [] if accept is None else [("Accept-Encoding", accept)])
    assert (r.status, r.get("Content-Encoding")) == (200, None)
    assert r.body == TEXT[:100000]
    assert r.get("ETag") == '"strong"'
    assert "accept-encoding" in ",".join(r.all("Vary")).lower()


@pytest.mark.parametrize("target", [
    "/app/png", "/app/notransform", "/app/text/100", "/plain/text/20000"])
def test_gzip_not_suitable(front, target):
    r = front.get(target, ACCEPT)
    assert (r.status, r.get("Content-Encoding")) == (200, None)
    assert r.body == TEXT[:len(r.body)] and r.body


def test_gzip_never_twice(front):
    r = front.get("/app/gzipped", ACCEPT)
    assert r.all("Content-Encoding") == ["gzip"]
    assert gzip.decompress(r.body) == TEXT[:20000]


# Streams.

@pytest.mark.parametrize("fields", [[], ACCEPT], ids=["plain", "gzip"])
def test_events_arrive_as_they_are_produced(front, site, fields):
    ident = "events-%s-%d" % (front.path(), len(fields))
    target = front.prefix + "/app/events?id=%s&wait=%s" % (
        ident, 20 if front.streams else 0)
    with front.connection() as c:
        c.send_head("GET", target, [("Host", "site.test"),
                                    ("Connection", "close"), *fields])
        r = c.read_head()
        assert r.status == 200
        body = b""
        for piece in c.pieces(r, "GET"):
            if front.streams and not body:
                # The first event is here; the origin has not sent the rest.
                site.origin.gate(ident).set()
            body += piece
    if r.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    assert body == b"data: event 0\n\ndata: event 1\n\ndata: event 2\n\n"
    assert r.complete
    assert site.origin.events(ident)[-1] == (
        "gate opened" if front.streams else "gate timed out")


def test_client_abort(front, site):
    """A client that goes away while we write: the origin's connection is
    closed within a bound."""
    if not front.tells_abort:
        # The web server collects the response first and closes nothing
        # meanwhile; our own timeouts bound that.
        return
    ident = "abort-" + front.path()
    with front.connection() as c:
        c.send_head("GET", front.prefix + "/app/forever?id=" + ident,
                    [("Host", "site.test")])
        r = c.read_head()
        assert r.status == 200
        next(c.pieces(r, "GET"))
    assert site.origin.wait_for(ident, "closed", 10)
    assert front.get("/app/text/10").body == TEXT[:10]


# Faults.

@pytest.mark.parametrize("target, status, error", [
    ("/down/", 502, "connection_refused"),
    ("/silent/", 504, "http_response_timeout"),
    ("/nowhere/", 502, "dns_error"),
    ("/app/nothing", 502, "connection_terminated"),
    ("/app/malformed", 502, "http_protocol_error"),
])
def test_fault(front, target, status, error):
    r = front.get(target)
    assert r.status == status
    proxy_status = ",".join(r.all("Proxy-Status"))
    assert proxy_status.startswith("fingerpost")
    assert "error=" + error in proxy_status
    assert r.complete and 0 < len(r.body) < 4096


def test_fault_with_upload(front):
    r = front.request("POST", "/down/x", body=bytes(50000))
    assert r.status == 502



def get_broken(front, target, fields=()):
    """The response, and whether it is shown as a whole one."""
    try:
        r = front.get(target, fields)
    except (EOFError, ConnectionError):
        return None, False  # not even a head
    return r, r.status == 200 and r.complete


@pytest.mark.parametrize("target", [
    "/plain/short/50000", "/plain/short/100", "/plain/short/99999",
    "/plain/reset", "/stalling/stall"])
def test_broken_body_of_known_length(front, target):
    before = time.monotonic()
    r, whole = get_broken(front, target)
    if front.shows_short:
        assert not whole, r
    # The rule's 400 ms, not the 20 s of the defaults.
    assert time.monotonic() - before < 10


@pytest.mark.parametrize("target", [
    "/plain/shortchunks/50000", "/plain/shortchunks/50000?pause=0.3",
    "/app/shorttext"])
def test_broken_body_of_unknown_length(front, target):
    fields = ACCEPT if target == "/app/shorttext" else []
    r, whole = get_broken(front, target, fields)
    if front.shows_unended is True or (
            front.shows_unended == "once begun" and "pause" in target):
        assert not whole, r
    # Otherwise the web server takes the end of our output for the end of
    # the body, whatever we do; at least nothing is made up.
    elif whole and not fields:
        assert r.body == pattern(50000), r


def test_after_faults_all_is_well(front):
    with front.connection() as c:
        for target in ("/down/", "/app/text/10", "/silent/", "/app/text/10"):
            r = c.exchange("GET", front.prefix + target, close=False)
            if target == "/app/text/10":
                assert (r.status, r.body) == (200, TEXT[:10])
            else:
                assert r.status in (502, 504)


# The target.

@pytest.mark.parametrize("sent, seen", [
    ("/app/echo/a%20b", "/echo/a%20b"),
    ("/app/", "/"),
    ("/app/echo/", "/echo/"),
    ("/app/echo?", "/echo?"),
    ("/app/echo?a=1&b=%2F%20+&c[]=~&d='(!)*,;:@", None),
    ("/app/echo?x=/../y&u=http://a/b?c", None),
    ("/app/echo/%C3%A9-_.~!$&'()*+,;=:@", None),
    ("/based/x?y", "/below/x?y"),
    ("/also/based/x", "/below/x"),
    ("/kept/echo", "/kept/echo"),
    ("/unslashed", "/"),
])
def test_target(front, sent, seen):
    r = front.get(sent)
    assert r.status == 200, r
    assert r.json()["target"] == (seen or sent[len("/app"):])


def test_encoded_slash(front):
    r = front.get("/app/echo/a%2Fb%2fc")
    assert r.status == front.encoded_slash
    if r.status == 200:
        assert r.json()["target"] == "/echo/a%2Fb%2fc"


@pytest.mark.parametrize("method, status", [
    ("GET", 301), ("HEAD", 301), ("POST", 308), ("PUT", 308)])
def test_slash_redirect(front, method, status):
    r = front.request(method, "/app?x=1&y=%20",
                      body=b"z" if method in ("POST", "PUT") else None)
    assert r.status == status
    location = r.get("Location")
    for start in ("http://site.test",
                  "http://site.test:%d" % front.address[1]):
        if location.startswith(start + "/"):
            location = location[len(start):]
    assert location == front.prefix + "/app/?x=1&y=%20"


@pytest.mark.parametrize("target", [
    "/", "/ap", "/application", "/unowned/x", "/hosted/x"])
def test_unowned(front, target):
    assert front.get(target).status == 404


@pytest.mark.parametrize("host, status", [
    ("other.test", 200), ("OTHER.test:8080", 200), ("a.wild.test", 200),
    ("wild.test", 404), ("another.test", 404)])
def test_host(front, host, status):
    r = front.get("/hosted/echo", host=host)
    assert r.status == status


def test_methods(front):
    assert front.get("/reader/echo").status == 200
    r = front.request("POST", "/reader/echo", body=b"x")
    assert r.status == 405
    assert {m.strip() for m in r.get("Allow").split(",")} == {"GET", "HEAD"}


def test_climbing_out_is_refused(front):
    """Either server or we refuse it, or it is understood alike; never does
    the origin see a dot segment that leaves its prefix."""
    r = front.get("/app/../down/")
    assert r.status in (400, 403, 404, 502)
    r = front.get("/app/%2e%2e/unowned")
    assert r.status in (400, 403, 404)


# The fields.

def test_forwarded_fields(front, site):
    seen = fields_of(front.get("/app/echo", host="site.test"))
    assert seen["host"] == [site.origin.url[len("http://"):]]
    assert seen["x-forwarded-for"] == ["127.0.0.1"]
    assert seen["x-forwarded-host"] == ["site.test"]
    assert seen["x-forwarded-proto"] == ["http"]
    assert seen["x-forwarded-prefix"] == [front.prefix + "/app"]
    assert seen["via"] == ["1.1 fingerpost"]
    assert len(seen["x-request-id"]) == 1
    forwarded = seen["forwarded"][0]
    assert "for=127.0.0.1" in forwarded and "proto=http" in forwarded
    assert "host=" in forwarded
    assert "expect" not in seen


def test_preserve_host(front):
    seen = fields_of(front.get("/kept/echo", host="site.test"))
    assert seen["host"] == ["site.test"]


def test_fields_pass(front, site):
    seen = fields_of(front.get("/app/echo", [
        ("X-Plain", "a value, with \"marks\"; and=more"),
        ("Cookie", "a=1; b=2"), ("Authorization", "Basic eDp5"),
        ("Accept", "text/html;q=0.5, */*"), ("User-Agent", "test/1"),
        ("Referer", "http://site.test/app/x"), ("If-Match", '"x"'),
        ("X-Latin", "caf\xe9")]))
    assert seen["x-plain"] == ["a value, with \"marks\"; and=more"]
    assert seen["cookie"] == ["a=1; b=2"]
    assert seen["accept"] == ["text/html;q=0.5, */*"]
    assert seen["user-agent"] == ["test/1"]
    assert seen["referer"] == [site.origin.url + "/x"]
    assert seen["if-match"] == ['"x"']
    assert seen["x-latin"] == ["caf\xe9"]
    if front.passes_authorization:
        assert seen["authorization"] == ["Basic eDp5"]


def test_repeated_request_fields(front):
    seen = fields_of(front.get("/app/echo", [
        ("X-Twin", "one"), ("X-Other", "x"), ("X-Twin", "two")]))
    # Web servers join them; RFC 9110 section 5.3 says that is the same.
    assert ", ".join(seen["x-twin"]).replace(" ", "") == "one,two"


def test_hop_by_hop_request_fields(front):
    seen = fields_of(front.get("/app/echo", [
        ("Connection", "close, X-Private"), ("X-Private", "secret"),
        ("Keep-Alive", "300"), ("TE", "trailers"), ("Trailer", "X-T"),
        ("Proxy-Connection", "keep-alive"), ("Proxy", "http://evil/"),
        ("X-Public", "1")], close=False))
    assert seen["x-public"] == ["1"]
    for name in ("keep-alive", "te", "trailer", "proxy-connection",
                 "proxy", "upgrade"):
        assert name not in seen, name
    if front.passes_connection:
        assert "x-private" not in seen
    assert "X-Private" not in ",".join(seen.get("connection", []))


def test_changed_request_fields(front):
    seen = fields_of(front.get("/changed/echo", [
        ("X-Unwanted", "1"), ("User-Agent", "test/1"), ("X-Added", "mine")]))
    assert seen["x-added"] == ["from the rules"]
    assert "x-unwanted" not in seen
    assert seen.get("user-agent", [""])[0] != "test/1"


def test_response_fields(front):
    r = front.get("/app/fields")
    assert (r.status, r.body) == (200, b"fields\n")
    assert r.all("Set-Cookie") == [
        "a=1; Path=%s/app; HttpOnly" % front.prefix,
        "b=2; Expires=Wed, 21 Oct 2065 07:28:00 GMT"]
    if front.keeps_repeated:
        assert r.all("X-Twin") == ["one", "two"]
    else:
        assert ", ".join(r.all("X-Twin")) == "one, two"
    assert r.get("X-Latin") == "caf\xe9"
    assert r.get("Cache-Control") == "max-age=60"
    assert r.get("Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT"
    for name in ("X-Private", "Keep-Alive", "Proxy-Connection", "Upgrade",
                 "Trailer", "Status"):
        assert r.get(name) is None, name
    assert len(r.all("Content-Type")) == 1
    assert len(r.all("Date")) == 1


def test_many_fields(front):
    """6000 bytes of fields pass everywhere."""
    sent = [("X-Field-%02d" % n, "v" * 100) for n in range(50)]
    r = front.get("/app/echo", sent)
    assert r.status == 200
    seen = fields_of(r)
    assert all(seen[n.lower()] == [v] for n, v in sent)


# All at once.

def test_concurrency(front):
    """32 clients, each asking for bodies of mixed sizes."""
    each = 6 if front.per_request_process else 50
    sizes = [0, 1, 100, 1000, 4096, 16384, 65535, 65536, 200000]
    barrier = threading.Barrier(32)

    def client(n):
        barrier.wait(20)
        for i in range(each):
            size = sizes[(n * 7 + i) % len(sizes)]
            if i % 5 == 4:
                size = min(size, 100000)
                r = front.request("POST", "/app/echo", body=pattern(size, n))
                assert r.status == 200, r
                assert r.json()["sha256"] == sha(pattern(size, n))
                continue
            how = ("bytes", "chunked")[i % 2]
            r = front.get("/app/%s/%d" % (how, size))
            assert (r.status, r.complete) == (200, True), r
            assert r.body == pattern(size)
        return each

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        assert sum(pool.map(client, range(32))) == 32 * each


def test_kept_client_connection(front):
    """Many requests over one connection of the client's."""
    with front.connection() as c:
        for n in range(10):
            r = c.exchange("POST", front.prefix + "/app/echo",
                           body=pattern(n * 100), close=False)
            assert (r.status, r.json()["sha256"]) == (
                200, sha(pattern(n * 100)))
