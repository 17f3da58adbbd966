"""Requests that left their prefix: found by their Referer, adopted where the
route says so."""

import pytest

import fcgi
from fronts import FRONTS
from origins import TEXT


def referer(front, path):
    return [("Referer", "http://site.test" + front.prefix + path)]


every = pytest.mark.parametrize("front", [
    pytest.param(name, marks=pytest.mark.short if name == "lighttpd-spawn"
                 else ()) for name in FRONTS], indirect=True)


@every
def test_adopted(front):
    r = front.get("/text/500?a=b", referer(front, "/adopting/page?x=y"))
    assert (r.status, r.body) == (200, TEXT[:500])
    assert "Referer" in ", ".join(r.all("Vary"))
    r = front.request("HEAD", "/text/500", referer(front, "/adopting/page"))
    assert r.status == 200


@every
def test_sent_home(front):
    """What has links of its own would lose its way at the root."""
    r = front.get("/style.css?v=1", referer(front, "/adopting/page") +
                  [("Accept", "text/css,*/*;q=0.1")])
    assert r.status == 307
    assert r.get("Location").endswith(
        front.prefix + "/adopting/style.css?v=1")


@every
def test_not_adopted(front):
    for method, target, fields in (
            ("GET", "/text/500", []),
            ("GET", "/text/500", referer(front, "/app/page")),
            ("GET", "/text/500", referer(front, "/nobodys/page")),
            ("GET", "/text/500", [
                ("Referer", "http://evil.test" + front.prefix + "/adopting/")]),
            ("POST", "/text/500", referer(front, "/adopting/page"))):
        r = front.request(method, target, fields,
                          b"x" if method == "POST" else None)
        assert r.status == 404, (method, target, fields)


def test_logged_once(start_serve, site):
    serve = start_serve(workers=1)
    for target in ("/a.png", "/a.png?again", "/b.png", "/a.png"):
        fcgi.fetch(serve.address, target,
                   more={"HTTP_REFERER": "http://site.test/app/page"})
    lines = [line for line in serve.process.output().split("\n")
             if "escape" in line]
    assert len(lines) == 2, lines
    assert "/a.png" in lines[0] and "/b.png" in lines[1]
    line = site.rules_text().split("\n").index("[app]") + 1
    assert "[app]" in lines[0] and ":%d" % line in lines[0]
    assert 'add "rewrite_links = yes" to [app]' in lines[0]
