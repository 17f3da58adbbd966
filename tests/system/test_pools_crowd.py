"""Pools: a thousand requests under way while servers die, stop and come
back; and a hundred processes that are of one mind."""

import asyncio
import collections
import os
import shutil
import time
import types

import crowd
import fronts
from processes import await_true, descendants

SLOW = float(os.environ.get("FINGERPOST_SLOWNESS", "1"))


class LighttpdCrowd(fronts.Lighttpd):
    """Lets a thousand in."""

    def setup(self):
        self.serve(workers=2)
        self.lighttpd("""
server.max-fds = 8192
server.max-connections = 4000
server.max-keep-alive-requests = 100000
fastcgi.server = ("/" => ((
    "socket" => "%s", "check-local" => "disable")))
""" % self.path("fp.sock"))


def site_with(site, rules):
    return types.SimpleNamespace(binary=site.binary, wrapper=site.wrapper,
                                 rules=rules)


def within(results, began, ended):
    return [r for r in results if began <= r.began and r.ended <= ended]


def assert_even(results, names, within=0.05):
    """Equal shares, give or take so much of a share."""
    counts = crowd.counts(results)
    share = sum(counts.values()) / len(names)
    for name in names:
        assert abs(counts[name] - share) <= max(within * share, 2), counts
    assert set(counts) == set(names)


IN_FLIGHT = 1000
RECOVER_S = 2
# Beyond recover_after: the jitter, the time until a request comes by that may
# be the trial, and its answer under load.
BACK_MARGIN_S = 3 * SLOW

CROWDED = """
fail_after = 3
recover_after = %ds
""" % RECOVER_S


async def crowd_of(address, n, results):
    """n requests under way at any time, until the task is cancelled."""
    async def one():
        way = crowd.HttpWay(address)
        try:
            while True:
                results.append(await way.exchange("/p/x?ms=700"))
        finally:
            way.close()
    tasks = [asyncio.ensure_future(one()) for _ in range(n)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def seen_from(results, name, since, patience):
    """When the first answer of that server began after `since`."""
    end = time.monotonic() + patience
    at = len(results)
    while time.monotonic() < end:
        for r in results[at:]:
            if r.server == name and r.began >= since:
                return time.monotonic()
        at = len(results)
        await asyncio.sleep(0.05)
    raise AssertionError("no answer from %s within %g s" % (name, patience))


def test_a_thousand_under_way(site, herd, folder):
    herd.grow(3)
    rules = herd.rules(CROWDED, route="first_byte_timeout = 4s")
    front = LighttpdCrowd(site_with(site, rules),
                          os.path.join(folder, "front"))
    results, told = [], {}

    async def quiet(seconds):
        """A time in which nothing happens, after what happened is over."""
        began = time.monotonic()
        await asyncio.sleep(seconds)
        return began, time.monotonic()

    async def under_way():
        return sum([m["now"] for m in await asyncio.gather(
            *(asyncio.to_thread(m.stats) for m in herd.members))])

    async def most_under_way():
        """They may come in waves: looked at for more than one."""
        most = []
        for _ in range(40):
            most.append(await under_way())
            if most[-1] >= 0.9 * IN_FLIGHT:
                break
            await asyncio.sleep(0.05)
        return max(most)

    async def story():
        load = asyncio.ensure_future(
            crowd_of(front.address, IN_FLIGHT, results))
        try:
            await asyncio.sleep(2)
            told["all"] = await quiet(3)
            told["under way"] = await most_under_way()

            # Up again before it is tried for the first time: out for longer
            # else.
            herd["a"].kill()
            told["killed"] = killed = time.monotonic()
            await asyncio.to_thread(herd["a"].start)
            told["up after"] = time.monotonic() - killed
            told["two"] = await quiet(1)
            back = await seen_from(results, "a", time.monotonic(), 30)
            told["back after"] = back - killed
            await asyncio.sleep(1)
            told["again"] = await quiet(3)

            herd["b"].freeze()
            await asyncio.sleep(5)
            told["stopped"] = await quiet(1.5)
            herd["b"].thaw()
            thawed = time.monotonic()
            told["thawed after"] = await seen_from(
                results, "b", thawed + 0.1, 30) - thawed
            await asyncio.sleep(2)
            told["at last"] = await quiet(3)
        finally:
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)

    try:
        asyncio.run(story())
    finally:
        front.stop()
    print("%d requests, " % len(results), told)
    failed = crowd.failures(results)
    assert not failed, "%d of %d: %s, first %.1f s after the kill: %r" % (
        len(failed), len(results), collections.Counter(
            (r.status, r.get("Proxy-Status"), r.error) for r in failed),
        failed[0].ended - told["killed"], told)
    assert told["under way"] >= 0.9 * IN_FLIGHT
    assert told["back after"] < RECOVER_S + BACK_MARGIN_S
    assert_even(within(results, *told["two"]), "bc")
    assert_even(within(results, *told["stopped"]), "ac")
    for phase in ("all", "again", "at last"):
        assert_even(within(results, *told[phase]), "abc")
    assert max(r.took for r in results) < 15 * SLOW


# ---- a hundred processes ----

PROCESSES = 100


class FcgidCrowd(fronts.ApacheFcgid):
    """As many copies of the program as there are requests, each of which
    ends after a number of them."""

    def apache(self, config):
        super().apache(config + """
StartServers 2
ThreadsPerChild 64
MaxRequestWorkers 128
MaxSpareThreads 128
FcgidMaxProcesses %d
FcgidMaxProcessesPerClass %d
FcgidMaxRequestsPerProcess 60
FcgidSpawnScoreUpLimit 100000
""" % (PROCESSES + 4, PROCESSES + 4))


def copies(front):
    n = 0
    for pid in descendants(front.server.pid):
        try:
            with open("/proc/%d/cmdline" % pid) as f:
                n += "fingerpost.fcgi" in f.read()
        except OSError:
            pass
    return n


def test_a_hundred_processes_of_one_mind(site, herd, folder):
    herd.grow(3)
    shared = os.path.join(folder, "shared")
    os.mkdir(shared)
    if fronts.ROOT:
        shutil.chown(shared, fronts.WEB_USER)
    herd.region = os.path.join(shared, "region")
    rules = herd.rules("""
fail_after = 5
recover_after = 1m
health_path = /up
health_interval = 1s
health_timeout = 1s
""")
    front = FcgidCrowd(site_with(site, rules), os.path.join(folder, "front"))

    def rush(n, ms, width=PROCESSES):
        results = crowd.send(front.address, ["/p/x?ms=%d" % ms] * n, width,
                             way=crowd.HttpWay, patience=60, keep=False)
        assert not crowd.failures(results)
        return results

    try:
        await_true("there are as many as may be", lambda: rush(
            PROCESSES, 2500) and copies(front) >= 0.8 * PROCESSES, 40 * SLOW)
        # One probe an interval, of all of them.
        for member in herd.members:
            member.forget()
        began = time.monotonic()
        results = rush(3 * PROCESSES, 1000)
        time.sleep(max(0, began + 5 - time.monotonic()))
        intervals = time.monotonic() - began
        for member in herd.members:
            n = len(member.stats()["probes"])
            assert 0.5 * intervals <= n <= intervals + 2, (n, intervals)
        # One turn after the other.
        assert_even(results, "abc")
        # One count of failures: those under way at the time, and no five
        # for each.  That a kept connection is closed is no failure, so there
        # is to be none.
        herd["c"].kill()
        herd["c"].start().set(drop=1)
        results = rush(4 * PROCESSES, 100)
        served = herd["c"].stats()["served"]
        assert 5 <= served <= 5 + PROCESSES // 2, served
        assert copies(front) >= 30
        herd["c"].forget()
        results = rush(PROCESSES, 100)
        assert set(crowd.counts(results)) == {"a", "b"}
        assert herd["c"].stats()["served"] == 0
        print("%d processes, %d failures for all" % (copies(front), served))
    finally:
        front.stop()
