"""Pools: who gets a request, who keeps a visitor, and who has to wait."""

import asyncio
import collections
import concurrent.futures
import itertools
import json
import os
import re

import pytest

import crowd
import fcgi
from pools import cookie_of, run_cgi, targets
from processes import await_true

SLOW = float(os.environ.get("FINGERPOST_SLOWNESS", "1"))


def assert_shares(counts, weights, within=0.05):
    """Each server's share of the requests is that of its weight, give or
    take so much of itself."""
    total, weight = sum(counts.values()), sum(weights.values())
    for name, w in weights.items():
        want = total * w / weight
        assert abs(counts[name] - want) <= max(within * want, 1), (
            counts, weights)


# ---- balance ----

WEIGHTS = {"a": 5, "b": 3, "c": 1}
WEIGHED = {"a": "weight=5", "b": "weight=3"}


@pytest.mark.short
def test_round_robin_keeps_to_the_weights(three, start_serve):
    serve = start_serve(three.rules(attributes=WEIGHED), workers=4)
    results = crowd.send(serve.address, targets(3600), 24)
    assert not crowd.failures(results)
    assert_shares(crowd.counts(results), WEIGHTS)


def test_round_robin_of_several_programs(three, start_serve):
    """Programs that share nothing but the rules share the turns."""
    rules = three.rules(attributes=WEIGHED)
    serves = [start_serve(rules, workers=1) for _ in range(3)]
    results = crowd.send([s.address for s in serves], targets(3000), 24)
    assert not crowd.failures(results)
    assert_shares(crowd.counts(results), WEIGHTS)


def test_round_robin_of_single_runs(three, site):
    """CGI: a process a request, nine requests in a row."""
    rules = three.rules(attributes=WEIGHED)
    for _ in range(3):
        counts = collections.Counter(
            run_cgi(site, rules, "/p/").get("X-Server") for _ in range(9))
        assert counts == WEIGHTS


def test_a_route_of_its_own_list(three, start_serve):
    rules = three.rules(more="[q]\npath = /q\norigin = %s weight=2, %s\n" % (
        three["a"].url, three["b"].url))
    serve = start_serve(rules, workers=2)
    results = crowd.send(serve.address, ["/q/x"] * 300)
    assert_shares(crowd.counts(results), {"a": 2, "b": 1})


def test_least_connections_spares_the_slow(three, start_serve):
    three["a"].set(ms=200)
    for name in "bc":
        three[name].set(ms=10)
    serve = start_serve(three.rules("balance = least-connections"), workers=2)
    results = crowd.send(serve.address, targets(600), 12)
    assert not crowd.failures(results)
    counts = crowd.counts(results)
    # It holds as many as the others, for twenty times as long.
    assert counts["a"] < 100, counts
    assert three["a"].stats()["peak"] <= 6
    assert abs(counts["b"] - counts["c"]) < 150, counts


def test_least_connections_keeps_to_the_weights(three, start_serve):
    for member in three.members:
        member.set(ms=50)
    serve = start_serve(three.rules("balance = least-connections",
                                    {"a": "weight=4"}), workers=2)
    results = crowd.send(serve.address, targets(600), 24)
    assert_shares(crowd.counts(results), {"a": 4, "b": 1, "c": 1}, 0.2)


def test_random_asks_all(three, start_serve):
    serve = start_serve(three.rules("balance = random"), workers=2)
    results = crowd.send(serve.address, targets(900))
    assert not crowd.failures(results)
    assert_shares(crowd.counts(results), dict(a=1, b=1, c=1), 0.3)
    # By chance: not in turns.
    order = [r.server for r in results]
    assert any(order[i] == order[i + 1] for i in range(30))


KEYED = {
    "ip-hash": lambda i: ("/p/x?id=%d" % i, {
        "REMOTE_ADDR": "10.%d.%d.1" % (i // 250, i % 250)}),
    "uri-hash": lambda i: ("/p/%d/x?id=%d" % (i % 7, i), {}),
}


@pytest.mark.parametrize("balance", KEYED)
def test_hashes_are_stable_and_move_little(three, start_serve, balance):
    keyed = [KEYED[balance](i) for i in range(450)]

    def places(serve):
        results = crowd.send(serve.address, keyed)
        assert not crowd.failures(results)
        return [r.server for r in results]

    pool = "balance = %s\nrecover_after = 1m" % balance
    serve = start_serve(three.rules(pool), workers=2)
    before = places(serve)
    assert places(serve) == before
    assert_shares(collections.Counter(before), dict(a=1, b=1, c=1), 0.3)

    # A server leaves the rules: only its own go elsewhere, and to both.
    without = start_serve(three.rules(pool, members=three.members[:2],
                                      name="two.ini"), workers=1)
    after = places(without)
    moved = [(x, y) for x, y in zip(before, after) if x != y]
    assert {x for x, y in moved} == {"c"}
    assert {y for x, y in moved} == {"a", "b"}

    # It dies: the same, and nobody notices.
    three["c"].kill()
    assert places(serve) == after
    three["c"].start()


def test_ip_hash_is_of_a_host(three, start_serve):
    """A host changes the last 64 bits of an IPv6 address by itself."""
    serve = start_serve(three.rules("balance = ip-hash"))
    places = set()
    for net in range(30):
        servers = {r.server for r in crowd.send(serve.address, [
            ("/p/", {"REMOTE_ADDR": "2001:db8:0:%x::%x" % (net, host)})
            for host in range(1, 9)], 2)}
        assert len(servers) == 1
        places |= servers
    assert places == {"a", "b", "c"}


# ---- sticky ----

STICKY = "sticky = cookie\nrecover_after = 1s\nfail_after = 1"


def get(serve, target="/p/", cookie=None, **more):
    if cookie:
        more["HTTP_COOKIE"] = cookie
    return fcgi.fetch(serve.address, target, more=more)


def session_at(serve, name, **more):
    """A cookie, "name=value", of a session there."""
    for _ in range(60):
        answer = get(serve, **more)
        if answer.get("X-Server") == name:
            return "%s=%s" % cookie_of(answer)[:2]
    raise AssertionError("no session at " + name)


def seen_by_origin(answer):
    return json.loads(answer.body)


@pytest.mark.short
@pytest.mark.shortest
def test_a_session_stays(three, start_serve):
    serve = start_serve(three.rules(STICKY), workers=2)
    for name in "abc":
        cookie = session_at(serve, name)
        for _ in range(8):
            answer = get(serve, cookie="x=1; %s; y=2" % cookie)
            assert answer.get("X-Server") == name
            assert cookie_of(answer) is None
            assert seen_by_origin(answer)["cookie"] == "x=1; y=2"
        answer = get(serve, cookie=cookie)
        assert seen_by_origin(answer)["cookie"] is None
    for member in three.members:
        assert member.stats()["leaks"] == []


def test_the_cookie(three, start_serve):
    serve = start_serve(three.rules(STICKY))
    answer = get(serve)
    name, value, attributes = cookie_of(answer)
    assert re.fullmatch(r"fingerpost-sticky-.*herd", name)
    assert attributes == {"path": "/p", "httponly": None, "samesite": "lax"}
    # It names no address, plainly or in hexadecimal.
    port = three[answer.get("X-Server")].address[1]
    for tell in ("127.0.0.1", str(port), "%x" % port, "7f000001",
                 "127.0.0.1".encode().hex()):
        assert tell not in value
    secure = cookie_of(get(serve, HTTPS="on"))[2]
    assert secure == {**attributes, "secure": None}


def test_the_cookie_lives_as_long_as_it_is_told(three, start_serve):
    serve = start_serve(three.rules(STICKY + "\nsticky_ttl = 1h"))
    assert cookie_of(get(serve))[2]["max-age"] == "3600"


def test_sessions_of_several_programs(three, start_serve, site):
    """What one program signs another one of the same rules knows: another
    worker, another copy, and one that was started anew."""
    rules = three.rules(STICKY)
    first = start_serve(rules)
    cookie = session_at(first, "b")
    second = start_serve(rules)
    first.stop()
    for _ in range(6):
        answer = get(second, cookie=cookie)
        assert (answer.get("X-Server"), cookie_of(answer)) == ("b", None)
        answer = run_cgi(site, rules, "/p/", HTTP_COOKIE=cookie)
        assert (answer.get("X-Server"), cookie_of(answer)) == ("b", None)


def changed(value, at):
    other = "0" if value[at] != "0" else "1"
    return value[:at] + other + value[at + 1:]


def test_a_cookie_that_is_not_ours(three, start_serve):
    """Ignored and replaced, whatever it is."""
    rules = three.rules(STICKY, more="[pool other]\nserver.a = %s\nserver.b ="
                        " %s\nsticky = cookie\n[o]\npath = /o\n"
                        "origin = pool:other\n" % (
                            three["a"].url, three["b"].url))
    serve = start_serve(rules, workers=2)
    name, value, _ = cookie_of(get(serve))
    other = cookie_of(get(serve, "/o/"))[1]
    parts = value.split(".")
    forged = [changed(value, at) for at in range(len(value))]
    forged += [other, "", ".", "..", "...", "0", value + "0", value[:-1],
               value.upper() if value.upper() != value else "x",
               "0" * len(value), "9" * 4000, "\xff" * 64, value + ".",
               ".".join(reversed(parts)), "http://127.0.0.1:1/", "a", "%00"]
    for text in forged:
        answer = get(serve, cookie="%s=%s" % (name, text))
        assert answer.status == 200, text
        again = cookie_of(answer)
        assert again is not None and again[0] == name, text
        assert again[1] != text
        # What replaces it holds.
        stays = get(serve, cookie="%s=%s" % again[:2])
        assert stays.get("X-Server") == answer.get("X-Server")
        assert cookie_of(stays) is None


def test_an_expired_cookie(three, start_serve):
    serve = start_serve(three.rules(STICKY + "\nsticky_ttl = 1s"))
    cookie = session_at(serve, "a")
    await_true("it is over", lambda: cookie_of(get(serve, cookie=cookie)),
               5 * SLOW)


def test_a_draining_server(three, start_serve):
    """Known visitors stay, new ones go elsewhere."""
    rules = three.rules(STICKY)
    serve = start_serve(rules, workers=2)
    cookie = session_at(serve, "a")
    three.rules(STICKY, {"a": "drain"})

    def drained():
        results = crowd.send(serve.address, targets(30), 6)
        return crowd.counts(results)["a"] == 0
    await_true("the new rules are in force", drained)
    results = crowd.send(serve.address, targets(200), 8)
    assert not crowd.failures(results)
    assert set(crowd.counts(results)) == {"b", "c"}
    results = crowd.send(serve.address, [
        ("/p/", {"HTTP_COOKIE": cookie})] * 30, 4)
    assert set(crowd.counts(results)) == {"a"}
    assert all(cookie_of(r) is None for r in results)


def test_a_session_moves_when_its_server_is_down(three, start_serve):
    serve = start_serve(three.rules(STICKY), workers=2)
    cookie = session_at(serve, "a")
    three["a"].kill()
    answer = get(serve, cookie=cookie)
    assert answer.status == 200
    there = answer.get("X-Server")
    moved = "%s=%s" % cookie_of(answer)[:2]
    assert there != "a" and moved != cookie
    for _ in range(6):
        answer = get(serve, cookie=moved)
        assert answer.get("X-Server") == there
        assert cookie_of(answer) is None
    three["a"].start()
    await_true("a is back", lambda: get(serve).get("X-Server") == "a")
    # The visitor stays where he went.
    assert get(serve, cookie=moved).get("X-Server") == there


# ---- max ----

def refused_for_the_limit(result):
    return (result.status == 503 and
            "connection_limit_reached" in (result.get("Proxy-Status") or ""))


@pytest.mark.short
@pytest.mark.parametrize("workers", [1, 3])
def test_max_is_never_passed(herd, start_serve, workers):
    herd.grow(2)
    for member in herd.members:
        member.set(ms=30)
    serve = start_serve(herd.rules("queue_timeout = 20s\n",
                                   {"a": "max=3", "b": "max=2"}),
                        workers=workers)
    results = crowd.send(serve.address, targets(200), 24)
    assert not crowd.failures(results)
    peaks = {m.name: m.stats()["peak"] for m in herd.members}
    assert peaks == {"a": 3, "b": 2}


def test_a_queue_ends(herd, start_serve):
    herd.grow(1)
    serve = start_serve(herd.rules("queue_timeout = 300ms", {"a": "max=2"}),
                        workers=1)
    results = crowd.send(serve.address, targets(8, "&ms=1500"), 8)
    refused = [r for r in results if refused_for_the_limit(r)]
    assert len(refused) == 6
    assert not crowd.failures(results, (200, 503))
    for r in refused:
        assert 0.25 <= r.took < 1 * SLOW
        assert r.get("Retry-After")
    assert herd["a"].stats()["served"] == 2


def test_a_queue_is_only_so_long(herd, start_serve):
    herd.grow(1)
    serve = start_serve(herd.rules("queue_timeout = 20s\nqueue_length = 3",
                                   {"a": "max=1"}), workers=1)
    results = crowd.send(serve.address, targets(10, "&ms=300"), 10)
    refused = [r for r in results if refused_for_the_limit(r)]
    assert len(refused) == 6
    assert max(r.took for r in refused) < 0.3 * SLOW
    assert len([r for r in results if r.status == 200]) == 4


def test_no_queue(herd, start_serve):
    herd.grow(1)
    serve = start_serve(herd.rules("queue_length = 0", {"a": "max=1"}),
                        workers=1)
    results = crowd.send(serve.address, targets(4, "&ms=300"), 4)
    assert len([r for r in results if refused_for_the_limit(r)]) == 3


def test_who_came_first_is_served_first(herd, start_serve):
    herd.grow(1)
    herd["a"].set(ms=60)
    serve = start_serve(herd.rules("queue_timeout = 20s", {"a": "max=1"}),
                        workers=1)

    async def in_a_row():
        way = crowd.FcgiWay(serve.address)
        tries = []
        for target in targets(20):
            tries.append(asyncio.ensure_future(way.exchange(target)))
            await asyncio.sleep(0.02)
        return await asyncio.gather(*tries)

    assert not crowd.failures(asyncio.run(in_a_row()))
    stats = herd["a"].stats()
    # On a loaded machine two may come at the same moment.
    assert len(stats["asked"]) == 20 and stats["peak"] == 1
    for at, i in enumerate(stats["asked"]):
        assert abs(at - int(i)) <= 1, stats["asked"]


def test_who_leaves_the_queue_takes_no_turn(herd, start_serve):
    """Clients that go away while they wait, or while they are served, leave
    the server to the others."""
    herd.grow(1)
    serve = start_serve(herd.rules("queue_timeout = 20s", {"a": "max=2"}),
                        workers=1)
    gone = [fcgi.Connection(serve.address) for _ in range(12)]
    for i, connection in enumerate(gone):
        connection.send(fcgi.whole_request("/p/gone?id=g%d&ms=60000" % i))
    await_true("the server is full", lambda: herd["a"].stats()["now"] == 2)
    # Those who wait first: else their turn may come before they have left.
    for connection in reversed(gone):
        connection.socket.close()
    await_true("nobody is left", lambda: herd["a"].stats()["now"] == 0)
    results = crowd.send(serve.address, targets(6), 6)
    assert not crowd.failures(results)
    asked = herd["a"].stats()["asked"]
    assert len([i for i in asked if i.startswith("g")]) == 2, asked


def test_the_full_are_passed_by(herd, start_serve):
    """One of two is at its max: the other is asked, and no backup."""
    herd.grow(3)
    serve = start_serve(herd.rules("", {"a": "max=1", "c": "backup"}),
                        workers=1)
    results = crowd.send(serve.address, targets(40, "&ms=50"), 8)
    assert not crowd.failures(results)
    counts = crowd.counts(results)
    assert counts["c"] == 0
    assert 0 < counts["a"] < 15 and herd["a"].stats()["peak"] == 1


def held_and_waiting(herd, serve, n):
    """One request at the server, whose max is 1, and n behind it."""
    connections = []
    for i in range(n + 1):
        connections.append(fcgi.Connection(serve.address))
        connections[-1].send(fcgi.whole_request("/p/x?id=%d&ms=%d" % (
            i, 10 if i else 1000)))
        await_true("the first is there", lambda: herd["a"].stats()["now"])
    return connections


@pytest.mark.parametrize("how", ["edited", "ended"])
def test_a_queue_outlives_its_rules(herd, start_serve, how):
    """Those who wait when the rules are replaced, or the program is told to
    end, are served."""
    herd.grow(1)
    serve = start_serve(herd.rules("queue_timeout = 20s", {"a": "max=1"}),
                        workers=1)
    waiting = held_and_waiting(herd, serve, 6)
    if how == "edited":
        herd.rules("queue_timeout = 20s", {"a": "max=1"},
                   route="response_header X-New = yes")
        fresh = ["/p/x?id=%d&ms=10" % i for i in range(7, 13)]
        await_true("the new rules are in force", lambda: fcgi.fetch(
            serve.address, "/p/x?id=new").get("X-New"))
        assert not crowd.failures(crowd.send(serve.address, fresh, 6))
    else:
        serve.process.popen.terminate()
    for connection in waiting:
        answer = connection.read_answer().parse()
        assert (answer.status, answer.get("X-New")) == (200, None)
        connection.socket.close()
    assert herd["a"].stats()["peak"] == 1
    assert serve.stop() == 0


def test_max_of_single_runs(herd, site):
    """CGI: processes that know each other by nothing but the file."""
    herd.grow(1)
    rules = herd.rules("queue_timeout = 20s", {"a": "max=2"})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: run_cgi(site, rules, "/p/?ms=100"),
                                range(16)))
    assert {a.status for a in answers} == {200}
    assert herd["a"].stats()["peak"] == 2


def test_draining_without_sessions(three, start_serve):
    serve = start_serve(three.rules(attributes={"a": "drain"}), workers=1)
    results = crowd.send(serve.address, targets(60), 4)
    assert crowd.counts(results) == {"b": 30, "c": 30}


# ---- where servers live ----

@pytest.mark.parametrize("base", ["", ":/base"])
def test_a_unix_socket(herd, start_serve, base):
    for n in "xy":
        herd.add(path=os.path.join(herd.folder, n + ".sock")).start()
        herd.members[-1].url += base
    serve = start_serve(herd.rules(), workers=1)
    results = crowd.send(serve.address, ["/p/x/y?z"] * 20, 2)
    assert not crowd.failures(results)
    assert crowd.counts(results) == {"a": 10, "b": 10}
    seen = results[0].json()
    assert seen["host"] == "localhost"
    assert seen["target"] == base[1:] + "/x/y?z"
    # A socket whose server died refuses, and the other one is asked.
    herd["a"].kill()
    results = crowd.send(serve.address, ["/p/x"] * 20, 2)
    assert not crowd.failures(results)
    assert crowd.counts(results) == {"b": 20}


def test_a_name_with_several_addresses(herd, start_serve):
    """localhost is ::1 and 127.0.0.1; only one of them is served."""
    herd.grow(1)
    herd["a"].url = "http://localhost:%d" % herd["a"].address[1]
    serve = start_serve(herd.rules(), workers=1)
    results = crowd.send(serve.address, targets(20), 4)
    assert not crowd.failures(results)
    assert results[0].json()["host"] == "localhost:%d" % (
        herd["a"].address[1])


def test_a_post_goes_once(three, start_serve):
    """A server that takes a request and says nothing got it: only what is
    idempotent goes to another."""
    three["a"].set(drop=1)
    serve = start_serve(three.rules("fail_after = 0"), workers=1)
    posts = [("/p/x?id=%d" % i, {"method": "POST", "body": b"once"})
             for i in range(30)]
    results = crowd.send(serve.address, posts, 4)
    asked = itertools.chain(*(m.stats()["asked"] for m in three.members))
    assert sorted(asked, key=int) == [str(i) for i in range(30)]
    assert len(crowd.failures(results)) == 10
    gets = crowd.send(serve.address, targets(30), 4)
    assert not crowd.failures(gets)
