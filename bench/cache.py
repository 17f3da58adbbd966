"""Measures the cache beside those of nginx, Apache and Varnish.  bench/README
says what each figure means.  Called by `bench/run cache`, which builds and
installs.
"""

import asyncio
import collections
import gzip
import itertools
import re
import time

import measure
from measure import Cell
from rewrite import make_page
from servers import GZIP_LEVEL, Bench, Failure, free_port, listening

# What a row does.  hit: one URL, stored.  new: every URL another.  mix: 19
# stored ones, then a new one.  swr: what goes stale each second and may be
# served so, from a slow origin.  herd: all at once for one slow new URL.
Row = collections.namedtuple("Row", "kind page size connections gzip",
                             defaults=(False,))
ROWS = {
    f"{page}-c{c}": Row("hit", page, size, c, page == "html")
    for page, size in (("1k", 1024), ("16k", 16384), ("256k", 262144),
                       ("4m", 4194304), ("html", 16384))
    for c in (32, 256)}
ROWS |= {
    "new": Row("new", "1k", 1024, 32),
    "mix": Row("mix", "16k", 16384, 32),
    "swr": Row("swr", "swr", 1024, 32),
    "herd": Row("herd", "herd", 16384, 1000),
}
MIX_KEYS = 100
SWR_KEYS = 1000
HANDFUL = 8  # of requests that the origin may see in a row of hits

HIT = re.compile(r"\bhit\b", re.I)


class CacheBench(Bench):
    """The same servers, an origin that counts."""

    def __init__(self, options):
        super().__init__(options, CacheBench.page)
        self.runs = itertools.count(int(time.time()))
        self.count = measure.Target(self, "origin", "", self.origin_port, {})

    def page(self):
        with open(self.path("page.html"), "wb") as f:
            f.write(make_page(16384))
        return ["/html", "text/html; charset=utf-8", f.name]

    def seen(self):
        """How many requests the origin has had, when no more come of what
        was before."""
        last = -1
        while (now := int(self.count.get("/count")[2])) != last:
            last = now
            time.sleep(0.3)
        return now


# --- the caches -------------------------------------------------------------

def rules(b, name, memory="8M"):
    return f"""\
[fingerpost]
log_level = warn

[cache]
path     = {b.path(name + "-store")}
max_size = 8G
memory   = {memory}

[bench]
path   = /b
origin = {b.origin_url}
compress_level = {GZIP_LEVEL}
cache  = yes
"""


def fingerpost_lighttpd(b, name):
    return b.under_lighttpd(name, rules(b, name))


def fingerpost_files(b, name):
    return b.under_lighttpd(name, rules(b, name, "0"))


def fingerpost_apache(b, name):
    return b.under_apache(name, rules(b, name))


def fingerpost_proxypass(b, name):
    return b.by_proxypass(name, rules(b, name))


def nginx_cache(b, name, location, http=""):
    return b.nginx(name, b.nginx_location("""\
proxy_cache bench;
proxy_cache_lock on;
proxy_cache_lock_timeout 30s;
proxy_cache_lock_age 30s;
proxy_cache_use_stale updating;
proxy_cache_background_update on;
add_header X-Cache $upstream_cache_status;
""").replace("http://origin", location), f"""\
sendfile on;
tcp_nopush on;
gzip_vary on;
proxy_cache_path {b.open_folder(name + "-store")} levels=1:2
    keys_zone=bench:128m max_size=8g inactive=1h use_temp_path=off;
{http}
""")


def nginx(b, name):
    server, port = nginx_cache(b, name, "http://origin")
    return port, {"nginx": server}


def nginx_gzip(b, name):
    """nginx compresses what leaves a server, and caches what comes to one:
    that the coded content be stored takes two."""
    inner = free_port()
    server, port = nginx_cache(b, name, "http://inner", f"""\
upstream inner {{
    server 127.0.0.1:{inner};
    keepalive 512;
    keepalive_requests 100000000;
}}
server {{
    listen 127.0.0.1:{inner} backlog=1024;
    location / {{ proxy_pass http://origin; }}
}}
""")
    return port, {"nginx": server}


def mod_cache(b, name, first=True):
    """Apache's cache before all else, or where content handlers are: then
    what compresses comes after it."""
    place = "on" if first else """off
SetOutputFilter CACHE;DEFLATE"""
    server, port = b.apache(
        name, ["proxy", "proxy_http", "cache", "cache_disk"], f"""\
EnableSendfile on
CacheRoot {b.open_folder(name + "-store")}
CacheEnable disk "/b/"
CacheQuickHandler {place}
CacheDirLevels 2
CacheDirLength 1
CacheMaxFileSize 16777216
CacheLock on
CacheLockPath {b.open_folder(name + "-locks")}
CacheLockMaxAge 30
CacheHeader on
ProxyPass "/b/" "{b.origin_url}/"
""", children=4)
    return port, {"apache": server}


def mod_deflate(b, name):
    return mod_cache(b, name, first=False)


def varnish(b, name):
    port = free_port()
    vcl = b.write(name + ".vcl", f"""\
vcl 4.1;
backend origin {{
    .host = "127.0.0.1";
    .port = "{b.origin_port}";
}}
sub vcl_recv {{
    set req.url = regsub(req.url, "^/b/", "/");
}}
sub vcl_backend_response {{
    if (beresp.http.Content-Type ~ "^text/") {{
        set beresp.do_gzip = true;
    }}
}}
sub vcl_deliver {{
    if (obj.hits > 0) {{
        set resp.http.X-Cache = "hit";
    }}
}}
""")
    server = b.start(name, [
        "/usr/sbin/varnishd", "-F", "-j", "none", "-n",
        b.open_folder(name), "-a", f"127.0.0.1:{port}", "-T", "none", "-f",
        vcl, "-s", "malloc,8G", "-p", f"gzip_level={GZIP_LEVEL}"])
    server.wait_for(listening(port), "port")
    return port, {"varnish": server}


TARGETS = {
    "fp-lighttpd": ("Fingerpost under lighttpd", fingerpost_lighttpd),
    "fp-files": ("the same, memory = 0", fingerpost_files),
    "fp-apache": ("Fingerpost under Apache", fingerpost_apache),
    "fp-pass": ("the same by ProxyPass instead of SetHandler",
                fingerpost_proxypass),
    "nginx": ("nginx proxy_cache, gzip of each hit", nginx),
    "nginx-gzip": ("nginx proxy_cache of what an inner server compressed",
                   nginx_gzip),
    "mod_cache": ("Apache mod_cache_disk of what mod_deflate compressed",
                  mod_cache),
    "mod_deflate": ("the same, mod_deflate of each hit", mod_deflate),
    "varnish": ("Varnish, malloc, do_gzip", varnish),
}


# --- measuring --------------------------------------------------------------

async def ask(port, path, size):
    """Seconds until the whole of it was there, and what is wrong or ""."""
    begin = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
                         "Connection: close\r\n\r\n".encode())
            answer = await reader.read()
            while more := await reader.read():
                answer += more
        finally:
            writer.close()
    except OSError as e:
        return time.monotonic() - begin, type(e).__name__
    head, _, body = answer.partition(b"\r\n\r\n")
    wrong = ""
    if not head.startswith(b"HTTP/1.1 200"):
        wrong = head.split(b"\r\n")[0].decode("latin-1") or "no answer"
    elif not size <= len(body) <= size + 64:  # chunked: a little more
        wrong = f"{len(body)} bytes"
    return time.monotonic() - begin, wrong


async def ask_all(port, path, size, n):
    return await asyncio.gather(*(ask(port, path, size) for _ in range(n)))


class Target(measure.Target):
    def __init__(self, bench, name):
        title, begin = TARGETS[name]
        super().__init__(bench, name, title, *begin(bench, name))
        self.stored_bytes = None

    def fields(self, row):
        return {"Accept-Encoding": "gzip"} if row.gzip else {}

    def fetch(self, row, query=""):
        """Whether it was a hit, of an answer that is as it should be."""
        status, fields, body = self.get(f"/b/{row.page}{query}",
                                        self.fields(row))
        if status != 200:
            raise Failure(f"status {status}")
        if row.gzip:
            if fields["Content-Encoding"] != "gzip":
                raise Failure("not compressed")
            self.stored_bytes = len(body)
            body = gzip.decompress(body)
        if len(body) != row.size:
            raise Failure(f"{len(body)} bytes instead of {row.size}")
        said = fields["Cache-Status"] or fields["X-Cache"] or ""
        return bool(HIT.search(said))

    def verify(self, name):
        row = ROWS[name]
        if row.kind == "hit":
            # An entry may be there a moment after the client has it.
            end = time.monotonic() + 2
            while not self.fetch(row):
                if time.monotonic() > end:
                    return "no hit after 2 s"
        elif row.kind != "herd":
            if self.fetch(row, f"?{next(self.bench.runs)}"):
                return "the first request is a hit"
        return None

    def measure(self, name, seconds):
        row = ROWS[name]
        run = next(self.bench.runs)
        return {"hit": self.hits, "new": self.new, "mix": self.mix,
                "swr": self.stale, "herd": self.herd}[row.kind](
                    row, run, seconds)

    def counted(self, row, seconds, kind=()):
        """A cell whose more has the share of hits."""
        before = self.bench.seen()
        cell = self.load(f"/b/{row.page}", row.connections, seconds,
                         self.fields(row), kind)
        cell.more["seen"] = self.bench.seen() - before
        # The origin sees what wrk gives up in the end, too.
        cell.more["hits"] = max(
            0, 1 - cell.more["seen"] / cell.more.get("n", 1))
        return cell

    def hits(self, row, run, seconds):
        cell = self.counted(row, seconds)
        if cell.more["seen"] > HANDFUL:
            cell.errors.append(f"the origin saw {cell.more['seen']}")
        return cell

    def new(self, row, run, seconds):
        # Half the time: each request is a file.
        cell = self.counted(row, max(seconds // 2, 1), ("new", run, 0))
        if cell.more["hits"] > 0.02:
            cell.errors.append(f"{cell.more['hits']:.0%} hits of none")
        return cell

    def mix(self, row, run, seconds):
        for n in range(MIX_KEYS):
            self.fetch(row, f"?{run}-h{n + 1}")
        cell = self.counted(row, seconds, ("mix", run, MIX_KEYS))
        if not 0.93 < cell.more["hits"] < 0.97:
            cell.errors.append(f"{cell.more['hits']:.0%} hits of 95 %")
        return cell

    def stale(self, row, run, seconds):
        kind = ("cycle", run, SWR_KEYS)
        self.load(f"/b/{row.page}", 256, 2, kind=kind)
        cell = self.counted(row, seconds, kind)
        if not cell.more["seen"]:
            cell.errors.append("the origin saw none")
        return cell

    def herd(self, row, run, seconds):
        before = self.bench.seen()
        answers = asyncio.run(ask_all(self.port, f"/b/{row.page}?{run}",
                                      row.size, row.connections))
        slowest = max(took for took, _ in answers)
        wrong = collections.Counter(w for _, w in answers if w)
        return Cell(row.connections / slowest, {},
                    [f"{n} of {row.connections}: {w}"
                     for w, n in wrong.items()],
                    seen=self.bench.seen() - before, slowest_s=slowest)


# --- the tables -------------------------------------------------------------

PAIRS = [("fp-lighttpd", "nginx"), ("fp-lighttpd", "nginx-gzip"),
         ("fp-apache", "mod_cache"), ("fp-pass", "mod_cache"),
         ("fp-lighttpd", "varnish")]


def report(bench, results, options):
    targets, names = results.targets, results.names
    lines = [f"{t.name:12} {t.title}" for t in targets] + [""]

    def table(title, wanted, figure):
        rows = [r for r in options.rows if ROWS[r].kind in wanted]
        if rows:
            lines.extend(results.table(title, rows, figure, 14))

    load = ("hit", "new", "mix", "swr")
    table("requests a second", load, measure.each_rate)
    table("CPU microseconds a request, by component: " + "; ".join(
        f"{t.name} {'+'.join(t.parts)}" for t in targets), load,
        measure.each_cpu)
    table("hits, percent", load, lambda c: f"{100 * c.more['hits']:.2f}")
    table("99 of 100 were answered within, ms", load,
          lambda c: f"{c.more['p99_ms']:.1f}")
    table("1,000 clients for one new URL that takes a second: what the "
          "origin saw, and when the last had it", ("herd",),
          lambda c: f"{c.more['seen']:.0f}, {c.more['slowest_s']:.1f} s")
    lines += results.ratios(
        [r for r in options.rows if ROWS[r].kind in load],
        [p for p in PAIRS if p[0] in names and p[1] in names], names)
    sizes = [f"{t.name} {t.stored_bytes}" for t in targets if t.stored_bytes]
    if sizes:
        lines.append(f"html: bytes of 16384 at level {GZIP_LEVEL}: "
                     + ", ".join(sizes))
    return lines + results.ending(options)


if __name__ == "__main__":
    measure.main("cache", "Measures hits of the cache and what is about "
                 "them.", ROWS, TARGETS, CacheBench, Target, report)
