"""WebDAV under a prefix: litmus, a client that nobody here wrote, finds of a
mod_dav behind us what it finds of the same mod_dav itself.

Its answers name its own paths and server, its requests name ours: Destination,
the resources of If, the hrefs of a multistatus go through the mapping.
"""

import os
import re
import shutil
import subprocess

import pytest

import fronts

SUITES = ("basic", "copymove", "props", "locks", "http")

RULES = """
[dav]
path          = /dav
origin        = http://127.0.0.1:%d
rewrite_links = yes
"""


class DavOrigin(fronts.Apache):
    """mod_dav at its own root."""

    modules = ("dav", "dav_fs")

    def setup(self):
        for name in ("docroot", "locks"):
            os.makedirs(self.path(name), mode=0o755)
            if fronts.ROOT:
                shutil.chown(self.path(name), fronts.WEB_USER)
        self.apache("""
DavLockDB "%s"
<Directory "%s">
    Dav On
</Directory>
""" % (self.path("locks", "db"), self.path("docroot")))


def with_rules(kind, rules):
    """A deployment of that kind, with rules of its own."""
    class WithRules(kind):
        def serve(self, **options):
            return super().serve(rules=rules, **options)
    return WithRules


FRONTS = {
    "lighttpd": fronts.LighttpdUnix,
    "apache": fronts.ApacheProxyUnix,
}


@pytest.fixture(scope="module")
def origin(site):
    origin = DavOrigin(site, os.path.join(site.folder, "dav-origin"))
    yield origin
    origin.stop()


@pytest.fixture(params=sorted(FRONTS))
def dav(request, site, origin, folder):
    rules = site.write_rules("dav.ini", RULES % origin.port)
    kind = with_rules(FRONTS[request.param], rules)
    front = kind(site, os.path.join(folder, "front"))
    request.node.front = front
    yield front
    front.stop()


RESULT = re.compile(r"^ *(\d+\. \w+?)\.* +(pass|FAIL|SKIPPED|WARNING)", re.M)


def litmus(url, folder, suite):
    """What litmus finds, test after test, and its words."""
    os.makedirs(folder, exist_ok=True)
    run = subprocess.run(
        ["litmus", "--keep-going", url], cwd=folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        env=dict(os.environ, TESTS=suite))
    words = run.stdout.decode(errors="replace").replace("\r", "\n")
    return RESULT.findall(words), words


@pytest.mark.parametrize("suite", SUITES)
def test_litmus(origin, dav, folder, suite):
    direct, words = litmus("http://127.0.0.1:%d/" % origin.port,
                           os.path.join(folder, "direct"), suite)
    assert "pass" in dict(direct).values(), words
    proxied, words = litmus("http://127.0.0.1:%d/dav/" % dav.port,
                            os.path.join(folder, "proxied"), suite)
    assert proxied == direct, words
