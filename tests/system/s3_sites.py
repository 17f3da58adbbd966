"""Two websites for private buckets, and the same two on a plain web server.

A site is a list of objects: key, content, and the fields that go with it
into the bucket.  tests/browser/apps/bucket.mjs walks through both.
"""

import gzip
import mimetypes
import os
import shutil
import struct
import subprocess

import fronts

KIND = {".html": "text/html; charset=utf-8", ".css": "text/css",
        ".js": "text/javascript", ".json": "application/json",
        ".svg": "image/svg+xml", ".wav": "audio/wav",
        ".bin": "application/octet-stream"}

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<title>%(title)s</title>
<link rel="icon" href="%(up)simages/car.svg">
<link rel="stylesheet" href="%(up)sstyle/site.css">
<h1>%(title)s</h1>
<nav><a href="%(up)sindex.html">Home</a></nav>
%(content)s
</html>
"""

# Shown in the place of pages at any depth: it refers to nothing.
LOST = b"""\
<!DOCTYPE html>
<html lang="en">
<title>Lost</title>
<link rel="icon" href="data:,">
<style>h1 { color: teal; border: solid thick }</style>
<h1>No car of that name</h1>
</html>
"""

CSS = """\
@import "more/colours.css";
body { font-family: sans-serif; margin: 2em;
       background: url(../images/road.svg) repeat-x 0 420px }
.photo { width: 240px; height: 120px;
         background: url("../photos/a%20b%2Bc%20%C3%A9.svg") no-repeat }
"""

SCRIPT = """\
const cars = await (await fetch(
    new URL("../data/cars.json", import.meta.url))).json();
for (const car of cars) {
    const item = document.createElement("li");
    item.textContent = `${car.name}, made in ${car.year}`;
    document.querySelector("#cars").append(item);
}
"""


def picture(colour):
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="240" height="120">'
            '<rect x="20" y="30" width="200" height="50" fill="%s"/>'
            '<circle cx="70" cy="90" r="20"/><circle cx="170" cy="90" r="20"/>'
            '</svg>' % colour).encode()


def page(depth, title, content):
    return (PAGE % {"up": "../" * depth, "title": title,
                    "content": content}).encode()


def sound(length_s, rate=8000):
    """Long enough for no browser to load it all ahead of time."""
    content = bytes(range(256)) * (rate * length_s // 256 + 1)
    content = content[:rate * length_s]
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(content),
                       b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 1, 8, b"data",
                       len(content)) + content


HOME = page(0, "Cars of the house", """\
<img src="images/car.svg" alt="a car">
<img src="photos/a b+c é.svg" alt="a photo">
<p class="photo"></p>
<ul>
<li><a href="models">Models</a>
<li><a href="notes/100%25%20%2B1%20Stra%C3%9Fe.html">Notes</a>
<li><a href="moved">Moved</a>
</ul>""")
MODELS = page(1, "Models", """\
<ul id="cars"></ul>
<p><a href="one/">One</a>
<script type="module" src="../scripts/cars.js"></script>""")
ONE = page(2, "One", """<img src="../../images/car.svg" alt="a car">""")
NOTES = page(1, "Notes", """\
<img src="../photos/a%20b%2Bc%20%C3%A9.svg" alt="a photo">""")
SOUND = page(1, "Sound", """\
<audio controls preload="metadata" src="horn.wav"></audio>
<p><a href="manual.bin" download>Manual</a>""")
CARS = b'[{"name": "One", "year": 1903}, {"name": "T", "year": 1908}]'
MANUAL = b"turn the crank\n" * 20000

PAGES = [
    ("index.html", HOME),
    ("models/index.html", MODELS),
    ("models/one/index.html", ONE),
    ("notes/100% +1 Straße.html", NOTES),
    ("sound/index.html", SOUND),
    ("sound/horn.wav", sound(1500)),
    ("sound/manual.bin", MANUAL),
    ("style/site.css", CSS.encode()),
    ("style/more/colours.css", b"h1 { color: teal }\n"),
    ("images/car.svg", picture("firebrick")),
    ("images/road.svg", picture("gray")),
    ("photos/a b+c é.svg", picture("seagreen")),
    ("scripts/cars.js", SCRIPT.encode()),
    ("data/cars.json", CARS),
    ("errors/404.html", LOST),
]

# In the bucket as gzip alone.
CODED = {"scripts/cars.js"}
# In the bucket as they are, and as these.
SIBLINGS = {"style/site.css": ".br", "models/index.html": ".gz"}
MOVED = ("moved", "models/one/")


def kind_of(key):
    return KIND[os.path.splitext(key)[1]]


def brotli(content):
    return subprocess.run(
        ["node", "-e", "process.stdout.write(require('zlib')"
         ".brotliCompressSync(require('fs').readFileSync(0)))"],
        input=content, stdout=subprocess.PIPE, check=True, timeout=30).stdout


CODERS = {".br": brotli, ".gz": gzip.compress}


def put_pages(bucket, prefix):
    for key, content in PAGES:
        fields = [("Content-Type", kind_of(key))]
        if key in CODED:
            content = gzip.compress(content)
            fields.append(("Content-Encoding", "gzip"))
        bucket.put((prefix + key).encode(), content, fields)
        if key in SIBLINGS:
            bucket.put((prefix + key + SIBLINGS[key]).encode(),
                       CODERS[SIBLINGS[key]](content))
    key, target = MOVED
    bucket.put((prefix + key).encode(), b"", [
        ("x-amz-website-redirect-location", "/" + prefix + target)])


def put_folder(bucket, folder):
    """All files below, as a tool for the purpose would."""
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as f:
                bucket.put(
                    os.path.relpath(path, folder).encode(), f.read(),
                    [("Content-Type", mimetypes.guess_type(name)[0] or
                      "application/octet-stream")])


class Plain(fronts.Lighttpd):
    """A site at its own root, out of files."""

    modules = ("mod_redirect", "mod_rewrite")
    more = ""

    def setup(self):
        self.fill(self.path("docroot"))
        self.lighttpd("""
index-file.names = ("index.html")
mimetype.assign = (%s)
%s""" % (", ".join('"%s" => "%s"' % pair for pair in KIND.items()),
         self.more))


class PlainPages(Plain):
    @property
    def more(self):
        return ('url.redirect = ("^/%s$" => "/%s")\n'
                'server.errorfile-prefix = "%s/errors/"'
                % (*MOVED, self.path("docroot")))

    def fill(self, root):
        for key, content in PAGES:
            path = os.path.join(root, key)
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            with open(path, "wb") as f:
                f.write(content)


def plain_single(dist):
    """A page for each address that looks like one."""
    class PlainSingle(Plain):
        more = ('url.rewrite-if-not-file = '
                '("^/(?!api/)[^.?]*(\\?|$)" => "/index.html")')

        def fill(self, root):
            shutil.copytree(dist, root)
    return PlainSingle
