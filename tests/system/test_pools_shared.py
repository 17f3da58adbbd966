"""Pools: the file that processes share is advice, and safe to have."""

import os
import random
import re
import shutil
import stat
import subprocess
import sys
import threading
import time

import pytest

import crowd
import fcgi
import fronts
from pools import targets
from processes import PATIENCE_S, await_true, children, memory_kib

SLOW = float(os.environ.get("FINGERPOST_SLOWNESS", "1"))
LIFE_S = 15  # BOARD_LIFE_MS


def works(serve, n=30):
    results = crowd.send(serve.address, targets(n), 4)
    assert not crowd.failures(results)
    assert crowd.counts(results) == {"a": n / 3, "b": n / 3, "c": n / 3}


def words_about(serve, path):
    """The lines of the log that speak of the file."""
    return [line for line in serve.process.output().splitlines()
            if path in line]


# ---- where it is, and whose ----

@pytest.mark.short
def test_it_is_ours_alone(three, start_serve):
    serve = start_serve(three.rules(), workers=2)
    works(serve)
    s = os.lstat(three.region)
    assert stat.S_ISREG(s.st_mode) and stat.S_IMODE(s.st_mode) == 0o600
    assert (s.st_uid, s.st_nlink) == (os.geteuid(), 1)
    # None of its makings are left over.
    assert [n for n in os.listdir(three.folder) if n.startswith("region")] \
        == ["region"]
    assert words_about(serve, three.region) == []


def mapped_regions(pid):
    with open("/proc/%d/maps" % pid) as f:
        return {line.split()[5] for line in f if "/fingerpost-" in line}


def test_where_it_is_by_itself(three, start_serve):
    """Without the key: one for the rule file, where the system has room."""
    path = three.rules()
    with open(path) as f:
        text = f.read().replace("shared_file", "# shared_file")
    with open(path, "w") as f:
        f.write(text)
    serves = [start_serve(path, workers=1) for _ in range(2)]
    for serve in serves:
        works(serve)
    there = [mapped_regions(pid) for s in serves
             for pid in children(s.process.pid)]
    try:
        assert len(there) == 2 and there[0] == there[1]
        name, = there[0]
        assert re.fullmatch("(/dev/shm|/tmp)/fingerpost-%d-[0-9a-f]+"
                            % os.geteuid(), name)
        s = os.lstat(name)
        assert stat.S_IMODE(s.st_mode) == 0o600
    finally:
        for name in there[0]:
            os.unlink(name)


def link(path, folder):
    os.symlink(os.path.join(folder, "victim"), path)


def dangling(path, folder):
    os.symlink(os.path.join(folder, "nothing"), path)


def hard_link(path, folder):
    os.link(os.path.join(folder, "victim"), path)


def a_folder(path, folder):
    os.mkdir(path)


def a_fifo(path, folder):
    os.mkfifo(path, 0o600)


def something_else(path, folder):
    shutil.copy(os.path.join(folder, "victim"), path)
    os.chmod(path, 0o600)


def another_users(path, folder):
    something_else(path, folder)
    if not fronts.ROOT:
        pytest.skip("needs root")
    shutil.chown(path, fronts.WEB_USER)


@pytest.mark.parametrize("there", [link, dangling, hard_link, a_folder,
                                   a_fifo, something_else, another_users],
                         ids=lambda f: f.__name__)
def test_what_is_there_is_left_alone(three, start_serve, there):
    """It works alone then, and says so once."""
    with open(os.path.join(three.folder, "victim"), "w") as f:
        f.write("precious\n" * 1000)
    there(three.region, three.folder)
    before = os.lstat(three.region)
    serve = start_serve(three.rules(), workers=1)
    works(serve)
    time.sleep(2.5)  # it looks again, and finds the same
    works(serve)
    after = os.lstat(three.region)
    assert (before.st_ino, before.st_mode, before.st_size, before.st_uid) == (
        after.st_ino, after.st_mode, after.st_size, after.st_uid)
    with open(os.path.join(three.folder, "victim")) as f:
        assert f.read() == "precious\n" * 1000
    assert not os.path.exists(os.path.join(three.folder, "nothing"))
    assert len(words_about(serve, three.region)) == 1
    assert serve.stop() == 0


def test_one_open_to_others(three, start_serve):
    """Who could have written there could have written anything."""
    first = start_serve(three.rules(), workers=1)
    works(first)
    first.stop()
    os.chmod(three.region, 0o666)
    serve = start_serve(three.rules(), workers=1)
    works(serve)
    assert len(words_about(serve, three.region)) == 1


def test_a_folder_that_cannot_be_had(three, start_serve):
    three.region = "/nonexistent/folder/region"
    serve = start_serve(three.rules(), workers=1)
    works(serve)
    assert len(words_about(serve, three.region)) == 1


# ---- layouts ----

LAYOUT_AT = 8  # behind the magic number


def written_layout(path, change=0):
    with open(path, "r+b") as f:
        f.seek(LAYOUT_AT)
        layout = int.from_bytes(f.read(4), sys.byteorder)
        if change:
            f.seek(LAYOUT_AT)
            f.write((layout + change).to_bytes(4, sys.byteorder))
    return layout


def test_an_older_layout_is_replaced(three, start_serve):
    first = start_serve(three.rules(), workers=1)
    works(first)
    first.stop()
    layout = written_layout(three.region, -1)
    number = os.stat(three.region).st_ino
    serve = start_serve(three.rules(), workers=1)
    works(serve)
    assert os.stat(three.region).st_ino != number
    assert written_layout(three.region) == layout


def test_a_newer_layout_is_left_to_the_newer_program(three, start_serve):
    """An old program beside a new one: it works alone."""
    first = start_serve(three.rules(), workers=1)
    works(first)
    written_layout(three.region, +1)
    with open(three.region, "rb") as f:
        before = f.read()
    second = start_serve(three.rules(), workers=1)
    works(second)
    assert len(words_about(second, three.region)) == 1
    first.stop()
    time.sleep(1.5)
    works(second)
    with open(three.region, "rb") as f:
        assert f.read(16) == before[:16]


# ---- noise ----

NOISE = """
import os, random, sys, time
path, folder, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
random.seed(int(sys.argv[4]))
end, done = time.monotonic() + seconds, 0

def fill(size):
    with open(path, "r+b") as f:
        whole = os.fstat(f.fileno()).st_size
        f.seek(random.randrange(max(1, whole)))
        f.write(random.randbytes(size))

def replace():
    with open(path + ".noise", "wb") as f:
        f.write(random.randbytes(random.choice((0, 10, 4096, 100000))))
    os.rename(path + ".noise", path)

ACTS = (lambda: fill(8), lambda: fill(64), lambda: fill(4096),
        lambda: fill(300000), lambda: os.truncate(path, 0),
        lambda: os.truncate(path, random.randrange(1 << 20)),
        lambda: os.unlink(path), replace)
while time.monotonic() < end:
    try:
        random.choices(ACTS, (20, 20, 20, 5, 1, 1, 1, 1))[0]()
        done += 1
    except FileNotFoundError:
        pass
    time.sleep(0.004)
print(done)
"""


def test_noise(three, start_serve):
    """Whatever happens to it, requests are answered, and by whom they
    should."""
    other = three.add().start()
    rules = three.rules(
        "balance = least-connections\nhealth_path = /up\n"
        "health_interval = 200ms", members=three.members[:3],
        more="[q]\npath = /q\norigin = %s\n" % other.url)
    serves = [start_serve(rules, workers=2), start_serve(rules, workers=1)]
    for serve in serves:
        assert not crowd.failures(crowd.send(serve.address, targets(50)))
    before = {p: memory_kib(p) for s in serves
              for p in children(s.process.pid)}
    seed = random.randrange(1 << 30)
    noise = subprocess.Popen(
        [sys.executable, "-c", NOISE, three.region, three.folder, "10",
         str(seed)], stdout=subprocess.PIPE, text=True)
    n = 0
    try:
        while noise.poll() is None:
            wanted = ["/%s/x?id=%d" % ("pq"[i % 2], i) for i in range(200)]
            results = crowd.send([s.address for s in serves], wanted, 16)
            n += len(results)
            assert not crowd.failures(results), seed
            for i, r in enumerate(results):
                assert r.json()["id"] == str(i), seed
                assert (r.server == "d") == (i % 2 == 1), seed
    finally:
        noise.kill()
        noise.wait()
    done = noise.stdout.read()
    print("%d requests, %s acts" % (n, done.strip()))
    noise.stdout.close()
    after = {p: memory_kib(p) for s in serves
             for p in children(s.process.pid)}
    assert set(after) == set(before), "a worker was replaced"
    for pid, kib in after.items() if SLOW <= 1 else ():  # sanitizers hoard
        assert kib < before[pid] + 16384, (pid, before, after)
    # Random bytes in its place are nobody's to remove, but ours; then it is
    # made anew.
    if os.path.exists(three.region):
        os.unlink(three.region)
    await_true("it is there", lambda: os.path.exists(three.region))
    assert stat.S_IMODE(os.stat(three.region).st_mode) == 0o600
    for serve in serves:
        assert serve.stop() == 0
        assert len(serve.process.output()) < 200000


def test_zeros(three, start_serve):
    """All that was known is forgotten, and found out again."""
    serve = start_serve(three.rules("fail_after = 1\nrecover_after = 5m"),
                        workers=2)
    three["a"].kill()
    assert not crowd.failures(crowd.send(serve.address, targets(30), 4))
    size = os.stat(three.region).st_size
    with open(three.region, "r+b") as f:
        f.seek(4096)
        f.write(bytes(size - 4096))
    results = crowd.send(serve.address, targets(60), 4)
    assert not crowd.failures(results)
    three["a"].start()
    with open(three.region, "r+b") as f:
        f.seek(4096)
        f.write(bytes(size - 4096))
    await_true("a is back", lambda: "a" in crowd.counts(
        crowd.send(serve.address, targets(9), 2)))


# ---- killed ----

def test_a_killed_worker_leaves_nothing_behind(herd, start_serve):
    """What it had under way is no longer counted soon after."""
    herd.grow(1)
    serve = start_serve(herd.rules("queue_timeout = 60s", {"a": "max=2"}),
                        workers=1)
    held = [fcgi.Connection(serve.address) for _ in range(2)]
    for connection in held:
        connection.send(fcgi.whole_request("/p/x?id=held&hang=1"))
    await_true("both are under way", lambda: herd["a"].stats()["now"] == 2)
    worker, = children(serve.process.pid)
    os.kill(worker, 9)
    for connection in held:
        connection.socket.close()
    await_true("another worker is there", lambda: children(
        serve.process.pid) not in ([], [worker]))
    began = time.monotonic()
    results = crowd.send(serve.address, targets(4, "&ms=50"), 4, patience=60)
    assert not crowd.failures(results)
    assert time.monotonic() - began < (LIFE_S + 2) * SLOW
    assert herd["a"].stats()["peak"] == 2


def test_killed_all_the_time(three, start_serve):
    """Workers die every so often; those who come after find their way."""
    serve = start_serve(three.rules("balance = least-connections"),
                        workers=2)
    stop = threading.Event()

    def kill():
        while not stop.wait(0.3):
            workers = children(serve.process.pid)
            if workers:
                try:
                    os.kill(workers[0], 9)
                except ProcessLookupError:
                    pass
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            for r in crowd.send(serve.address, targets(100), 8):
                # Broken off where its worker died, and never wrong.
                assert r.error or r.status == 200
    finally:
        stop.set()
        killer.join()
    await_true("there are two again", lambda: len(children(
        serve.process.pid)) == 2, PATIENCE_S)
    results = crowd.send(serve.address, targets(300), 8)
    assert not crowd.failures(results)
    assert set(crowd.counts(results)) == {"a", "b", "c"}
    assert os.path.exists(three.region)
