"""What a browser saw on its way through a site, and how two such walks
compare.  tests/browser/apps/walk.mjs is what walks.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import urllib.parse

from processes import PATIENCE_S

WALK = os.path.normpath(os.path.join(
    os.path.dirname(os.path.abspath(__file__)), os.pardir, "browser", "apps",
    "walk.mjs"))

# The browser asks the host for it where a page names no icon.  It is the
# site's, not a component's.
ICON = "/favicon.ico"


class Walk:
    """What a browser saw on its way through an application; where it died
    on the way, that alone."""

    died = False

    def __init__(self, build, name, base, folder, stop_origin=None):
        self.name, self.base = name, base
        with open(os.path.join(folder, "walk.log"), "ab") as log:
            self.popen = subprocess.Popen(
                ["node", WALK, build.folder, name, base],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                # The browser's profile goes there, too.
                env=dict(os.environ, TMPDIR=folder), start_new_session=True)
        try:
            line = self.line()
            if line == b"down\n":
                stop_origin()
                self.popen.stdin.write(b"it is\n")
                self.popen.stdin.flush()
                line = self.line()
            assert line, self.errors(log.name)
            self.__dict__.update(json.loads(line))
        finally:
            self.end()

    @staticmethod
    def errors(path):
        with open(path, errors="replace") as f:
            return f.read()

    def line(self):
        """A walk is bounded by the driver's own patience and by ours."""
        ready, _, _ = select.select([self.popen.stdout], [], [],
                                    6 * PATIENCE_S)
        assert ready, "the browser is silent"
        return self.popen.stdout.readline()

    def end(self):
        for pipe in (self.popen.stdin, self.popen.stdout):
            pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()

    def step(self, name):
        return next(s for s in self.steps if s["name"] == name)


def fresh(folder):
    """A folder in it that a web server may enter."""
    path = tempfile.mkdtemp(dir=folder)
    os.chmod(path, 0o755)
    return path


def walked(walk):
    """A browser that dies of itself is no fault of the application's: it is
    given one more."""
    found = walk()
    found = walk() if found.died else found
    assert not found.died, "the browser died twice: " + found.broken
    return found


def none_of(found):
    """Fails with every one of them."""
    found = [str(f) for f in found]
    assert not found, "\n".join(["%d found:" % len(found), *found])


def given_up(walk, request, missing):
    """A player that has enough of its sound for now, the icon of a page that
    is left, the rest of an answer that was 404.  They were answered, too."""
    if request.get("failure") != "net::ERR_ABORTED":
        return False
    statuses = {r["status"] for r in walk.requests
                if r["url"] == request["url"] and "status" in r}
    if request["url"].endswith(missing):
        return statuses == {404}
    return request["type"] in ("media", "other") and \
        bool(statuses) and max(statuses) < 400


def faults(walk, missing=()):
    """What went wrong, but for the icon, for what is asked of an origin that
    is down (whether there is a newer service worker), and for 404 of what is
    `missing`: the ends of URLs."""
    missing = tuple(missing)
    quiet = (ICON, *missing)
    if walk.broken:
        yield walk.broken
    for c in walk.complaints:
        if not c["text"].endswith(quiet):
            yield "%s %s" % (c["kind"], c["text"])
    for r in walk.requests:
        how = r.get("failure") or (r["status"] >= 400 and r["status"])
        update = r["phase"] == "down" and r["url"].endswith("/sw.js")
        known = (r["url"].endswith(ICON) or
                 how == 404 and r["url"].endswith(quiet))
        if how and not update and not known and \
                not given_up(walk, r, missing):
            yield "%s %s: %s" % (r["method"], r["url"], how)
    for end in missing:
        if not any(r["url"].endswith(end) and r.get("status") == 404
                   for r in walk.requests):
            yield "no 404 for " + end


def outside(walk):
    """What was asked for, by the browser's network stack and by what its
    pages and workers report, that is not below the site's own URL."""
    icon = urllib.parse.urljoin(walk.base, ICON)
    asked = set(walk.asked) | {r["url"] for r in walk.requests}
    asked = {u for u in asked if not u.startswith("data:")}
    assert len(asked) > 3
    return sorted(u for u in asked
                  if not u.startswith(walk.base) and u != icon)


# Cells of a screenshot, of 192, that may be blank in one alone: an edge of
# a picture that is drawn anew reaches by a pixel into the next.
EDGES = 2


def differences(root, here, where):
    """Where two landmarks differ, in words."""
    if where.endswith(".ink"):
        pairs = list(zip("".join(root), "".join(here)))
        assert len(pairs) == 192
        if sum(a != b for a, b in pairs) > EDGES:
            yield "%s:\n%s\nat the root, here\n%s" % (
                where, "\n".join(root), "\n".join(here))
    elif isinstance(root, dict) and isinstance(here, dict):
        for key in sorted(set(root) | set(here)):
            yield from differences(root.get(key), here.get(key),
                                   "%s.%s" % (where, key))
    elif isinstance(root, list) and isinstance(here, list) and \
            len(root) == len(here):
        for i, pair in enumerate(zip(root, here)):
            yield from differences(*pair, "%s[%d]" % (where, i))
    elif root != here:
        yield "%s: %r at the root, %r here" % (where, root, here)
