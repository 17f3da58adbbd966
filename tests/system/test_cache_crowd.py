"""A thousand at once for what is not in the cache yet."""

import asyncio
import collections
import os
import signal
import subprocess
import time

import pytest

import caches
import fronts
from caches import SLOW, body_of, crowd, sip, status_of, verdicts
from processes import await_true, children, descendants

MIB = 1 << 20
CROWD = 1000
SLOW_KEY = "ms=1000&over_ms=2000&size=%d&cc=max-age=600" % MIB


@pytest.fixture
def made(site, folder):
    caches.let_many_in()
    made = caches.Caches(site, folder)
    yield made
    made.close()


def lighttpd(made, cache="", route="", **attributes):
    return made.start(caches.Lighttpd, made.rules(cache, route), **attributes)


def assert_all_right(drinks, expect):
    assert verdicts(drinks, expect) == {"right": len(drinks)}, [
        d for d in drinks if caches.verdict(d, expect) != "right"][:3]


def test_a_thousand_for_one_cold_slow_key(made):
    """One request to the origin, and everyone reads along with it."""
    front = lighttpd(made)
    expect = body_of("/big", 1, MIB)

    async def story():
        first = asyncio.ensure_future(
            crowd(front, "/c/big?" + SLOW_KEY, CROWD - 1, expect=expect))
        # Comes when the origin is half through.
        await asyncio.sleep(2)
        late = await sip(front, "/c/big?" + SLOW_KEY, expect=expect)
        return await first, late

    drinks, late = asyncio.run(story())
    assert_all_right(drinks + [late], expect)
    await_true("the origin's end", lambda: all(
        s["end"] != "under way" for s in made.origin.seen("/big")))
    seen = made.origin.seen("/big")
    assert [s["end"] for s in seen] == ["whole"]
    behind = [d for d in drinks + [late] if d.first_at >= seen[0]["ended"]]
    print("took %.1f s, %d began after the origin's end" % (
        max(d.ended for d in drinks) - min(d.began for d in drinks),
        len(behind)))
    assert late.first_at < seen[0]["ended"], "the late one waited for the end"
    assert len(behind) < CROWD / 20
    how = collections.Counter("collapsed" in status_of(d) for d in drinks)
    assert how[True] >= 0.9 * CROWD, how

    hit = caches.ask(front, "/c/big?" + SLOW_KEY, expect=expect)
    assert "hit" in status_of(hit) and caches.verdict(hit, expect) == "right"
    assert len(made.origin.seen("/big")) == 1


def test_separate_processes_under_mod_fcgid(made):
    front = made.start(caches.Fcgid, made.rules())
    expect = body_of("/big", 1, MIB)
    drinks = asyncio.run(crowd(front, "/c/big?" + SLOW_KEY, 60,
                               expect=expect))
    assert_all_right(drinks, expect)
    assert len(made.origin.seen("/big")) == 1


def test_processes_of_cgi(made):
    front = made.start(caches.Cgi, made.rules())
    expect = body_of("/big", 1, MIB)
    drinks = asyncio.run(crowd(front, "/c/big?" + SLOW_KEY, 40,
                               expect=expect))
    assert_all_right(drinks, expect)
    assert len(made.origin.seen("/big")) == 1


def test_the_first_client_goes_away(made):
    front = lighttpd(made)
    expect = body_of("/left", 1, MIB)

    async def story():
        first = asyncio.ensure_future(sip(
            front, "/c/left?" + SLOW_KEY, expect=expect, leave_at=100000))
        await asyncio.sleep(0.3)
        others = await crowd(front, "/c/left?" + SLOW_KEY, 100, expect=expect)
        return await first, others

    first, others = asyncio.run(story())
    assert first.error == "left"
    assert_all_right(others, expect)
    assert len(made.origin.seen("/left")) == 1


def test_all_clients_go_away(made):
    """Whoever comes then gets all of it, whatever became of the fetch."""
    front = lighttpd(made)
    expect = body_of("/all-left", 1, MIB)
    target = "/c/all-left?" + SLOW_KEY
    drinks = asyncio.run(crowd(front, target, 20, expect=expect,
                               leave_at=100000))
    assert verdicts(drinks, expect) == {"left": 20}
    again = caches.ask(front, target, expect=expect)
    assert_all_right([again], expect)
    assert len(made.origin.seen("/all-left")) <= 2


@pytest.mark.parametrize("when", [0.5, 1.8], ids=["head", "body"])
def test_the_process_that_fetches_is_killed(made, when):
    """Before the head, the others get it from who is next.  After it their
    answers have begun with what will never end, and they see that."""
    front = lighttpd(made)
    path = "/killed-%d" % (10 * when)
    expect, target = body_of(path, 1, MIB), "/c%s?%s" % (path, SLOW_KEY)

    async def story():
        first = asyncio.ensure_future(crowd(front, target, 1, expect=expect))
        await asyncio.sleep(0.2)
        fetching = await asyncio.to_thread(who_talks_to, front, made.origin)
        assert len(fetching) == 1, fetching
        others = asyncio.ensure_future(
            crowd(front, target, 90, expect=expect))
        await asyncio.sleep(when - 0.2)
        held = len(open_files(fetching[0]))
        os.kill(fetching[0], signal.SIGKILL)
        return await others, await first, held

    others, first, held = asyncio.run(story())
    seen = made.origin.seen(path)
    print(verdicts(others, expect), held, [s["end"] for s in seen])
    counts = verdicts(others, expect)
    assert counts["wrong"] == 0 and not verdicts(first, expect)["wrong"]
    assert sum(counts[v] for v in ("right", "cut", "fault")) == 90, counts
    # Those that were in that process are lost: it held a descriptor for each.
    assert counts["right"] >= 90 - held or when > 1, counts
    assert len(seen) <= 4, seen
    again = caches.ask(front, target, expect=expect)
    assert_all_right([again], expect)


def who_talks_to(front, origin):
    """Workers with a connection to the origin."""
    inodes, port = set(), "%04X" % origin.port
    with open("/proc/net/tcp") as f:
        for line in list(f)[1:]:
            words = line.split()
            if words[2].endswith(":" + port) and words[3] == "01":
                inodes.add("socket:[%s]" % words[9])
    return [pid for pid in children(front.part.process.pid)
            if inodes & set(open_files(pid))]


def open_files(pid):
    out, folder = [], "/proc/%d/fd" % pid
    for name in os.listdir(folder):
        try:
            out.append(os.readlink(os.path.join(folder, name)))
        except OSError:
            pass
    return out


def test_an_origin_that_breaks_off(made):
    """Nobody takes it for whole, and it is not kept."""
    front = lighttpd(made, route="retries = 0")
    expect = body_of("/broken", 1, MIB)
    for how in ("", "&chunked=1"):
        target = "/c/broken?cut=400000" + how + "&" + SLOW_KEY
        drinks = asyncio.run(crowd(front, target, 100, expect=expect))
        counts = verdicts(drinks, expect)
        asked = len(made.origin.seen("/broken"))
        print(how, counts, asked, max(d.took for d in drinks))
        if how:
            # lighttpd ends chunks where a program breaks off.
            counts["cut"] += sum(d.got <= 400000 for d in drinks
                                 if caches.verdict(d, expect) == "wrong" and
                                 d.wrong is None)
        assert counts["cut"] + counts["fault"] == 100, counts
        assert asked <= 10, "everyone for himself"
        assert max(d.took for d in drinks) < 8 * SLOW, "told late"
        made.origin.forget()
        caches.ask(front, target, expect=expect)
        assert len(made.origin.seen("/broken")) == 1, "it was kept"
        made.origin.forget()


def test_another_body_is_not_gone_on_with(made):
    """What is deployed while somebody downloads is not put behind what there
    was, whoever read along with whom."""
    front = lighttpd(made)
    bodies = [body_of("/deployed", v, 400000) for v in (1, 2)]
    target = "/c/deployed?ms=300&over_ms=1500&size=400000&cc=max-age=600"

    async def story():
        many = asyncio.ensure_future(crowd(front, target, 20))
        await asyncio.sleep(0.6)
        made.origin.set("/deployed", v="2", cut="")
        return await many

    made.origin.set("/deployed", v="1", cut="200000")
    drinks = asyncio.run(story())
    assert [s["end"] for s in made.origin.seen("/deployed")][0] != "whole"
    for drink in drinks:
        expect = bodies[drink.get("etag") == '"2-"']
        assert not drink.whole or drink.body == expect, drink
        assert expect.startswith(drink.body), drink
    assert sum(not d.whole for d in drinks) >= 10
    again = caches.ask(front, target, expect=bodies[1])
    assert_all_right([again], bodies[1])


@pytest.mark.parametrize("when", ["ms", "over_ms"], ids=["head", "body"])
def test_what_is_purged_while_it_is_fetched(made, when):
    """Those who come after it share another fetch."""
    rules = made.rules()
    front = made.start(caches.Lighttpd, rules)
    target = "/c/purged?size=2000&cc=max-age=600&%s=2000" % when

    async def story():
        first = asyncio.ensure_future(crowd(front, target, 1))
        await asyncio.sleep(0.4)
        made.origin.set("/purged", v="2")
        await asyncio.to_thread(
            subprocess.run,
            [*made.site.wrapper, made.site.binary, "purge", "-c", rules,
             "http://site.test" + target],
            check=True, stdin=subprocess.DEVNULL, timeout=30)
        return await crowd(front, target, 40), await first

    late, first = asyncio.run(story())
    assert_all_right(first, body_of("/purged", 1, 2000))
    assert_all_right(late, body_of("/purged", 2, 2000))
    assert len(made.origin.seen("/purged")) == 2


@pytest.mark.parametrize("kind", [caches.Lighttpd, fronts.NginxUnix])
def test_too_long_for_the_store_and_for_the_client(made, kind):
    """Who reads what is stored, since he is slow, gets the rest of what no
    longer can be."""
    front = made.start(kind, made.rules("max_object = 1M"))
    expect = body_of("/long", 1, 4 * MIB)
    for how in ("", "&over_ms=1000"):
        target = "/c/long?chunked=1&size=%d&cc=max-age=600%s" % (4 * MIB, how)
        for slow in (0, 0.002):
            drink = asyncio.run(sip(front, target, expect=expect, slow=slow))
            assert_all_right([drink], expect)


@pytest.mark.parametrize("waste", ["part", "range"])
def test_what_one_client_asks_parts_no_crowd(made, waste):
    """An answer that is about a request, or a part that is stored, is no
    reason for everyone to fetch by himself."""
    front = lighttpd(made)
    target = "/c/odd?size=1000&cc=max-age=600"
    if waste == "part":
        made.origin.set("/odd", status="206", range="0-9/1000", size="10")
    else:
        made.origin.set("/odd", status="416", size="0")
    caches.ask(front, target, fields=[("Range", "bytes=0-9")])
    made.origin.set("/odd", status="", size="", range="", ms="500")
    made.origin.forget()
    expect = body_of("/odd", 1, 1000)
    drinks = asyncio.run(crowd(front, target, 20, expect=expect))
    assert_all_right(drinks, expect)
    assert len(made.origin.seen("/odd")) == 1


@pytest.mark.parametrize("how", ["private", "no-store"])
def test_each_his_own(made, how):
    """What turns out to be for one alone is fetched by all at once, without
    a queue."""
    front = lighttpd(made)
    target = "/c/own?own=1&ms=1000&size=1000&cc=" + how
    drinks = asyncio.run(crowd(front, target, 200))
    serials = {d.get("x-serial") for d in drinks}
    took = max(d.ended for d in drinks) - min(d.began for d in drinks)
    print("200 took %.1f s" % took)
    assert len(serials) == 200
    for drink in drinks:
        assert drink.status == 200 and drink.whole
        assert drink.body == body_of("/own", 1, 1000, drink.get("x-serial"))
    # The first one's second, and everyone's own.
    assert took < 3.5 * SLOW, took
    # It is known by then.
    drinks = asyncio.run(crowd(front, target, 200))
    took = max(d.ended for d in drinks) - min(d.began for d in drinks)
    print("200 more took %.1f s" % took)
    assert took < 3.5 * SLOW and len(
        {d.get("x-serial") for d in drinks} | serials) == 400


def test_each_variant_once(made):
    front = lighttpd(made)
    target = "/c/vary?vary=X-Kind&ms=300&over_ms=500&size=100000" \
        "&cc=max-age=600"
    kinds = ["a", "b", "c", "d", "e"]

    async def story():
        many = [crowd(front, target, 40, fields=[("X-Kind", kind)],
                      expect=body_of("/vary", 1, 100000, kind))
                for kind in kinds]
        return await asyncio.gather(*many)

    for kind, drinks in zip(kinds, asyncio.run(story())):
        assert_all_right(drinks, body_of("/vary", 1, 100000, kind))
    asked = collections.Counter(s.get("x-kind")
                                for s in made.origin.seen("/vary"))
    print(asked)
    # Before the first head is there nobody knows that it varies; then each
    # is asked for by whoever waited, in each process at most.
    assert set(asked) == set(kinds)
    assert max(asked.values()) <= 4, asked
    for kind in kinds:
        hit = caches.ask(front, target, fields=[("X-Kind", kind)],
                         expect=body_of("/vary", 1, 100000, kind))
        assert "hit" in status_of(hit)


def test_a_slow_reader_is_first(made):
    """It slows nobody else, and gets all of it in the end."""
    front = lighttpd(made)
    size = 8 * MIB
    expect = body_of("/slow", 1, size)
    target = "/c/slow?ms=300&size=%d&cc=max-age=600" % size

    async def story():
        slow = asyncio.ensure_future(sip(front, target, expect=expect,
                                         slow=0.1))
        await asyncio.sleep(0.1)
        others = await crowd(front, target, 30, expect=expect)
        return await slow, others

    slow, others = asyncio.run(story())
    assert_all_right(others + [slow], expect)
    assert max(d.took for d in others) < slow.took / 1.5, (
        slow.took, max(d.took for d in others))
    assert len(made.origin.seen("/slow")) == 1


def test_heads_and_ranges_in_the_crowd(made):
    front = lighttpd(made)
    size = 200000
    expect = body_of("/mixed", 1, size)
    target = "/c/mixed?ms=500&over_ms=1000&size=%d&cc=max-age=600" % size
    ranges = [(0, 99), (1000, 1999), (size - 500, size - 1)]

    async def story():
        gets = crowd(front, target, 60, expect=expect)
        heads = crowd(front, target, 30, method="HEAD")
        parts = [crowd(front, target, 10,
                       fields=[("Range", "bytes=%d-%d" % r)]) for r in ranges]
        return await asyncio.gather(gets, heads, *parts)

    gets, heads, *parts = asyncio.run(story())
    assert_all_right(gets, expect)
    for drink in heads:
        assert drink.status == 200 and drink.get("etag") == '"1-"'
        assert drink.get("content-length") in (None, str(size))
    for (first, last), drinks in zip(ranges, parts):
        for drink in drinks:
            # The origin knows no ranges: what went past the cache is whole.
            assert drink.status in (200, 206) and drink.whole, drink
            assert drink.body == (expect if drink.status == 200 else
                                  expect[first:last + 1])
    # HEAD and ranges wait for nobody: they are soon answered.
    asked = collections.Counter((s["method"], "range" in s)
                                for s in made.origin.seen("/mixed"))
    print(asked)
    assert asked["GET", False] == 1, asked


def test_waiting_has_an_end(made):
    """collapse_timeout: then everyone asks for himself."""
    front = lighttpd(made, cache="collapse_timeout = 500ms")
    target = "/c/patience?ms=2000&size=1000&cc=max-age=600"
    expect = body_of("/patience", 1, 1000)
    drinks = asyncio.run(crowd(front, target, 20, expect=expect))
    assert_all_right(drinks, expect)
    assert max(d.took for d in drinks) < 4 * SLOW
    assert len(made.origin.seen("/patience")) == 20

    made.origin.forget()
    target = target.replace("patience", "never")
    front = lighttpd(made, cache="collapse_timeout = 0s")
    drinks = asyncio.run(crowd(front, target, 20,
                               expect=body_of("/never", 1, 1000)))
    assert_all_right(drinks, body_of("/never", 1, 1000))
    assert len(made.origin.seen("/never")) == 20


def test_an_origin_that_hangs_holds_nobody(made):
    """The one that asked gets 504, and those who waited do, not one after
    the other."""
    front = lighttpd(made, cache="collapse_timeout = 3s",
                     route="first_byte_timeout = 1s\nretries = 0")
    began = time.monotonic()
    drinks = asyncio.run(crowd(front, "/c/hang?hang=1", 50))
    assert {d.status for d in drinks} == {504}
    assert time.monotonic() - began < 7 * SLOW
    asked = len(made.origin.seen("/hang"))
    print(asked, "asked, took %.1f" % (time.monotonic() - began))


def files_held(pid):
    """Without connections, which are kept for the next request."""
    return [f for f in open_files(pid) if not f.startswith("socket:")]


def test_nothing_is_left_behind(made):
    """Descriptors and files in the making, when all is over."""
    front = lighttpd(made)
    workers = descendants(front.part.process.pid)
    caches.ask(front, "/c/warm?cc=max-age=9")
    before = {w: len(files_held(w)) for w in workers}
    for n, options in enumerate([{}, {"leave_at": 1000}, {"method": "HEAD"}]):
        target = "/c/left-%d?ms=100&over_ms=300&size=100000&cc=max-age=60" % n
        asyncio.run(crowd(front, target, 100, **options))
    await_true("all is closed again", lambda: all(
        len(files_held(w)) <= before[w] for w in workers))
    await_true("nothing is in the making", lambda: not [
        n for n in caches.files_of(made.path) if n.startswith("tmp/")])
