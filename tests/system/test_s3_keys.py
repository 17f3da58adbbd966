"""Every key of the table, as every client writes it, out of real buckets that
verify signatures."""

import os
import tempfile

import pytest

import s3_client
import s3_gate
import s3_keys

SERVERS = ("radosgw", "swift")
FRONTS = ("lighttpd-unix", "lighttpd-cgi", "apache-proxy-unix",
          "apache-fcgid")
BUCKET = "fp-keys-bucket"

RULES = """
[keys]
path     = /keys
origin   = s3://%(bucket)s
s3_index =

[below]
path     = /below
origin   = s3://%(bucket)s/below%%20%%C3%%BC
s3_index =

[hosted]
path          = /hosted
origin        = s3://%(bucket)s
s3_endpoint   = %(domain)s
s3_path_style = no
s3_index      =

[listed]
path     = /listed
origin   = s3://%(bucket)s
s3_query = list-type, prefix, delimiter, max-keys, start-after, encoding-type

[writes]
path     = /writes
origin   = s3://%(bucket)s/writes
methods  = GET, HEAD, PUT, DELETE
"""

BELOW = "below \u00fc/".encode()

# Keys that no request can name, and the status we say it with.
OURS = {
    # /keys/../a may be another route's: two readings of one path.
    "dots lead": 400,
    # Where somebody on the way resolves it, this is a list of the bucket.
    "dots at the end": 404,
}
# With the prefix it is one of the bucket's directories, and no list.
OURS_BELOW = {"dots lead": 400}
# url-ctrls-reject: not let through by lighttpd, whatever is behind it.
LIGHTTPD = {"control characters": 400, "tab and line feed": 400}
FRONT_REFUSES = {"lighttpd-unix": LIGHTTPD, "lighttpd-cgi": LIGHTTPD}


def content(key):
    return b"content of " + key[:200] + b" %d" % len(key)


class Keys:
    """A bucket with every key of the table, twice, and Fingerpost."""

    def __init__(self, site, server):
        self.server = server
        self.folder = tempfile.mkdtemp(dir=site.folder)
        os.chmod(self.folder, 0o755)
        self.bucket = s3_client.Bucket(server, BUCKET).create()
        for key in s3_keys.KEYS.values():
            self.bucket.put(key, content(key))
            if len(key) < 850:
                self.bucket.put(BELOW + key, content(BELOW + key))
        self.gate = s3_gate.Gate(
            site, self.folder, s3_gate.rules_of(server, RULES % {
                "bucket": BUCKET, "domain": server.domain_endpoint}),
            secret=[BUCKET])


@pytest.fixture(scope="module")
def all_keys(site, s3_server):
    made = {}

    def keys(name):
        if name not in made:
            made[name] = Keys(site, s3_server(name))
        return made[name]
    yield keys
    for k in made.values():
        k.gate.stop()


@pytest.fixture(params=SERVERS)
def keys(request, all_keys):
    return all_keys(request.param)


def targets(prefix, key):
    """Each spelling once."""
    return sorted({prefix + way(key) for way in s3_keys.WAYS.values()})


def differences(ask, prefix, base=b"", refused=()):
    """What does not come as it should, over the whole table."""
    refused = {**(OURS_BELOW if base else OURS), **dict(refused)}
    bad = []
    for name, key in s3_keys.KEYS.items():
        if len(base + key) > 900:
            continue
        want = (200, content(base + key))
        status = refused.get(name)
        for target in targets(prefix, key):
            r = ask(target)
            if status:
                good = r.status == status
            else:
                good = (r.status, r.body) == want
            if not good:
                bad.append((name, target[:80], r.status, r.body[:200]))
    return bad


def test_table_is_long_enough():
    assert len(s3_keys.KEYS) >= 60
    assert len(set(s3_keys.KEYS.values())) == len(s3_keys.KEYS)


@pytest.mark.parametrize("prefix, base", [
    ("/keys/", b""), ("/below/", BELOW), ("/hosted/", b"")])
def test_every_key_every_way(keys, prefix, base):
    assert not differences(keys.gate.get, prefix, base)


def test_head(keys):
    """The same without content."""
    for name, key in s3_keys.KEYS.items():
        if name in OURS:
            continue
        r = keys.gate.ask("HEAD", "/keys/" + s3_keys.shortest(key))
        assert (r.status, r.body, r.get("Content-Length")) == (
            200, b"", str(len(content(key)))), name


def test_range_and_condition_of_every_key(keys):
    for name, key in s3_keys.KEYS.items():
        if name in OURS:
            continue
        target = "/keys/" + s3_keys.shortest(key)
        r = keys.gate.get(target, ("Range", "bytes=3-7"))
        assert (r.status, r.body) == (206, content(key)[3:8]), name
        tag = keys.gate.ask("HEAD", target).get("ETag")
        r = keys.gate.get(target, ("If-None-Match", tag))
        assert (r.status, r.body) == (304, b""), name


def test_a_neighbour_is_not_the_key(keys):
    """What differs in one byte is another object, or none."""
    for target in ("/keys/a%2Bb", "/keys/a%20b", "/keys/A", "/keys/a/b",
                   "/keys/plain.txt/", "/keys/plain.txt%20",
                   "/keys/%2541%00", "/keys/a%252fb", "/keys/year%3D2024"):
        r = keys.gate.get(target)
        assert r.status in (404, 400), (target, r.status, r.body)


@pytest.mark.parametrize("front", FRONTS)
def test_every_key_under_web_servers(keys, site, front, request):
    folder = os.path.join(keys.folder, front)
    deployed = s3_gate.start_front(front, site, folder, keys.gate.rules)
    request.addfinalizer(deployed.stop)
    # The long way is lighttpd's and Apache's own to shorten.
    bad = differences(lambda target: checked(deployed, target), "/keys/",
                      refused=FRONT_REFUSES.get(front, ()))
    assert not bad


def checked(deployed, target):
    r = deployed.get(target)
    s3_gate.check_hidden(r.fields, r.status, r.body, [BUCKET.encode()])
    return r


# Lists.

def listed(keys, **query):
    """Keys and common prefixes."""
    query.setdefault("list-type", "2")
    query.setdefault("encoding-type", "url")
    r = keys.gate.get("/listed/?" + s3_client.encode_query(query.items()))
    assert r.status == 200, r.body
    assert "xml" in r.get("Content-Type")
    return s3_client.read_list(r.body)


def test_list_everything(keys):
    found, _ = listed(keys)
    assert set(s3_keys.KEYS.values()) <= set(found)


AWKWARD_PREFIXES = [
    b"a b", b"a+b", b"%4", b"%41", b"%%", b"caf", "caf\u00e9".encode(),
    b"year=2024/month=01/", b"a//", b"a/./", b"a/../", b"./", b"../", b"/",
    b"?", b"a#", b"a&b=c", b"!*'()", b'a "b', b"<a>", b"~", b"folder/",
    "\U0001f468\u200d".encode(), b"k" * 400]


def test_list_by_awkward_prefixes(keys):
    everything = set(keys.bucket.list())
    for prefix in AWKWARD_PREFIXES:
        found, _ = listed(keys, prefix=prefix)
        assert set(found) == {k for k in everything if k.startswith(prefix)}, (
            prefix)


@pytest.mark.parametrize("delimiter", [b"/", b"=", b"b"])
def test_list_with_delimiter(keys, delimiter):
    found, common = listed(keys, delimiter=delimiter)
    everything = keys.bucket.list()
    assert set(common) == {k.split(delimiter)[0] + delimiter
                           for k in everything if delimiter in k}
    assert set(found) == {k for k in everything if delimiter not in k}


def test_list_spelt_otherwise(keys):
    """'+' is a blank in a query; lower-case digits, over-encoded names and
    another order are the same request."""
    want = [k for k in sorted(keys.bucket.list()) if k.startswith(b"a b")]
    assert b"a b.txt" in want
    for query in ("list-type=2&prefix=a+b&encoding-type=url",
                  "prefix=a%20b&list-type=2&encoding-type=url",
                  "pre%66ix=%61%20b&encoding-type=url&list%2dtype=2",
                  "&&list-type=2&&prefix=a+b&encoding-type=url&dropped=1"):
        r = keys.gate.get("/listed/?" + query)
        assert sorted(s3_client.read_list(r.body)[0]) == want, query


def test_no_list_without_the_key(keys):
    """What s3_query does not name does not reach the bucket."""
    r = keys.gate.get("/keys/?list-type=2")
    assert r.status == 404
    r = keys.gate.get("/keys/plain.txt?acl&policy&uploads")
    assert (r.status, r.body) == (200, content(b"plain.txt"))


# Writing.

def test_put_and_delete_every_key(keys):
    for name, key in s3_keys.KEYS.items():
        full = b"writes/" + key
        if name in OURS or len(full) > 900:
            continue
        target = "/writes/" + s3_keys.shortest(key)
        r = keys.gate.ask("PUT", target, [("Content-Type", "text/x-made")],
                          b"made " + key)
        assert r.status in (200, 201), (name, r.status, r.body)
        got = keys.bucket.get(full)
        assert (got.status, got.body, got.get("Content-Type")) == (
            200, b"made " + key, "text/x-made"), name
        assert keys.gate.ask("DELETE", target).status == 204, name
        assert keys.bucket.get(full).status == 404, name


def test_put_nothing(keys):
    assert keys.gate.ask("PUT", "/writes/empty").status in (200, 201)
    assert keys.bucket.get(b"writes/empty").body == b""
    keys.bucket.delete(b"writes/empty")


def test_put_much(keys):
    body = os.urandom(3 << 20)
    assert keys.gate.ask("PUT", "/writes/much", (), body).status in (200, 201)
    assert keys.bucket.get(b"writes/much").body == body
    keys.bucket.delete(b"writes/much")


def test_writing_is_asked_for(keys):
    for method in ("PUT", "DELETE", "POST", "PATCH"):
        r = keys.gate.ask(method, "/keys/plain.txt", (), b"x")
        assert r.status == 405, method
        assert "GET" in r.get("Allow")
    assert keys.bucket.get(b"plain.txt").body == content(b"plain.txt")


def test_the_bucket_itself_stays(keys):
    for method in ("PUT", "DELETE"):
        for target in ("/writes/", "/writes"):
            assert keys.gate.ask(method, target).status in (308, 405)
    assert keys.bucket.get(b"plain.txt").status == 200
