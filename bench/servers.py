"""The folder, the origin and the private servers of one run.  bench/README
says how they are made comparable.
"""

import glob
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
GZIP_LEVEL = 1
PHP_CHILDREN = 32


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

    def open_folder(self, name):
        """A folder of a server whose children are another user."""
        os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path(name), 0o777)
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
    # of the client kept, gzip of text at GZIP_LEVEL.

    def fingerpost(self, name, rules, workers=1):
        rules = self.write(name + ".ini", rules)
        path = self.path(name + ".sock")
        p = self.start(name, [self.options.fingerpost, "serve", "-c", rules,
                              "--listen", "unix:" + path, "--workers",
                              str(workers)])
        p.wait_for(listening(path), "socket")
        os.chmod(path, 0o666)  # Apache's children are another user
        return p, path

    def under_lighttpd(self, name, rules, prefixes=("/b/",), workers=1):
        """What serves Fingerpost's responses: (port, components)."""
        program, path = self.fingerpost(name, rules, workers)
        sockets = ", ".join(
            f'"{p}" => (("socket" => "{path}", "check-local" => "disable"))'
            for p in prefixes)
        server, port = self.lighttpd("front-" + name, ["mod_fastcgi"],
                                     f"fastcgi.server = ({sockets})")
        return port, {"fingerpost": program, "lighttpd": server}

    def under_apache(self, name, rules, prefixes=("/b/",), workers=1):
        """As etc/apache-proxy-fcgi.conf has it."""
        program, path = self.fingerpost(name, rules, workers)
        places = "\n".join(f"""\
<Location "{p}">
    SetHandler "proxy:unix:{path}|fcgi://bench/"
</Location>""" for p in prefixes)
        server, port = self.apache("front-" + name, ["proxy", "proxy_fcgi"],
                                   f"""\
<Proxy "fcgi://bench/" enablereuse=on flushpackets=on iobuffersize=65536>
</Proxy>
{places}
""")
        return port, {"fingerpost": program, "apache": server}

    def by_proxypass(self, name, rules):
        """Apache without its walk through folders and .htaccess files."""
        program, path = self.fingerpost(name, rules)
        server, port = self.apache(
            "front-" + name, ["proxy", "proxy_fcgi"],
            f'ProxyPass "/b/" "unix:{path}|fcgi://bench/" enablereuse=on '
            "flushpackets=on iobuffersize=65536")
        return port, {"fingerpost": program, "apache": server}

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

    def apache(self, name, modules, text, children=2):
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
# Any child could hold all clients: a full one drops kept connections.
ServerLimit {children}
ThreadLimit 300
ThreadsPerChild 300
StartServers {children}
MaxRequestWorkers {300 * children}
MinSpareThreads 1
MaxSpareThreads {300 * children}
MaxKeepAliveRequests 0
KeepAliveTimeout 30
AddOutputFilterByType DEFLATE text/plain text/html
DeflateCompressionLevel {GZIP_LEVEL}
{text}
""")
        p = self.start(name, ["/usr/sbin/apache2", "-DFOREGROUND", "-f", conf])
        p.wait_for(listening(port), "port")
        return p, port

    def nginx_location(self, more=""):
        """The block that forwards what is below /b/."""
        return f"location /b/ {{ proxy_pass http://origin/; {more} }}"

    def nginx(self, name, server, http="", workers=1):
        """`server` is what is in the block of its port, `http` what is
        beside it."""
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
{http}
server {{
    listen 127.0.0.1:{port} backlog=1024;
    {server}
}}
}}
""")
        self.open_folder(name)
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
