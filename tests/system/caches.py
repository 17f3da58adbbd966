"""Caches under test: their origin, rules, web servers, and clients that look
at every byte."""

import asyncio
import collections
import os
import re
import resource
import shutil
import sys
import time
import types
import urllib.parse

import client
import fronts
from versioned_origin import body_of, text_of  # noqa: F401
from pools import Member
from processes import Process, free_port

HERE = os.path.dirname(os.path.abspath(__file__))
SLOW = float(os.environ.get("FINGERPOST_SLOWNESS", "1"))
PATIENCE_S = 60 * SLOW


class Origin:
    """versioned_origin.py, which can be stopped and started at one address."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.address = ("127.0.0.1", self.port)
        self.url = "http://127.0.0.1:%d" % self.port
        self.process = None
        self.start()

    def start(self):
        self.process = Process(
            [sys.executable, os.path.join(HERE, "versioned_origin.py"),
             self.port],
            os.path.join(self.folder, "origin.log"))
        self.process.await_ready(self.address)

    def stop(self):
        self.process.popen.kill()
        self.process.popen.wait()

    close = stop
    freeze, thaw = Member.freeze, Member.thaw

    def _control(self, what, **query):
        return client.request(self.address, "GET", "/-/%s?%s" % (
            what, urllib.parse.urlencode(query))).json()

    def set(self, path="*", **mode):
        self._control("set", path=path, **mode)

    def forget(self):
        self._control("forget")

    def seen(self, path):
        """What was asked of that path, in its order."""
        return self._control("stats", path=path)

    def counts(self):
        return self._control("stats")


class Caches:
    """What a test makes: an origin, a folder that the web server's user may
    write, rules with a route /c, and fronts; all ended together."""

    def __init__(self, site, folder):
        self.site, self.folder, self.fronts = site, folder, []
        self.room = os.path.join(folder, "room")
        os.mkdir(self.room)
        if fronts.ROOT:
            shutil.chown(self.room, fronts.WEB_USER)
        self.path = os.path.join(self.room, "cache")
        self.origin = Origin(folder)

    def rules(self, cache="", route="", settings="", more="", name="own.ini"):
        return self.write(name, """
[fingerpost]
shared_file = %s
%s
[cache]
path = %s
%s
[c]
path = /c
origin = %s
cache = yes
%s
%s
""" % (os.path.join(self.room, "region"), settings, self.path, cache,
            self.origin.url, route, more))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w") as f:
            f.write(text)
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)
        return path

    def start(self, kind, rules, **attributes):
        """A front of that class; attributes are its own."""
        site = types.SimpleNamespace(binary=self.site.binary,
                                     wrapper=self.site.wrapper, rules=rules)
        kind = type(kind.__name__, (kind,), attributes)
        front = kind(site, os.path.join(
            self.folder, "front-%d" % len(self.fronts)))
        self.fronts.append(front)
        return front

    def close(self):
        for front in self.fronts:
            front.stop()
        self.origin.close()


class Lighttpd(fronts.Lighttpd):
    """Lets a thousand in; `workers` of them in one `serve`."""

    workers = 3
    env = None

    def setup(self):
        self.part = self.serve(workers=self.workers, env=self.env)
        self.lighttpd("""
server.max-fds = 8192
server.max-connections = 4000
fastcgi.server = ("/" => ((
    "socket" => "%s", "check-local" => "disable")))
""" % self.path("fp.sock"))

    def log(self):
        return self.part.process.output()


class ApacheProxy(fronts.ApacheProxyUnix):
    def log(self):
        return self.parts[0].process.output()


class Fcgid(fronts.ApacheFcgid):
    """A process for each request at once, up to so many."""

    processes = 24
    requests_each = 0

    def apache(self, config):
        super().apache(config + """
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
MaxSpareThreads 64
FcgidMaxProcesses %d
FcgidMaxProcessesPerClass %d
FcgidSpawnScoreUpLimit 100000
FcgidOutputBufferSize 0
%s
""" % (self.processes, self.processes,
                "FcgidMaxRequestsPerProcess %d" % self.requests_each
                if self.requests_each else ""))

    def log(self):
        with open(self.path("error.log"), errors="replace") as f:
            return f.read()


class Cgi(fronts.LighttpdCgiRewrite):
    def log(self):
        with open(self.path("error.log"), errors="replace") as f:
            return f.read()


class ApacheCgi(fronts.ApacheCgiRewrite):
    pass


def let_many_in():
    """Descriptors for a thousand clients."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 8192:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))


class Drink:
    """What a client got.  `wrong` is where the first byte is that is not the
    expected one; `whole` is whether the framing says that this is all."""

    def __init__(self):
        self.began = time.monotonic()
        self.status, self.fields, self.error = 0, [], None
        self.head_at = self.first_at = self.ended = None
        self.got, self.wrong, self.whole = 0, None, False
        self.body = bytearray()

    def get(self, name):
        for n, v in self.fields:
            if n == name.lower():
                return v
        return None

    @property
    def took(self):
        return self.ended - self.began

    @property
    def cache(self):
        """Cache-Status of ours."""
        return self.get("cache-status") or ""

    def __repr__(self):
        return "<%s %d bytes%s%s %s %s>" % (
            self.status, self.got, " whole" if self.whole else "",
            "" if self.wrong is None else " wrong at %d" % self.wrong,
            self.error or "", self.fields)


class Sip(asyncio.Protocol):
    """One request on one connection, to its end or to where it is left."""

    def __init__(self, head, expect, method, leave_at, slow):
        self.head, self.expect, self.method = head, expect, method
        self.leave_at, self.slow = leave_at, slow
        self.drink = Drink()
        self.pending, self.state, self.left = b"", "head", 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.head)

    def data_received(self, data):
        self.pending += data
        try:
            while self.step():
                pass
        except ValueError as e:
            self.drink.error = "not HTTP: %s" % e
            self.finish()
        if self.slow and not self.done.done():
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(
                self.slow, self.resume)

    def resume(self):
        if not self.done.done():
            self.transport.resume_reading()

    def connection_lost(self, error):
        if self.state == "close" and error is None:
            self.drink.whole = True
        elif error:
            self.drink.error = "%s: %s" % (type(error).__name__, error)
        self.finish()

    def finish(self):
        if not self.done.done():
            self.drink.ended = time.monotonic()
            self.done.set_result(self.drink)
            self.transport.abort()

    def step(self):
        """True: there may be more."""
        if self.done.done():
            return False
        if self.state == "head":
            head, end, rest = self.pending.partition(b"\r\n\r\n")
            if not end:
                return False
            self.pending = rest
            self.take_head(head)
            return True
        if self.state in ("size", "after"):
            line, end, rest = self.pending.partition(b"\r\n")
            if not end:
                return False
            self.pending = rest
            if self.state == "size":
                self.left = int(line, 16)
                self.state = "chunk" if self.left else "last"
            elif line:
                raise ValueError("a chunk that is longer than it says")
            else:
                self.state = "size"
            return True
        if self.state == "last":
            if b"\r\n" in self.pending:
                self.drink.whole = True
                self.finish()
            return False
        return self.take_body()

    def take_head(self, head):
        drink = self.drink
        line, *fields = head.decode("latin-1").split("\r\n")
        drink.status, drink.head_at = int(line.split()[1]), time.monotonic()
        for field in fields:
            name, _, value = field.partition(":")
            drink.fields.append((name.lower(), value.strip()))
        if drink.status != 200:
            self.expect = None
        self.state = "close"
        if self.method == "HEAD" or drink.status in (204, 304):
            drink.whole = True
            self.finish()
        elif drink.get("transfer-encoding"):
            self.state = "size"
        elif drink.get("content-length") is not None:
            self.state, self.left = "length", int(drink.get("content-length"))
            if not self.left:
                drink.whole = True
                self.finish()

    def take_body(self):
        if not self.pending:
            return False
        if self.state == "close":
            data, self.pending = self.pending, b""
        else:
            data, self.pending = (self.pending[:self.left],
                                  self.pending[self.left:])
            self.left -= len(data)
        drink = self.drink
        drink.first_at = drink.first_at or time.monotonic()
        if self.expect is None:
            drink.body += data
        elif drink.wrong is None and \
                self.expect[drink.got:drink.got + len(data)] != data:
            drink.wrong = drink.got
        drink.got += len(data)
        if self.leave_at is not None and drink.got >= self.leave_at:
            drink.error = "left"
            self.finish()
        elif self.state == "chunk" and not self.left:
            self.state = "after"
        elif self.state == "length" and not self.left:
            drink.whole = True
            self.finish()
        return True


async def sip(front, target, expect=None, method="GET", fields=(),
              leave_at=None, slow=0, patience=PATIENCE_S):
    """leave_at: bytes of body after which the client goes away.  slow:
    seconds between two looks at what came in."""
    lines = ["%s %s%s HTTP/1.1" % (method, front.prefix, target),
             "Host: site.test", "Connection: close"]
    lines += ["%s: %s" % f for f in fields]
    if method == "POST":
        lines.append("Content-Length: 0")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    protocol = None

    def make():
        nonlocal protocol
        protocol = Sip(head, expect, method, leave_at, slow)
        return protocol

    try:
        await asyncio.get_running_loop().create_connection(
            make, *front.address)
        return await asyncio.wait_for(asyncio.shield(protocol.done), patience)
    except (OSError, asyncio.TimeoutError) as e:
        drink = protocol.drink if protocol else Drink()
        drink.error = "%s: %s" % (type(e).__name__, e)
        drink.ended = time.monotonic()
        if protocol and protocol.done.done() is False:
            protocol.transport.abort()
        return drink


async def crowd(front, target, n, **options):
    """n of the same, at once."""
    return list(await asyncio.gather(
        *(sip(front, target, **options) for _ in range(n))))


def ask(front, target, **options):
    return asyncio.run(sip(front, target, **options))


def verdict(drink, expect):
    """right: all of it.  cut: the beginning, and the client can tell.  fault:
    none, and it is said why.  left: by the client.  wrong: what must never
    be."""
    if drink.wrong is not None:
        return "wrong"
    if drink.error == "left":
        return "left"
    if drink.status >= 500:
        return "fault"
    if drink.status == 200 and drink.whole:
        return "right" if drink.got == len(expect) else "wrong"
    return "cut" if drink.status in (0, 200) else "wrong"


def verdicts(drinks, expect):
    return collections.Counter(verdict(d, expect) for d in drinks)


def status_of(drink):
    """Cache-Status as a dict: hit, fwd=stale, ttl=-3 and so on; what has no
    value is True."""
    out = {}
    for part in re.split(r"\s*;\s*", drink.cache)[1:]:
        name, _, value = part.partition("=")
        out[name] = value or True
    return out


def files_of(path):
    """Names of all files below, with their sizes on disk."""
    out = {}
    for at, _, names in os.walk(path):
        for name in names:
            try:
                st = os.lstat(os.path.join(at, name))
            except OSError:
                continue
            out[os.path.relpath(os.path.join(at, name), path)] = \
                st.st_blocks * 512
    return out


def entries_of(path):
    """Those that are stored responses, or are to become some."""
    return {n: s for n, s in files_of(path).items() if "/" in n}
