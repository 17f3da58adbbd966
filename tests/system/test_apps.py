"""Four applications under a prefix, in a browser: nothing is missing, nothing
leaves the prefix, and all of it looks and works as at the root."""

import os

import pytest

import apps

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def build(site):
    return apps.Build(os.path.abspath(os.environ.get(
        "FINGERPOST_APPS",
        os.path.join(os.path.dirname(site.asked_binary), "apps"))))


@pytest.fixture(scope="session")
def at_root(build, site):
    """The walk through each application at its own root, made once."""
    walks = {}

    def walk(name):
        if name not in walks:
            walks[name] = None
            folder = os.path.join(site.folder, "root-" + name)
            os.makedirs(folder)
            url, origin = apps.start_origin(build, name, folder)
            try:
                walks[name] = apps.Walk(build, name, url + "/", folder,
                                        origin.stop)
            finally:
                origin.stop()
        assert walks[name], "the walk failed before"
        return walks[name]

    return walk


@pytest.fixture(scope="session")
def shown(build, site):
    """Each application under its prefix, walked through once a front."""
    made = {}

    def show(name, front):
        if (name, front) not in made:
            made[name, front] = None
            folder = os.path.join(site.folder, "%s-%s" % (name, front))
            os.makedirs(folder)
            os.chmod(folder, 0o755)
            made[name, front] = apps.Shown(site, build, name, front, folder)
        assert made[name, front], "the walk failed before"
        return made[name, front]

    return show


@pytest.fixture
def walk(shown, name, front_name, request):
    found = shown(name, front_name)
    request.node.front = found.front
    return found


each_app = pytest.mark.parametrize("name", list(apps.APPS))
each_front = pytest.mark.parametrize("front_name", list(apps.FRONTS))


def faults(walk):
    """What went wrong, but for the icon and for what is asked of an origin
    that is down: whether there is a newer service worker."""
    out = ["%s %s" % (c["kind"], c["text"]) for c in walk.complaints
           if not c["text"].endswith(apps.ICON)]
    for r in walk.requests:
        bad = r.get("failure") or r["status"] >= 400
        update = r["phase"] == "down" and r["url"].endswith("/sw.js")
        if bad and not update and not r["url"].endswith(apps.ICON):
            out.append("%s %s: %s" % (r["method"], r["url"],
                                      r.get("failure") or r["status"]))
    return out


@each_app
def test_at_root(at_root, name):
    """What the walks are compared with is sound."""
    walk = at_root(name)
    assert walk.broken is None
    assert faults(walk) == []


@each_app
@each_front
def test_whole(walk, name, front_name):
    """Every request is answered, no script fails, the walk gets to its
    end."""
    assert walk.walk.broken is None
    assert faults(walk.walk) == []
    down = {502} if name == "pwa" else set()
    assert [s for s in walk.served() if s[0] >= 400 and s[2] != apps.ICON
            and s[0] not in down] == []


@each_app
@each_front
def test_stays_inside(walk, name, front_name):
    """By what the browser's network stack was asked for, by what its pages
    and workers report, and by what the web server saw."""
    base = walk.walk.base
    icon = base[:-len(walk.prefix) - 1] + apps.ICON
    asked = set(walk.walk.asked) | {r["url"] for r in walk.walk.requests}
    asked = {u for u in asked if not u.startswith("data:")}
    assert len(asked) > 3
    assert sorted(u for u in asked
                  if not u.startswith(base) and u != icon) == []
    served = list(walk.served())
    assert len(served) > 3
    assert [s for s in served if not s[2].startswith(walk.prefix + "/")
            and s[2] != apps.ICON] == []


def differences(root, shown, where=""):
    """Where two landmarks differ, in words."""
    if isinstance(root, dict) and isinstance(shown, dict):
        return [d for key in sorted(set(root) | set(shown))
                for d in differences(root.get(key), shown.get(key),
                                     "%s.%s" % (where, key))]
    if isinstance(root, list) and isinstance(shown, list) and \
            len(root) == len(shown):
        return [d for i, (a, b) in enumerate(zip(root, shown))
                for d in differences(a, b, "%s[%d]" % (where, i))]
    return [] if root == shown else ["%s: %r at the root, %r here" % (
        where, root, shown)]


@each_app
@each_front
def test_looks_the_same(walk, at_root, name, front_name):
    root = at_root(name)
    assert [s["name"] for s in walk.walk.steps] == \
        [s["name"] for s in root.steps]
    found = []
    for there, here in zip(root.steps, walk.walk.steps):
        found += differences(there, here, there["name"])
    assert found == []


@each_front
@pytest.mark.parametrize("name", ["docs"])
def test_srcset_chose(walk, front_name):
    """On a dense screen the browser takes the picture that srcset has for
    it: the test above would not see both fall back to src."""
    images = walk.walk.step("pictures")["images"]
    assert [i["url"] for i in images] == [
        "/pictures/large.svg", "/pictures/large.svg", "/pictures/medium.svg"]
    assert all(i["complete"] and i["width"] > 0 for i in images)


@each_front
@pytest.mark.parametrize("name", ["pwa"])
def test_service_worker(walk, front_name):
    worker = walk.walk.step("service worker")["value"]
    assert worker["scope"] == "/"
    assert worker["script"] == worker["controller"] == "/sw.js"
    assert len(worker["cached"]) >= 5
    assert all(u.startswith("/") for u in worker["cached"])
    down = walk.walk.step("while the origin is down")
    assert down["headings"] == ["Vite + Vue"]


@each_front
@pytest.mark.parametrize("name", ["admin"])
def test_cookies_stay_inside(walk, front_name):
    cookies = walk.walk.step("cookies")["value"]
    assert sorted(c["name"] for c in cookies) == ["csrftoken", "sessionid"]
    assert [c["path"] for c in cookies] == ["/", "/"]
