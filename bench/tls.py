"""Measures what TLS to an origin costs, beside nginx and Apache, all with
verification on.  bench/README says what each figure means.  Called by
`bench/run tls`, which builds and installs.
"""

import subprocess

import measure
from servers import Bench, free_port, listening

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

    def handshakes(self):
        """All so far, and how many of them were resumed."""
        with open(self.log) as f:
            lines = f.read().split()
        return len(lines), lines.count("r")


PREFIXES = [f"/{row}/" for row in ROWS]


def rules(b):
    return "".join(f"""\
[{row}]
path   = /{row}
origin = https://127.0.0.1:{port}
tls_ca_file     = origin.pem
tls_server_name = {NAME}
compress        = no
""" for row, port in b.ports.items())


def fingerpost_lighttpd(b):
    return b.under_lighttpd("fp-lighttpd", rules(b), PREFIXES)


def fingerpost_apache(b):
    return b.under_apache("fp-apache", rules(b), PREFIXES)


def nginx(b):
    upstreams = "\n".join(f"""
upstream {row} {{
    server 127.0.0.1:{port};
    keepalive 512;
    keepalive_requests 100000000;
}}""" for row, port in b.ports.items())
    server, port = b.nginx("nginx", "\n".join(
        f"location {p} {{ proxy_pass https:/{p}; }}" for p in PREFIXES),
        f"""\
proxy_ssl_verify on;
proxy_ssl_trusted_certificate {b.path("origin.pem")};
proxy_ssl_server_name on;
proxy_ssl_name {NAME};
proxy_ssl_protocols TLSv1.2 TLSv1.3;
{upstreams}
""")
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


class Target(measure.Target):
    def __init__(self, bench, name):
        title, begin = TARGETS[name]
        super().__init__(bench, name, title, *begin(bench))

    def verify(self, row):
        status, _, body = self.get(f"/{row}/page")
        if (status, len(body)) != (200, BYTES):
            return f"status {status}, {len(body)} bytes"
        return None

    def measure(self, row, seconds):
        """A cell whose more has handshakes per thousand requests and the
        share of them that was resumed."""
        all_before, resumed_before = self.bench.handshakes()
        cell = self.load(f"/{row}/page", CONNECTIONS, seconds)
        all_after, resumed_after = self.bench.handshakes()
        handshakes = all_after - all_before
        cell.more["handshakes"] = 1e3 * handshakes / cell.more.get("n", 1)
        cell.more["resumed"] = ((resumed_after - resumed_before)
                                / max(handshakes, 1))
        return cell


def report(bench, results, options):
    lines = [f"{t.name:12}{t.title}" for t in results.targets] + [""]
    lines.append(f"{'':12}" + "".join(
        f"{row + ', requests/s':>19}{'handshakes/1000':>17}{'resumed':>9}"
        f"{'CPU us':>8}" for row in options.rows))
    for name in results.names:
        line = f"{name:12}"
        for row in options.rows:
            cell = results.median(row, name)
            line += (f"{cell.rate:19,.0f}{cell.more['handshakes']:17.1f}"
                     f"{cell.more['resumed']:9.0%}{cell.cpu:8.0f}" if cell
                     else f"{'-':>19}{'-':>17}{'-':>9}{'-':>8}")
        lines.append(line)
    lines += ["", "CPU: microseconds a request of proxy and web server."]
    return lines + results.ending(options, f"{CONNECTIONS} connections, ")


if __name__ == "__main__":
    measure.main("tls", "Measures TLS to an origin.", ROWS, TARGETS,
                 TlsBench, Target, report)
