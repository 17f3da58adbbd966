"""Five applications under a prefix, in a browser: nothing is missing, nothing
leaves the prefix, and all of it looks and works as at the root."""

import json
import os
import re

import pytest

import apps
from walks import (ICON, Walk, differences, faults, fresh, none_of, outside,
                   walked)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def at_root(build, site):
    """The walk through each application at its own root, made once."""
    walks = {}

    def walk_at_root(name, folder):
        url, origin = apps.start_origin(build, name, fresh(folder))
        try:
            return Walk(build, name, url + "/", folder, origin.stop)
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
            found = Walk(build, name, shown.base, folder,
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
    none_of(s for s in shown.front.served() if s[0] >= 400 and s[2] != ICON
            and s[0] not in down)


@each_app
@each_front
def test_stays_inside(walk, shown, name, front_name):
    """By what the browser's network stack was asked for, by what its pages
    and workers report, and by what the web server saw."""
    none_of(outside(walk))
    served = list(shown.front.served())
    assert len(served) > 3
    none_of(s for s in served if not s[2].startswith(shown.prefix + "/")
            and s[2] != ICON)


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
