"""Pools: a server dies, hangs or is slow, and visitors do not notice."""

import os
import time

import pytest

import crowd
import fcgi
from pools import frozen, targets
from processes import await_true

SLOW = float(os.environ.get("FINGERPOST_SLOWNESS", "1"))


def asked(serve):
    return fcgi.fetch(serve.address, "/p/").get("X-Server")


def servers_of(serve, n=60, width=4):
    results = crowd.send(serve.address, targets(n), width)
    assert not crowd.failures(results)
    return crowd.counts(results)


def proxy_status(answer):
    return answer.get("Proxy-Status") or ""


# ---- judged by what they do ----

@pytest.mark.short
def test_fail_after_of_all_processes(three, start_serve):
    """Three failures in all, whichever worker sees them, and it is out."""
    three["a"].set(drop=1)
    serve = start_serve(three.rules("fail_after = 3\nrecover_after = 1m"),
                        workers=3)
    results = crowd.send(serve.address, targets(200), 1)
    assert not crowd.failures(results)
    assert three["a"].stats()["served"] == 3
    assert set(crowd.counts(results)) == {"b", "c"}


def test_a_stray_failure_is_none(three, start_serve):
    """One failure among many successes takes nobody out."""
    serve = start_serve(three.rules("fail_after = 3\nrecover_after = 1m"),
                        workers=2)
    for _ in range(8):
        results = crowd.send(serve.address, targets(30) + [
            "/p/x?id=99&drop=1"], 1)
        assert len(crowd.failures(results)) <= 1
    assert set(servers_of(serve)) == {"a", "b", "c"}


def test_fail_after_zero_is_never(three, start_serve):
    three["a"].set(drop=1)
    serve = start_serve(three.rules("fail_after = 0",
                                    route="retry_budget = 100%"), workers=1)
    servers_of(serve, 90, 1)
    assert three["a"].stats()["served"] == 30


@pytest.mark.short
@pytest.mark.shortest
def test_killed_and_started_again(three, start_serve):
    serve = start_serve(three.rules("fail_after = 2\nrecover_after = 500ms"),
                        workers=2)
    assert set(servers_of(serve)) == {"a", "b", "c"}
    three["a"].kill()
    assert set(servers_of(serve)) == {"b", "c"}
    three["a"].start()
    began = time.monotonic()
    await_true("a is back", lambda: asked(serve) == "a")
    assert time.monotonic() - began < 3 * SLOW
    assert abs(servers_of(serve, 90)["a"] - 30) <= 2


def test_out_for_longer_each_time(three, start_serve):
    """A server that stays ill is tried less and less often."""
    three["a"].set(drop=1)
    serve = start_serve(three.rules("fail_after = 1\nrecover_after = 300ms"),
                        workers=1)
    times, before, end = [], 0, time.monotonic() + 3.5
    while time.monotonic() < end:
        assert not crowd.failures(crowd.send(serve.address, targets(5), 1))
        served = three["a"].stats()["served"]
        times += [time.monotonic()] * (served - before)
        before = served
    gaps = [y - x for x, y in zip(times, times[1:])]
    # 300 ms, 600, 1200, give or take: never a try at each request.
    assert 2 <= len(gaps) <= 5, gaps
    assert gaps[-1] > 1.5 * gaps[0], gaps


def test_a_stopped_server(three, start_serve):
    """It accepts and says nothing: its requests go elsewhere in time."""
    serve = start_serve(three.rules(
        "fail_after = 2\nrecover_after = 500ms",
        route="first_byte_timeout = 400ms"), workers=2)
    with frozen(three["a"]):
        results = crowd.send(serve.address, targets(90), 6)
        assert not crowd.failures(results)
        assert max(r.took for r in results) < 2 * SLOW
        assert set(crowd.counts(results)) == {"b", "c"}
    await_true("a is back", lambda: asked(serve) == "a")


def test_status_of_retry_on(three, start_serve):
    """503 for a while: another is asked."""
    three["b"].set(status=503)
    serve = start_serve(three.rules(), workers=2)
    assert set(servers_of(serve)) == {"a", "c"}
    three["b"].set(status=200)
    # 500 is an answer like others.
    three["c"].set(status=500)
    results = crowd.send(serve.address, targets(60), 4)
    assert {r.status for r in results} == {200, 500}


def test_slow_start(three, start_serve):
    """A server that is back gets its share little by little."""
    serve = start_serve(three.rules(
        "fail_after = 1\nrecover_after = 300ms\nslow_start = 4s"), workers=2)
    assert abs(servers_of(serve, 90)["a"] - 30) <= 1  # none for newcomers
    three["a"].kill()
    assert set(servers_of(serve, 30)) == {"b", "c"}
    three["a"].start()
    await_true("a is back", lambda: asked(serve) == "a")
    began = time.monotonic()
    early = servers_of(serve, 120)["a"]
    if time.monotonic() - began < 1.5:
        assert 0 < early < 25, early
    time.sleep(max(0, began + 4.2 - time.monotonic()))
    assert abs(servers_of(serve, 90)["a"] - 30) <= 2


# ---- nobody is left ----

def unavailable(answer):
    return (answer.status == 503 and
            "destination_unavailable" in proxy_status(answer))


@pytest.mark.short
def test_all_down(three, start_serve):
    serve = start_serve(three.rules("fail_after = 1\nrecover_after = 30s"),
                        workers=2)
    for member in three.members:
        member.kill()
    crowd.send(serve.address, targets(12), 1)
    results = crowd.send(serve.address, targets(40), 4)
    for r in results:
        assert unavailable(r), r
        assert 1 <= int(r.get("Retry-After")) <= 60
        assert r.took < 0.5 * SLOW


def test_all_down_and_back(three, start_serve):
    serve = start_serve(three.rules("fail_after = 1\nrecover_after = 300ms"),
                        workers=2)
    for member in three.members:
        member.kill()
    crowd.send(serve.address, targets(12), 1)
    for member in three.members:
        member.start()
    await_true("all are back", lambda: {
        asked(serve) for _ in range(9)} == {"a", "b", "c"})


@pytest.mark.short
def test_backup_only_when_none_is_left(three, start_serve):
    serve = start_serve(three.rules("fail_after = 1\nrecover_after = 300ms",
                                    {"c": "backup"}), workers=2)
    assert set(servers_of(serve)) == {"a", "b"}
    three["a"].kill()
    assert set(servers_of(serve)) == {"b"}
    three["b"].kill()
    crowd.send(serve.address, targets(6), 1)
    assert set(servers_of(serve)) == {"c"}
    three["a"].start()
    three["b"].start()
    await_true("the backup is left",
               lambda: set(servers_of(serve, 12)) == {"a", "b"})
    assert set(servers_of(serve)) == {"a", "b"}


# ---- asked how they are ----

PROBED = "health_path = /up\nhealth_interval = 200ms\nfail_after = 2\n"


@pytest.mark.short
@pytest.mark.shortest
def test_probes_tell(three, start_serve):
    """A server whose health path says so gets no request: none has to fail
    first."""
    serve = start_serve(three.rules(
        PROBED + "health_status = 200\nrecover_after = 300ms"), workers=2)
    await_true("b is probed", lambda: three["b"].stats()["probes"])
    assert set(servers_of(serve)) == {"a", "b", "c"}
    three["b"].set(up=404)
    await_true("b is out", lambda: "b" not in servers_of(serve, 12, 1))
    three["b"].forget()
    assert set(servers_of(serve)) == {"a", "c"}
    assert three["b"].stats()["served"] == 0
    three["b"].set(up=200)
    await_true("b is back", lambda: asked(serve) == "b")


def test_one_probe_an_interval(three, start_serve):
    """Of three programs with two workers each."""
    rules = three.rules(PROBED)
    serves = [start_serve(rules, workers=2) for _ in range(3)]
    await_true("c is probed", lambda: three["c"].stats()["probes"])
    for member in three.members:
        member.forget()
    time.sleep(3)
    for member in three.members:
        probes = member.stats()["probes"]
        assert 10 <= len(probes) <= 17, (member.name, len(probes))
    # He who probes dies: another goes on.
    serves[0].stop()
    three["a"].forget()
    await_true("a is probed", lambda: len(three["a"].stats()["probes"]) >= 3)


def test_a_probe_that_hangs(three, start_serve):
    three["b"].set(up_ms=60000)
    serve = start_serve(three.rules(
        PROBED + "health_timeout = 100ms\nrecover_after = 300ms"), workers=2)
    await_true("b is out", lambda: "b" not in servers_of(serve, 12, 1))
    assert set(servers_of(serve)) == {"a", "c"}
    three["b"].set(up_ms=0)
    await_true("b is back", lambda: asked(serve) == "b")


def test_a_stopped_server_is_found_out_by_probes(three, start_serve):
    """Nobody waits for it, once it is known."""
    serve = start_serve(three.rules(
        PROBED + "health_timeout = 200ms\nrecover_after = 300ms",
        route="first_byte_timeout = 10s"), workers=2)
    await_true("b is probed", lambda: three["b"].stats()["probes"])
    with frozen(three["b"]):
        time.sleep(1.5 * SLOW)
        results = crowd.send(serve.address, targets(60), 4)
        assert not crowd.failures(results)
        assert set(crowd.counts(results)) == {"a", "c"}
        assert max(r.took for r in results) < 2 * SLOW
    await_true("b is back", lambda: asked(serve) == "b")


# ---- the circuit breaker ----

def tripped(serve):
    return crowd.send(serve.address, targets(30), 4)[-1].status == 503


def assert_a_rest(herd, serve):
    """503 at once and nobody is asked, but for a trial."""
    for member in herd.members:
        member.forget()
    results = crowd.send(serve.address, targets(40), 1)
    refused = [r for r in results if r.status == 503]
    assert len(refused) >= 38, results
    for r in refused:
        assert r.get("Retry-After"), r
        assert r.took < 0.5 * SLOW
    assert sum(m.stats()["served"] for m in herd.members) <= 2


@pytest.mark.short
def test_breaker_of_errors(three, start_serve):
    for member in three.members:
        member.set(drop=1)
    serve = start_serve(three.rules(
        "breaker_errors = 50%\nfail_after = 0\nrecover_after = 2s"),
        workers=2)
    await_true("it trips", lambda: tripped(serve))
    assert_a_rest(three, serve)
    for member in three.members:
        member.set(drop=0)
    await_true("it recovers", lambda: not crowd.failures(
        crowd.send(serve.address, targets(30), 1)))


def test_breaker_lets_a_few_errors_be(three, start_serve):
    three["a"].set(drop=1)
    serve = start_serve(three.rules(
        "breaker_errors = 60%\nfail_after = 0",
        route="retry_budget = 100%"), workers=2)
    assert not crowd.failures(crowd.send(serve.address, targets(200), 4))


def test_breaker_of_latency(three, start_serve):
    for member in three.members:
        member.set(ms=250)
    serve = start_serve(three.rules(
        "breaker_latency = 100ms\nrecover_after = 2s"), workers=2)
    await_true("it trips", lambda: tripped(serve))
    assert_a_rest(three, serve)
    for member in three.members:
        member.set(ms=0)
    await_true("it recovers", lambda: not crowd.failures(
        crowd.send(serve.address, targets(30), 1)))
