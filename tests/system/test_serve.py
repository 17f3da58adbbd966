"""fingerpost serve: workers, reload, a graceful end, its logs."""

import os
import re
import signal
import subprocess
import time

import pytest

import fcgi
from origins import TEXT
from processes import Process, await_true, children, free_port, memory_kib


def get(serve, target, **options):
    return fcgi.fetch(serve.address, target, **options)


@pytest.fixture
def rules(site, folder):
    """Rules of the test's own, to be edited."""
    def write(text=None, head=""):
        path = os.path.join(folder, "own.ini")
        # As an editor does it that saves by renaming.
        with open(path + ".new", "w") as f:
            f.write(head + (text or site.rules_text()))
        os.rename(path + ".new", path)
        return path
    return write


EXTRA = "\n[extra]\npath = /extra\norigin = %s\n"


@pytest.mark.short
def test_serve_tcp(start_serve):
    serve = start_serve(listen="127.0.0.1:%d" % free_port())
    assert get(serve, "/app/text/10").body == TEXT[:10]
    assert serve.stop() == 0


def test_workers(start_serve):
    serve = start_serve(workers=3)
    assert get(serve, "/app/text/10").status == 200
    assert len(children(serve.process.pid)) == 3


def extra_is_there(serve):
    return get(serve, "/extra/text/10").status == 200


@pytest.mark.shortest
def test_reload_on_signal(start_serve, rules, site):
    serve = start_serve(rules())
    assert get(serve, "/extra/x").status == 404
    rules(site.rules_text() + EXTRA % site.origin.url)
    serve.process.signal(signal.SIGHUP)
    await_true("the new route answers", lambda: extra_is_there(serve))
    assert get(serve, "/app/text/10").status == 200


@pytest.mark.parametrize("in_place", [False, True])
def test_reload_on_edit(start_serve, rules, site, in_place):
    path = rules()
    serve = start_serve(path)
    assert get(serve, "/extra/x").status == 404
    text = EXTRA % site.origin.url
    if in_place:
        with open(path, "a") as f:
            f.write(text)
    else:
        rules(site.rules_text() + text)
    await_true("the new route answers", lambda: extra_is_there(serve))


@pytest.mark.parametrize("how", ["edit", "signal"])
def test_bad_edit_keeps_the_last_good_rules(start_serve, rules, site, how):
    serve = start_serve(rules())
    good = site.rules_text()
    line = good.count("\n") + 5
    rules(good + "\n[extra]\npath = /extra\norigin = http://127.0.0.1:1\n"
          "connect_timeout = soon\n")
    if how == "signal":
        serve.process.signal(signal.SIGHUP)
    await_true("the log names file and line", lambda: "own.ini:%d" % line
               in serve.process.output())
    assert get(serve, "/app/text/10").body == TEXT[:10]
    assert get(serve, "/extra/x").status == 404
    rules(good + EXTRA % site.origin.url)
    if how == "signal":
        serve.process.signal(signal.SIGHUP)
    await_true("the mended rules answer", lambda: extra_is_there(serve))


def test_reload_spares_what_runs(start_serve, rules, site):
    serve = start_serve(rules())
    with fcgi.Connection(serve.address) as c:
        c.send(fcgi.whole_request("/app/slow?s=20&id=reload"))
        assert site.origin.wait_for("reload", "request", 10)
        rules("[extra]\npath = /extra\norigin = %s\n" % site.origin.url)
        serve.process.signal(signal.SIGHUP)
        await_true("the new rules answer", lambda: extra_is_there(serve))
        assert get(serve, "/app/text/10").status == 404
        site.origin.gate("reload").set()
        assert c.read_answer().parse().body == b"slow\n"


@pytest.mark.short
@pytest.mark.shortest
def test_graceful_stop(start_serve, site):
    """What runs is finished, nothing new begins, the exit code is 0."""
    serve = start_serve(workers=1)
    with fcgi.Connection(serve.address) as c:
        c.send(fcgi.whole_request("/app/slow?s=20&id=stop"))
        assert site.origin.wait_for("stop", "request", 10)
        serve.process.signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            serve.process.wait(0.3)
        site.origin.gate("stop").set()
        assert c.read_answer().parse().body == b"slow\n"
    assert serve.process.wait() == 0


def test_stop_is_bounded(start_serve, rules):
    serve = start_serve(rules(head="[fingerpost]\nstop_timeout = 300ms\n"))
    with fcgi.Connection(serve.address) as c:
        c.send(fcgi.whole_request("/app/forever"))
        assert c.read_record()[0] == fcgi.STDOUT
        serve.process.signal(signal.SIGTERM)
        assert serve.process.wait(10) == 0


def test_stop_while_workers_start(site, folder):
    """No moment at which a worker would swallow the signal: the socket is
    there before the workers are."""
    path = os.path.join(folder, "s")
    for i in range(40):
        serve = Process([*site.wrapper, site.binary, "serve", "-c",
                         site.rules, "--listen", "unix:" + path,
                         "--workers", "4"], os.path.join(folder, "log"))
        while not os.path.exists(path):
            assert serve.popen.poll() is None, serve.output()
        time.sleep(i / 4000)
        serve.signal(signal.SIGTERM)
        assert serve.wait(10) == 0


def test_stop_does_not_wait_for_idle_connections(start_serve):
    """Apache holds kept connections open for long."""
    serve = start_serve()
    with fcgi.Connection(serve.address) as c:
        c.send(fcgi.whole_request("/app/text/10", flags=fcgi.KEEP_CONN))
        assert c.read_answer().parse().status == 200
        serve.process.signal(signal.SIGTERM)
        assert serve.process.wait(10) == 0


def test_stop_leaves_no_process(start_serve):
    serve = start_serve(workers=2)
    await_true("two workers", lambda: len(children(serve.process.pid)) == 2)
    workers = children(serve.process.pid)
    serve.stop()
    assert not any(os.path.exists("/proc/%d" % w) for w in workers)


def test_killed_worker_is_replaced(start_serve):
    serve = start_serve(workers=2)
    await_true("two workers", lambda: len(children(serve.process.pid)) == 2)
    first = children(serve.process.pid)
    os.kill(first[0], signal.SIGKILL)
    await_true("two workers, one of them new", lambda: (
        len(children(serve.process.pid)) == 2 and
        first[0] not in children(serve.process.pid)))
    for _ in range(20):
        assert get(serve, "/app/text/10").status == 200


def test_workers_die_with_their_parent(start_serve):
    serve = start_serve(workers=2)
    await_true("two workers", lambda: len(children(serve.process.pid)) == 2)
    workers = children(serve.process.pid)
    serve.process.signal(signal.SIGKILL)
    serve.process.wait()

    def gone(pid):
        try:
            with open("/proc/%d/stat" % pid) as f:
                return f.read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True
    await_true("the workers end too", lambda: all(map(gone, workers)))


@pytest.mark.parametrize("text", [
    "[app]\npath = /app\n", "[app\n", "[app]\npath = /a\norigin = ftp://x\n"])
def test_does_not_start_on_broken_rules(site, folder, text):
    path = os.path.join(folder, "broken.ini")
    with open(path, "w") as f:
        f.write(text)
    done = subprocess.run(
        [site.binary, "serve", "-c", path, "--listen",
         "unix:" + os.path.join(folder, "s")], capture_output=True, text=True,
        timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert re.search(r"broken\.ini:\d+: ", done.stderr)
    assert not os.path.exists(os.path.join(folder, "s"))


def test_takes_over_a_socket_file_left_behind(start_serve, folder):
    """A serve that was killed leaves its socket; the next starts anyway."""
    listen = "unix:" + os.path.join(folder, "left")
    first = start_serve(listen=listen)
    first.process.signal(signal.SIGKILL)
    first.process.wait()
    second = start_serve(listen=listen)
    assert get(second, "/app/text/10").status == 200


COMBINED = re.compile(
    r'^192\.0\.2\.7 - (\S+) \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d '
    r'[+-]\d{4}\] "(.*)" (\d{3}) (\d+|-) "(.*)" "(.*)"')


def test_access_log(start_serve, rules, folder):
    log = os.path.join(folder, "access.log")
    serve = start_serve(rules(head="[fingerpost]\naccess_log = %s\n" % log))
    get(serve, "/app/text/1000?a=%22", more={
        "HTTP_USER_AGENT": 'odd "agent"\t\xe9', "REMOTE_USER": "jane",
        "HTTP_REFERER": "http://site.test/x"})
    get(serve, "/unowned")
    get(serve, "/down/")

    def lines():
        if os.path.exists(log):
            with open(log, encoding="latin-1") as f:
                return f.read().splitlines()
        return []
    await_true("three lines", lambda: len(lines()) == 3)
    got = [COMBINED.match(line) for line in lines()]
    assert all(got), lines()
    assert got[0].group(2) == "GET /app/text/1000?a=%22 HTTP/1.1"
    assert got[0].group(3, 4, 5) == ("200", "1000", "http://site.test/x")
    assert got[0].group(1) in ("jane", "-")
    assert "\t" not in lines()[0]
    assert got[0].group(6).count('"') == got[0].group(6).count('\\"')
    assert got[1].group(3) == "404" and got[2].group(3) == "502"


def test_faults_are_logged_once(start_serve):
    serve = start_serve()
    get(serve, "/down/only-here")
    await_true("the fault is logged", lambda: "/only-here"
               in serve.process.output())
    get(serve, "/unowned")
    assert serve.process.output().count("/only-here") == 1


def test_memory_is_steady(start_serve):
    """10,000 requests of mixed kinds; the worker's size settles."""
    serve = start_serve(workers=1)
    worker = children(serve.process.pid)[0]
    targets = ["/app/text/100", "/app/text/20000", "/plain/chunked/5000",
               "/app/fields", "/unowned", "/down/", "/app/nothing", "/app",
               "/app/status/304", "/app/bytes/70000"]

    def run(n):
        c = fcgi.Connection(serve.address)
        for i in range(n):
            gzip = {"HTTP_ACCEPT_ENCODING": "gzip"} if i % 2 else {}
            c.send(fcgi.whole_request(
                targets[i % len(targets)], flags=fcgi.KEEP_CONN,
                method="POST" if i % 7 == 3 else "GET",
                body=b"x" * 1000 if i % 7 == 3 else b"", more=gzip))
            c.read_answer()
        c.socket.close()

    run(3000)
    before = memory_kib(worker)
    run(7000)
    assert children(serve.process.pid) == [worker]
    assert memory_kib(worker) - before < 1024
    assert memory_kib(worker) < 24 * 1024


def test_memory_of_a_rush_is_given_back(start_serve):
    """200 large responses that nobody reads fill their buffers; when they
    are gone, so is the memory."""
    serve = start_serve(workers=1)
    worker = children(serve.process.pid)[0]
    connections = [fcgi.Connection(serve.address) for _ in range(200)]
    for c in connections:
        c.send(fcgi.whole_request("/app/bytes/1000000"))
    await_true("the buffers fill",
               lambda: memory_kib(worker) > 24 * 1024)
    for c in connections:
        assert len(c.read_answer().parse().body) == 1000000
        c.socket.close()
    await_true("the memory is given back",
               lambda: memory_kib(worker) < 16 * 1024)
