"""Routes that share a path, mapped paths, and answers by the rules."""

import json
import os

import pytest

import fcgi
from conftest import SHUT
from fronts import FRONTS
from processes import await_true

everywhere = pytest.mark.parametrize("front", [
    pytest.param(name, marks=pytest.mark.short if name == "lighttpd-spawn"
                 else ()) for name in FRONTS], indirect=True)


def target_of(response):
    assert response.status == 200, response
    return response.json()["target"]


def field_of(response, name):
    """As the origin saw it."""
    return [v for n, v in json.loads(response.body)["fields"]
            if n.lower() == name.lower()]


@everywhere
def test_match(front):
    assert target_of(front.get("/chosen/echo/x")) == "/echo/x"
    assert target_of(front.request("POST", "/chosen/a/b", body=b"x")) == \
        "/echo?rule=post&rest=a/b"
    both = [("X-Beta", "1"), ("Cookie", "a=b; beta=yes")]
    assert target_of(front.get("/chosen/a", both)) == "/echo?rule=beta"
    for one in both:
        assert target_of(front.get("/chosen/echo", [one])) == "/echo"
    assert target_of(front.get("/chosen/a?w&v=%61+b")) == \
        "/echo?rule=query&w&v=%61+b"
    assert target_of(front.get("/chosen/echo?v=a")) == "/echo?v=a"


@everywhere
def test_map_path(front):
    r = front.get("/chosen/v1/rooms/one%20two?q=1")
    assert target_of(r) == "/echo/one%20two/rooms?q=1"
    # Below the prefix before it is mapped, above the root after.
    assert front.get("/chosen/v1/x/../../y").status == 400
    assert target_of(front.get("/chosen/echo/v1/x/y")) == "/echo/v1/x/y"


@everywhere
def test_fields(front):
    r = front.get("/chosen/echo/x?q=1", host="Site.Test:8080")
    assert field_of(r, "X-Seen") == [
        "GET http site.test %s/chosen /echo/x ?q=1" % front.prefix]
    assert field_of(r, "X-Client")[0] in ("127.0.0.1", "::1")
    assert r.get("X-From") == "site.test%s/chosen/echo/x" % front.prefix
    r = front.get("/chosen/v1/fields/echo")
    assert field_of(r, "X-Seen")[0].endswith(" fields")


@everywhere
def test_response_fields(front):
    r = front.get("/chosen/fields")
    assert r.status == 200
    assert r.all("X-Frame-Options") == ["DENY"]
    assert not r.all("X-Twin")
    assert len(r.all("Set-Cookie")) == 3
    assert "ours=1" in r.all("Set-Cookie")


@everywhere
def test_redirect(front):
    r = front.request("PUT", "/moved/a%20b?x=1", body=b"y")
    assert r.status == 308
    assert r.get("Location") == "https://new.test/there/a%20b?x=1"
    assert front.get("/moved").get("Location") == "https://new.test/there"
    r = front.get("/moved/here/x?y")
    assert r.status == 302
    # Some web servers make it absolute.
    assert r.get("Location").endswith("%s/moved/here/gone?y" % front.prefix)
    assert r.get("Cache-Control") == "no-store"
    # What follows the prefix cannot name another host.
    assert front.get("/moved//evil.test/x").get("Location").startswith(
        "https://new.test/")


@everywhere
def test_maintenance(front):
    r = front.get("/shut/any/thing")
    assert (r.status, r.body) == (503, SHUT.encode())
    assert r.get("Retry-After") == "90"
    assert r.get("Content-Type") == "text/html; charset=utf-8"
    r = front.request("HEAD", "/shut")
    assert (r.status, r.body) == (503, b"")
    r = front.request("POST", "/shut/plain/x", body=b"some")
    assert r.status == 503
    assert r.get("Retry-After") == "300"
    assert b"worked on" in r.body


def cookie_of(response):
    return [v for n, v in response.fields if n.lower() == "set-cookie"
            and v.startswith("fingerpost-split-")]


@pytest.mark.short
def test_split(daemon):
    """A share of the visitors, who then stay, and an origin that does not
    hear of it."""
    seen = {"/below/echo": 0, "/echo": 0}
    for _ in range(200):
        r = fcgi.fetch(daemon.address, "/canary/echo")
        target = json.loads(r.body)["target"]
        seen[target] += 1
        word = "in" if target == "/below/echo" else "out"
        assert cookie_of(r) == [
            "fingerpost-split-canary=%s; Path=/canary; HttpOnly; "
            "SameSite=Lax" % word]
    assert 20 <= seen["/below/echo"] <= 85, seen
    for word, target in (("in", "/below/echo"), ("out", "/echo")):
        for _ in range(30):
            r = fcgi.fetch(daemon.address, "/canary/echo", more={
                "HTTP_COOKIE": "a=b; fingerpost-split-canary=" + word})
            assert json.loads(r.body)["target"] == target
            assert not cookie_of(r)
            assert field_of(r, "Cookie") == ["a=b"]


@pytest.mark.short
def test_long_path(daemon):
    assert fcgi.fetch(daemon.address, "/chosen/" + 9000 * "x").status == 414
    assert fcgi.fetch(daemon.address, "/moved/" + 9000 * "x").status == 308
    assert fcgi.fetch(daemon.address, "/moved/" + 17000 * "x").status == 414


def test_page_is_watched(start_serve, site, folder):
    """An edited page is shown without a restart."""
    page = os.path.join(folder, "own.html")
    rules = os.path.join(folder, "own.ini")
    with open(page, "w") as f:
        f.write("<p>one")
    with open(rules, "w") as f:
        f.write("[a]\npath = /a\norigin = http://127.0.0.1:9\n"
                "maintenance = yes\nmaintenance_page = own.html\n")
    serve = start_serve(rules)
    assert fcgi.fetch(serve.address, "/a/").body == b"<p>one"
    with open(page + ".new", "w") as f:
        f.write("<p>two!")
    os.rename(page + ".new", page)
    await_true("the new page is shown", lambda: fcgi.fetch(
        serve.address, "/a/").body == b"<p>two!")
