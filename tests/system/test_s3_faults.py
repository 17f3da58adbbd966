"""Buckets that refuse, move, stutter and lie, keys that expire, clocks that
differ: the fake bucket's side of it, and what it is asked."""

import concurrent.futures
import os
import threading
import time

import pytest

import s3_fake
import s3_gate
from processes import await_true, children, memory_kib

pytestmark = pytest.mark.short

BUCKET = "fp-fake-bucket"
WORDS = (BUCKET, "REQUEST0ID", "id2/of", s3_fake.FakeS3.secret_access_key)

ROUTES = """
[site]
path   = /site
origin = s3://%(bucket)s/site

[paged]
path          = /paged
origin        = s3://%(bucket)s/site
s3_error_page = lost.html

[denied]
path                 = /denied
origin               = s3://%(bucket)s/site
s3_denied_is_missing = no

[writes]
path    = /writes
origin  = s3://%(bucket)s/site
methods = GET, HEAD, PUT, DELETE

[unsigned]
path           = /unsigned
origin         = s3://%(bucket)s/site
s3_credentials = none

[adorned]
path   = /adorned
origin = s3://%(bucket)s/site
request_header X-Amz-Expected-Bucket-Owner = 123456789012
request_header X-Added = "from  the rules"
""" % {"bucket": BUCKET}


@pytest.fixture
def bucket(fake_s3):
    fake_s3.put(BUCKET, "site/a", b"content of a")
    fake_s3.put(BUCKET, "site/index.html", b"<title>home</title>")
    fake_s3.put(BUCKET, "site/lost.html", b"<title>lost</title>")
    return fake_s3


@pytest.fixture
def start(site, folder, bucket):
    gates = []

    def start(env=None, workers=1, credentials=True, more="", rules=ROUTES):
        sub = os.path.join(folder, "gate%d" % len(gates))
        os.makedirs(sub)
        gates.append(s3_gate.Gate(
            site, sub, s3_gate.rules_of(bucket, rules + more, credentials),
            env or {}, workers, WORDS))
        return gates[-1]
    yield start
    for gate in gates:
        gate.stop()
        log = gate.log()
        for secret in (bucket.secret_access_key, "Signature=", "secret/",
                       "token/", "session-", "container-secret"):
            assert secret not in log


@pytest.fixture
def gate(start):
    return start()


# What the bucket is asked.

@pytest.mark.shortest
def test_signed_request(gate, bucket):
    r = gate.get("/site/a")
    assert (r.status, r.body) == (200, b"content of a")
    assert len(bucket.seen) == 1
    seen = bucket.seen[0]
    assert (seen.method, seen.target) == ("GET", "/%s/site/a" % BUCKET)
    assert seen.get("Host") == "127.0.0.1:%d" % bucket.port
    for name in ("authorization", "x-amz-date", "x-amz-content-sha256"):
        assert len(seen.all(name)) == 1
    assert seen.get("X-Amz-Security-Token") is None


CLIENTS = [
    ("Cookie", "session=private"), ("Authorization", "Basic cHJpdmF0ZQ=="),
    ("X-Amz-Acl", "public-read"), ("X-Amz-Date", "20200101T000000Z"),
    ("X-Amz-Security-Token", "private"), ("X-Amz-Content-Sha256", "0"),
    ("X-Amz-Website-Redirect-Location", "/private"),
    ("X-Amz-Meta-Private", "private"), ("X-Forwarded-For", "192.0.2.99"),
    ("Forwarded", "for=192.0.2.99"), ("X-Real-Ip", "192.0.2.99"),
    ("Proxy-Authorization", "private"), ("Origin", "http://private.test"),
    ("X-Private", "private"), ("Cache-Control", "no-cache"),
    ("Accept", "text/private"),  # a bucket negotiates nothing but errors
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_fields_of_clients_stay(gate, bucket, method):
    fields = [f for f in CLIENTS
              if f[0] != "Cache-Control" or method in ("GET", "HEAD")]
    r = gate.ask(method, "/writes/a", fields,
                 b"new" if method == "PUT" else b"")
    assert r.status in (200, 204)
    seen = bucket.seen[-1]
    text = repr(seen.fields)
    for word in ("private", "192.0.2.", "20200101", "public-read",
                 "no-cache", "cHJpdmF0ZQ"):
        assert word not in text, word
    assert not seen.names() & {
        "cookie", "forwarded", "x-forwarded-for", "x-forwarded-host",
        "x-forwarded-proto", "x-amz-acl", "expect"}


def test_fields_of_clients_that_pass(gate, bucket):
    sent = [("User-Agent", "test/1  (x)"),
            ("Accept-Language", "de, en;q=0.5"), ("Range", "bytes=0-3"),
            ("If-Match", bucket.objects[BUCKET][b"site/a"].etag)]
    r = gate.get("/site/a", *sent)
    assert (r.status, r.body) == (206, b"cont")
    for name, value in sent:
        assert bucket.seen[-1].get(name).split() == value.split()


def test_fields_of_writes(gate, bucket):
    kept = [("Content-Type", "text/x-y;  z=1"), ("Cache-Control", "max-age=1"),
            ("Content-Encoding", "gzip"),
            ("Content-Disposition", 'attachment; filename="a  b"')]
    assert gate.ask("PUT", "/writes/new", kept, b"new").status == 200
    assert bucket.seen[-1].body == b"new"
    for name, value in kept:
        assert bucket.seen[-1].get(name).split() == value.split()
    assert bucket.objects[BUCKET][b"site/new"].body == b"new"


def test_fields_of_rules(gate, bucket):
    """X-Amz-... that the rules add is signed: the fake insists."""
    assert gate.get("/adorned/a").status == 200
    seen = bucket.seen[-1]
    assert seen.get("X-Amz-Expected-Bucket-Owner") == "123456789012"
    assert "x-amz-expected-bucket-owner" in seen.get("Authorization")
    assert seen.get("X-Added").split() == ["from", "the", "rules"]


def test_public_bucket(gate, bucket):
    bucket.public = True
    assert gate.get("/unsigned/a").body == b"content of a"
    assert not {n for n in bucket.seen[-1].names()
                if n.startswith("x-amz-") or n == "authorization"}


def test_what_s3_adds_is_taken_off(gate):
    """Gate.ask() looks at each answer; here it is seen to find something."""
    r = gate.get("/site/a")
    assert r.get("Server") is None
    with pytest.raises(AssertionError):
        s3_gate.check_hidden([("X-Amz-Id-2", "x")], 200, b"", [])
    with pytest.raises(AssertionError):
        s3_gate.check_hidden([("Location", "/" + BUCKET)], 302, b"",
                             [BUCKET.encode()])
    with pytest.raises(AssertionError):
        s3_gate.check_hidden([], 404, b"<Error><Code>x", [])


# What the bucket says.

GARBAGE = [b"", b"<", b"<Error>", b"<Error><Code>", b"<Error><Code></Code>",
           b"\x00" * 100, b"<html><h1>hi</h1></html>", b"<Error>" * 5000,
           b"<Code>NoSuchKey</Code>", b"\xff\xfe<\x00E\x00",
           b"<!DOCTYPE a [<!ENTITY b 'c'>]><Error><Code>&b;</Code></Error>"]

# answer: the status that is made of it
ANSWERS = {
    "no such key": (s3_fake.Refusal(404, "NoSuchKey"), 404),
    "no such bucket": (s3_fake.NO_SUCH_BUCKET, 500),
    "access denied": (s3_fake.ACCESS_DENIED, 404),
    "slow down": (s3_fake.SLOW_DOWN, 503),
    "internal error": (s3_fake.INTERNAL_ERROR, 500),
    "moved for good": (s3_fake.moved_to("eu-west-9"), 500),
    "temporary redirect": (s3_fake.Refusal(
        307, "TemporaryRedirect", "", [("Location", "http://%s.test/" %
                                        BUCKET)]), 500),
    "another signature": (s3_fake.Refusal(403, "SignatureDoesNotMatch"), 500),
    "unknown key": (s3_fake.Refusal(403, "InvalidAccessKeyId"), 500),
    "expired token": (s3_fake.EXPIRED, 500),
    "skewed, for ever": (s3_fake.Refusal(403, "RequestTimeTooSkewed"), 500),
    "key too long": (s3_fake.Refusal(400, "KeyTooLongError"), 404),
    "archived": (s3_fake.Refusal(403, "InvalidObjectState"), 403),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_refusal(gate, bucket, name, method):
    answer, status = ANSWERS[name]
    if (name, method) == ("no such bucket", "HEAD"):
        status = 404  # without content it is as a missing object
    bucket.script[b"site/a"] = answer
    r = gate.ask(method, "/site/a")
    assert r.status == status
    assert r.get("Location") is None
    if method == "HEAD":
        assert r.body == b""
    assert len(bucket.seen) <= 6
    if status == 500 and name != "internal error":
        assert "proxy_configuration_error" in r.get("Proxy-Status")
    bucket.script.clear()
    assert gate.get("/site/a").status == 200


def test_slow_down_says_when(gate, bucket):
    bucket.script[b"site/a"] = s3_fake.SLOW_DOWN
    assert gate.get("/site/a").get("Retry-After") == "7"


def test_region_is_named_in_the_log(gate, bucket):
    bucket.script[b"site/a"] = s3_fake.moved_to("eu-west-9")
    gate.get("/site/a")
    assert "s3_region = eu-west-9" in gate.log()


def test_words_of_the_bucket_in_the_log(gate, bucket):
    """What is no region's name is no advice; what is said on one line stays
    there."""
    bucket.script[b"site/a"] = s3_fake.Refusal(
        301, "PermanentRedirect", "", Region="Eu <West>",
        Endpoint="evil\x1b[2J.test\nFORGED line")
    assert gate.get("/site/a").status == 500
    assert "s3_region = Eu" not in gate.log()
    assert "\x1b" not in gate.log()
    assert "\nFORGED" not in gate.log()


@pytest.mark.parametrize("status, want", [(404, 404), (403, 404), (500, 500),
                                          (503, 503), (400, 400)])
def test_garbage(gate, bucket, status, want):
    """Where the content says nothing, the status decides."""
    for body in GARBAGE:
        bucket.script[b"site/a"] = s3_fake.verbatim(
            status, body, [("Content-Type", "application/xml")])
        r = gate.get("/site/a")
        assert r.status == want, body[:40]
        if len(body) > 3:
            assert body not in r.body


@pytest.mark.parametrize("status", [403, 404, 500])
def test_endless_error(gate, bucket, status):
    """Looked at so far, and no further."""
    bucket.script[b"site/a"] = s3_fake.endless(status)
    assert gate.get("/site/a").status in (404, 500, 502)
    await_true("the bucket sees the connection closed",
               lambda: bucket.count(code="closed") == 1)
    worker = children(gate.pid)[0]
    assert memory_kib(worker, "VmHWM") < 24 * 1024
    assert gate.get("/site/lost.html").status == 200


def test_cut_off_error(gate, bucket):
    bucket.script[b"site/a"] = s3_fake.cut_off(404, 5000, b"<Error><Code>No")
    assert gate.get("/site/a").status in (404, 502)


def test_error_page_after_denied(gate, bucket):
    bucket.may_list = False
    r = gate.get("/paged/nothing")
    assert (r.status, r.body) == (404, b"<title>lost</title>")
    r = gate.get("/denied/nothing")
    assert r.status == 403
    assert gate.ask("HEAD", "/denied/nothing").status == 403


def test_error_page_is_missing_too(gate, bucket):
    del bucket.objects[BUCKET][b"site/lost.html"]
    r = gate.get("/paged/nothing")
    assert r.status == 404
    assert b"lost" not in r.body
    assert len(bucket.seen) <= 4


def test_writes_that_are_refused(gate, bucket):
    for answer, status in ((s3_fake.ACCESS_DENIED, 403),
                           (s3_fake.SLOW_DOWN, 503),
                           (s3_fake.Refusal(411, "MissingContentLength"), 411),
                           (s3_fake.Refusal(400, "EntityTooLarge"), 400)):
        bucket.script[b"site/a"] = answer
        r = gate.ask("PUT", "/writes/a", (), b"new")
        assert r.status == status
    bucket.script.clear()
    assert gate.get("/site/a").body == b"content of a"


@pytest.mark.parametrize("value, location", [
    ("https://other.test/x", "https://other.test/x"),
    ("/there", "/site/there"), ("/site/there", "/site/there"),
    ("/sitemap", "/site/sitemap")])
def test_website_redirect(gate, bucket, value, location):
    bucket.put(BUCKET, "site/moved", b"", [
        ("x-amz-website-redirect-location", value)])
    r = gate.get("/site/moved")
    assert r.status == 301
    assert r.get("Location").removeprefix("http://site.test") == location


@pytest.mark.parametrize("value", ["//evil.test/", "javascript:alert(1)",
                                   "/\\evil.test", "there", ""])
def test_website_redirect_that_is_none(gate, bucket, value):
    """Either it stays what it is, an object, or its Location stays here."""
    bucket.put(BUCKET, "site/moved", b"object", [
        ("x-amz-website-redirect-location", value)])
    r = gate.get("/site/moved")
    if r.status == 301:
        at = r.get("Location").removeprefix("http://site.test")
        assert at.startswith("/site/")
    else:
        assert (r.status, r.body) == (200, b"object")


# Clocks.

@pytest.mark.parametrize("offset_s", [3600, -3600, 86400 * 400])
def test_clock_skew(gate, bucket, offset_s):
    """Learned once from the server's own time."""
    bucket.clock_offset_s = offset_s
    for n in range(5):
        assert gate.get("/site/a").status == 200
    assert bucket.count(code="RequestTimeTooSkewed") == 1
    assert len(bucket.seen) == 6
    # Somebody sets the server's clock.
    bucket.clock_offset_s = 0
    assert gate.get("/site/a").status == 200
    assert gate.ask("HEAD", "/site/a").status == 200
    assert bucket.count(code="RequestTimeTooSkewed") == 2


def test_clock_skew_of_head(gate, bucket):
    bucket.clock_offset_s = 3600
    assert gate.ask("HEAD", "/site/a").status == 200


def test_clock_skew_of_a_write(gate, bucket):
    """What was sent cannot be sent again: told to come back, the client
    succeeds."""
    bucket.clock_offset_s = 3600
    r = gate.ask("PUT", "/writes/new", (), b"new")
    if r.status != 200:
        assert (r.status, r.get("Retry-After")) == (503, "1")
        r = gate.ask("PUT", "/writes/new", (), b"new")
    assert r.status == 200
    assert bucket.objects[BUCKET][b"site/new"].body == b"new"


# Whence the keys come.

def session_keys(bucket, n=1, ends_s=None):
    bucket.know("ASIA%d" % n, "secret/%d" % n, "token/%d+/==" % n, ends_s)
    return "ASIA%d" % n, "secret/%d" % n, "token/%d+/==" % n


def test_environment(start, bucket):
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
             "AWS_SESSION_TOKEN")
    gate = start(dict(zip(names, session_keys(bucket))), credentials=False)
    assert gate.get("/site/a").status == 200
    assert bucket.seen[-1].get("X-Amz-Security-Token") == "token/1+/=="
    assert bucket.seen[-1].access_key_id == "ASIA1"


PROFILE = """\
[default]
aws_access_key_id = AKNONE
aws_secret_access_key = none
[cars]
aws_access_key_id = %s
aws_secret_access_key = %s
aws_session_token = %s
"""


def test_file_is_read_again_once_it_is_refused(start, bucket, folder):
    """As `aws sso` or a cron job renews it."""
    path = os.path.join(folder, "credentials")
    s3_gate.write_private(path, PROFILE % session_keys(bucket, 1))
    gate = start(credentials=False, more="""
[credentials]
source = file
profile = cars
credentials_file = %s
""" % path)
    assert gate.get("/site/a").status == 200
    bucket.know("ASIA1", "secret/1", "token/1+/==", time.time() - 1)
    s3_gate.write_private(path, PROFILE % session_keys(bucket, 2))
    await_true("the new keys are found",
               lambda: gate.get("/site/a").status == 200)
    assert bucket.seen[-1].access_key_id == "ASIA2"


def test_no_credentials_at_all(start, bucket):
    gate = start({"AWS_EC2_METADATA_DISABLED": "true"}, credentials=False)
    r = gate.get("/site/a")
    assert r.status == 500
    assert "proxy_configuration_error" in r.get("Proxy-Status")
    assert "credentials" in gate.log()
    assert not bucket.seen


KINDS = ("instance", "container")


def start_with(start, metadata, kind, **options):
    env = metadata.environment(kind)
    if kind == "container":
        env["AWS_EC2_METADATA_DISABLED"] = "true"
    return start(env, credentials=False, more="""
[credentials]
source = %s
""" % kind, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_metadata(start, fake_metadata, bucket, kind):
    gate = start_with(start, fake_metadata, kind)
    for n in range(20):
        assert gate.get("/site/a").status == 200
    assert bucket.seen[-1].access_key_id == "ASIAFAKE0001"
    asked = fake_metadata.calls
    # Once by a worker, however many ask; `serve` itself asks nothing.
    path = (fake_metadata.CONTAINER if kind == "container"
            else fake_metadata.ROLES + fake_metadata.ROLE)
    assert asked[path] == 1
    assert bucket.count(status=200) == 20


@pytest.mark.parametrize("kind", KINDS)
def test_all_wait_for_the_first_keys(start, fake_metadata, bucket, kind):
    fake_metadata.delay_s = 0.3
    gate = start_with(start, fake_metadata, kind)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda n: gate.get("/site/a").status,
                                 range(16)))
    assert statuses == [200] * 16
    assert len(fake_metadata.issued) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_is_down_from_the_start(start, fake_metadata, bucket, kind):
    """A fault until there are keys, and none after."""
    fake_metadata.down = True
    gate = start_with(start, fake_metadata, kind)
    r = gate.get("/site/a")
    assert r.status == 500
    assert "proxy_configuration_error" in r.get("Proxy-Status")
    assert not bucket.seen
    fake_metadata.down = False
    await_true("keys are there", lambda: gate.get("/site/a").status == 200)


class Clients:
    """Ask all the time, from several threads, until they are told."""

    def __init__(self, gate, target, threads=8):
        self.gate, self.target = gate, target
        self.enough = threading.Event()
        self.lock = threading.Lock()
        self.done, self.bad = 0, []
        self.threads = [threading.Thread(target=self.run)
                        for n in range(threads)]
        for t in self.threads:
            t.start()

    def run(self):
        while not self.enough.is_set():
            try:
                r = self.gate.get(self.target)
                bad = None if r.status == 200 else r
            except Exception as e:  # is told by finish()
                bad = e
            with self.lock:
                self.done += 1
                if bad is not None:
                    self.bad.append(bad)

    def finish(self):
        self.enough.set()
        for t in self.threads:
            t.join()
        assert not self.bad, (len(self.bad), self.bad[:3])
        return self.done


def keys_in_use(bucket):
    with bucket.lock:
        return {s.access_key_id for s in bucket.seen if s.status == 200}


@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_requests_across_three_renewals(
        start, fake_metadata, bucket, kind):
    """None fails: not at the bucket, nor with clients.  Keys live for six
    seconds here."""
    fake_metadata.lifetime_s, fake_metadata.renew_s = 6, 4
    gate = start_with(start, fake_metadata, kind, workers=2)
    clients = Clients(gate, "/site/a")
    await_true("10,000 requests, four keys", lambda:
               (clients.done >= 10000 and len(keys_in_use(bucket)) >= 4) or
               clients.bad, 80)
    assert clients.finish() >= 10000
    with bucket.lock:
        assert {s.code for s in bucket.seen} == {None}


@pytest.mark.parametrize("how", ["down", "refusing", "delay_s"])
def test_metadata_is_down_for_a_while(start, fake_metadata, bucket, how):
    """None fails while the old keys are good: they live for twenty seconds
    and are renewed from the tenth on; the service is away up to the
    fourteenth.  A request that hangs is given up after five seconds."""
    fake_metadata.lifetime_s, fake_metadata.renew_s = 20, 19
    gate = start_with(start, fake_metadata, "instance")
    assert gate.get("/site/a").status == 200
    begun = time.monotonic()
    setattr(fake_metadata, how, 30 if how == "delay_s" else True)
    clients = Clients(gate, "/site/a", threads=2)
    asked = len(fake_metadata.seen)
    time.sleep(max(0, 14 - (time.monotonic() - begun)))
    tried = len(fake_metadata.seen) - asked
    assert tried > 0
    setattr(fake_metadata, how, 0)
    await_true("new keys", lambda: len(keys_in_use(bucket)) >= 2 or
               clients.bad, 30)
    clients.finish()
    # Neither knocked at without a pause, nor in silence.
    assert tried < 60
    assert "credentials" in gate.log() or "metadata" in gate.log()


def test_refused_keys_are_fetched_anew(start, fake_metadata, bucket):
    """Revoked before their time: one request's retry, no client's error."""
    fake_metadata.lifetime_s = 3600
    gate = start_with(start, fake_metadata, "instance")
    assert gate.get("/site/a").status == 200
    time.sleep(2.5)  # a renewal this young is not repeated
    old = fake_metadata.current
    bucket.know(old["id"], old["secret"], old["token"], time.time() - 1)
    fake_metadata.renew_s = 3601
    assert gate.get("/site/a").status == 200
    assert bucket.seen[-1].access_key_id != old["id"]
    assert bucket.count(code="ExpiredToken") == 1
