"""RFC 9111, sections 5.2.1, 5.2.2 and 5.4: directives of requests and of
responses."""

import gzip

from cache_player import ANY, answer, hit, made, new, proved
from cache_rows_store import FRESH, kept, never
from cache_rows_validate import stale, still
from cache_table import row, section

TAGGED = answer("max-age=600", "Age: 100", 'ETag: "a"')
STILL = still('ETag: "a"')
TEXT_OF_SIZE = b"a line that compresses well\n" * 100
LONG = answer("max-age=600", body=TEXT_OF_SIZE)
GZIP = "Accept-Encoding: gzip"

REQUESTS = section(
    "9111-5.2.1", "Request directives",
    row("SHOULD", "max-age=0 is validated.",
        [TAGGED, STILL], new(), proved("max-age=0"), everywhere=True),
    row("SHOULD", "max-age smaller than the age is validated.",
        [TAGGED, STILL], new(), proved("max-age=50")),
    row("MAY", "max-age greater than the age is answered from the store.",
        [TAGGED, STILL], new(), hit("max-age=200")),
    row("SHOULD", "max-age in capitals and quotes is max-age.",
        [TAGGED, STILL], new(), proved('MAX-AGE="50"')),
    row("SHOULD", "max-age greater than the age does not ask for what is "
        "stale.", [stale('ETag: "a"'), STILL], new(), proved("max-age=100")),
    row("MAY", "max-stale is answered with what is stale.",
        [stale('ETag: "a"'), STILL], new(), hit("max-stale")),
    row("MAY", "max-stale with a number, too, up to that.",
        [stale('ETag: "a"'), STILL], new(), hit("max-stale=1000")),
    row("MUST NOT", "Staler than max-stale is not served.",
        [stale('ETag: "a"'), STILL], new(), proved("max-stale=2")),
    row("MAY", "max-age and max-stale together permit what is stale, but not "
        "what is too old.",
        [stale('ETag: "a"'), STILL], new(), hit("max-age=100, max-stale=50"),
        proved("max-age=5, max-stale=50")),
    row("SHOULD", "min-fresh that is kept is answered from the store.",
        [TAGGED, STILL], new(), hit("min-fresh=400")),
    row("SHOULD", "min-fresh that is not kept is validated.",
        [TAGGED, STILL], new(), proved("min-fresh=550")),
    row("MUST NOT", "no-cache is not answered unvalidated.",
        [TAGGED, STILL], new(), proved("no-cache"), everywhere=True),
    row("MUST NOT", "A request's no-cache for what has no validator is fetched "
        "anew.",
        FRESH, new(), new("no-cache"), hit(of=2)),
    row("MUST NOT", "No-Cache in capitals and among others is no-cache.",
        [TAGGED, STILL], new(), proved("foo, NO-CACHE, bar=1")),
    row("MUST NOT", "A response to a request with no-store is not stored.",
        FRESH, new("no-store"), new(), everywhere=True),
    row("choice", "no-store goes by what is stored, too, and leaves it as it "
        "is.", FRESH, new(), new("no-store"), hit(of=1)),
    row("SHOULD", "only-if-cached is answered from the store.",
        FRESH, new(), hit("only-if-cached")),
    row("SHOULD", "only-if-cached is answered 504 where nothing is stored.",
        FRESH, made(504, "only-if-cached"), everywhere=True),
    row("SHOULD", "only-if-cached is answered 504 where what is stored is "
        "stale.", [stale('ETag: "a"'), STILL], new(),
        made(504, "only-if-cached")),
    row("SHOULD", "only-if-cached with max-stale may be answered with what is "
        "stale.", [stale('ETag: "a"'), STILL], new(),
        hit("only-if-cached, max-stale")),
    row("SHOULD", "only-if-cached is answered 504 where another variant is "
        "stored.", answer("max-age=600", "Vary: X-A"), new("X-A: 1"),
        made(504, "only-if-cached", "X-A: 2")),
    row("MUST", "Directives of requests that we do not know change nothing.",
        FRESH, new(), hit('foo, bar="no-cache"')),
    row("MUST", "public in a request means nothing.", FRESH, new(),
        hit("public, private, must-revalidate")),
    row("MUST NOT", "no-transform in a request is not for nothing: what goes "
        "upstream has it.", FRESH, new("no-transform",
                                       sent=["Cache-Control: no-transform"])),
    row("MAY", "A rule may turn off that clients reload.",
        [TAGGED, STILL], new(), hit("no-cache"), hit("max-age=0"),
        hit("Pragma: no-cache"), hit("min-fresh=550"), route="deaf"),
    row("MUST NOT", "Even so a request's no-store is not stored.",
        FRESH, new("no-store"), new(), route="deaf"),
    row("choice", "What was not compressed for no-transform in a request is "
        "not for those who take gzip.", LONG,
        new(GZIP, "no-transform", lacks=["Content-Encoding"], says="-stored"),
        new(GZIP, has=["Content-Encoding: gzip"]), hit(GZIP, of=2),
        route="zip"),
    row("SHOULD", "no-transform in a request is not answered with what we "
        "compressed.", LONG, new(GZIP),
        new(GZIP, "no-transform", lacks=["Content-Encoding"],
            says="fwd=request detail=no-transform -stored"),
        hit(GZIP, of=1, has=["Content-Encoding: gzip"]), route="zip"),
    row("MAY", "It is with what the origin compressed.",
        answer("max-age=600", "Content-Encoding: gzip",
               "Vary: Accept-Encoding", body=gzip.compress(TEXT_OF_SIZE)),
        new(GZIP, body=TEXT_OF_SIZE),
        hit(GZIP, "no-transform", body=TEXT_OF_SIZE), route="zip"),
    row("MUST NOT", "A part that no-transform asked for does not take the "
        "place of what is compressed.",
        [LONG, answer("max-age=600", "Content-Range: bytes 0-3/2800",
                      status=206, body=b"a li")],
        new(GZIP),
        new(GZIP, "no-transform", "Range: bytes=0-3", says="-stored"),
        hit(GZIP, of=1), route="zip"),
)

RESPONSES = section(
    "9111-5.2.2", "Response directives",
    row("MUST", "must-revalidate, stale, is validated.",
        [stale("must-revalidate", 'ETag: "a"'), STILL], new(), proved()),
    row("MUST", "must-revalidate, stale, and no answer from the origin: 504 "
        "or another error.",
        [stale("must-revalidate", 'ETag: "a"'), answer(drop=True)], new(),
        made(502, asked=ANY)),
    row("MUST NOT", "no-cache in capitals is no-cache.",
        [answer("NO-cache, max-age=600", 'ETag: "a"'), STILL],
        new(), proved()),
    row("MUST NOT", "no-cache behind max-age is no-cache.",
        [answer("max-age=600, no-cache", 'ETag: "a"'), STILL],
        new(), proved()),
    row("MUST NOT", "no-cache beside s-maxage and public is no-cache.",
        [answer("s-maxage=600, public, no-cache", 'ETag: "a"'), STILL],
        new(), proved()),
    row("MUST NOT", "no-transform: what is stored is the origin's bytes.",
        answer("max-age=600, no-transform", body=TEXT_OF_SIZE),
        new("Accept-Encoding: gzip", lacks=["Content-Encoding"]),
        hit("Accept-Encoding: gzip", lacks=["Content-Encoding"]),
        route="zip"),
    row("MUST", "must-understand with a known status changes nothing else.",
        answer("must-understand, max-age=600"), new(), hit()),
    row("MUST", "s-maxage demands validation when it is stale.",
        [answer("s-maxage=1", "Age: 9", 'ETag: "a"'), STILL], new(),
        proved()),
    kept("MAY", "immutable changes nothing here.",
         answer("max-age=600, immutable")),
    row("choice", "immutable that is stale is validated like anything else.",
        [stale("immutable", 'ETag: "a"'), STILL], new(), proved()),
    never("MUST NOT", "public is no lifetime.", answer("public")),
    kept("MUST", "proxy-revalidate that is fresh is served.",
         answer("max-age=600, proxy-revalidate")),
    row("MUST", "proxy-revalidate that is stale is validated.",
        [stale("proxy-revalidate", 'ETag: "a"'), STILL], new(), proved()),
    row("MUST NOT", "min-fresh, max-stale and only-if-cached in a response "
        "mean nothing.", answer(
            "max-age=600, min-fresh=900, max-stale, only-if-cached"),
        new(), hit()),
)

PRAGMA = section(
    "9111-5.4", "Pragma",
    row("MUST", "Pragma: no-cache in a request is no-cache, where there is no "
        "Cache-Control.", [TAGGED, STILL], new(),
        proved("Pragma: no-cache"), everywhere=True),
    row("MUST", "Pragma beside Cache-Control is passed over.",
        [TAGGED, STILL], new(), hit("Pragma: no-cache", "max-age=500")),
    row("MUST", "Pragma in capitals and among others is Pragma.",
        [TAGGED, STILL], new(), proved("Pragma: foo, No-Cache")),
    kept("MUST NOT", "Pragma in a response means nothing.",
         answer("max-age=600", "Pragma: no-cache")),
    row("MUST NOT", "Pragma in a response without a lifetime does not keep "
        "one from being guessed.",
        answer("Last-Modified: @-604800", "Pragma: no-cache"), new(), hit()),
    row("MUST NOT", "Another Pragma means nothing.", [TAGGED, STILL],
        new(), hit("Pragma: foo")),
)

WARNING = section(
    "9111-5.5", "Warning",
    row("SHOULD NOT", "No Warning is made, not even for what is stale.",
        [stale('ETag: "a"'), STILL], new(), hit("max-stale",
                                                lacks=["Warning"])),
    row("choice", "A Warning that came is passed on.",
        answer("max-age=600", 'Warning: 299 a "b"'),
        new(has=['Warning: 299 a "b"']), hit(has=['Warning: 299 a "b"'])),
)

BYPASS = section(
    "rule-bypass", "What a rule keeps from the cache",
    row("choice", "A request with what cache_bypass names goes by what is "
        "stored, and its answer is not stored.",
        FRESH, new(), new("Cookie: session_id=1"), hit(of=1),
        hit("Cookie: other=1", of=1), route="bypass", everywhere=True),
    row("choice", "So does one with a header that it names.",
        FRESH, new("X-Preview: 1"), new(), hit(), route="bypass"),
    row("choice", "So does one with a query that it names.",
        FRESH, new(query="?preview=1"), new(query="?preview=1"),
        route="bypass"),
    row("MUST", "What goes by the cache invalidates all the same.",
        FRESH, new(), new("X-Preview: 1", method="POST", content=b"x"),
        new(), route="bypass"),
    row("choice", "A response with more tags than are kept is not stored, and "
        "says so.",
        answer("max-age=600", "Cache-Tag: " + ",".join(
            "tag-%d" % i for i in range(121))),
        new(says="detail=tags -stored"), new()),
)

ZIP = "Accept-Encoding: gzip"
ZIPPED = ["Content-Encoding: gzip", 'ETag: W/"a"', "Vary: Accept-Encoding"]
PLAIN_TEXT = answer("max-age=600", 'ETag: "a"', body=TEXT_OF_SIZE)
OLD_TEXT = stale('ETag: "a"', body=TEXT_OF_SIZE)

CODED = section(
    "9110-8.8.3", "What we compress, stored",
    row("MUST NOT", "What is compressed has not the strong tag of what is "
        "not.", PLAIN_TEXT, new(ZIP, has=ZIPPED), hit(ZIP, has=ZIPPED),
        route="zip", everywhere=True),
    row("MUST NOT", "Who takes no gzip does not get what is stored in it.",
        PLAIN_TEXT, new(ZIP), new(lacks=["Content-Encoding"]), hit(ZIP, of=1),
        hit(of=2, lacks=["Content-Encoding"]), route="zip"),
    row("MUST", "The origin is asked about its own tag.",
        [OLD_TEXT, STILL], new(ZIP),
        proved(ZIP, sent=['If-None-Match: /(W.)?"a"/'], has=ZIPPED),
        hit(ZIP, of=1, has=ZIPPED), route="zip"),
    row("MUST", "Our tag comes back and is known.", PLAIN_TEXT, new(ZIP),
        made(304, ZIP, 'If-None-Match: W/"a"'), route="zip"),
    row("MUST NOT", "What the origin says of its own bytes does not change "
        "what ours are.",
        [OLD_TEXT, answer("max-age=600", 'ETag: "a"', "Content-Length: 2800",
                          "X-A: 2", status=304)],
        new(ZIP), proved(ZIP, has=[*ZIPPED, "X-A: 2"]),
        hit(ZIP, of=1, has=ZIPPED), route="zip"),
    row("MUST", "HEAD has the head of what GET would get.",
        PLAIN_TEXT, new(ZIP), hit(ZIP, method="HEAD", has=ZIPPED),
        route="zip"),
    row("MUST", "POST invalidates all codings.", PLAIN_TEXT, new(ZIP),
        new(), new(ZIP, method="POST", content=b"x"), new(ZIP), new(),
        route="zip"),
    row("MUST NOT", "A 304 with a Vary of its own does not make one form do "
        "for all.",
        [stale('ETag: "a"', "Vary: Origin", body=TEXT_OF_SIZE),
         answer("max-age=600", 'ETag: "a"', "Vary: Origin", status=304),
         PLAIN_TEXT],
        new(ZIP), proved(ZIP, has=["Vary: /.*Accept-Encoding.*/"]),
        new(lacks=["Content-Encoding"], of=3), hit(ZIP, of=1),
        route="zip"),
)

SECTIONS = [REQUESTS, RESPONSES, PRAGMA, WARNING, BYPASS,
            CODED]
