"""A worker's memory does not grow with what is stored, with who reads it, or
with how slowly."""

import array
import asyncio
import os
import subprocess
import sys
import threading

import pytest

import caches
from processes import children, memory_kib

pytestmark = pytest.mark.bulk

MIB = 1 << 20
STORED, GROWING = 100 * MIB, 300 * MIB
READERS = 256
# 10 MiB for the worker, 128 KiB for each reader, 16 for chance.
BOUND_KIB = (10 + 16) * 1024 + READERS * 128


@pytest.fixture
def made(site, folder):
    caches.let_many_in()
    made = caches.Caches(site, folder)
    made.origin.stop()
    tool = os.path.join(site.folder, "bulk-for-cache")
    subprocess.run(["cc", "-O2", "-Wall", "-o", tool,
                    os.path.join(os.path.dirname(__file__), "bulk.c")],
                   check=True)
    popen = subprocess.Popen([tool, "origin"], stdout=subprocess.PIPE,
                             stdin=subprocess.DEVNULL, text=True)
    made.origin.url = "http://127.0.0.1:%d" % int(popen.stdout.readline())
    made.tool = tool
    yield made
    popen.kill()
    popen.wait()
    popen.stdout.close()
    made.close()


def words(size):
    """The beginning of each body: eight bytes say where they are."""
    out = array.array("Q", range(size // 8))
    if sys.byteorder == "big":
        out.byteswap()
    return out.tobytes()


def get(made, front, size):
    done = subprocess.run(
        [made.tool, "get", str(front.port), "/c/%d" % size, str(size)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=80)
    assert done.returncode == 0, done


def test_memory_of_a_worker(made):
    rules = made.rules("max_size = 1G\nmax_object = 400M",
                       "cache_ttl = 10m\ncompress = no")
    front = made.start(caches.Lighttpd, rules, workers=1)
    worker = children(front.part.process.pid)[0]
    get(made, front, STORED)
    alone = memory_kib(worker, "VmHWM")
    expect = words(40 * MIB)
    growing = threading.Thread(target=get, args=(made, front, GROWING))

    async def story():
        readers = asyncio.ensure_future(caches.crowd(
            front, "/c/%d" % STORED, READERS, expect=expect, slow=0.5,
            leave_at=30 * MIB, patience=12))
        await asyncio.sleep(1)
        growing.start()
        return await readers

    drinks = asyncio.run(story())
    growing.join(80)
    assert not growing.is_alive()
    peak = memory_kib(worker, "VmHWM")
    print("alone %d KiB, with %d readers %d KiB" % (alone, READERS, peak))
    assert all(d.status == 200 and d.wrong is None and d.got > 0
               for d in drinks)
    assert not any(d.whole for d in drinks)
    assert {"hit" in caches.status_of(d) for d in drinks} == {True}
    assert peak < BOUND_KIB, peak
    # Both are there, whole, for whoever reads faster.
    made_by = len(caches.entries_of(made.path))
    for size in (STORED, GROWING):
        get(made, front, size)
    assert len(caches.entries_of(made.path)) == made_by
    assert children(front.part.process.pid) == [worker]
