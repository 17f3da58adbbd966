"""The cache against what the specifications ask of a shared cache: one case
for each row of cache_table.py, through a web server."""

import concurrent.futures
import os

import pytest

import cache_table
import fronts
from cache_origin import ScriptedOrigin
from cache_player import Player

# All rows under the first, some under the others.
FRONTS = ("lighttpd-unix", "apache-proxy-unix", "lighttpd-cgi-rewrite")
DOCUMENT = os.path.join(os.path.dirname(__file__), os.pardir, os.pardir,
                        "doc", "cache-conformance")

DEFAULTS = """\
[fingerpost]
via = fingerpost

[cache]
path = {folder}/stored

[defaults]
cache      = yes
compress   = no
retries    = 0
fail_after = 0
connect_timeout    = 2s
first_byte_timeout = 10s
idle_timeout       = 10s
"""


class CacheSite:
    """The same binary with rules of its own, and a store for each front."""

    def __init__(self, site, folder, origin):
        self.binary, self.wrapper, self.folder = \
            site.binary, site.wrapper, folder
        os.makedirs(folder, mode=0o755)
        rules = DEFAULTS.format(folder=folder)
        for name, options in cache_table.ROUTES.items():
            rules += "\n[%s]\npath = /%s\norigin = %s\n%s\n" % (
                name, name, origin.url,
                options.replace("{origin}", origin.url))
        self.rules = os.path.join(folder, "rules.ini")
        with open(self.rules, "w") as f:
            f.write(rules)


def cases():
    for row in cache_table.rows():
        names = FRONTS if row.everywhere else FRONTS[:1]
        for name in FRONTS[1:2] if row.apache else names:
            yield pytest.param(
                name, row, id="%s-%s" % (row.ident, name),
                marks=pytest.mark.short if name == FRONTS[0] else ())


class Stage:
    """Plays rows: those that wait all at once, the others one by one."""

    def __init__(self, site, folder, waiting):
        self.site, self.folder = site, folder
        self.origin = ScriptedOrigin()
        self.fronts, self.played, self.waiting = {}, {}, waiting
        self.threads = concurrent.futures.ThreadPoolExecutor(16)

    def front(self, name):
        if name not in self.fronts:
            folder = os.path.join(self.folder, name)
            site = CacheSite(self.site, folder + "-site", self.origin)
            self.fronts[name] = fronts.FRONTS[name](site, folder)
        return self.fronts[name]

    def play(self, name, row):
        front = self.front(name)
        if not row.sleeps():
            Player(front, self.origin, row, name).play()
            return front
        if not self.played:
            for other in self.waiting:
                self.front(other[0])
            self.played = {
                (n, r.ident): self.threads.submit(
                    Player(self.front(n), self.origin, r, n).play)
                for n, r in self.waiting}
        self.played[name, row.ident].result()
        return front

    def close(self):
        self.threads.shutdown()
        for front in self.fronts.values():
            front.stop()
        self.origin.close()


@pytest.fixture(scope="module")
def stage(site, request):
    chosen = [item.callspec.params for item in request.session.items
              if getattr(item, "function", None) is test_row]
    stage = Stage(site, os.path.join(site.folder, "conformance"),
                  [(p["name"], p["row"]) for p in chosen if p["row"].sleeps()])
    yield stage
    stage.close()


@pytest.mark.parametrize("name, row", cases())
def test_row(stage, request, name, row):
    request.node.front = stage.front(name)
    stage.play(name, row)


def test_document_and_rows_are_one():
    """What doc/ says is tested, and what is tested it says."""
    with open(DOCUMENT) as f:
        text = f.read()
    first = next(cache_table.sections()).heading
    assert text[text.index(first):] == cache_table.document()


def test_no_requirement_stands_twice():
    texts = [row.text for row in cache_table.rows()]
    assert sorted(texts) == sorted(set(texts))
