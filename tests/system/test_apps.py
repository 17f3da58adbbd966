"""Five applications under a prefix, in a browser: nothing is missing, nothing
leaves the prefix, and all of it looks and works as at the root."""

import json
import os
import re
import tempfile

import pytest

import apps

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def build(site):
    return apps.Build(os.path.abspath(os.environ.get(
        "FINGERPOST_APPS",
        os.path.join(os.path.dirname(site.asked_binary), "apps"))))


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


@pytest.fixture(scope="session")
def at_root(build, site):
    """The walk through each application at its own root, made once."""
    walks = {}

    def walk_at_root(name, folder):
        url, origin = apps.start_origin(build, name, fresh(folder))
        try:
            return apps.Walk(build, name, url + "/", folder, origin.stop)
        finally:
            origin.stop()

    def walk(name):
        if name not in walks:
            walks[name] = None
            folder = os.path.join(site.folder, "root-" + name)
            os.makedirs(folder)
            walks[name] = walked(lambda: walk_at_root(name, folder))
        assert walks[name], "the walk failed before"
        return walks[name]

    return walk


@pytest.fixture(scope="session")
def below_prefix(build, site):
    """The walk through each under its prefix, made once a front."""
    walks = {}

    def walk_below(name, front, folder):
        shown = apps.Deployment(site, build, name, front, fresh(folder))
        try:
            found = apps.Walk(build, name, shown.base, folder,
                              shown.origin.stop)
        finally:
            shown.stop()
        found.shown = shown
        return found

    def walk(name, front):
        if (name, front) not in walks:
            walks[name, front] = None
            folder = os.path.join(site.folder, "%s-%s" % (name, front))
            os.makedirs(folder)
            os.chmod(folder, 0o755)
            found = walked(lambda: walk_below(name, front, folder))
            walks[name, front] = found.shown, found
        assert walks[name, front], "the walk failed before"
        return walks[name, front]

    return walk


@pytest.fixture
def shown(below_prefix, name, front_name, request):
    found, _ = below_prefix(name, front_name)
    request.node.front = found.front
    return found


@pytest.fixture
def walk(shown, below_prefix, name, front_name):
    return below_prefix(name, front_name)[1]


each_app = pytest.mark.parametrize("name", list(apps.APPS))
each_front = pytest.mark.parametrize("front_name", list(apps.FRONTS))


def none_of(found):
    """Fails with every one of them."""
    found = [str(f) for f in found]
    assert not found, "\n".join(["%d found:" % len(found), *found])


def faults(walk):
    """What went wrong, but for the icon and for what is asked of an origin
    that is down: whether there is a newer service worker."""
    if walk.broken:
        yield walk.broken
    for c in walk.complaints:
        if not c["text"].endswith(apps.ICON):
            yield "%s %s" % (c["kind"], c["text"])
    for r in walk.requests:
        how = r.get("failure") or (r["status"] >= 400 and r["status"])
        update = r["phase"] == "down" and r["url"].endswith("/sw.js")
        if how and not update and not r["url"].endswith(apps.ICON):
            yield "%s %s: %s" % (r["method"], r["url"], how)


@each_app
def test_at_root(at_root, name):
    """What the walks are compared with is sound."""
    none_of(faults(at_root(name)))


@each_app
@each_front
def test_whole(walk, shown, name, front_name):
    """Every request is answered, no script fails, the walk gets to its
    end."""
    none_of(faults(walk))
    down = {502} if name == "pwa" else set()
    none_of(s for s in shown.served() if s[0] >= 400 and s[2] != apps.ICON
            and s[0] not in down)


@each_app
@each_front
def test_stays_inside(walk, shown, name, front_name):
    """By what the browser's network stack was asked for, by what its pages
    and workers report, and by what the web server saw."""
    icon = shown.base[:-len(shown.prefix) - 1] + apps.ICON
    asked = set(walk.asked) | {r["url"] for r in walk.requests}
    asked = {u for u in asked if not u.startswith("data:")}
    assert len(asked) > 3
    none_of(sorted(u for u in asked
                   if not u.startswith(shown.base) and u != icon))
    served = list(shown.served())
    assert len(served) > 3
    none_of(s for s in served if not s[2].startswith(shown.prefix + "/")
            and s[2] != apps.ICON)


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


def unhashed(steps):
    """Two builds name the same style sheet by two hashes."""
    return json.loads(re.sub(r"(/style)\.[\w-]{8}\.css", r"\1.css",
                             json.dumps(steps)))


@each_app
@each_front
def test_looks_the_same(walk, at_root, name, front_name):
    root = at_root(name)
    if name in apps.SHOWN:
        root.steps, walk.steps = unhashed(root.steps), unhashed(walk.steps)
    none_of(differences([s["name"] for s in root.steps],
                        [s["name"] for s in walk.steps], "steps"))
    none_of(d for there, here in zip(root.steps, walk.steps)
            for d in differences(there, here, there["name"]))


@each_front
@pytest.mark.parametrize("name", ["docs"])
def test_srcset_chose(walk, front_name):
    """On a dense screen the browser takes the picture that srcset has for
    it: the test above would not see both fall back to src."""
    images = walk.step("pictures")["images"]
    assert [i["url"] for i in images] == [
        "/pictures/large.svg", "/pictures/large.svg", "/pictures/medium.svg"]
    assert all(i["complete"] and i["width"] > 0 for i in images)


@each_front
@pytest.mark.parametrize("name", ["router"])
def test_router(walk, at_root, front_name):
    """No page was loaded anew on the way."""
    assert at_root("router").step("routed")["value"] is True
    assert walk.step("routed")["value"] is True
    assert walk.step("another page")["headings"]


@each_front
@pytest.mark.parametrize("name", ["pwa"])
def test_service_worker(walk, front_name):
    worker = walk.step("service worker")["value"]
    assert worker["scope"] == "/"
    assert worker["script"] == worker["controller"] == "/sw.js"
    assert len(worker["cached"]) >= 5
    none_of(u for u in worker["cached"] if not u.startswith("/"))
    down = walk.step("while the origin is down")
    assert down["headings"] == ["Vite + Vue"]


@each_front
@pytest.mark.parametrize("name", ["admin"])
def test_cookies_stay_inside(walk, front_name):
    cookies = walk.step("cookies")["value"]
    assert sorted(c["name"] for c in cookies) == ["csrftoken", "sessionid"]
    assert [c["path"] for c in cookies] == ["/", "/"]
