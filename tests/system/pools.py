"""The servers of a pool, and the rules that name them."""

import contextlib
import os
import signal
import subprocess
import sys

import client
import fcgi
from processes import Process, free_port

HERE = os.path.dirname(os.path.abspath(__file__))


class Member:
    """One server: a process that can be killed, stopped and started again
    at the same address."""

    def __init__(self, folder, name, path=None):
        self.folder, self.name = folder, name
        if path:
            self.address, self.listen = path, "unix:" + path
            self.url = "http://unix:" + path
        else:
            port = free_port()
            self.address, self.listen = ("127.0.0.1", port), str(port)
            self.url = "http://127.0.0.1:%d" % port
        self.process = None

    def start(self):
        self.process = Process(
            [sys.executable, os.path.join(HERE, "pool_server.py"), self.name,
             self.listen], os.path.join(self.folder, self.name + ".log"))
        self.process.await_ready(self.address)
        return self

    def kill(self):
        self.process.signal(signal.SIGKILL)
        self.process.popen.wait()

    def freeze(self):
        self.process.signal(signal.SIGSTOP)

    def thaw(self):
        self.process.signal(signal.SIGCONT)

    def stop(self):
        if self.process and self.process.popen.poll() is None:
            self.process.popen.kill()
            self.process.popen.wait()

    def _control(self, what):
        return client.request(self.address, "GET", "/-/" + what).json()

    def stats(self):
        return self._control("stats")

    def set(self, **mode):
        self._control("set?" + "&".join("%s=%d" % m for m in mode.items()))

    def forget(self):
        self._control("forget")


def targets(n, extra=""):
    return ["/p/x?id=%d%s" % (i, extra) for i in range(n)]


class Herd:
    """The pool of a test: members a, b, c, and rule files about them."""

    def __init__(self, folder):
        self.folder, self.members = folder, []
        self.region = os.path.join(folder, "region")

    def grow(self, n, **options):
        for _ in range(n):
            self.add(**options).start()
        return self.members

    def add(self, **options):
        member = Member(self.folder, "abcdefgh"[len(self.members)], **options)
        self.members.append(member)
        return member

    def __getitem__(self, name):
        return next(m for m in self.members if m.name == name)

    def rules(self, pool="", attributes=None, members=None, route="",
              name="own.ini", head="", more=""):
        """A route /p that goes to pool:herd; attributes are by member."""
        attributes = attributes or {}
        lines = ["[fingerpost]", "shared_file = %s" % self.region, head,
                 "[pool herd]"]
        lines += ["server.%s = %s %s" % (m.name, m.url,
                                         attributes.get(m.name, ""))
                  for m in members or self.members]
        lines += [pool, "[p]", "path = /p", "origin = pool:herd", route,
                  more]
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w") as f:
            f.write("\n".join(lines) + "\n")
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)  # as careful editors save
        return path

    def close(self):
        for member in self.members:
            member.stop()


def run_cgi(site, rules, target, **more):
    """The program as CGI: a process for one request."""
    env = fcgi.params(target)
    env.update(FINGERPOST_RULES=rules, PATH="/usr/bin:/bin")
    env.update((k, v) for k, v in os.environ.items()
               if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS"))
    env.update(more)
    done = subprocess.run([*site.wrapper, site.binary], env=env,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60)
    answer = fcgi.Answer()
    answer.stdout, answer.stderr = done.stdout, done.stderr
    answer.code = done.returncode
    return answer.parse() if done.stdout else answer


def cookie_of(answer):
    """(name, value, attributes in lower case) of our cookie, or None."""
    for name, value in answer.fields:
        if name.lower() == "set-cookie" and value.startswith("fingerpost"):
            pair, *attributes = value.split("; ")
            attributes = dict((a.lower().split("=", 1) + [None])[:2]
                              for a in attributes)
            return (*pair.split("=", 1), attributes)
    return None


@contextlib.contextmanager
def frozen(member):
    member.freeze()
    try:
        yield
    finally:
        member.thaw()
