"""Measures Fingerpost beside other proxies: requests a second, and CPU a
request of the processes that do the proxying.  bench/README says what each
figure means.  Called by bench/run, which builds and installs.
"""

import gzip

import measure
from measure import Memory
from servers import GZIP_LEVEL, Bench

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


# Each target: (port, {component: process}); the first component is the one
# that does the proxying.

def rules(b):
    return f"""\
[fingerpost]
log_level = warn

[bench]
path   = /b
origin = {b.origin_url}
compress_level = {GZIP_LEVEL}
"""


def fingerpost_lighttpd(b):
    return b.under_lighttpd("fp-lighttpd", rules(b))


def lighttpd_mod_proxy(b):
    server, port = b.lighttpd("mod-proxy", ["mod_proxy", "mod_deflate"], f"""\
proxy.server = ("/b/" => ((
    "host" => "127.0.0.1", "port" => {b.origin_port})))
proxy.header = ("map-urlpath" => ("/b/" => "/"))
""")
    return port, {"lighttpd": server}


def fingerpost_apache(b):
    return b.under_apache("fp-apache", rules(b))


def apache_mod_proxy_http(b):
    server, port = b.apache("mod-proxy-http", ["proxy", "proxy_http"], f"""\
ProxyPass "/b/" "{b.origin_url}/"
""")
    return port, {"apache": server}


def nginx_proxy_pass(b):
    server, port = b.nginx("nginx", b.nginx_location())
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


class Target(measure.Target):
    def __init__(self, bench, name):
        title, begin = TARGETS[name]
        super().__init__(bench, name, title, *begin(bench))
        self.once = name == "none"
        self.prefix = "" if name == "none" else "/b"
        self.gzip_bytes = None
        self.memory = ("fingerpost" in self.parts
                       and Memory(self.parts["fingerpost"]))

    def verify(self, row):
        page, size, _, zipped = ROWS[row]
        status, fields, body = self.get(f"{self.prefix}/{page}", {
            "Accept-Encoding": "gzip"} if zipped else {})
        if status != 200:
            return f"status {status}"
        if zipped and self.name != "none":
            if fields["Content-Encoding"] != "gzip":
                return "not compressed"
            self.gzip_bytes = len(body)
            body = gzip.decompress(body)
        if len(body) != size:
            return f"{len(body)} bytes instead of {size}"
        return None

    def measure(self, row, seconds):
        page, _, connections, zipped = ROWS[row]
        watch = self.memory if row == "slow-c256" else None
        if watch:
            watch.begin()
        cell = self.load(f"{self.prefix}/{page}", connections, seconds,
                         {"Accept-Encoding": "gzip"} if zipped else {})
        if watch:
            watch.end()
        return cell


PAIRS = [("fp-lighttpd", "mod_proxy"), ("fp-apache", "proxy_http"),
         ("fp-lighttpd", "php")]


def report(bench, results, options):
    targets, names = results.targets, results.names
    lines = [f"{t.name:12} {t.title}" for t in targets] + [""]
    lines += results.table("requests a second", options.rows,
                           measure.each_rate)
    lines += results.table(
        "CPU microseconds a request, by component: " + "; ".join(
            f"{t.name} {'+'.join(t.parts)}" for t in targets),
        options.rows, measure.each_cpu)
    lines += results.ratios(options.rows, [
        p for p in PAIRS if p[0] in names and p[1] in names],
        [n for n in names if n != "none"])
    for t in targets:
        if t.memory and t.memory.peak_kb:
            lines.append(
                f"{t.name}: peak RSS of the Fingerpost worker while 256 "
                f"requests wait (slow-c256): "
                f"{t.memory.peak_kb / 1024:.1f} MiB")
    sizes = [f"{t.name} {t.gzip_bytes}" for t in targets if t.gzip_bytes]
    if sizes:
        lines.append(f"gzip-c32: bytes of 16384 at level {GZIP_LEVEL}: "
                     + ", ".join(sizes))
    return lines + results.ending(options)


if __name__ == "__main__":
    measure.main("", "Measures Fingerpost beside others.", ROWS, TARGETS,
                 Bench, Target, report)
