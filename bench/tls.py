"""Measures what TLS to an origin costs, beside nginx and Apache, all with
verification on.  bench/README says what each figure means.  Called by
`bench/run tls`, which builds and installs.
"""

import argparse
import http.client
import os
import re
import signal
import statistics
import subprocess
import sys

from bench import Bench, Failure, cpu_s, free_port, listening, say, versions

NAME = "origin.test"
CONNECTIONS = 32
BYTES = 1024

# path: what the origin does with a connection
ROWS = {"kept": "keepalive_timeout 60s; keepalive_requests 100000000;",
        "fresh": "keepalive_timeout 0;"}


class TlsBench(Bench):
    """The origin is an nginx behind TLS: a port a row, and a log with a line
    for each handshake."""

    def __init__(self, options):
        super().__init__(options)
        self.make_certificate()
        self.ports = {row: free_port() for row in ROWS}
        self.log = self.path("handshakes.log")
        with open(self.path("page"), "w") as f:
            f.write("x" * BYTES)
        servers = "\n".join(f"""
server {{
    listen 127.0.0.1:{self.ports[row]} ssl backlog=1024;
    root {self.folder};
    {keep}
}}""" for row, keep in ROWS.items())
        temp = "\n".join(f"{k}_temp_path {self.folder};" for k in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf = self.write("tls-origin.conf", f"""\
{"user root;" if self.root else ""}
daemon off;
worker_processes 1;
pid {self.path("tls-origin.pid")};
error_log {self.path("tls-origin.log")} warn;
events {{ worker_connections 4096; }}
http {{
{temp}
map $connection_requests $first {{ 1 1; default 0; }}
log_format handshake "$ssl_session_reused";
access_log {self.log} handshake if=$first;
ssl_certificate {self.path("origin.pem")};
ssl_certificate_key {self.path("origin.key")};
ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_cache shared:tls:8m;
{servers}
}}
""")
        p = self.start("tls-origin", ["/usr/sbin/nginx", "-c", conf, "-e",
                                      self.path("tls-origin.log")])
        for port in self.ports.values():
            p.wait_for(listening(port), "port")

    def make_certificate(self):
        """Its own authority.  Apache looks for the host that it asks among
        the names."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=" + NAME, "-addext", 
             f"subjectAltName=DNS:{NAME},DNS:127.0.0.1,IP:127.0.0.1",
             "-keyout", self.path("origin.key"), "-out",
             self.path("origin.pem")], check=True, capture_output=True)

    def tls_fingerpost(self, name):
        rules = self.write(name + ".ini", "".join(f"""\
[{row}]
path   = /{row}
origin = https://127.0.0.1:{port}
tls_ca_file     = origin.pem
tls_server_name = {NAME}
compress        = no
""" for row, port in self.ports.items()))
        path = self.path(name + ".sock")
        p = self.start(name, [self.options.fingerpost, "serve", "-c", rules,
                              "--listen", "unix:" + path, "--workers", "1"])
        p.wait_for(listening(path), "socket")
        os.chmod(path, 0o666)
        return p, path

    def tls_nginx(self, name):
        port = free_port()
        upstreams = "\n".join(f"""
upstream {row} {{
    server 127.0.0.1:{origin};
    keepalive 512;
    keepalive_requests 100000000;
}}""" for row, origin in self.ports.items())
        locations = "\n".join(
            f"location /{row}/ {{ proxy_pass https://{row}/; }}"
            for row in ROWS)
        temp = "\n".join(f"{k}_temp_path {self.folder};" for k in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf = self.write(name + ".conf", f"""\
{"user root;" if self.root else ""}
daemon off;
worker_processes 1;
pid {self.path(name + ".pid")};
error_log {self.path(name + ".log")} warn;
events {{ worker_connections 4096; }}
http {{
{temp}
access_log off;
keepalive_requests 100000000;
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_ssl_verify on;
proxy_ssl_trusted_certificate {self.path("origin.pem")};
proxy_ssl_server_name on;
proxy_ssl_name {NAME};
proxy_ssl_protocols TLSv1.2 TLSv1.3;
{upstreams}
server {{
    listen 127.0.0.1:{port} backlog=1024;
    {locations}
}}
}}
""")
        p = self.start(name, ["/usr/sbin/nginx", "-c", conf, "-e",
                              self.path(name + ".log")])
        p.wait_for(listening(port), "port")
        return p, port

    def handshakes(self):
        """All so far, and how many of them were resumed."""
        with open(self.log) as f:
            lines = f.read().split()
        return len(lines), lines.count("r")


def fingerpost_lighttpd(b):
    program, path = b.tls_fingerpost("fp-lighttpd")
    sockets = ", ".join(
        f'"/{row}/" => (("socket" => "{path}", "check-local" => "disable"))'
        for row in ROWS)
    server, port = b.lighttpd("front-lighttpd", ["mod_fastcgi"],
                              f"fastcgi.server = ({sockets})")
    return port, {"fingerpost": program, "lighttpd": server}


def fingerpost_apache(b):
    program, path = b.tls_fingerpost("fp-apache")
    server, port = b.apache("front-apache", ["proxy", "proxy_fcgi"], f"""\
<Proxy "fcgi://bench/" enablereuse=on flushpackets=on iobuffersize=65536>
</Proxy>
<LocationMatch "^/({"|".join(ROWS)})/">
    SetHandler "proxy:unix:{path}|fcgi://bench/"
</LocationMatch>
""")
    return port, {"fingerpost": program, "apache": server}


def nginx(b):
    server, port = b.tls_nginx("nginx")
    return port, {"nginx": server}


def apache(b):
    rules = "\n".join(f"""\
ProxyPass "/{row}/" "https://127.0.0.1:{port}/"
""" for row, port in b.ports.items())
    server, port = b.apache(
        "mod-proxy-http", ["proxy", "proxy_http", "socache_shmcb", "ssl"],
        f"""\
SSLProxyEngine on
SSLProxyVerify require
SSLProxyCACertificateFile {b.path("origin.pem")}
SSLProxyCheckPeerName on
{rules}
""")
    return port, {"apache": server}


TARGETS = {
    "fp-lighttpd": ("Fingerpost under lighttpd", fingerpost_lighttpd),
    "fp-apache": ("Fingerpost under Apache", fingerpost_apache),
    "nginx": ("nginx proxy_pass, proxy_ssl_verify", nginx),
    "proxy_http": ("Apache mod_proxy_http, SSLProxyVerify require", apache),
}


class Target:
    def __init__(self, bench, name):
        self.bench, self.name = bench, name
        self.title, start = TARGETS[name]
        self.port, self.parts = start(bench)

    def verify(self, row):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            c.request("GET", f"/{row}/page")
            answer = c.getresponse()
            if (answer.status, len(answer.read())) != (200, BYTES):
                return f"status {answer.status}"
        except (OSError, http.client.HTTPException) as e:
            return f"{type(e).__name__} {e}"
        finally:
            c.close()
        return None

    def measure(self, row, seconds):
        """Requests a second, handshakes per thousand requests, the share of
        them that was resumed, CPU a request; and wrk's complaints."""
        before = {k: cpu_s(p.pid) for k, p in self.parts.items()}
        all_before, resumed_before = self.bench.handshakes()
        out = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout",
             "10s", f"http://127.0.0.1:{self.port}/{row}/page"],
            capture_output=True, text=True, timeout=seconds + 60).stdout
        after = {k: cpu_s(p.pid) for k, p in self.parts.items()}
        all_after, resumed_after = self.bench.handshakes()
        count = re.search(r"(\d+) requests in", out)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
        if not count or not rate or not int(count.group(1)):
            return None, ["wrk gave no figures"]
        n = int(count.group(1))
        handshakes = all_after - all_before
        return ((float(rate.group(1)), 1e3 * handshakes / n,
                 (resumed_after - resumed_before) / max(handshakes, 1),
                 sum(after[k] - before[k] for k in before) * 1e6 / n),
                re.findall(r"Non-2xx.*|Socket errors.*", out))


def run(bench, options):
    targets, wrong = [], []
    for name in options.targets:
        try:
            targets.append(Target(bench, name))
        except (Failure, OSError) as e:
            wrong.append(f"{name}: {e}")
    cells = {}
    for number in range(1, options.rounds + 1):
        for row in ROWS:
            for t in targets:
                what = t.verify(row)
                if what:
                    wrong.append(f"{row} {t.name}: {what}")
                    say(wrong[-1])
                    continue
                cell, errors = t.measure(row, options.seconds)
                wrong += [f"{row} {t.name}: {e}" for e in errors]
                if cell:
                    cells.setdefault((row, t.name), []).append(cell)
                    say(f"round {number}/{options.rounds}  {row:6}"
                        f"{t.name:12}{cell[0]:8.0f}/s")
    return targets, cells, wrong


def report(targets, cells, wrong, options):
    lines = [f"{t.name:12}{t.title}" for t in targets] + [""]
    lines.append(f"{'':12}" + "".join(
        f"{row + ', requests/s':>19}{'handshakes/1000':>17}{'resumed':>9}"
        f"{'CPU us':>8}" for row in ROWS))
    for t in targets:
        line = f"{t.name:12}"
        for row in ROWS:
            if (row, t.name) in cells:
                rate, handshakes, resumed, cpu = (
                    statistics.median(v) for v in zip(*cells[row, t.name]))
                line += (f"{rate:19,.0f}{handshakes:17.1f}{resumed:9.0%}"
                         f"{cpu:8.0f}")
            else:
                line += f"{'-':>19}{'-':>17}{'-':>9}{'-':>8}"
        lines.append(line)
    lines += ["", "CPU: microseconds a request of proxy and web server."]
    lines += [f"! {w}" for w in sorted(set(wrong))]
    lines.append(f"{os.cpu_count()} processors, {CONNECTIONS} connections, "
                 f"median of {options.rounds} rounds of {options.seconds} s, "
                 f"{versions()}")
    return "\n".join(lines)


def main():
    p = argparse.ArgumentParser(
        prog="bench/run tls", description="Measures TLS to an origin.")
    p.add_argument("--quick", action="store_true", help="one round of 1 s")
    p.add_argument("--targets", metavar="NAME[,NAME]", default=",".join(TARGETS),
                   help="of " + ", ".join(TARGETS))
    p.add_argument("--rounds", type=int)
    p.add_argument("--seconds", type=int, help="of load a cell")
    p.add_argument("--fingerpost", metavar="PROGRAM",
                   help="measure this one instead of building")
    p.add_argument("--origin", help=argparse.SUPPRESS)
    options = p.parse_args()
    options.targets = options.targets.split(",")
    for name in options.targets:
        if name not in TARGETS:
            p.error(f"no target {name}; there are {', '.join(TARGETS)}")
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (1 if options.quick else 4)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ["PATH"] = "/usr/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")
    bench = TlsBench(options)
    try:
        results = run(bench, options)
        print(report(*results, options))
    finally:
        bench.close()
    return 1 if results[2] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except Failure as e:
        sys.exit(f"bench: {e}")
