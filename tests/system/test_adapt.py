"""Heads, adapted, on every deployment: what a component says of its own root
reaches the client as a thing of its prefix, and comes back as the
component's own.

In the rows {o} is the component's origin, {p} what the client sees of the
program: its name where it is called by it.
"""

import urllib.parse

import pytest

from fronts import FRONTS
from test_table import fields_of

pytestmark = pytest.mark.parametrize("front", [
    pytest.param(name, marks=pytest.mark.short if name == "lighttpd-spawn"
                 else ()) for name in FRONTS], indirect=True)

HOST = "http://site.test"


def answer(front, site, path, status, name, *values):
    """The values of the field as the client sees them."""
    fields = urllib.parse.urlencode(
        [("f", "%s: %s" % (name, v.format(o=site.origin.url)))
         for v in values])
    r = front.get("%s/answer/%s?%s" % (path, status, fields))
    assert r.status == status, r
    assert r.body == b"answer\n"
    return r.all(name)


def whole(url):
    """Some web servers make a Location absolute."""
    return HOST + url if url.startswith("/") else url


@pytest.mark.parametrize("path, name, value, seen", [
    ("/app", "Location", "/x?y=/z", "{p}/app/x?y=/z"),
    ("/app", "Location", "{o}/x", HOST + "{p}/app/x"),
    ("/app", "Location", "{o}", HOST + "{p}/app/"),
    ("/app", "Location", "https://elsewhere.example/x", None),
    ("/app", "Content-Location", "/x", "{p}/app/x"),
    ("/app", "Refresh", "5; url=/x", "5; url={p}/app/x"),
    ("/app", "Link", '</x>; rel=preload, <{o}/y>; title=", </z>"',
     "<{p}/app/x>; rel=preload, <" + HOST + '{p}/app/y>; title=", </z>"'),
    ("/app", "SourceMap", "/x.map", "{p}/app/x.map"),
    ("/app", "Service-Worker-Allowed", "/", "{p}/app/"),
    ("/app", "Speculation-Rules", '"/r.json"', '"{p}/app/r.json"'),
    ("/app", "Reporting-Endpoints", 'a="/r"', 'a="{p}/app/r"'),
    ("/app", "Content-Security-Policy", "img-src *; report-uri /r",
     "img-src *; report-uri {p}/app/r"),
    ("/app", "Access-Control-Allow-Origin", "{o}", None),
    ("/app", "Clear-Site-Data", '"cookies"', None),
    ("/based", "Location", "/below/x", "{p}/based/x"),
    ("/based", "Location", "{o}/below/x", HOST + "{p}/based/x"),
    ("/also/based", "Location", "/below/x", "{p}/also/based/x"),
    ("/kept", "Location", "/kept/x", None),
    ("/kept", "Link", "</kept/x>", None),
])
def test_field(front, site, path, name, value, seen):
    status = 302 if name == "Location" else 200
    got = answer(front, site, path, status, name, value)
    want = (seen or value).format(o=site.origin.url, p=front.prefix)
    if name == "Location":
        got, want = [whole(v) for v in got], whole(want)
    assert got == [want]


@pytest.mark.parametrize("status", [201, 202, 303, 307, 308])
def test_location_of_other_statuses(front, site, status):
    got = answer(front, site, "/app", status, "Location", "/x")
    assert [whole(v) for v in got] == [HOST + front.prefix + "/app/x"]


def test_location_of_200_is_no_order(front, site):
    """To CGI it would be one, to the web server: serve another path."""
    for value in ("/app/echo", "{o}/x"):
        assert answer(front, site, "/app", 200, "Location", value) == []


# Cookies.

class Jar:
    """What a browser does with cookies (RFC 6265 sections 5.1 to 5.4), as far
    as paths and domains go."""

    def __init__(self):
        self.cookies = {}

    @staticmethod
    def domain_matches(host, domain):
        return host == domain or host.endswith("." + domain)

    @staticmethod
    def path_matches(path, cookie_path):
        return path == cookie_path or path.startswith(cookie_path) and (
            cookie_path.endswith("/") or path[len(cookie_path)] == "/")

    def take(self, host, path, line):
        pair, *attributes = line.split(";")
        name, value = (x.strip() for x in pair.split("=", 1))
        found = {}
        for attribute in attributes:
            key, _, text = attribute.partition("=")
            found[key.strip().lower()] = text.strip()
        domain = found.get("domain", "").lstrip(".").lower()
        if domain and not self.domain_matches(host, domain):
            return
        where = found.get("path", "")
        if not where.startswith("/"):
            where = path[:path.rindex("/")] or "/"
        if name.startswith("__Host-") and (where != "/" or domain):
            return
        self.cookies[name, domain or host, where] = value

    def give(self, path):
        return sorted(name for name, _, where in self.cookies
                      if self.path_matches(path, where))


@pytest.mark.parametrize("component, line", [
    ("/app", "c=1; Path=/"),
    ("/app", "c=1; Path=/; Domain=127.0.0.1; HttpOnly"),
    ("/app", "c=1"),
    ("/app", "c=1; Path="),
    ("/app", "c=1; Path=/answer"),
    ("/based", "c=1; Path=/"),
    ("/based", "c=1; Path=/below"),
    ("/based", "c=1; Path=/below/answer"),
    ("/kept", "c=1; Path=/kept"),
    ("/unslashed", "c=1; Path=/"),
])
def test_cookies_stay_in_the_component(front, site, component, line):
    if component == "/kept" and front.prefix:
        return  # nothing is adapted, and it cannot know the program's name
    jar = Jar()
    asked = front.prefix + component + "/answer/200"
    for got in answer(front, site, component, 200, "Set-Cookie", line):
        jar.take("site.test", asked, got)
    assert jar.give(asked) == ["c"]
    for other in ("/", "/plain/x", "/plain/answer/200", "/answer/200",
                  component + "x/answer", "/below/answer"):
        assert jar.give(front.prefix + other) == [], jar.cookies
        assert jar.give(other) == []
    # And it is deleted as it was set.
    for got in answer(front, site, component, 200, "Set-Cookie", line):
        jar.take("site.test", asked, got)
    assert len(jar.cookies) == 1


def test_cookie_of_the_prefix_itself(front, site):
    """slash_redirect = no: the default-path would be every component's."""
    r = front.get("/unslashed?cookie=c%3D1")
    assert (r.status, r.json()["target"]) == (200, "/?cookie=c%3D1")
    jar = Jar()
    for line in r.all("Set-Cookie"):
        jar.take("site.test", front.prefix + "/unslashed", line)
    assert jar.give(front.prefix + "/unslashed") == ["c"]
    assert jar.give(front.prefix + "/unslashed/x") == ["c"]
    assert jar.give(front.prefix + "/plain/") == []


def test_host_cookie_is_left(front, site):
    line = "__Host-c=1; Path=/; Secure"
    assert answer(front, site, "/app", 200, "Set-Cookie", line) == [line]


def test_several_cookies(front, site):
    got = answer(front, site, "/app", 200, "Set-Cookie",
                 "a=1; Path=/", "b=2; Path=/x")
    assert got == ["a=1; Path=%s/app" % front.prefix,
                   "b=2; Path=%s/app/x" % front.prefix]


# Requests.

def test_redirect_round_trip(front, site):
    """A client that follows the Location asks for the component's path."""
    for value in ("/echo/a%20b//c?d=%2F", "{o}/echo/a%20b//c?d=%2F"):
        got, = answer(front, site, "/app", 302, "Location", value)
        path = whole(got)[len(HOST):]
        assert path.startswith(front.prefix)
        r = front.get(path[len(front.prefix):])
        assert r.json()["target"] == "/echo/a%20b//c?d=%2F"


@pytest.mark.parametrize("component, below", [
    ("/app", ""), ("/based", "/below"), ("/also/based", "/below")])
@pytest.mark.parametrize("method", ["MOVE", "COPY"])
def test_destination(front, site, method, component, below):
    public = HOST + front.prefix + component
    r = front.request(method, component + "/echo", [
        ("Destination", public + "/a%20b/"),
        ("If", "<%s/x> (<urn:a>) (Not <DAV:no-lock>)" % public),
        ("Overwrite", "F")])
    assert r.status == 200
    seen = fields_of(r)
    own = site.origin.url + below
    assert seen["destination"] == [own + "/a%20b/"]
    assert seen["if"] == ["<%s/x> (<urn:a>) (Not <DAV:no-lock>)" % own]


@pytest.mark.parametrize("destination", [
    HOST + "{p}/plain/x", HOST + "{p}/appx", HOST + "/", "{o}/x",
    "http://elsewhere.example{p}/app/x", HOST + "{p}/app/../plain/x",
    HOST + "{p}/app/..%2f..%2fx", "{p}/plain/x", "x"])
def test_destination_elsewhere(front, site, destination):
    r = front.request("MOVE", "/app/echo", [(
        "Destination",
        destination.format(o=site.origin.url, p=front.prefix))])
    assert r.status == 502
    assert b"Destination" in r.body


def test_referer_and_origin(front, site):
    seen = fields_of(front.request("POST", "/app/echo", [
        ("Referer", HOST + front.prefix + "/app/page?x"),
        ("Origin", HOST)], b"x"))
    assert seen["referer"] == [site.origin.url + "/page?x"]
    assert seen["origin"] == [site.origin.url]
    seen = fields_of(front.request("POST", "/app/echo", [
        ("Referer", HOST + front.prefix + "/plain/page"),
        ("Origin", "null")], b"x"))
    assert seen["referer"] == [HOST + front.prefix + "/plain/page"]
    assert seen["origin"] == ["null"]
