"""Measures what rewriting the links of a page costs, beside Apache's
mod_proxy_html and nginx's sub_filter.  bench/README says what each figure
means.  Called by `bench/run rewrite`, which builds and installs.
"""

import os
import random
import re

import measure
from measure import Memory
from servers import Bench

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


def rules(b, links):
    return f"""\
[fingerpost]
log_level = warn

[bench]
path   = /b
origin = {b.origin_url}
compress = no
rewrite_links = {"yes" if links else "no"}
"""


def under_lighttpd(b, name, links):
    return b.under_lighttpd(name, rules(b, links), workers=os.cpu_count())


def under_apache(b, name, links):
    return b.under_apache(name, rules(b, links), workers=os.cpu_count())


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
    """nginx's own words for it are strings: one for each attribute and way
    of quoting that a page has."""
    filters = "\n".join(
        f"sub_filter '{a}=\"/' '{a}=\"/b/';"
        for a in ("href", "src", "action")) if links else ""
    server, port = b.nginx(
        name, b.nginx_location("sub_filter_once off;\n" + filters),
        workers=os.cpu_count())
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

class Target(measure.Target):
    def __init__(self, bench, name):
        title, begin, self.rewrites = TARGETS[name]
        super().__init__(bench, name, title,
                         *begin(bench, name, self.rewrites))
        self.memory = (name.startswith("fp-lighttpd")
                       and Memory(self.parts["fingerpost"]))

    def verify(self, page):
        """Every rooted link of the page is mapped, or none."""
        status, _, body = self.get("/b/" + page)
        if status != 200:
            return f"status {status}"
        want = self.bench.links[page] if self.rewrites else 0
        got = len(MAPPED.findall(body))
        if got != want:
            return f"{got} links mapped of {want}"
        return None

    def measure(self, page, seconds):
        if self.memory and page == "1m":
            self.memory.begin()
            self.load("/b/1m", CROWD, seconds)
            self.memory.end()
        return self.load("/b/" + page, CONNECTIONS, seconds)


def report(bench, results, options):
    lines = [f"{t.name:16}{t.title}" for t in results.targets] + [""]

    def per_mb(us, page):
        """Milliseconds a megabyte."""
        return us / 1e3 / (PAGES[page] / 1e6)

    lines.append(f"{'':16}" + "".join(
        f"{page + ' MB/s':>12}{'ms CPU a MB':>16}{'rewriting':>12}"
        for page in options.rows))
    for name in results.names:
        line = f"{name:16}"
        for page in options.rows:
            cell = results.median(page, name)
            plain = results.median(page, PLAIN.get(name))
            if not cell:
                line += f"{'-':>12}{'-':>16}{'-':>12}"
                continue
            cpu = "+".join(f"{per_mb(v, page):.2f}"
                           for v in cell.cpu_us.values())
            own = (f"{per_mb(cell.cpu - plain.cpu, page):.2f}" if plain
                   else "-")
            line += (f"{cell.rate * PAGES[page] / 1e6:12.0f}{cpu:>16}"
                     f"{own:>12}")
        lines.append(line)
    lines += ["", "CPU is by component, the one that rewrites first; "
              "rewriting: all of it less",
              "that of the same server without.", ""]
    for page in options.rows:
        html = results.median(page, "proxy_html")
        for name in ("fp-apache", "fp-lighttpd"):
            mine = results.median(page, name)
            if html and mine:
                lines.append(
                    f"{page}: {name} / proxy_html: "
                    f"{mine.rate / html.rate:.1f} in MB/s; "
                    f"{html.cpu / mine.cpu:.1f} in MB a second of all CPU")
    peaks = {t.name: t.memory.peak_kb for t in results.targets if t.memory}
    if len(peaks) == 2 and all(peaks.values()):
        with_links, without = peaks["fp-lighttpd"], peaks["fp-lighttpd-off"]
        pages = CROWD / os.cpu_count()
        lines.append(f"peak RSS of a worker with {pages:.0f} pages in flight: "
                     f"{with_links} KiB; without rewriting {without} KiB: "
                     f"{(with_links - without) / pages:.0f} KiB a page more")
    return lines + results.ending(options, f"{CONNECTIONS} connections, ")


if __name__ == "__main__":
    measure.main("rewrite", "Measures rewriting of links.", PAGES, TARGETS,
                 RewriteBench, Target, report)
