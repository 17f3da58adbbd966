"""Measures what rewriting the links of a page costs, beside Apache's
mod_proxy_html and nginx's sub_filter.  bench/README says what each figure
means.  Called by `bench/run rewrite`, which builds and installs.
"""

import argparse
import http.client
import os
import random
import re
import signal
import statistics
import subprocess
import sys

from bench import Bench, Failure, Memory, cpu_s, listening, say, versions

PAGES = {"100k": 100 * 1024, "1m": 1024 * 1024}
CONNECTIONS = 8
CROWD = 64  # for memory: so many pages in flight

# --- the pages --------------------------------------------------------------

WORDS = ("the road to a hotel by sea and mountain pet car with signpost where "
         "path leads origin shows prefix of station morning under window "
         "street never before letter garden which answer house").split()

HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Rooms &amp; roads</title>
<link rel="stylesheet" href="/assets/site.css">
<link rel="icon" href="/favicon.ico" type="image/x-icon">
<script src="/assets/app.js" defer></script>
<style>
.hero { background: no-repeat center / cover; color: #234; }
.card:hover { transform: translateY(-2px); }
</style>
</head>
<body>
<nav class="top"><a href="/">Home</a> <a href="/rooms/">Rooms</a>
<a href="https://elsewhere.example/help?lang=en">Help</a></nav>
"""

CARD = """<article class="card" id="room-%(n)d" data-price="%(n)d">
  <h2><a class="title" href="/rooms/%(a)s-%(n)d?from=list&amp;page=%(n)d">\
%(title)s</a></h2>
  <img src="/media/%(a)s/%(n)d.jpg" alt="%(title)s" width="320" height="200" \
loading="lazy">
  <p>%(one)s</p>
  <p class="more">%(two)s <a href="#room-%(n)d">here</a> or \
<a rel="tag" href="/tags/%(b)s">%(b)s</a>, see <em>%(c)s</em> &ndash; \
<a href="%(c)s/index.html">%(c)s</a>.</p>
  <form method="post" action="/book"><input type="hidden" name="room" \
value="%(n)d"><button class="book">Book</button></form>
</article>
"""

TAIL = """<footer><a href="/imprint">Imprint</a></footer>
<script>document.title = "a < b && c > d";</script>
</body>
</html>
"""

# What every one of the servers is told to change.
ROOTED = re.compile(rb"""(?:href|src|action)=["']/(?!/)""")
MAPPED = re.compile(rb"""(?:href|src|action)=["']/b/""")


def make_page(size):
    """Markup of a shop's kind: four rooted links in 800 bytes."""
    dice = random.Random(size)

    def prose(n):
        return " ".join(dice.choice(WORDS) for _ in range(n))

    parts, length, n = [HEAD], len(HEAD) + len(TAIL), 0
    while True:
        card = CARD % {"n": n, "a": dice.choice(WORDS),
                       "b": dice.choice(WORDS), "c": dice.choice(WORDS),
                       "title": prose(4).title(), "one": prose(30),
                       "two": prose(12)}
        if length + len(card) > size:
            break
        parts.append(card)
        length += len(card)
        n += 1
    parts.append(" " * (size - length))
    return "".join(parts + [TAIL]).encode()


# --- the servers ------------------------------------------------------------

class RewriteBench(Bench):
    """The same servers, an origin with pages."""

    def __init__(self, options):
        self.links = {}
        super().__init__(options, RewriteBench.pages)

    def pages(self):
        argv = []
        for name, size in PAGES.items():
            page = make_page(size)
            self.links[name] = len(ROOTED.findall(page))
            with open(self.path(name + ".html"), "wb") as f:
                f.write(page)
            argv += ["/" + name, "text/html; charset=utf-8", f.name]
        return argv

    def rewriting(self, name, links):
        rules = self.write(name + ".ini", f"""\
[fingerpost]
log_level = warn

[bench]
path   = /b
origin = {self.origin_url}
compress = no
rewrite_links = {"yes" if links else "no"}
""")
        path = self.path(name + ".sock")
        p = self.start(name, [self.options.fingerpost, "serve", "-c", rules,
                              "--listen", "unix:" + path, "--workers",
                              str(os.cpu_count())])
        p.wait_for(listening(path), "socket")
        os.chmod(path, 0o666)
        return p, path

    def nginx_filter(self, name, links):
        """nginx's own words for it are strings: one for each attribute and
        way of quoting that a page has."""
        filters = "\n".join(
            f"sub_filter '{a}=\"/' '{a}=\"/b/';"
            for a in ("href", "src", "action")) if links else ""
        return self.nginx(name, "sub_filter_once off;\n" + filters,
                          os.cpu_count())


def under_lighttpd(b, name, links):
    program, path = b.rewriting(name, links)
    server, port = b.lighttpd("front-" + name, ["mod_fastcgi"], f"""\
fastcgi.server = ("/b/" => ((
    "socket" => "{path}", "check-local" => "disable")))
""")
    return port, {"fingerpost": program, "lighttpd": server}


def under_apache(b, name, links):
    program, path = b.rewriting(name, links)
    server, port = b.apache("front-" + name, ["proxy", "proxy_fcgi"], f"""\
<Proxy "fcgi://bench/" enablereuse=on flushpackets=on iobuffersize=65536>
</Proxy>
<Location "/b/">
    SetHandler "proxy:unix:{path}|fcgi://bench/"
</Location>
""")
    return port, {"fingerpost": program, "apache": server}


def proxy_html(b, name, links):
    # The links are those of Debian's own mods-available/proxy_html.conf.
    server, port = b.apache(name, ["proxy", "proxy_http"] + (
        ["xml2enc", "proxy_html"] if links else []), f"""\
ProxyPass "/b/" "{b.origin_url}/"
""" + (f"""\
<Location "/b/">
    ProxyHTMLEnable On
    ProxyHTMLURLMap "{b.origin_url}/" "/b/"
    ProxyHTMLURLMap "/" "/b/"
</Location>
ProxyHTMLLinks a href
ProxyHTMLLinks link href
ProxyHTMLLinks img src longdesc usemap
ProxyHTMLLinks form action
ProxyHTMLLinks input src usemap
ProxyHTMLLinks script src for
ProxyHTMLLinks base href
""" if links else ""))
    return port, {"apache": server}


def sub_filter(b, name, links):
    server, port = b.nginx_filter(name, links)
    return port, {"nginx": server}


TARGETS = {
    "fp-lighttpd": ("Fingerpost under lighttpd", under_lighttpd, True),
    "fp-apache": ("Fingerpost under Apache", under_apache, True),
    "proxy_html": ("Apache mod_proxy_http, mod_proxy_html", proxy_html, True),
    "sub_filter": ("nginx proxy_pass, sub_filter", sub_filter, True),
    "fp-lighttpd-off": ("the same without rewriting", under_lighttpd, False),
    "fp-apache-off": ("the same without rewriting", under_apache, False),
    "proxy_http-off": ("the same without mod_proxy_html", proxy_html, False),
    "nginx-off": ("the same without sub_filter", sub_filter, False),
}
PLAIN = {"fp-lighttpd": "fp-lighttpd-off", "fp-apache": "fp-apache-off",
         "proxy_html": "proxy_http-off", "sub_filter": "nginx-off"}


# --- measuring --------------------------------------------------------------

class Target:
    def __init__(self, bench, name):
        self.name = name
        self.title, start, self.rewrites = TARGETS[name]
        self.bench = bench
        self.port, self.parts = start(bench, name, self.rewrites)

    def verify(self, page):
        """Every rooted link of the page is mapped, or none; what is wrong."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            c.request("GET", "/b/" + page)
            answer = c.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as e:
            return f"{type(e).__name__} {e}"
        finally:
            c.close()
        if answer.status != 200:
            return f"status {answer.status}"
        want = self.bench.links[page] if self.rewrites else 0
        got = len(MAPPED.findall(body))
        if got != want:
            return f"{got} links mapped of {want}"
        return None

    def measure(self, page, seconds, connections=CONNECTIONS):
        """Megabytes of the origin's HTML a second, and milliseconds of CPU
        for each, by component; and wrk's complaints."""
        before = {k: cpu_s(p.pid) for k, p in self.parts.items()}
        out = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout",
             "20s", f"http://127.0.0.1:{self.port}/b/{page}"],
            capture_output=True, text=True, timeout=seconds + 60).stdout
        after = {k: cpu_s(p.pid) for k, p in self.parts.items()}
        count = re.search(r"(\d+) requests in", out)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
        if not count or not rate or not int(count.group(1)):
            return None, ["wrk gave no figures"]
        scale = PAGES[page] / 1e6
        mb = int(count.group(1)) * scale
        return ((float(rate.group(1)) * scale,
                 {k: (after[k] - before[k]) * 1e3 / mb for k in before}),
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
        for page in PAGES:
            for t in targets:
                what = t.verify(page)
                if what:
                    wrong.append(f"{page} {t.name}: {what}")
                    say(wrong[-1])
                    continue
                cell, errors = t.measure(page, options.seconds)
                wrong += [f"{page} {t.name}: {e}" for e in errors]
                if cell:
                    cells.setdefault((page, t.name), []).append(cell)
                    say(f"round {number}/{options.rounds}  {page:5}"
                        f"{t.name:16}{cell[0]:8.0f} MB/s  " + "  ".join(
                            f"{k} {v:.2f} ms/MB" for k, v in cell[1].items()))
    memory = {}
    for t in targets:
        if t.name.startswith("fp-lighttpd"):
            watch = Memory(t.parts["fingerpost"])
            watch.begin()
            t.measure("1m", options.seconds, CROWD)
            watch.end()
            memory[t.name] = watch.peak_kb
    return targets, cells, memory, wrong


def middle(cells):
    return (statistics.median(rate for rate, _ in cells),
            {k: statistics.median(cpu[k] for _, cpu in cells)
             for k in cells[0][1]})


def report(targets, cells, memory, wrong, options):
    lines = [f"{t.name:16}{t.title}" for t in targets] + [""]
    found = {key: middle(c) for key, c in cells.items()}

    lines.append(f"{'':16}" + "".join(
        f"{page + ' MB/s':>12}{'ms CPU a MB':>16}{'rewriting':>12}"
        for page in PAGES))
    for t in targets:
        line = f"{t.name:16}"
        for page in PAGES:
            rate, cpu = found.get((page, t.name), (0, {}))
            plain = found.get((page, PLAIN.get(t.name)))
            own = (f"{sum(cpu.values()) - sum(plain[1].values()):.2f}"
                   if plain and cpu else "-")
            line += (f"{rate:12.0f}" + f"{'+'.join(f'{v:.2f}' for v in cpu.values()):>16}"
                     + f"{own:>12}")
        lines.append(line)
    lines += ["", "CPU is by component, the one that rewrites first; "
              "rewriting: all of it less",
              "that of the same server without.", ""]
    for page in PAGES:
        html = found.get((page, "proxy_html"))
        for name in ("fp-apache", "fp-lighttpd"):
            mine = found.get((page, name))
            if html and mine:
                lines.append(
                    f"{page}: {name} / proxy_html: {mine[0] / html[0]:.1f} in "
                    f"MB/s; {sum(html[1].values()) / sum(mine[1].values()):.1f}"
                    " in MB a second of all CPU")
    if len(memory) == 2:
        with_links, without = (memory["fp-lighttpd"],
                               memory["fp-lighttpd-off"])
        pages = CROWD / os.cpu_count()
        lines.append(f"peak RSS of a worker with {pages:.0f} pages in flight: "
                     f"{with_links} KiB; without rewriting {without} KiB: "
                     f"{(with_links - without) / pages:.0f} KiB a page more")
    lines += [f"! {w}" for w in sorted(set(wrong))]
    lines.append(f"{os.cpu_count()} processors, {CONNECTIONS} connections, "
                 f"median of {options.rounds} rounds of {options.seconds} s, "
                 f"{versions()}")
    return "\n".join(lines)


def parse():
    p = argparse.ArgumentParser(
        prog="bench/run rewrite", description="Measures rewriting of links.")
    p.add_argument("--quick", action="store_true",
                   help="one round of 1 s a cell")
    p.add_argument("--targets", metavar="NAME[,NAME]",
                   help="of " + ", ".join(TARGETS))
    p.add_argument("--rounds", type=int)
    p.add_argument("--seconds", type=int, help="of load a cell")
    p.add_argument("--fingerpost", metavar="PROGRAM",
                   help="measure this one instead of building")
    p.add_argument("--origin", help=argparse.SUPPRESS)
    o = p.parse_args()
    o.targets = o.targets.split(",") if o.targets else list(TARGETS)
    for name in o.targets:
        if name not in TARGETS:
            p.error(f"no target {name}; there are {', '.join(TARGETS)}")
    o.rounds = o.rounds or (1 if o.quick else 3)
    o.seconds = o.seconds or (1 if o.quick else 4)
    return o


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ["PATH"] = "/usr/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")
    bench = RewriteBench(options)
    try:
        results = run(bench, options)
    finally:
        bench.close()
    print(report(*results, options))
    return 1 if results[3] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except Failure as e:
        sys.exit(f"bench: {e}")
