"""Purging what is stored, by the command and by the method, and looking at
it."""

import collections
import os
import subprocess
import sys
import threading
import time
import types

import fcgi
import fronts
import origins
import pytest

FRONTS = ["lighttpd-unix", "lighttpd-spawn", "lighttpd-cgi",
          "apache-proxy-unix", "apache-cgi", "nginx-unix"]
FAST = ["lighttpd-unix"]
# lighttpd answers 501 to methods that it does not know.
PURGING = ["apache-proxy-unix", "apache-cgi", "apache-fcgid", "nginx-unix"]

RULES = """
[fingerpost]
shared_file = {folder}/shared

[cache]
path = {folder}/store
{storage}

[app]
path = /app
origin = {origin}
cache = yes

[app-beta]
path = /app
match = cookie:beta
origin = {origin}
cache = yes
cache_key = scheme, query, cookie:beta

[hostless]
path = /any
origin = {origin}
cache = yes
cache_key = query

[plain]
path = /plain
origin = {origin}
"""


class Origin(origins.Origin):
    """Counts how often each target was asked for, and answers with that."""

    def __init__(self):
        self.count = collections.Counter()
        super().__init__()

    def on_page(self, connection, request, rest):
        self.count[request.target] += 1
        body = b"%s %d" % (request.target.encode(),
                           self.count[request.target])
        gate = self.gate(request.query.get("gate"))
        if "gate" in request.query and "half" not in request.query:
            gate.wait(30)
        fields = ["HTTP/1.1 200 OK", "Cache-Control: max-age=600",
                  "Content-Type: text/plain", "Content-Length: %d" % len(body)]
        fields += ["Cache-Tag: " + t for t in [request.query.get("tag")] if t]
        fields += ["Surrogate-Key: " + t for t in [request.query.get("key")]
                   if t]
        connection.sendall("\r\n".join(fields).encode() + b"\r\n\r\n" +
                           body[:5])
        if "half" in request.query:
            self.note(request, "half")
            gate.wait(30)
        connection.sendall(body[5:])


class Place:
    """An origin, a store, and a web server with us behind it."""

    def __init__(self, site, folder, name, storage=""):
        os.chmod(folder, 0o777)  # others run us, and make the store
        self.origin = Origin()
        self.rules = os.path.join(folder, "cache.ini")
        self.binary, self.wrapper = site.binary, site.wrapper
        with open(self.rules, "w") as f:
            f.write(RULES.format(folder=folder, origin=self.origin.url,
                                 storage=storage))
        os.chmod(self.rules, 0o644)
        own = types.SimpleNamespace(
            binary=site.binary, wrapper=site.wrapper, rules=self.rules,
            folder=folder)
        try:
            self.front = fronts.FRONTS[name](own, os.path.join(folder, name))
        except BaseException:
            self.origin.close()
            raise

    def url(self, target):
        return "http://site.test%s%s" % (self.front.prefix, target)

    def get(self, target, fields=()):
        return self.front.get(target, fields)

    def is_hit(self, target, fields=()):
        answer = self.get(target, fields)
        assert answer.status == 200, answer
        return "; hit" in (answer.get("Cache-Status") or "")

    def fill(self, *targets, fields=()):
        """What is stored a moment after the answer went out is stored."""
        for target in targets:
            assert any(self.is_hit(target, fields) for _ in range(100)), target

    def run(self, *words):
        env = {k: v for k, v in os.environ.items()
               if k not in ("GATEWAY_INTERFACE", "FINGERPOST_RULES")}
        return subprocess.run(
            [*self.wrapper, self.binary, words[0], "-c", self.rules,
             *words[1:]], capture_output=True, env=env, text=True,
            errors="replace", timeout=60, stdin=subprocess.DEVNULL)

    def close(self):
        self.front.stop()
        self.origin.close()


@pytest.fixture
def place(site, folder):
    made = []

    def place(name, storage=""):
        made.append(Place(site, folder, name, storage))
        return made[-1]

    yield place
    for one in made:
        one.close()


A, B, C, D = ("/app/page/a", "/app/page/a?x", "/app/page/bb?tag=red,blue",
              "/app/page/c?key=blue%20green")

# What is asked for, and what of A, B, C, D is gone then.
PURGES = {
    "url": (["{url}/app/page/a"], [A]),
    "https": (["https://site.test{prefix}/app/page/a"], [A]),
    "query": (["{url}/app/page/a?x"], [B]),
    "two": (["{url}" + A, "{url}" + D], [A, D]),
    "prefix": (["--prefix", "{url}/app/page/a"], [A, B]),
    "prefixes": (["--prefix", "{url}/app/page/b", "{url}/app/page/c"], [C, D]),
    "star": (["{url}/app/page/b*"], [C]),
    "tag": (["--tag", "red"], [C]),
    "tags": (["--tag", "green", "red"], [C, D]),
    "shared tag": (["--tag=blue"], [C, D]),
    "case": (["--tag", "Red"], []),
    "mixed": (["{url}" + A, "--tag", "green"], [A, D]),
    "all": (["--all"], [A, B, C, D]),
}


def expect(place, gone):
    """One more request each: those gone come from the origin."""
    for target in (A, B, C, D):
        assert place.is_hit(target) == (target not in gone), target


@pytest.mark.parametrize("name", FRONTS)
def test_command(place, name):
    here = place(name)
    here.fill(A, B, C, D)
    for case, (words, gone) in PURGES.items():
        words = [w.format(url=here.url(""), prefix=here.front.prefix)
                 for w in words]
        done = here.run("purge", *words)
        assert done.returncode == 0, (case, done)
        assert done.stdout.count("purged ") >= 1, (case, done)
        expect(here, gone)
        here.fill(A, B, C, D)


METHODS = {
    "url": (A, [], [A]),
    "query": (B, [], [B]),
    "star": ("/app/page/a*", [], [A, B]),
    "tag": ("/", [("Cache-Tag", "red, none")], [C]),
    "key": ("/", [("Surrogate-Key", "none green")], [D]),
    "both": (A, [("Surrogate-Key", "green"), ("Cache-Tag", "red")], [C, D]),
}


@pytest.mark.parametrize("name", PURGING)
def test_method(place, name):
    here = place(name, "purge_allow = 10.0.0.0/8, 127.0.0.1")
    here.fill(A, B, C, D)
    for case, (target, fields, gone) in METHODS.items():
        answer = here.front.request("PURGE", target, fields)
        assert answer.status == 200, (case, answer)
        assert answer.body.startswith(b"purged "), (case, answer)
        assert "no-store" in answer.get("Cache-Control"), (case, answer)
        expect(here, gone)
        here.fill(A, B, C, D)
    assert here.front.request("PURGE", "/plain/page/a").status == 404
    assert here.front.request("PURGE", "/unowned").status == 404
    assert here.front.request("PURGE", A, [("Cache-Tag", "=x")]).status == 400


@pytest.mark.parametrize("name", FAST)
def test_method_of_lighttpd(place, name):
    here = place(name, "purge_allow = 127.0.0.1")
    assert here.front.request("PURGE", A).status == 501


@pytest.mark.parametrize("name", ["nginx-unix"])
@pytest.mark.parametrize("allow, status", [
    ("purge_allow = 192.0.2.1, 2001:db8::/32", 403), ("", 200)])
def test_method_denied(place, name, allow, status):
    here = place(name, allow)
    here.fill(A)
    answer = here.front.request("PURGE", A)
    # Allowed to nobody it is a method like any other, and for the origin.
    assert answer.status == status, answer
    assert not answer.body.startswith(b"purged")
    if status == 403:
        assert here.is_hit(A)


@pytest.mark.parametrize("name", FAST)
def test_variants(place, name):
    """Conditions and further parts of the key have one URL."""
    here = place(name)
    beta = [("Cookie", "beta=1")]
    here.fill(A)
    here.fill(A, fields=beta)
    assert here.run("purge", here.url(A)).returncode == 0
    assert not here.is_hit(A)
    assert not here.is_hit(A, beta)


@pytest.mark.parametrize("name", FAST)
def test_hostless(place, name):
    here = place(name)
    here.fill("/any/page/a")
    done = here.run("purge", "/any/page/a")
    assert (done.returncode, done.stdout) == (0, "purged /any/page/a\n")
    assert not here.is_hit("/any/page/a")
    done = here.run("purge", A)
    assert done.returncode == 1 and "http://HOST" in done.stderr


@pytest.mark.parametrize("name", ["nginx-unix"])
@pytest.mark.parametrize("how", ["url", "prefix", "tag", "all", "PURGE",
                                 "nothing"])
@pytest.mark.parametrize("when", ["request", "half"])
def test_on_its_way(place, name, how, when):
    """An answer that the origin thinks about, or is sending, while it is
    purged."""
    here = place(name, "purge_allow = 127.0.0.1")
    target = "/app/page/slow?gate=%s&tag=slow&id=%s&%s=1" % (how, how, when)
    answers, late = [], []
    client_of_it = threading.Thread(
        target=lambda: answers.append(here.get(target)))
    client_of_it.start()
    assert here.origin.wait_for(how, when, 20)
    if how == "nothing":
        pass  # as a measure of what the others undo
    elif how == "PURGE":
        assert here.front.request("PURGE", target).status == 200
    else:
        words = {"url": [here.url(target)],
                 "prefix": ["--prefix", here.url("/app/")],
                 "tag": ["--tag", "slow"], "all": ["--all"]}[how]
        assert here.run("purge", *words).returncode == 0
    # Who comes now may not get that answer, either.
    late_client = threading.Thread(
        target=lambda: late.append(here.get(target)))
    late_client.start()
    late_client.join(1)
    here.origin.gate(how).set()
    client_of_it.join()
    late_client.join()
    assert answers[0].body.endswith(b" 1")
    first = how == "nothing"
    assert late[0].body.endswith(b" 1" if first else b" 2"), late
    assert here.get(target).body.endswith(b" 1") == first


@pytest.mark.parametrize("name", FAST)
def test_while_requests_run(place, name):
    """Who asks after the purge never sees what there was before it."""
    here = place(name)
    stop, wrong = threading.Event(), []
    least = [0]

    def ask():
        while not stop.is_set():
            wanted = least[0]
            got = int(here.get(A).body.rsplit(b" ", 1)[1])
            if got < wanted:
                wrong.append((got, wanted))

    clients = [threading.Thread(target=ask) for _ in range(3)]
    for one in clients:
        one.start()
    try:
        for _ in range(10):
            here.fill(A)
            before = here.origin.count["/page/a"]
            assert here.run("purge", here.url(A)).returncode == 0
            least[0] = before + 1
            assert int(here.get(A).body.rsplit(b" ", 1)[1]) > before
    finally:
        stop.set()
        for one in clients:
            one.join()
    assert not wrong


# Hits that are asked for so many at a time: workers look once for all that
# they read together.
BURSTS = """
import sys
import fcgi
address, request = sys.argv[1], fcgi.whole_request("/app/page/load")
while True:
    burst = [fcgi.Connection(address) for _ in range(24)]
    for c in burst:
        c.send(request)
    for c in burst:
        c.read_answer()
        c.socket.close()
"""


def test_at_once_while_many_ask(place):
    """What was in memory a moment before it was purged, asked for in the
    moment after: on a new connection, and on one that was there before."""
    here = place("nginx-unix", "purge_allow = 192.0.2.7")
    address = here.front.path("fp.sock")
    targets = ["/app/page/%d" % n for n in range(100)]
    request = {t: fcgi.whole_request(t, flags=fcgi.KEEP_CONN) for t in targets}

    def ask(target, connection):
        connection.send(request[target])
        return int(connection.read_answer().parse().body.rsplit(b" ", 1)[1])

    here.fill("/app/page/load")
    load = [subprocess.Popen([sys.executable, "-c", BURSTS, address],
                             cwd=os.path.dirname(__file__),
                             stdin=subprocess.DEVNULL) for _ in range(2)]
    hits = 0
    try:
        with fcgi.Connection(address) as kept, fcgi.Connection(address) as old:
            for turn in range(20):
                there = {t: ask(t, kept) for t in targets}
                # What just changed is not in memory yet.
                time.sleep(0.03)
                for t in targets:
                    ask(t, kept), ask(t, old)
                for n, t in enumerate(targets):
                    hits += ask(t, kept) == there[t]
                    assert fcgi.fetch(address, t, method="PURGE").status == 200
                    if (n + turn) % 2:
                        assert ask(t, old) > there[t], (turn, t)
                    else:
                        with fcgi.Connection(address) as fresh:
                            assert ask(t, fresh) > there[t], (turn, t)
            assert hits > 19 * len(targets)
            assert [one.poll() for one in load] == [None, None]
    finally:
        for one in load:
            one.kill()
            one.wait()


@pytest.mark.parametrize("name", [
    "lighttpd-unix", "apache-cgi", "apache-cgi-rewrite"])
def test_listing(place, name):
    here = place(name)
    here.fill(A, B, C)
    done = here.run("cache")
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["bytes", "age", "left", "used", "type", "url",
                                "variant"]
    assert lines[-1].startswith("3 entries, "), done.stdout
    urls = {line.split()[6]: line.split() for line in lines[1:-1]}
    assert set(urls) == {here.url(A), here.url(B), here.url(C)}
    status, size, age, left, used, kind, *_ = urls[here.url(A)]
    assert (status, kind) == ("200", "text/plain")
    assert int(size) > 0 and 590 < int(left.rstrip("s")) <= 600
    assert 0 <= int(age.rstrip("s")) < 10

    done = here.run("cache", here.url(C))
    assert done.returncode == 0, done
    assert "answer    from the store; ttl=" in done.stdout
    assert "lifetime  600s, by max-age" in done.stdout
    assert "tags      red, blue" in done.stdout
    assert "\n1 stored\n" in done.stdout

    done = here.run("cache", here.url("/app/page/none"))
    assert done.returncode == 1 and "\n0 stored\n" in done.stdout, done

    # Edited rules: what is stored by the old ones is there, and of no use.
    with open(here.rules) as f:
        text = f.read()
    with open(here.rules, "w") as f:
        f.write(text.replace("path = /app\n", "path = /app\ncompress = no\n"))
    done = here.run("cache", here.url(A))
    assert "rule      edited since" in done.stdout, done.stdout
    assert "answer    from the origin" in done.stdout
    done = here.run("cache")
    assert done.stdout.splitlines()[-1].endswith(
        "3 old (of rules that were edited since)"), done.stdout
    # A purge finds it nevertheless.
    assert here.run("purge", here.url(A)).returncode == 0
    done = here.run("cache")
    assert done.stdout.splitlines()[-1].startswith("2 entries, ")


@pytest.mark.skipif(not fronts.ROOT, reason="only root can be another")
def test_others_folder(place, folder):
    """The store of the web server's user, and who may touch it."""
    here = place("apache-cgi")
    here.fill(A)
    done = here.run("purge", here.url(A))  # as root
    assert done.returncode == 0, done
    assert not here.is_hit(A)
    done = subprocess.run(
        ["setpriv", "--reuid=nobody", "--clear-groups", here.binary, "purge",
         "-c", here.rules, "--all"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "belongs to www-data" in done.stderr, done.stderr


@pytest.mark.parametrize("words, code, says", [
    (["purge"], 2, "usage"),
    (["purge", "--all", "http://site.test/app/"], 2, "usage"),
    (["purge", "http://site.test/app/", "--prefix"], 2, "usage"),
    (["purge", "app/page"], 2, "http://HOST/PATH"),
    (["purge", "--tag", "=x"], 2, "not a tag"),
    (["purge", "http://site.test/plain/x"], 1, "cache = yes"),
    (["purge", "http://site.test/app/x"], 0, "nothing is stored"),
    (["cache"], 0, "nothing is stored"),
    (["cache", "http://site.test/app/x"], 1, "nothing is stored"),
    (["cache", "a", "b"], 2, "usage"),
])
def test_words(site, folder, words, code, says):
    rules = os.path.join(folder, "r.ini")
    with open(rules, "w") as f:
        f.write(RULES.format(folder=folder, origin="http://127.0.0.1:1",
                             storage=""))
    done = subprocess.run(
        [site.binary, words[0], "-c", rules, *words[1:]],
        capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == code and says in done.stderr, done
    assert not os.path.exists(os.path.join(folder, "store"))
