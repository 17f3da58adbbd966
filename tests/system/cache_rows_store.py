"""RFC 9111, sections 2 and 3: what is stored, under which name."""

from cache_player import answer, hit, new, proved
from cache_table import row, section

FRESH = answer("max-age=600")
WEEK_OLD = "Last-Modified: @-604800"


def never(level, text, given, *fields, **options):
    """Asked twice, the origin answers twice."""
    return row(level, text, given, new(*fields), new(*fields), **options)


def kept(level, text, given, *fields, **options):
    return row(level, text, given, new(*fields), hit(*fields), **options)


def after(method, given=FRESH, content=b"x"):
    return row("MUST NOT", "What answers %s is not given to GET." % method,
               given, new(method=method, content=content), new(), hit(of=2))


KEYS = section(
    "9111-2", "Overview of cache operation",
    kept("MAY", "A fresh response to GET is kept and answers the next GET.",
         FRESH, everywhere=True),
    row("MUST NOT", "Queries that differ are different resources.", FRESH,
        new(query="?a=1"), new(query="?a=2"), hit(query="?a=1", of=1),
        hit(query="?a=2", of=2), everywhere=True),
    row("MUST NOT", "A query is not the same as none.", FRESH,
        new(), new(query="?a"), hit(of=1)),
    row("MUST NOT", "Hosts that differ are different resources.", FRESH,
        new(), new(host="other.test"), hit(of=1),
        hit(host="other.test", of=2)),
    row("MAY", "A host in capital letters is the same host.", FRESH,
        new(), hit(host="SITE.test")),
    row("MUST NOT", "Paths that differ in case are different resources.",
        FRESH, new(leaf="x"), new(leaf="X"), siblings={"X": [FRESH]}),
    row("choice", "A path written with a needless percent-encoding is not "
        "taken for the plain one, since the origin may tell them apart.",
        FRESH, new(leaf="x"), new(leaf="%78"), siblings={"%78": [FRESH]}),
    row("MAY", "Where the rule says that the host does not matter, it does "
        "not.", FRESH, new(), hit(host="other.test"), route="hostless"),
    row("MUST NOT", "A route without a cache keeps nothing.", FRESH,
        new(), new(), route="off"),
)

METHODS = section(
    "9111-3", "Storing responses in caches",
    after("POST"), after("PUT"), after("DELETE", content=None),
    after("PATCH"), after("OPTIONS", content=None),
    row("MUST NOT", "A response to HEAD, which has no content, does not "
        "answer GET.", FRESH, new(method="HEAD"),
        new(body=None, upstream_method="GET"), hit()),
    row("choice", "Not even where POST's answer says that it is the "
        "resource's, and how long.",
        answer("max-age=600", "Content-Location: x"),
        new(method="POST", content=b"x"), new()),
    row("MUST NOT", "An interim response is not stored in place of the final "
        "one.", answer("max-age=600", interim=103), new(), hit(status=200)),
    row("MUST NOT", "Nor is one with 102.",
        answer("max-age=600", interim=102), new(), hit(status=200)),
    row("MUST NOT", "A status that nobody knows is not stored where the "
        "response says must-understand.",
        answer("must-understand, max-age=600", status=299), new(), new()),
    row("SHOULD", "must-understand with a status that we understand "
        "outweighs the no-store beside it.",
        answer("must-understand, no-store, max-age=600"), new(), hit()),
    row("MUST NOT", "must-understand with a status that we do not understand "
        "leaves the no-store as it is.",
        answer("must-understand, no-store, max-age=600", status=299),
        new(), new()),
    never("MUST NOT", "no-store: not stored.", answer("no-store"),
          everywhere=True),
    never("MUST NOT", "no-store counts whatever lifetime stands beside it.",
          answer("no-store, max-age=600")),
    never("MUST NOT", "no-store behind a lifetime counts just so.",
          answer("max-age=600, no-store")),
    never("MUST NOT", "no-store counts in capital letters.",
          answer("No-StoRE, max-age=600")),
    never("MUST NOT", "no-store counts in a second Cache-Control line.",
          answer("max-age=600", "no-store")),
    never("MUST NOT", "no-store counts beside an Expires far away.",
          answer("no-store", "Expires: @600")),
    never("MUST NOT", "no-store counts behind directives that we do not know.",
          answer('a=b, c="d, e", no-store, max-age=600')),
    kept("SHOULD", "A directive's name within a quoted string is none.",
         answer('foo="no-store", max-age=600')),
    never("MUST NOT", "private: not stored by a cache that is shared.",
          answer("private, max-age=600"), everywhere=True),
    never("MUST NOT", "private counts beside s-maxage.",
          answer("private, s-maxage=600")),
    never("MUST NOT", "private counts in capital letters.",
          answer("PRIVATE, max-age=600")),
    never("MUST NOT", "What has neither a lifetime nor anything to guess one "
          "from is not reused.", answer()),
    kept("MAY", "s-maxage permits to store.", answer("s-maxage=600")),
    kept("MAY", "Expires permits to store.", answer("Expires: @600")),
    kept("MAY", "public permits to guess a lifetime for a status that else "
         "would have none.", answer("public", WEEK_OLD, status=299)),
    kept("MAY", "public permits to guess a lifetime for a 200.",
         answer("public", WEEK_OLD)),
    never("choice", "A response that would set a cookie is not stored: a "
          "session in a stranger's browser is not worth a hit.",
          answer("max-age=600", "Set-Cookie: a=b"), everywhere=True),
    row("choice", "Where the origin says that the cookie is for the one "
        "visitor and the rest for all, all but the cookie is stored.",
        answer('max-age=600, private="Set-Cookie"', "Set-Cookie: a=b"),
        new(has=["Set-Cookie: a=b"]), hit(lacks=["Set-Cookie"])),
    kept("MAY", "A request's cookie alone does not keep a response from being "
         "stored.", FRESH, "Cookie: a=b"),
)

STATUSES = section(
    "9111-3-status", "Storing responses: statuses with a lifetime",
    *(kept("MAY", "A %d with a lifetime is stored." % status,
           answer("max-age=600", status=status))
      for status in (203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 404,
                     405, 410, 414, 499, 500, 501, 502, 503, 504, 599)),
    never("MUST NOT", "A 304 that answers the client's own condition is not "
          "stored as the resource.",
          answer("max-age=600", 'ETag: "a"', status=304),
          'If-None-Match: "a"', "Range: bytes=0-3"),
    never("MUST NOT", "A 412 answers a condition and is not stored.",
          answer("max-age=600", status=412), 'If-Match: "b"'),
    never("MUST NOT", "A 416 answers a range and is not stored.",
          answer("max-age=600", "Content-Range: bytes */26", status=416),
          "Range: bytes=100-"),
)

HEADS = section(
    "9111-3.1", "Storing header and trailer fields",
    row("MUST", "Fields that nobody knows are stored with the rest.",
        answer("max-age=600", "X-Unheard-Of: yes"), new(),
        hit(has=["X-Unheard-Of: yes"]), everywhere=True),
    row("MUST", "Two lines of one name are stored both.",
        answer("max-age=600", "X-Twin: one", "X-Twin: two"), new(),
        hit(has=["X-Twin: one", "X-Twin: two"])),
    row("MUST", "Content-Type, ETag and Last-Modified are stored as they "
        "were.", answer("max-age=600", 'ETag: "a"', "Last-Modified: @-5000",
                        kind="text/x-special"), new(),
        hit(has=["Content-Type: text/x-special", 'ETag: "a"',
                 "Last-Modified: @-5000"])),
    row("MUST", "Cache-Control and Expires are passed on as they were.",
        answer("max-age=600, x=y", "Expires: @600"), new(),
        hit(has=["Cache-Control: max-age=600, x=y", "Expires: @600"])),
    row("MUST", "A response that came without Date has one from then on.",
        answer("max-age=600", date=False), new(),
        hit(has=["Date: /.+ GMT/"])),
    row("MUST", "What came in chunks has a length from the store.",
        answer("max-age=600", body=b"twelve bytes", chunked=True), new(),
        hit(has=["Content-Length: 12"])),
    row("MUST", "Date is passed on as it was.",
        answer("max-age=600", "Date: @-100"), new(),
        hit(has=["Date: @-100"])),
    row("MUST", "Content-Language, -Location and -Disposition are stored as "
        "they were.", answer("max-age=600", "Content-Language: rm",
                             "Content-Location: /other",
                             "Content-Disposition: inline"), new(),
        hit(has=["Content-Language: rm", "Content-Disposition: inline",
                 "Content-Location: /.*other/"])),
    row("MUST NOT", "What Connection names is not stored.",
        answer("max-age=600", "Connection: X-Hop", "X-Hop: a"),
        new(lacks=["X-Hop"]), hit(lacks=["X-Hop"]), everywhere=True),
    row("MUST NOT", "Keep-Alive, Proxy-Connection and Upgrade are not stored.",
        answer("max-age=600", "Keep-Alive: timeout=77",
               "Proxy-Connection: x-kept", "Upgrade: x-other"), new(),
        hit(lacks=["Keep-Alive: timeout=77", "Proxy-Connection",
                   "Upgrade"])),
    row("MUST NOT", "TE, Trailer and Transfer-Encoding are not stored.",
        answer("max-age=600", "TE: x", "Trailer: X-T", chunked=True), new(),
        hit(lacks=["TE", "Trailer"])),
    row("MUST NOT", "Proxy-Authenticate and Proxy-Authentication-Info are not "
        "stored.", answer("max-age=600", "Proxy-Authenticate: Basic",
                          "Proxy-Authentication-Info: a=b"), new(),
        hit(lacks=["Proxy-Authenticate", "Proxy-Authentication-Info"])),
    row("MUST NOT", "Of a response with private=\"X-A\" that field is not "
        "stored, the rest may be.",
        answer('max-age=600, private="X-A"', "X-A: mine", "X-B: all"),
        new(has=["X-A: mine"]), hit(lacks=["X-A"], has=["X-B: all"])),
    row("MUST NOT", "private names several fields, in whatever case.",
        answer('max-age=600, private="x-a, x-c"', "X-A: mine", "X-C: mine"),
        new(), hit(lacks=["X-A", "X-C"])),
    row("MUST NOT", "private=X-A without quotes means the same.",
        answer("max-age=600, private=X-A", "X-A: mine"), new(),
        hit(lacks=["X-A"])),
    row("MUST NOT", "A field that no-cache=\"X-A\" names is not sent again "
        "without validation.",
        answer('max-age=600, no-cache="X-A"', "X-A: mine", "X-B: all"),
        new(has=["X-A: mine"]), hit(lacks=["X-A"], has=["X-B: all"])),
    row("MUST NOT", "Two lines of Date are not stored as two, nor sent.",
        answer("max-age=600", "Date: @-100", "Date: @-50"),
        new(has=["Date: @-100"], lacks=["Date: @-50"]),
        hit(has=["Date: @-100"], lacks=["Date: @-50"]),
        apache="lighttpd hands on one of them."),
)



def updated(name, old, then):
    """A field that the 304 brings up to date."""
    return row("MUST", "%s of the 304 takes the stored one's place." % name, [
        answer("max-age=1", "Age: 9", 'ETag: "a"', "%s: %s" % (name, old)),
        answer("max-age=600", 'ETag: "a"', "%s: %s" % (name, then),
               status=304)],
        new(), proved(has=["%s: %s" % (name, then)],
                      lacks=["%s: %s" % (name, old)]),
        hit(of=1, has=["%s: %s" % (name, then)]))


UPDATES = section(
    "9111-3.2", "Updating stored header fields",
    row("MUST", "A field of the 304 takes the place of the stored one, for "
        "this answer and for the next.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"', "X-A: 1"),
         answer("max-age=600", 'ETag: "a"', "X-A: 2", status=304)],
        new(), proved(has=["X-A: 2"], lacks=["X-A: 1"]), hit(of=1, has=["X-A: 2"]),
        everywhere=True),
    row("MUST", "What the 304 does not mention stays.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"', "X-A: 1"),
         answer("max-age=600", 'ETag: "a"', status=304)],
        new(), proved(has=["X-A: 1"]), hit(of=1, has=["X-A: 1"])),
    row("MUST", "Two lines of the 304 take the place of one that was stored.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"', "X-A: 1"),
         answer("max-age=600", 'ETag: "a"', "X-A: 2", "X-A: 3", status=304)],
        new(), proved(has=["X-A: 2", "X-A: 3"], lacks=["X-A: 1"])),
    row("MUST", "One line of the 304 takes the place of two that were "
        "stored.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"', "X-A: 1", "X-A: 2"),
         answer("max-age=600", 'ETag: "a"', "X-A: 3", status=304)],
        new(), proved(has=["X-A: 3"], lacks=["X-A: 1", "X-A: 2"])),
    row("MUST", "The 304's Cache-Control is the lifetime from then on.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'),
         answer("max-age=600", 'ETag: "a"', status=304)],
        new(), proved(), hit(of=1, has=["Cache-Control: max-age=600"])),
    row("MUST", "The 304's Expires is the lifetime from then on.",
        [answer('ETag: "a"', "Expires: @-10"),
         answer('ETag: "a"', "Expires: @600", status=304)],
        new(), proved(), hit(of=1, has=["Expires: @600"])),
    row("MUST", "The 304's Date is the response's age from then on.",
        [answer("max-age=500", "Date: @-1000", 'ETag: "a"'),
         answer("Date: @0", 'ETag: "a"', status=304)],
        new(), proved(), hit(of=1, has=["Age: 0..5"])),
    row("MUST", "The 304's Age counts from then on, too.",
        [answer("max-age=500", "Age: 1000", 'ETag: "a"'),
         answer("Age: 100", 'ETag: "a"', status=304)],
        new(), proved(), hit(of=1, has=["Age: 100..105"])),
    row("MUST NOT", "A Content-Length in the 304 does not change the stored "
        "one.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'),
         answer("max-age=600", 'ETag: "a"', "Content-Length: 3", status=304)],
        new(), proved(), hit(of=1)),
    row("MUST NOT", "A Content-Encoding in the 304 does not change what the "
        "stored bytes are.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'),
         answer("max-age=600", 'ETag: "a"', "Content-Encoding: gzip",
                status=304)],
        new(), proved(lacks=["Content-Encoding"]),
        hit(of=1, lacks=["Content-Encoding"])),
    row("MUST NOT", "A Content-Range in the 304 does not make a part of the "
        "whole.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'),
         answer("max-age=600", 'ETag: "a"', "Content-Range: bytes 0-3/9",
                status=304)],
        new(), proved(lacks=["Content-Range"]),
        hit(of=1, lacks=["Content-Range"])),
    row("MUST NOT", "What the 304's Connection names updates nothing.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"', "X-A: 1"),
         answer("max-age=600", 'ETag: "a"', "Connection: X-A", "X-A: 2",
                status=304)],
        new(), proved(has=["X-A: 1"]), hit(of=1, has=["X-A: 1"])),
    updated("Content-Type", "text/x-old", "text/x-new"),
    updated("Content-Language", "rm", "fur"),
    updated("Content-Location", "http://a.test/1", "http://a.test/2"),
    updated("Content-Disposition", "inline", "attachment"),
    updated("Content-Security-Policy", "default-src 'self'",
            "default-src 'none'"),
    updated("Content-Unheard-Of", "1", "2"),
    updated("X-Frame-Options", "SAMEORIGIN", "DENY"),
    updated("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT",
            "Mon, 07 Nov 1994 08:49:37 GMT"),
    updated("Link", "<http://a.test/1>; rel=next",
            "<http://a.test/2>; rel=next"),
    row("MUST NOT", "A weak tag in the 304 does not take the place of the "
        "strong one that was stored.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'),
         answer("max-age=600", 'ETag: W/"a"', status=304), FRESH],
        new(), proved(has=['ETag: "a"'])),
    row("MUST", "Vary of the 304 counts from then on.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'),
         answer("max-age=600", 'ETag: "a"', "Vary: X-A", status=304), FRESH],
        new("X-A: 1"), proved("X-A: 1"), hit("X-A: 1", of=1),
        new("X-A: 2")),
    row("choice", "A cookie in the 304 is not stored for everyone.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'),
         answer("max-age=600", 'ETag: "a"', "Set-Cookie: a=b", status=304)],
        new(), proved(), hit(of=1, lacks=["Set-Cookie"])),
    row("MUST NOT", "A 304 that says no-store ends the storing.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'),
         answer("no-store", 'ETag: "a"', status=304), FRESH],
        new(), proved(), new()),
    row("MUST NOT", "A 304 that says private ends the storing.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'),
         answer("private, max-age=600", 'ETag: "a"', status=304), FRESH],
        new(), proved(), new()),
    row("MUST NOT", "A field that the 304 names in private is in the store no "
        "more, neither the old one nor the new.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"', "X-A: 1"),
         answer('max-age=600, private="X-A"', 'ETag: "a"', "X-A: 2",
                status=304)],
        new(), proved(lacks=["X-A: 1"]), hit(of=1, lacks=["X-A"])),
    row("MUST NOT", "A field that the 304 names in no-cache is in the store "
        "no more, also where the 304 has none.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"', "X-A: 1"),
         answer('max-age=600, no-cache="X-A"', 'ETag: "a"', status=304)],
        new(), proved(lacks=["X-A: 1"]), hit(of=1, lacks=["X-A"])),
    row("MUST NOT", "A field of the 304 that the stored response names in "
        "private is not stored, where the 304 has no word on it.",
        [answer('max-age=600, private="X-A"', "Age: 900", 'ETag: "a"'),
         answer('ETag: "a"', "X-A: 2", "Date: @0", status=304)],
        new(), proved(), hit(of=1, lacks=["X-A"])),
)

SECTIONS = [KEYS, METHODS, STATUSES, HEADS, UPDATES]
