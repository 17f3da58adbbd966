"""Measures Fingerpost beside other proxies: requests a second, and CPU a
request of the processes that do the proxying.  bench/README says what each
figure means.  Called by bench/run, which builds and installs.

Python's standard library only; wrk makes the load.
"""

import argparse
import glob
import gzip
import http.client
import os
import pwd
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
GZIP_LEVEL = 1
PHP_CHILDREN = 32

# name: path at the origin, bytes, connections, gzip
ROWS = {
    "slow-c256": ("slow", 1024, 256, False),
    "1k-c32": ("1k", 1024, 32, False),
    "1k-c256": ("1k", 1024, 256, False),
    "16k-c32": ("16k", 16384, 32, False),
    "16k-c256": ("16k", 16384, 256, False),
    "1m-c32": ("1m", 1048576, 32, False),
    "1m-c256": ("1m", 1048576, 256, False),
    "gzip-c32": ("text", 16384, 32, True),
}


class Failure(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stat_fields(pid):
    """Fields of /proc/PID/stat from the third on, or None."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def tree(root):
    """root and all its descendants."""
    children = {}
    for entry in glob.glob("/proc/[0-9]*"):
        pid = int(os.path.basename(entry))
        fields = stat_fields(pid)
        if fields:
            children.setdefault(int(fields[1]), []).append(pid)
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def cpu_s(root):
    """User and system time of a process tree, ended children included."""
    ticks = 0
    for pid in tree(root):
        fields = stat_fields(pid)
        if fields:
            ticks += int(fields[11]) + int(fields[12])
            if pid == root:
                ticks += int(fields[13]) + int(fields[14])
    return ticks * TICK_S


def status_kb(pid, key):
    try:
        with open(f"/proc/{pid}/status") as f:
            match = re.search(rf"^{key}:\s+(\d+) kB", f.read(), re.M)
            return int(match.group(1)) if match else 0
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Process:
    """One server, in a process group of its own, ended by its pid."""

    def __init__(self, name, argv, folder, env=None, stdout=None):
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=stdout or log,
                stderr=log, env=env, cwd=folder, start_new_session=True)
        self.pid = self.popen.pid

    def wait_for(self, check, what):
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if self.popen.poll() is not None:
                raise Failure(f"{self.name} ended with {self.popen.returncode}"
                              f"\n{self.tail()}")
            if check():
                return
            time.sleep(0.02)
        raise Failure(f"{self.name}: no {what} after 15 s\n{self.tail()}")

    def tail(self):
        with open(self.log, errors="replace") as f:
            return "".join(f.readlines()[-15:])

    def stop(self):
        pids = tree(self.pid)
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(8)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        for pid in pids[1:]:
            # Still ours: its session is the one we started.
            fields = stat_fields(pid)
            if fields and int(fields[3]) == self.pid:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass


def listening(address):
    """A check whether something accepts at a port or a socket's path."""
    def check():
        family = (socket.AF_INET if isinstance(address, int)
                  else socket.AF_UNIX)
        with socket.socket(family) as s:
            s.settimeout(1)
            try:
                s.connect(("127.0.0.1", address)
                          if isinstance(address, int) else address)
                return True
            except OSError:
                return False
    return check


class Bench:
    """The folder, the origin and the servers of one run."""

    def __init__(self, options, origin_arguments=lambda bench: []):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="fingerpost-bench-")
        os.chmod(self.folder, 0o755)
        self.processes = []
        self.root = os.getuid() == 0
        self.origin = self.start(
            "origin", [options.origin, *origin_arguments(self)],
            stdout=subprocess.PIPE)
        self.origin_port = int(self.origin.popen.stdout.readline())
        self.origin_url = f"http://127.0.0.1:{self.origin_port}"

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def start(self, name, argv, **more):
        p = Process(name, argv, self.folder, **more)
        self.processes.append(p)
        return p

    def close(self):
        for p in reversed(self.processes):
            p.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Fingerpost and the servers.  Every server: no access log, connections
    # of the client kept, gzip of text/plain at GZIP_LEVEL.

    def fingerpost(self, name):
        rules = self.write(name + ".ini", f"""\
[fingerpost]
log_level = warn

[bench]
path   = /b
origin = {self.origin_url}
compress_level = {GZIP_LEVEL}
""")
        path = self.path(name + ".sock")
        p = self.start(name, [self.options.fingerpost, "serve", "-c", rules,
                              "--listen", "unix:" + path, "--workers", "1"])
        p.wait_for(listening(path), "socket")
        os.chmod(path, 0o666)  # Apache's children are another user
        return p, path

    def lighttpd(self, name, modules, text):
        port = free_port()
        deflate = "" if "mod_deflate" not in modules else f"""\
deflate.mimetypes = ("text/plain")
deflate.allowed-encodings = ("gzip")
deflate.params = ("gzip.level" => {GZIP_LEVEL})
# mod_deflate compresses whole responses only
$HTTP["url"] == "/b/text" {{ server.stream-response-body = 0 }}
"""
        conf = self.write(name + ".conf", f"""\
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{self.folder}"
server.upload-dirs = ("{self.folder}")
server.max-connections = 2048
server.max-fds = 8192
server.max-keep-alive-requests = 65535
server.stream-response-body = 2
server.modules = ({", ".join(f'"{m}"' for m in modules)})
{text}
{deflate}""")
        p = self.start(name, ["/usr/sbin/lighttpd", "-D", "-f", conf])
        p.wait_for(listening(port), "port")
        return p, port

    def apache(self, name, modules, text):
        port = free_port()
        modules = ["mpm_event", "authz_core", "filter", "deflate"] + modules
        load = "\n".join(
            f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so"
            for m in modules)
        user = "User www-data\nGroup www-data" if self.root else ""
        conf = self.write(name + ".conf", f"""\
ServerRoot {self.folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {self.path(name + ".pid")}
Mutex posixsem
DefaultRuntimeDir {self.folder}
ErrorLog {self.path(name + ".log")}
LogLevel warn
DocumentRoot {self.folder}
{load}
{user}
# Either child could hold all clients: a full one drops kept connections.
ServerLimit 2
ThreadLimit 300
ThreadsPerChild 300
StartServers 2
MaxRequestWorkers 600
MinSpareThreads 1
MaxSpareThreads 600
MaxKeepAliveRequests 0
KeepAliveTimeout 30
AddOutputFilterByType DEFLATE text/plain
DeflateCompressionLevel {GZIP_LEVEL}
{text}
""")
        p = self.start(name, ["/usr/sbin/apache2", "-DFOREGROUND", "-f", conf])
        p.wait_for(listening(port), "port")
        return p, port

    def nginx(self, name, location="", workers=1):
        port = free_port()
        user = "user www-data;" if self.root else ""
        temp = "\n".join(
            f"{kind}_temp_path {self.path(name)};" for kind in
            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf = self.write(name + ".conf", f"""\
{user}
daemon off;
worker_processes {workers};
pid {self.path(name + ".pid")};
error_log {self.path(name + ".log")} warn;
events {{ worker_connections 4096; }}
http {{
{temp}
access_log off;
keepalive_requests 100000000;
gzip on;
gzip_types text/plain;
gzip_comp_level {GZIP_LEVEL};
gzip_proxied any;
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_max_temp_file_size 0;
upstream origin {{
    server 127.0.0.1:{self.origin_port};
    keepalive 512;
    keepalive_requests 100000000;
}}
server {{
    listen 127.0.0.1:{port} backlog=1024;
    location /b/ {{
        proxy_pass http://origin/;
        {location}
    }}
}}
}}
""")
        os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path(name), 0o777)
        p = self.start(name, ["/usr/sbin/nginx", "-c", conf,
                              "-e", self.path(name + ".log")])
        p.wait_for(listening(port), "port")
        return p, port

    def php(self, name):
        # Where php-fpm's user may read it, wherever the clone lies.
        shutil.copy(os.path.join(HERE, "proxy.php"), self.folder)
        program = sorted(glob.glob("/usr/sbin/php-fpm*"))[-1]
        path = self.path(name + ".sock")
        owner = ""
        if self.root:
            user = pwd.getpwnam("www-data").pw_name
            owner = (f"user = {user}\ngroup = {user}\n"
                     f"listen.mode = 0666\n")
        conf = self.write(name + ".conf", f"""\
[global]
error_log = {self.path(name + ".log")}
daemonize = no
[www]
{owner}listen = {path}
listen.backlog = 1024
pm = static
pm.max_children = {PHP_CHILDREN}
env[ORIGIN] = {self.origin_url}
""")
        p = self.start(name, [program, "-F", "-y", conf])
        p.wait_for(listening(path), "socket")
        return p, path


# Each target: (port, {component: process}); the first component is the one
# that does the proxying.

def fingerpost_lighttpd(b):
    program, path = b.fingerpost("fp-lighttpd")
    server, port = b.lighttpd("front-lighttpd", ["mod_fastcgi"], f"""\
fastcgi.server = ("/b/" => ((
    "socket" => "{path}", "check-local" => "disable")))
""")
    return port, {"fingerpost": program, "lighttpd": server}


def lighttpd_mod_proxy(b):
    server, port = b.lighttpd("mod-proxy", ["mod_proxy", "mod_deflate"], f"""\
proxy.server = ("/b/" => ((
    "host" => "127.0.0.1", "port" => {b.origin_port})))
proxy.header = ("map-urlpath" => ("/b/" => "/"))
""")
    return port, {"lighttpd": server}


def fingerpost_apache(b):
    program, path = b.fingerpost("fp-apache")
    server, port = b.apache("front-apache", ["proxy", "proxy_fcgi"], f"""\
<Proxy "fcgi://bench/" enablereuse=on flushpackets=on iobuffersize=65536>
</Proxy>
<Location "/b/">
    SetHandler "proxy:unix:{path}|fcgi://bench/"
</Location>
""")
    return port, {"fingerpost": program, "apache": server}


def apache_mod_proxy_http(b):
    server, port = b.apache("mod-proxy-http", ["proxy", "proxy_http"], f"""\
ProxyPass "/b/" "{b.origin_url}/"
""")
    return port, {"apache": server}


def nginx_proxy_pass(b):
    server, port = b.nginx("nginx")
    return port, {"nginx": server}


def php_curl(b):
    program, path = b.php("php")
    server, port = b.lighttpd(
        "front-php", ["mod_fastcgi", "mod_rewrite", "mod_deflate"], f"""\
url.rewrite-once = (
    "^/b/text$" => "/proxy.php?whole",
    "^/b/" => "/proxy.php")
$HTTP["query-string"] == "whole" {{ server.stream-response-body = 0 }}
fastcgi.server = (".php" => (("socket" => "{path}")))
""")
    return port, {"php-fpm": program, "lighttpd": server}


def no_proxy(b):
    return b.origin_port, {"origin": b.origin}


TARGETS = {
    "fp-lighttpd": ("Fingerpost under lighttpd", fingerpost_lighttpd),
    "mod_proxy": ("lighttpd mod_proxy", lighttpd_mod_proxy),
    "fp-apache": ("Fingerpost under Apache", fingerpost_apache),
    "proxy_http": ("Apache mod_proxy_http", apache_mod_proxy_http),
    "nginx": ("nginx proxy_pass", nginx_proxy_pass),
    "php": ("PHP curl proxy, php-fpm", php_curl),
    "none": ("(the origin, no proxy)", no_proxy),
}


class Cell:
    """One measurement of one row at one target."""

    def __init__(self, rate, cpu_us, errors):
        self.rate = rate
        self.cpu_us = cpu_us  # microseconds a request, by component
        self.errors = errors


class Target:
    def __init__(self, bench, name):
        self.name = name
        self.title, start = TARGETS[name]
        self.port, self.parts = start(bench)
        self.prefix = "" if name == "none" else "/b"
        self.gzip_bytes = None

    def verify(self, row):
        """One request, looked at closely; what is wrong, or None."""
        page, size, _, zipped = ROWS[row]
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            c.request("GET", f"{self.prefix}/{page}", headers={
                "Accept-Encoding": "gzip"} if zipped else {})
            answer = c.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as e:
            return f"{type(e).__name__} {e}"
        finally:
            c.close()
        if answer.status != 200:
            return f"status {answer.status}"
        if zipped and self.name != "none":
            if answer.getheader("Content-Encoding") != "gzip":
                return "not compressed"
            self.gzip_bytes = len(body)
            body = gzip.decompress(body)
        if len(body) != size:
            return f"{len(body)} bytes instead of {size}"
        return None

    def measure(self, row, seconds):
        page, _, connections, zipped = ROWS[row]
        argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                "--timeout", "10s"]
        if zipped:
            argv += ["-H", "Accept-Encoding: gzip"]
        argv.append(f"http://127.0.0.1:{self.port}{self.prefix}/{page}")
        before = {k: cpu_s(p.pid) for k, p in self.parts.items()}
        out = subprocess.run(argv, capture_output=True, text=True,
                             timeout=seconds + 60).stdout
        after = {k: cpu_s(p.pid) for k, p in self.parts.items()}
        count = re.search(r"(\d+) requests in ([\d.]+)(m?s)", out)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
        if not count or not rate:
            return Cell(0, {}, ["wrk gave no figures"])
        n = max(int(count.group(1)), 1)
        errors = re.findall(r"Non-2xx.*|Socket errors.*", out)
        if not int(count.group(1)):
            errors.append("no request completed")
        cpu = {k: (after[k] - before[k]) * 1e6 / n for k in before}
        return Cell(float(rate.group(1)), cpu, errors)


class Memory:
    """The peak resident size of a target's Fingerpost during one row."""

    def __init__(self, process):
        self.process = process
        self.peak_kb = 0

    def workers(self):
        return tree(self.process.pid)[1:] or [self.process.pid]

    def begin(self):
        for pid in self.workers():
            try:
                with open(f"/proc/{pid}/clear_refs", "w") as f:
                    f.write("5")
            except OSError:
                pass

    def end(self):
        self.peak_kb = max([self.peak_kb] + [
            status_kb(pid, "VmHWM") for pid in self.workers()])


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(bench, options):
    """Cells by (row, target); rounds are interleaved, so that what else the
    machine does falls on all alike."""
    targets, failed = [], []
    for name in options.targets:
        try:
            targets.append(Target(bench, name))
        except (Failure, OSError) as e:
            failed.append(f"{name}: {e}")
            say(f"{name} does not start: {e}")
    cells = {}
    memory = {t.name: Memory(t.parts["fingerpost"]) for t in targets
              if "fingerpost" in t.parts}
    sick = {}
    for number in range(1, options.rounds + 1):
        for row in options.rows:
            for t in targets:
                if t.name == "none" and number > 1:
                    continue
                if bench.origin.popen.poll() is not None:
                    raise Failure("the origin ended by itself")
                wrong = t.verify(row)
                if wrong:
                    sick.setdefault((row, t.name), []).append(wrong)
                    say(f"{row} {t.name}: {wrong}")
                    continue
                watch = memory.get(t.name) if row == "slow-c256" else None
                if watch:
                    watch.begin()
                cell = t.measure(row, options.seconds)
                if watch:
                    watch.end()
                cells.setdefault((row, t.name), []).append(cell)
                if cell.errors:
                    sick.setdefault((row, t.name), []).extend(cell.errors)
                say(f"round {number}/{options.rounds}  {row:10}"
                    f"{t.name:12}{cell.rate:10.0f}/s  " + "  ".join(
                        f"{k} {v:.0f} us" for k, v in cell.cpu_us.items()) +
                    "  ".join([""] + cell.errors))
    return targets, cells, memory, sick, failed


def median_cell(cells):
    parts = cells[0].cpu_us
    return Cell(
        statistics.median(c.rate for c in cells),
        {k: statistics.median(c.cpu_us.get(k, 0) for c in cells)
         for k in parts}, [])


def report(targets, cells, memory, sick, failed, options):
    lines = []
    add = lines.append
    names = [t.name for t in targets]
    middle = {key: median_cell(c) for key, c in cells.items()}

    def table(title, figure):
        add(title)
        add("".join([f"{'row':11}"] + [f"{n:>18}" for n in names]))
        for row in options.rows:
            texts = [figure(row, n) for n in names]
            add("".join([f"{row:11}"] + [f"{t:>18}" for t in texts]))
        add("")

    def marked(key, text):
        return text + ("!" if key in sick else " ")

    def rate(row, name):
        key = (row, name)
        if key not in middle:
            return marked(key, "-")
        return marked(key, f"{middle[key].rate:,.0f}")

    def cpu(row, name):
        key = (row, name)
        if key not in middle:
            return marked(key, "-")
        return marked(key, "+".join(
            f"{v:.0f}" for v in middle[key].cpu_us.values()))

    for t in targets:
        add(f"{t.name:12} {t.title}")
    add("")
    table("requests a second (median of "
          f"{options.rounds} rounds of {options.seconds} s)", rate)
    table("CPU microseconds a request, by component: " + "; ".join(
        f"{t.name} {'+'.join(t.parts)}" for t in targets), cpu)

    pairs = [("fp-lighttpd", "mod_proxy"), ("fp-apache", "proxy_http"),
             ("fp-lighttpd", "php")]
    pairs = [p for p in pairs if p[0] in names and p[1] in names]
    mine = [n for n in names if n.startswith("fp-")]
    others = [n for n in names if not n.startswith("fp-") and n != "none"]
    if mine and others:
        add("requests a second as a ratio")
        add("".join([f"{'row':11}"] + [f"{a + '/' + b:>24}" for a, b in pairs]
                    + [f"{m + '/best other':>28}" for m in mine]))
        for row in options.rows:
            texts = []
            for a, b in pairs:
                a, b = middle.get((row, a)), middle.get((row, b))
                texts.append(f"{a.rate / b.rate:.2f}" if a and b and b.rate
                             else "-")
            line = "".join([f"{row:11}"] + [f"{t:>24}" for t in texts])
            for m in mine:
                best = max((n for n in others if (row, n) in middle),
                           key=lambda n: middle[row, n].rate, default=None)
                a = middle.get((row, m))
                text = (f"{a.rate / middle[row, best].rate:.2f} ({best})"
                        if a and best and middle[row, best].rate else "-")
                line += f"{text:>28}"
            add(line)
        add("")

    for t in targets:
        if t.name in memory and memory[t.name].peak_kb:
            add(f"{t.name}: peak RSS of the Fingerpost worker while 256 "
                f"requests wait (slow-c256): "
                f"{memory[t.name].peak_kb / 1024:.1f} MiB")
    sizes = [f"{t.name} {t.gzip_bytes}" for t in targets if t.gzip_bytes]
    if sizes:
        add(f"gzip-c32: bytes of 16384 at level {GZIP_LEVEL}: "
            + ", ".join(sizes))
    for (row, name), what in sick.items():
        counts = {w: what.count(w) for w in what}
        add(f"! {row} {name}: " + "; ".join(
            f"{w} (x{n})" for w, n in counts.items()))
    for text in failed:
        add(f"! {text}")
    add(f"{os.cpu_count()} processors, Linux {os.uname().release}, "
        f"{versions()}")
    return "\n".join(lines)


def versions():
    wanted = ["lighttpd", "apache2", "nginx-light", "php-fpm", "libcurl4",
              "wrk"]
    out = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\n"] + wanted,
        capture_output=True, text=True).stdout
    return ", ".join(line for line in out.splitlines() if line.split()[1:])


def parse():
    p = argparse.ArgumentParser(
        prog="bench/run", description="Measures Fingerpost beside others.")
    p.add_argument("--quick", action="store_true",
                   help="one round of 1 s a cell")
    p.add_argument("--only", metavar="ROW[,ROW]",
                   help="of " + ", ".join(ROWS))
    p.add_argument("--targets", metavar="NAME[,NAME]",
                   help="of " + ", ".join(TARGETS))
    p.add_argument("--rounds", type=int)
    p.add_argument("--seconds", type=int, help="of load a cell")
    p.add_argument("--save", action="store_true",
                   help="also write the tables to bench/results/")
    p.add_argument("--fingerpost", metavar="PROGRAM",
                   help="measure this one instead of building")
    p.add_argument("--origin", help=argparse.SUPPRESS)
    o = p.parse_args()

    def chosen(text, known, what):
        names = text.split(",") if text else list(known)
        for name in names:
            if name not in known:
                p.error(f"no {what} {name}; there are {', '.join(known)}")
        return names

    o.rows = chosen(o.only, ROWS, "row")
    o.targets = chosen(o.targets, TARGETS, "target")
    o.rounds = o.rounds or (1 if o.quick else 3)
    o.seconds = o.seconds or (1 if o.quick else 4)
    return o


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ["PATH"] = "/usr/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")
    bench = Bench(options)
    try:
        results = run(bench, options)
        text = report(*results, options)
    finally:
        bench.close()
    print(text)
    if options.save:
        folder = os.path.join(HERE, "results")
        os.makedirs(folder, exist_ok=True)
        name = time.strftime("%Y-%m-%d-%H%M%S.txt")
        with open(os.path.join(folder, name), "w") as f:
            f.write(text + "\n")
        say(f"saved as bench/results/{name}")
    return 1 if results[3] or results[4] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except Failure as e:
        sys.exit(f"bench: {e}")
