"""What can be wrong with the place where responses are kept: everything is
answered as without a cache, it is said once, and all is well when the reason
goes."""

import asyncio
import contextlib
import os
import random
import shutil
import stat
import subprocess
import time
import types

import pytest

import caches
import fronts
from caches import SLOW, ask, body_of, entries_of, files_of
from processes import await_true, children, free_port

SIZE = 3000
KIB = 1 << 10


@pytest.fixture
def made(site, folder):
    caches.let_many_in()
    made = caches.Caches(site, folder)
    if fronts.ROOT:
        # `serve` runs as root here: the folder's parent may be anyone's.
        os.chmod(made.room, 0o755)
    yield made
    made.close()


class Ported(caches.Lighttpd):
    """For a user who may not make a socket in our folders."""

    def setup(self):
        port = free_port()
        self.part = self.serve("127.0.0.1:%d" % port, workers=1)
        self.lighttpd("""
fastcgi.server = ("/" => ((
    "host" => "127.0.0.1", "port" => %d, "check-local" => "disable")))
""" % port)


def start(made, cache="", route="", wrapper=(), workers=1,
          kind=caches.Lighttpd):
    made.site = types.SimpleNamespace(
        binary=made.site.binary, wrapper=[*made.site.wrapper, *wrapper])
    return made.start(kind, made.rules(cache, route),
                      workers=workers)


def get(front, name, size=SIZE, more=""):
    """The serial number of the origin's answer, whose bytes are right."""
    drink = ask(front, "/c/%s?size=%d&cc=max-age=600%s" % (name, size, more),
                patience=15 * SLOW)
    assert drink.status == 200 and drink.whole, drink
    assert bytes(drink.body) == body_of("/" + name, 1, size)
    return drink.get("x-serial")


def is_kept(front, name, **more):
    return get(front, name, **more) == get(front, name, **more)


def assert_without(front, n=3):
    for i in range(n):
        assert not is_kept(front, "without-%d" % i)


def await_kept(front, patience=5):
    names = iter(range(10000))

    def kept():
        time.sleep(0.1)
        return is_kept(front, "again-%d" % next(names))
    await_true("responses are kept again", kept, patience * SLOW)


def said(front):
    """Lines of the log about the place, without the one that all is well."""
    return [line for line in front.log().splitlines()
            if "cache " in line and "are kept and found" not in line]


def assert_said_once(front, words=""):
    lines = said(front)
    assert len(lines) == 1 and words in lines[0], front.log()


@contextlib.contextmanager
def mounted(path, options):
    os.makedirs(path, exist_ok=True)
    if not fronts.ROOT or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", path],
            capture_output=True).returncode:
        pytest.skip("may not mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def remount(path, options):
    subprocess.run(["mount", "-o", "remount," + options, path], check=True)


def test_no_folder_yet(made):
    made.path = os.path.join(made.room, "later", "cache")
    front = start(made)
    assert_without(front)
    assert_said_once(front, "No such file")
    os.mkdir(os.path.dirname(made.path))
    await_kept(front)
    assert stat.S_IMODE(os.stat(made.path).st_mode) == 0o700
    assert_said_once(front)


def test_deleted_while_serving(made):
    front = start(made, workers=2)
    await_kept(front)
    shutil.rmtree(made.path)
    assert get(front, "there")
    await_kept(front)
    assert os.path.isdir(made.path)
    # With its parent, too.
    shutil.rmtree(made.room)
    assert get(front, "there")
    time.sleep(1.5)
    assert_without(front)
    os.mkdir(made.room)
    await_kept(front)


def test_exchanged_while_serving(made):
    """Another folder in its place: nothing of the old one is lost or mixed."""
    front = start(made)
    first = get(front, "one")
    os.rename(made.path, made.path + ".old")
    await_true("the new one is in use",
               lambda: is_kept(front, "two") and os.path.isdir(made.path))
    assert get(front, "one") != first
    shutil.rmtree(made.path)
    os.rename(made.path + ".old", made.path)
    await_true("the old one is back", lambda: get(front, "one") == first)


def writable(path, yes):
    for at, _, _ in os.walk(path):
        os.chmod(at, 0o700 if yes else 0o500)


@pytest.mark.skipif(not fronts.ROOT, reason="needs another user")
def test_read_only(made):
    """As another user, since nothing is closed to root."""
    shutil.chown(made.room, fronts.WEB_USER)
    front = start(made, kind=Ported, wrapper=[
        "setpriv", "--reuid=" + fronts.WEB_USER, "--regid=" + fronts.WEB_USER,
        "--clear-groups"])
    kept = get(front, "kept")
    assert get(front, "kept") == kept
    writable(made.path, False)
    assert get(front, "kept") == kept, "what is there may still be found"
    assert_without(front)
    assert_said_once(front, "Permission denied")
    writable(made.path, True)
    await_kept(front)
    assert get(front, "kept") == kept


def test_read_only_from_the_start(made):
    with mounted(made.path, "size=8m,mode=0700,ro"):
        front = start(made)
        assert_without(front)
        assert_said_once(front, "Read-only")
        remount(made.path, "rw")
        await_kept(front)
        front.stop()


def test_disk_full(made):
    """Small objects still fit now and then: each answer is right."""
    with mounted(made.path, "size=1m,mode=0700"):
        front = start(made)
        for i in range(30):
            assert get(front, "much-%d" % i, size=100 * KIB)
            assert get(front, "much-%d" % i, size=100 * KIB)
        assert len(said(front)) == 1, front.log()
        # One that can never fit, while it is sent.
        get(front, "large", size=3000 * KIB)
        get(front, "large", size=3000 * KIB, more="&chunked=1")
        remount(made.path, "size=64m")
        await_kept(front)
        front.stop()


def test_limit_of_file_size(made):
    """Which comes as a signal to those who do not ask for none."""
    front = start(made, wrapper=["prlimit", "--fsize=%d" % (100 * KIB)])
    workers = children(front.part.process.pid)
    # The store's own files may be larger than that.
    for i in range(3):
        get(front, "small-%d" % i)
        get(front, "large-%d" % i, size=300 * KIB)
        get(front, "large-%d" % i, size=300 * KIB, more="&chunked=1")
    assert children(front.part.process.pid) == workers, front.log()
    assert len(said(front)) <= 1, front.log()


def garble(path, how):
    """One stored file becomes something else; False: that cannot be."""
    if how == "folder":
        os.unlink(path)
        os.mkdir(path)
    elif how == "fifo":
        os.unlink(path)
        os.mkfifo(path)
    elif how == "link":
        os.unlink(path)
        os.symlink("/etc/passwd", path)
    elif how == "empty":
        os.truncate(path, 0)
    elif how == "half":
        os.truncate(path, os.path.getsize(path) // 2)
    elif how == "one less":
        os.truncate(path, os.path.getsize(path) - 1)
    elif how == "noise":
        with open(path, "r+b") as f:
            f.write(random.Random(1).randbytes(os.path.getsize(path)))
    elif how == "zeros":
        with open(path, "r+b") as f:
            f.write(bytes(os.path.getsize(path)))
    elif how == "head":
        with open(path, "r+b") as f:
            f.seek(90)
            byte = f.read(1)
            f.seek(90)
            f.write(bytes([byte[0] ^ 64]))
    elif how == "closed":
        os.chmod(path, 0)
    elif how == "swapped":
        others = [n for n in entries_of(made_path(path)) if
                  not path.endswith(n) and not n.startswith("tmp/")]
        shutil.copy(os.path.join(made_path(path), others[0]), path)


def made_path(path):
    return os.path.dirname(os.path.dirname(os.path.dirname(path)))


GARBLED = ["folder", "fifo", "link", "empty", "half", "one less", "noise",
           "zeros", "head", "closed", "swapped"]


@pytest.mark.parametrize("size", [SIZE, 200 * KIB])
def test_garbled_entries(made, size):
    front = start(made, cache="memory = 0")
    for n, how in enumerate(GARBLED):
        before = set(entries_of(made.path))
        serial = get(front, "garbled-%d" % n, size=size)
        new = [f for f in entries_of(made.path)
               if f not in before and not f.startswith("tmp/")]
        assert get(front, "garbled-%d" % n, size=size) == serial
        assert len(new) >= 1, "not kept in a file"
        for name in new:
            garble(os.path.join(made.path, name), how)
        began = time.monotonic()
        get(front, "garbled-%d" % n, size=size)
        get(front, "garbled-%d" % n, size=size)
        assert time.monotonic() - began < 3 * SLOW, how


def test_filled_with_garbage(made):
    """Files that are not ours, in every place, and the state of noise."""
    front = start(made, cache="max_size = 1M")
    serial = get(front, "mine")
    noise = random.Random(2)
    shards = [os.path.join(made.path, d) for d in os.listdir(made.path)
              if len(d) == 2]
    for at in [made.path, os.path.join(made.path, "tmp"), *shards]:
        for name in ("core", ".htaccess", "x" * 200, "0123456789abcdef",
                     "\xff\xfe", "-rf"):
            with contextlib.suppress(OSError):
                with open(os.path.join(at, name), "wb") as f:
                    f.write(noise.randbytes(2000))
    assert get(front, "mine") == serial
    for name in ("state", "prefixes"):
        with open(os.path.join(made.path, name), "wb") as f:
            f.write(noise.randbytes(70000))
        for i in range(3):
            get(front, "%s-%d" % (name, i))
        await_kept(front)
    # Traffic that must make room goes round what is not ours.
    for i in range(60):
        get(front, "room-%d" % i, size=50 * KIB)
    assert os.path.exists(os.path.join(made.path, "core"))


@pytest.mark.parametrize("what", ["file", "link", "fifo", "others"])
def test_no_folder_of_ours(made, what):
    elsewhere = os.path.join(made.folder, "elsewhere")
    os.mkdir(elsewhere, 0o700)
    if what == "file":
        open(made.path, "w").close()
    elif what == "link":
        os.symlink(elsewhere, made.path)
    elif what == "fifo":
        os.mkfifo(made.path)
    else:
        os.mkdir(made.path)
        os.chmod(made.path, 0o777)
    front = start(made)
    assert_without(front)
    assert_said_once(front, "not a folder of ours")
    assert not os.listdir(elsewhere)
    (os.rmdir if what == "others" else os.unlink)(made.path)
    await_kept(front)


def test_another_users(made):
    if not fronts.ROOT:
        pytest.skip("needs another user")
    os.mkdir(made.path, 0o700)
    shutil.chown(made.path, fronts.WEB_USER)
    front = start(made)
    assert_without(front)
    assert_said_once(front, "not a folder of ours")
    shutil.chown(made.path, "root")
    await_kept(front)


def test_small_room(made):
    """max_size is a bound on what lies there, whatever comes."""
    room = 2 << 20
    front = start(made, cache="max_size = 2M", workers=2)
    most = 0
    for start_at in range(0, 400, 40):
        async def some():
            await asyncio.gather(*(caches.sip(
                front, "/c/much-%d?size=%d&cc=max-age=600" % (
                    i, 20 * KIB + 997 * (i % 50)))
                for i in range(start_at, start_at + 40)))
        asyncio.run(some())
        most = max(most, sum(entries_of(made.path).values()))
    print("at most %d KiB of %d" % (most // KIB, room // KIB))
    # A sixteenth, and what was in the making.
    assert most <= room * 17 / 16 + 40 * 80 * KIB
    await_true("it is below its bound", lambda: sum(
        entries_of(made.path).values()) <= room * 17 / 16 + 200 * KIB)
    assert is_kept(front, "another")
    assert not said(front), front.log()


def test_large_objects(made):
    """max_object: sent, and not kept, though it be said late."""
    front = start(made, cache="max_object = 10K")
    for n, more in enumerate(("", "&chunked=1")):
        assert is_kept(front, "at-%d" % n, size=10 * KIB, more=more)
        assert not is_kept(front, "above-%d" % n, size=10 * KIB + 1,
                           more=more)
        assert not is_kept(front, "far-%d" % n, size=900 * KIB, more=more)
    assert not said(front), front.log()
    assert not [n for n in files_of(made.path) if n.startswith("tmp/")]


@pytest.mark.parametrize("limit", [48, 128])
def test_few_descriptors(made, limit):
    """128 are enough for so many without a cache.  48 are not: then it is
    said, and nothing is wrong with what is answered all the same."""
    front = start(made, wrapper=["prlimit", "--nofile=%d:%d" % (limit, limit)])
    expect = body_of("/few", 1, 100 * KIB)
    good = {"right"} if limit == 128 else {"right", "fault"}
    right = 0

    async def ask_all(differ):
        return await asyncio.gather(*(caches.sip(
            front, "/c/few?size=%d&cc=max-age=600&ms=50&k=%d" % (
                100 * KIB, i % differ), expect=expect) for i in range(60)))

    for differ in (1, 1, 30, 60, 60):
        counts = caches.verdicts(asyncio.run(ask_all(differ)), expect)
        print(limit, differ, counts)
        assert set(counts) <= good, front.log()
        right += counts["right"]
    assert right >= 100
    assert len(said(front)) <= 2, front.log()
    await_kept(front, 10)
