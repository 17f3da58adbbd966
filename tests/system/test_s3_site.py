"""Private buckets as websites in a browser: nothing is missing, nothing
leaves the prefix, and all of it looks and works as on a plain web server."""

import gzip
import hashlib
import json
import os
import re
import subprocess
import types
import urllib.parse

import pytest

import apps
import client
import fronts
import s3_client
import s3_gate
import s3_sites
from walks import (ICON, Walk, differences, faults, fresh, none_of, outside,
                   walked)

pytestmark = pytest.mark.browser

PAGES, SINGLE = "fp-private-pages", "fp-private-single"

THREE_LINES = """\
[cars]
path        = /cars
origin      = s3://%(pages)s/public
s3_endpoint = %(endpoint)s
"""

KEYS = """
[credentials]
access_key_id     = %(id)s
secret_access_key = "%(secret)s"
"""

MORE_LINES = """\
s3_error_page    = errors/404.html
s3_precompressed = br, gzip
"""

FILE = """
[credentials]
source           = file
profile          = cars
credentials_file = keys/credentials
"""

SHARED_FILE = """\
[default]
aws_access_key_id = AKNOBODY
aws_secret_access_key = not-a-key-at-all

[cars]
aws_access_key_id = %(id)s
aws_secret_access_key = %(secret)s
"""

SINGLE_LINES = """\
[cars]
path             = /cars
origin           = s3://%(single)s
s3_endpoint      = %(endpoint)s
s3_fallback      = index.html
s3_precompressed = br, gzip
rewrite_links    = yes
rewrite_scripts  = token
"""


class SpawnedWithKeys(apps.LighttpdLog, fronts.LighttpdSpawn):
    """Its bin-environment has the keys."""

    def __init__(self, site, folder):
        self.environment = {"AWS_ACCESS_KEY_ID": site.keys["id"],
                            "AWS_SECRET_ACCESS_KEY": site.keys["secret"]}
        super().__init__(site, folder)


# The web server, the walk, and the rules of each deployment.
SHOWN = {
    "lighttpd": (apps.LoggedLighttpd, "pages", THREE_LINES + KEYS),
    "apache": (apps.LoggedApache, "pages", THREE_LINES + KEYS),
    "environment": (SpawnedWithKeys, "pages", THREE_LINES + MORE_LINES),
    "file": (apps.LoggedApache, "pages", THREE_LINES + MORE_LINES + FILE),
    "lighttpd-single": (apps.LoggedLighttpd, "single", SINGLE_LINES + KEYS),
    "apache-single": (apps.LoggedApache, "single", SINGLE_LINES + KEYS),
}
PAGED = [name for name, (_, walk, _) in SHOWN.items() if walk == "pages"]
DRESSED = [name for name, (_, _, rules) in SHOWN.items()
           if MORE_LINES in rules]
ALONE = [name for name, (_, walk, _) in SHOWN.items() if walk == "single"]

# What each walk asks for that is not there: the ends of URLs.
MISSING = {"pages": ("/no/such/page",),
           "single": ("/assets/missing.js", "/api/cars")}

# What is asked for by a client that takes both codings, besides.
CODED = {"pages": ("style/site.css", "models/"),
         "single": ("",)}


class Buckets:
    """Both sites where they are for nobody to see without a key."""

    def __init__(self, server, dist):
        self.words = {"pages": PAGES, "single": SINGLE,
                      "endpoint": server.endpoint, "id": server.access_key_id,
                      "secret": server.secret_access_key}
        self.pages = s3_client.Bucket(server, PAGES).create()
        s3_sites.put_pages(self.pages, "public/")
        s3_sites.put_folder(s3_client.Bucket(server, SINGLE).create(), dist)

    def write_rules(self, folder, rules):
        os.mkdir(os.path.join(folder, "keys"))
        s3_gate.write_private(os.path.join(folder, "keys", "credentials"),
                              SHARED_FILE % self.words)
        return s3_gate.write_private(os.path.join(folder, "rules.ini"),
                                     rules % self.words)


@pytest.fixture(scope="module")
def dist(build):
    return lambda name: os.path.join(build.folder, name, "dist")


@pytest.fixture(scope="module")
def buckets(s3_server, dist):
    return Buckets(s3_server("radosgw"), dist("vite-token"))


@pytest.fixture(scope="module")
def at_root(build, site, dist):
    """The walk through each site on a plain web server, made once."""
    walks = {}

    def walk_at_root(name, folder):
        kind = (s3_sites.PlainPages if name == "pages" else
                s3_sites.plain_single(dist("vite")))
        front = kind(site, fresh(folder))
        try:
            return Walk(build, name, "http://127.0.0.1:%d/" % front.port,
                        folder)
        finally:
            front.stop()

    def walk(name):
        if name not in walks:
            walks[name] = None
            folder = fresh(site.folder)
            walks[name] = walked(lambda: walk_at_root(name, folder))
        assert walks[name], "the walk failed before"
        return walks[name]

    return walk


@pytest.fixture(scope="module")
def below_prefix(build, site, buckets):
    """The walk through each bucket, made once; its .front has stopped."""
    walks = {}

    def walk_below(name, folder):
        kind, walk, rules = SHOWN[name]
        front = kind(types.SimpleNamespace(
            binary=site.binary, wrapper=site.wrapper, keys=buckets.words,
            rules=buckets.write_rules(folder, rules)), fresh(folder))
        try:
            coded = {key: front.get("/cars/" + key, [
                ("Accept-Encoding", "gzip, br")]) for key in CODED[walk]}
            found = Walk(build, walk, "http://127.0.0.1:%d/cars/" % front.port,
                         folder)
        finally:
            front.stop()
        found.front, found.coded = front, coded
        return found

    def walk(name):
        if name not in walks:
            walks[name] = None
            walks[name] = walked(lambda: walk_below(name, fresh(site.folder)))
        assert walks[name], "the walk failed before"
        return walks[name]

    return walk


@pytest.fixture
def walk(below_prefix, name, request):
    found = below_prefix(name)
    request.node.front = found.front
    return found


each = pytest.mark.parametrize("name", SHOWN)
paged = pytest.mark.parametrize("name", PAGED)
dressed = pytest.mark.parametrize("name", DRESSED)
alone = pytest.mark.parametrize("name", ALONE)


def requests_for(walk, key):
    return [r for r in walk.requests
            if urllib.parse.unquote(r["url"]) == walk.base + key]


def codings(walk, key):
    return {r["coding"] for r in requests_for(walk, key)
            if r.get("status") == 200}


@pytest.mark.parametrize("name", list(MISSING))
def test_at_root(at_root, name):
    """What the walks are compared with is sound."""
    none_of(faults(at_root(name), MISSING[name]))


@each
def test_whole(walk, name):
    """Every request is answered but those for what is missing, no script
    fails, the walk gets to its end."""
    missing = MISSING[walk.name]
    none_of(faults(walk, missing))
    none_of(s for s in walk.front.served() if s[0] >= 400
            and not (s[0] == 404 and s[2].endswith((ICON, *missing))))


@each
def test_stays_inside(walk, name):
    none_of(outside(walk))
    none_of(s for s in walk.front.served()
            if not s[2].startswith("/cars/") and s[2] != ICON)


def unhashed(steps):
    """Two builds name the same file by two hashes."""
    return json.loads(re.sub(r"(/assets/\w+)-[\w-]{8}\.", r"\1.",
                             json.dumps(steps)))


@each
def test_looks_the_same(walk, at_root, name):
    root, here = unhashed(at_root(walk.name).steps), unhashed(walk.steps)
    assert [s["name"] for s in root] == [s["name"] for s in here]
    same = [s for s in zip(root, here)
            if s[0]["name"] != "missing" or name in DRESSED]
    assert len(same) >= 4
    none_of(d for there, here in same
            for d in differences(there, here, there["name"]))


@paged
def test_plain_page_for_what_is_missing(walk, name):
    """Where the rules name no object for it, a page of our own."""
    missing = walk.step("missing")
    assert walk.step("status of what is missing")["value"] == 404
    assert missing["title"] and PAGES not in json.dumps(missing)
    assert (missing["title"] == "Lost") == (name in DRESSED)


@paged
def test_sound(walk, name):
    """The player asks for the place it jumps to, not for all before it."""
    content = dict(s3_sites.PAGES)["sound/horn.wav"]
    assert walk.step("sound")["value"] == {"length_s": 1500, "at_s": 1350}
    asked = requests_for(walk, "sound/horn.wav")
    starts = [int(re.match(r"bytes (\d+)-\d+/%d$" % len(content),
                           r["range"])[1]) for r in asked if r.get("range")]
    assert starts and max(starts) > len(content) / 2
    assert {r["status"] for r in asked if "status" in r} == {206}


@paged
def test_download(walk, name):
    assert walk.step("download")["value"] == {
        "name": "manual.bin",
        "sha256": hashlib.sha256(s3_sites.MANUAL).hexdigest()}


@paged
def test_gzip_in_the_bucket(walk, buckets, name):
    key = "scripts/cars.js"
    stored = buckets.pages.get(b"public/" + key.encode())
    assert stored.get("Content-Encoding") == "gzip"
    assert codings(walk, key) == {"gzip"}


@paged
def test_precompressed(walk, name):
    """The siblings are sent where the rules say so, and nowhere else."""
    contents = dict(s3_sites.PAGES)
    css, page = walk.coded["style/site.css"], walk.coded["models/"]
    seen = codings(walk, "style/site.css")
    if name in DRESSED:
        assert css.get("Content-Encoding") == "br" and seen == {"br"}
        assert css.body == s3_sites.brotli(contents["style/site.css"])
    else:
        assert css.get("Content-Encoding") != "br" and "br" not in seen
    assert page.get("Content-Encoding") == "gzip"
    assert gzip.decompress(page.body) == contents["models/index.html"]


@alone
def test_single_page(walk, name):
    """An address of the application's is its page, and nothing else is."""
    assert walk.step("a deep link")["at"] == "/deep/link/into?it=1#there"
    assert walk.step("reloaded where a script went")["at"] == \
        "/another/deep/link"
    assert walk.step("a script")["value"] is False
    assert walk.step("a call")["value"] == 404


@alone
def test_precompressed_single_page(walk, name):
    """What has to be rewritten is taken in a coding that can be undone."""
    page = walk.coded[""]
    assert page.get("Content-Encoding") == "gzip"
    assert b'src="/cars/assets/index-' in gzip.decompress(page.body)
    script = next(r["url"] for r in walk.requests
                  if r["type"] == "script" and r["status"] == 200)
    assert codings(walk, script.removeprefix(walk.base)) == {"gzip"}


def test_private(buckets):
    """What was shown is for nobody who does not sign."""
    for target in ("/%s/public/index.html" % PAGES, "/%s/index.html" % SINGLE):
        r = client.request(buckets.pages.address, "GET", target,
                           [("Host", buckets.pages.host)])
        assert r.status == 403


@pytest.mark.parametrize("rules", [THREE_LINES + KEYS, THREE_LINES + FILE],
                         ids=["keys", "file"])
def test_no_secret_in_outputs(buckets, folder, site, rules):
    path = buckets.write_rules(folder, rules)
    for words in (["check", "-c", path],
                  ["explain", "-c", path, "http://www.test/cars/models/"]):
        done = subprocess.run([site.asked_binary, *words], timeout=60,
                              text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        assert buckets.words["secret"] not in done.stdout
        assert buckets.words["id"] not in done.stdout
    assert "[credentials]" in done.stdout
