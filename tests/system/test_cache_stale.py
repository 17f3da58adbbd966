"""Answers that are older than they should be, because the origin fails or
because it is faster, under each way to be run; and failures that are kept."""

import asyncio
import os
import time

import pytest

import caches
from caches import SLOW, ask, body_of, crowd, status_of, verdicts
from processes import await_true, descendants

SIZE = 5000
TTL_S = 1

FRONTS = {"lighttpd": caches.Lighttpd, "proxy-fcgi": caches.ApacheProxy,
          "fcgid": caches.Fcgid, "cgi": caches.Cgi,
          "apache-cgi": caches.ApacheCgi}

# Ways to fail, as the origin is told, who says nothing of how long that is
# to be kept; None: it is gone.
FAILURES = {
    "refused": None,
    "500": {"status": "500", "cc": "-"},
    "502": {"status": "502", "cc": "-"},
    "503": {"status": "503", "cc": "-"},
    "504": {"status": "504", "cc": "-"},
    "hang": {"hang": "1"},
    "drop": {"drop": "1"},
}
# Where it is the web server that differs.
FEW = ("refused", "503", "hang")
FAULTS = {"refused": 502, "hang": 504, "drop": 502}
ROUTE = "first_byte_timeout = 700ms\nretries = 0\n"


@pytest.fixture
def made(site, folder):
    caches.let_many_in()
    made = caches.Caches(site, folder)
    yield made
    made.close()


def target(path, cc, **more):
    more = {"size": SIZE, "cc": cc.replace(" ", "%20"), **more}
    return "/c%s?%s" % (path, "&".join("%s=%s" % m for m in more.items()))


def assert_stale(drink, path, at_least=TTL_S):
    assert drink.status == 200 and drink.whole, drink
    assert bytes(drink.body) == body_of(path, 1, SIZE), drink
    assert int(drink.get("age")) >= at_least, drink
    status = status_of(drink)
    if "ttl" in status:
        assert int(status["ttl"]) <= 0, drink
    return status


def warm(front, targets):
    for one in targets:
        assert ask(front, one).status == 200
    time.sleep(TTL_S + 1.1)


@pytest.mark.parametrize("kind", ["lighttpd", "fcgid", "cgi"])
def test_the_origin_fails(made, kind):
    """By the rule's key and by the response's directive; and not where the
    response forbids it, nor where nothing is stored."""
    front = made.start(FRONTS[kind], made.rules(
        route=ROUTE + "stale_if_error = 60s", more="""
[plain]
path = /plain
origin = %s
cache = yes
%s""" % (made.origin.url, ROUTE)))
    by_key = target("/key", "max-age=1")
    directive = target("/directive", "max-age=1, stale-if-error=60").replace(
        "/c/", "/plain/")
    neither = target("/neither", "max-age=1").replace("/c/", "/plain/")
    strict = {name: target("/" + name, "max-age=1, " + name)
              for name in ("must-revalidate", "proxy-revalidate", "no-cache")}
    # A lifetime for shared caches is as strict (RFC 9111 section 5.2.2.10).
    strict["s-maxage"] = target("/s-maxage", "s-maxage=1")
    cold = target("/cold", "max-age=1")
    warm(front, [by_key, directive, neither, *strict.values()])
    if kind != "lighttpd":
        strict = {"must-revalidate": strict["must-revalidate"]}
    for name in FAILURES if kind == "lighttpd" else FEW:
        how = FAILURES[name]
        if how is None:
            made.origin.stop()
        else:
            made.origin.set(**how)
        status = FAULTS.get(name) or int(name)
        for one in (by_key, directive):
            drink = ask(front, one)
            said = assert_stale(drink, one[one.index("/", 1):].split("?")[0])
            assert said.get("fwd") == "stale" or "hit" in said, drink
            if "fwd-status" in said:
                assert said["fwd-status"] == name, drink
        for one in (neither, cold):
            drink = ask(front, one)
            assert drink.status == status, (name, drink)
        for one in strict.values():
            drink = ask(front, one)
            # Where nothing was heard, 504 is for what must be validated.
            assert drink.status in {status, 504 if name in FAULTS else
                                    status}, (name, one, drink)
        if how is None:
            made.origin.start()
        else:
            made.origin.set(**{n: "" for n in how})
    # Well again: validated, and fresh.
    for one in (by_key, directive, *strict.values()):
        drink = ask(front, one)
        assert drink.status == 200 and int(drink.get("age") or 0) <= 1, drink


def test_the_origin_breaks_off(made):
    """A head came: what follows is its own, broken, and takes no place."""
    front = made.start(caches.Lighttpd, made.rules(
        route=ROUTE + "stale_if_error = 60s"))
    one = target("/cut", "max-age=1")
    warm(front, [one])
    made.origin.set("/cut", v="2", cut="1000")
    drink = ask(front, one)
    assert not (drink.status == 200 and drink.whole and
                bytes(drink.body) != body_of("/cut", 1, SIZE)), drink
    made.origin.set("/cut", v="2", cut="", status="503", cc="-")
    assert_stale(ask(front, one), "/cut")


def test_staleness_has_an_end(made):
    front = made.start(caches.Lighttpd, made.rules(
        route=ROUTE + "stale_if_error = 2s"))
    ends = {
        "/key": target("/key", "max-age=1"),
        "/directive": target("/directive", "max-age=1, stale-if-error=2"),
        "/none": target("/none", "max-age=1, stale-if-error=0"),
    }
    lasts = target("/lasts", "max-age=1, stale-if-error=60")
    made.origin.set("/none", v="1")
    warm(front, [*ends.values(), lasts])
    made.origin.set(status="503", cc="-")
    assert ask(front, ends["/none"]).status == 503
    time.sleep(2.2)
    for path, one in ends.items():
        assert ask(front, one).status == 503, path
    assert_stale(ask(front, lasts), "/lasts", 3)


def test_what_clients_ask_of_the_stale(made):
    front = made.start(caches.Lighttpd, made.rules(
        route=ROUTE + "stale_if_error = 60s"))
    one = target("/asked", "max-age=1")
    warm(front, [one])
    made.origin.stop()
    try:
        assert_stale(ask(front, one), "/asked")
        drink = ask(front, one, fields=[("Cache-Control", "no-cache")])
        assert drink.status in (502, 504), drink
        drink = ask(front, one, fields=[("Cache-Control", "max-stale=60")])
        assert_stale(drink, "/asked")
        # Whoever asks for a part or with a condition is helped as well.
        drink = ask(front, one, fields=[("Range", "bytes=10-19")])
        assert drink.status == 206
        assert bytes(drink.body) == body_of("/asked", 1, SIZE)[10:20]
        drink = ask(front, one, fields=[("If-None-Match", '"1-"')])
        assert drink.status == 304 and int(drink.get("age")) >= 1
        drink = ask(front, one, method="HEAD")
        assert drink.status == 200 and int(drink.get("age")) >= 1
    finally:
        made.origin.start()


def test_a_crowd_at_what_is_stale(made):
    """The origin hangs: one waits for it, and all get the stale one, in the
    time of one wait."""
    front = made.start(caches.Lighttpd, made.rules(
        route=ROUTE + "stale_if_error = 60s"))
    one = target("/crowd", "max-age=1")
    warm(front, [one])
    made.origin.set(hang="1")
    made.origin.forget()
    expect = body_of("/crowd", 1, SIZE)
    drinks = asyncio.run(crowd(front, one, 300, expect=expect))
    assert verdicts(drinks, expect) == {"right": 300}
    print("took", max(d.took for d in drinks), len(
        made.origin.seen("/crowd")), "asked")
    assert max(d.took for d in drinks) < 3 * SLOW
    assert len(made.origin.seen("/crowd")) <= 30


# ---- while it is revalidated ----

def versions(drinks):
    return {d.get("x-version") for d in drinks}


def assert_revalidates(made, front, path, one, ms, at_once=1):
    """The stale answer comes at once; one request follows, and what it brings
    is served."""
    # It comes with an age of as long as it took.
    made.origin.set(path, v="2", ms=str(ms), cc="max-age=600")
    made.origin.forget()
    drinks = asyncio.run(crowd(front, one, at_once))
    for drink in drinks:
        assert_stale(drink, path)
    took = max(d.took for d in drinks)
    await_true("the origin is asked",
               lambda: len(made.origin.seen(path)) == 1, 10 * SLOW)
    seen = await_true("it has answered", lambda: [
        s for s in made.origin.seen(path) if s["end"] == "whole"], 20 * SLOW)
    print(path, "took %.2f s" % took)
    assert max(d.ended for d in drinks) < seen[0]["ended"], \
        "they waited for the origin"
    made.origin.set(path, ms="")
    await_true("what it brought is served", lambda: ask(front, one).get(
        "x-version") == "2", 5 * SLOW)
    assert len(made.origin.seen(path)) == 1, made.origin.seen(path)


@pytest.mark.parametrize("kind", FRONTS)
def test_while_revalidating(made, kind):
    front = made.start(FRONTS[kind], made.rules(
        route="stale_while_revalidate = 60s"))
    by_key = target("/key", "max-age=1")
    directive = target("/directive", "max-age=1, stale-while-revalidate=60")
    many = target("/many", "max-age=1")
    warm(front, [by_key, directive, many])
    assert_revalidates(made, front, "/key", by_key, 1500)
    if kind == "lighttpd":
        assert_revalidates(made, front, "/directive", directive, 1500)
    assert_revalidates(made, front, "/many", many, 3000, 50)
    assert_nothing_left(front, made)


def test_a_process_that_is_about_to_end(made):
    """mod_fcgid ends each after its first request."""
    front = made.start(caches.Fcgid, made.rules(
        route="stale_while_revalidate = 60s"), requests_each=1)
    one = target("/last", "max-age=1")
    warm(front, [one])
    assert_revalidates(made, front, "/last", one, 2000)


def test_the_background_fails(made):
    """Stale as long as it may be, asked for again once a second, and fresh in
    the end."""
    front = made.start(caches.Lighttpd, made.rules(route=ROUTE))
    one = target("/bad", "max-age=1, stale-while-revalidate=60")
    warm(front, [one])
    made.origin.set("/bad", status="503", cc="-")
    for _ in range(3):
        made.origin.forget()

        def is_tried():
            assert_stale(ask(front, one), "/bad")
            return made.origin.seen("/bad")
        await_true("it is tried", is_tried, 5 * SLOW)
        for _ in range(20):
            assert_stale(ask(front, one), "/bad")
            time.sleep(0.05)
        # One a second in each of the workers.
        assert len(made.origin.seen("/bad")) <= 7, made.origin.seen("/bad")
    made.origin.set("/bad", status="", cc="", v="2")

    await_true("it is served", lambda: ask(front, one).get(
        "x-version") == "2", 5 * SLOW)


# ---- CGI: a child of its own ----

def program_processes(front):
    """(pid, state, parent) of what runs from the front's folder, and of what
    the web server would have to bury."""
    servers = [front.server.pid] + descendants(front.server.pid)
    out = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % entry) as f:
                state, parent = f.read().rpartition(")")[2].split()[:2]
            ours = int(parent) in servers if state == "Z" else os.readlink(
                "/proc/%s/exe" % entry).startswith(front.folder)
        except OSError:
            continue
        if ours:
            out.append((int(entry), state, int(parent)))
    return out


def assert_nothing_left(front, made):
    if front.per_request_process:
        await_true("no process is left",
                   lambda: not program_processes(front), 10 * SLOW)
    await_true("no file is in the making", lambda: not [
        n for n in caches.files_of(made.path) if n.startswith("tmp/")],
        10 * SLOW)


def test_the_child_of_cgi(made):
    """Holds nothing of the web server's, and is nobody's burden."""
    front = made.start(caches.Cgi, made.rules(
        route="stale_while_revalidate = 60s"))
    one = target("/child", "max-age=1")
    warm(front, [one])
    made.origin.set("/child", v="2", ms="3000", cc="max-age=600")
    made.origin.forget()
    began = time.monotonic()
    assert_stale(ask(front, one), "/child")
    assert time.monotonic() - began < 2 * SLOW
    children = await_true("it is no child of the server's", lambda: [
        p for p in program_processes(front)
        if p[1] != "Z" and p[2] != front.server.pid])
    await_true("the origin is asked", lambda: made.origin.seen("/child"))
    assert len(children) == 1
    pid = children[0][0]
    for fd in ("0", "1"):
        link = os.readlink("/proc/%d/fd/%s" % (pid, fd))
        assert not link.startswith(("pipe:", "socket:")), (fd, link)
    held = set(links(front.server.pid)) & set(links(pid))
    assert not [h for h in held if h.startswith(("pipe:", "socket:"))], held
    await_true("it brought what it was sent for", lambda: ask(
        front, one).get("x-version") == "2", 10 * SLOW)
    assert_nothing_left(front, made)


def links(pid):
    out, folder = [], "/proc/%d/fd" % pid
    for name in os.listdir(folder):
        try:
            out.append(os.readlink(os.path.join(folder, name)))
        except OSError:
            pass
    return out


# ---- failures that are kept ----

@pytest.mark.parametrize("kind", ["lighttpd", "cgi"])
def test_failures_are_kept(made, kind):
    front = made.start(FRONTS[kind], made.rules(
        route="retries = 0\ncache_ttl = 10m, 404:30s, 500-502:2s"))

    def asked_for(status, times=3, cc=None):
        path = "/%s%s" % (status, cc[4:] if cc else "")
        made.origin.set(path, status=status)
        for _ in range(times):
            drink = ask(front, "/c%s?size=100%s" % (path, cc or ""))
            assert drink.status == int(status), drink
            assert bytes(drink.body) == body_of(path, status, 100)
        return len(made.origin.seen(path))

    assert asked_for("404") == 1
    assert asked_for("301") == 1
    assert asked_for("410") == 3
    assert asked_for("403") == 3
    assert asked_for("503") == 3
    assert asked_for("404", cc="&cc=no-store") == 3
    assert asked_for("404", cc="&cc=private") == 3
    # Counted on from when it is stored.
    made.origin.forget()
    assert asked_for("500") == 1
    time.sleep(3.2)
    assert asked_for("500", 1) == 2


def test_a_failure_takes_no_place(made):
    """What is stored and may be stale is better than a failure that may be
    kept."""
    front = made.start(caches.Lighttpd, made.rules(
        route="retries = 0\nstale_if_error = 60s\ncache_ttl = 500-504:30s"))
    one = target("/better", "max-age=1")
    warm(front, [one])
    made.origin.set("/better", status="503", cc="-")
    for _ in range(2):
        assert_stale(ask(front, one), "/better")
    made.origin.set("/better", status="", cc="", v="2")
    await_true("it is served", lambda: ask(front, one).get(
        "x-version") == "2", 5 * SLOW)
