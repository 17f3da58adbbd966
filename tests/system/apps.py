"""Applications that nobody here wrote, at their own root and under a prefix.

What they are and what opens them is in tests/browser/apps; node builds them
once, into FINGERPOST_APPS (default: apps/ beside the binary).
"""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import types

import fronts
from processes import Process, free_port

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    os.pardir, "browser", "apps")

# What is a component here: the prefix it is shown under, and what its route
# says beside path and origin.
SHIM = "rewrite_links = yes\nruntime_shim = yes\n"
LINKS = "rewrite_links = yes\n"
APPS = {
    "vite": ("/shop", SHIM),
    "admin": ("/team/office", LINKS),
    "pwa": ("/app", SHIM),
    "docs": ("/handbook", LINKS),
    "router": ("/team/guide", LINKS + "rewrite_scripts = token\n"),
}

# What is shown below the prefix, where it is another build than at the root.
SHOWN = {"router": "router-token"}


def source(name):
    return os.path.normpath(os.path.join(HERE, name))


class Build:
    """The applications, installed and built once for the same sources."""

    def __init__(self, folder):
        self.folder = folder
        stamp = os.path.join(folder, "built")
        wanted = self.fingerprint()
        if self.read(stamp) == wanted:
            return
        os.makedirs(folder, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source(name), folder)
        self.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        self.run("node", source("build.mjs"), folder)
        with open(stamp, "w") as f:
            f.write(wanted)

    @staticmethod
    def read(path):
        with contextlib.suppress(OSError), open(path) as f:
            return f.read()

    @staticmethod
    def fingerprint():
        digest = hashlib.sha256()
        names = ["package-lock.json", "build.mjs"]
        for folder, _, files in os.walk(source("docs")):
            names += [os.path.join(folder, f) for f in files]
        for name in sorted(names):
            with open(source(name), "rb") as f:
                digest.update(f.read())
        return digest.hexdigest()

    def run(self, *argv):
        try:
            done = subprocess.run(argv, cwd=self.folder, timeout=240,
                                  stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        except FileNotFoundError:
            raise AssertionError("no %s: apt-get install nodejs npm"
                                 % argv[0]) from None
        assert done.returncode == 0, "%s:\n%s" % (
            " ".join(argv), done.stdout[:4000])


def start_origin(build, name, folder):
    """The application at its own root; its URL and its process."""
    port = free_port()
    argv = ([sys.executable, source("admin.py"), folder, port]
            if name == "admin" else
            ["node", source("serve.mjs"), build.folder, name, port])
    origin = Process(argv, os.path.join(folder, "origin.log"))
    try:
        origin.await_ready(("127.0.0.1", port))
    except BaseException:
        origin.stop()
        raise
    return "http://127.0.0.1:%d" % port, origin


class Logged:
    def served(self):
        """(status, method, path) of all that the web server was asked for;
        complete once it has stopped."""
        with open(self.path("access.log")) as f:
            for line in f:
                status, method, path = line.split(None, 2)
                yield int(status), method, path.strip()


class LighttpdLog(Logged):
    modules = ("mod_accesslog", "mod_fastcgi")

    def lighttpd(self, config):
        super().lighttpd(config + """
accesslog.filename = "%s"
accesslog.format = "%%>s %%m %%U"
""" % self.path("access.log"))


class LoggedLighttpd(LighttpdLog, fronts.LighttpdUnix):
    pass


class LoggedApache(Logged, fronts.ApacheProxyUnix):
    def apache(self, config):
        super().apache(config + """
LogFormat "%%>s %%m %%U" plain
CustomLog "%s" plain
""" % self.path("access.log"))


FRONTS = {"lighttpd": LoggedLighttpd, "apache": LoggedApache}


class Deployment:
    """An application at its own root, and below its prefix."""

    def __init__(self, site, build, name, front, folder):
        self.prefix, keys = APPS[name]
        self.root, self.origin = start_origin(
            build, SHOWN.get(name, name), folder)
        try:
            rules = os.path.join(folder, "rules.ini")
            with open(rules, "w") as f:
                f.write("[%s]\npath   = %s\norigin = %s\n%s" % (
                    name, self.prefix, self.root, keys))
            os.chmod(rules, 0o644)
            self.front = FRONTS[front](types.SimpleNamespace(
                binary=site.binary, wrapper=site.wrapper, rules=rules),
                os.path.join(folder, front))
        except BaseException:
            self.origin.stop()
            raise
        self.base = "http://127.0.0.1:%d%s/" % (self.front.port, self.prefix)

    def stop(self):
        self.front.stop()
        self.origin.stop()


def main():
    """apps.py APPLICATION FRONT: shows one until it is interrupted."""
    def interrupt(number, frame):
        raise KeyboardInterrupt

    name, front = sys.argv[1:]
    signal.signal(signal.SIGTERM, interrupt)
    binary = os.path.abspath(os.environ.get("FINGERPOST", "fingerpost"))
    build = Build(os.environ.get("FINGERPOST_APPS", os.path.join(
        os.path.dirname(binary), "apps")))
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        shown = Deployment(types.SimpleNamespace(binary=binary, wrapper=[]),
                           build, name, front, folder)
        try:
            print("its own root: %s/\nits prefix:   %s\nlogs:         %s"
                  % (shown.root, shown.base, folder), flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
        finally:
            shown.stop()


if __name__ == "__main__":
    main()
