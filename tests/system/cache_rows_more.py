"""RFC 9110 as far as caches are concerned, and RFC 5861, 9211 and 9213."""

from cache_origin import TEXT
from cache_player import ANY, MAYBE, answer, crowd, either, hit, made, new, \
    proved, settle
from cache_rows_select import part, span
from cache_rows_store import FRESH, kept, never
from cache_rows_validate import stale, still
from cache_table import row, section

WHOLE = answer("max-age=600", 'ETag: "a"', "Last-Modified: @-5000", body=TEXT,
               kind="text/x-abc")
STILL = still('ETag: "a"')
OWN_RANGES = "lighttpd judges Range itself, too, where we pass it over."
LONG = answer("max-age=600", body=TEXT * 20)


def ranged(level, text, ranges, first, last, *fields, **options):
    """A whole that is stored answers a range."""
    return row(level, text, WHOLE, new(), hit(
        "Range: " + ranges, *fields, status=206, body=TEXT[first:last + 1],
        has=["Content-Range: bytes %d-%d/26" % (first, last)]), **options)


def unranged(level, text, ranges, *fields, **options):
    """It does not."""
    return row(level, text, WHOLE, new(), hit(
        "Range: " + ranges, *fields, status=200, lacks=["Content-Range"]),
        **options)


RANGES = section(
    "9110-14.2", "Range",
    ranged("MAY", "A stored whole answers a range.", "bytes=2-5", 2, 5,
           everywhere=True),
    ranged("MAY", "A range without an end goes to the end.", "bytes=20-",
           20, 25),
    ranged("MAY", "A range without a beginning is the last bytes.",
           "bytes=-5", 21, 25),
    ranged("MUST", "A range beyond the end ends at the end.", "bytes=20-99",
           20, 25),
    ranged("MUST", "More last bytes than there are is all.", "bytes=-99",
           0, 25),
    ranged("MUST", "The unit is the same in capital letters.", "BYTES=2-5",
           2, 5),
    unranged("MUST", "A unit that we do not know is passed over.",
             "lines=2-5"),
    unranged("MAY", "A range whose end is before its beginning is none.",
             "bytes=5-2", apache=OWN_RANGES),
    unranged("MAY", "What is no range is passed over.", "bytes=abc",
             apache=OWN_RANGES),
    row("MUST", "Range means nothing to HEAD.", WHOLE, new(),
        hit("Range: bytes=2-5", method="HEAD", status=200,
            lacks=["Content-Range"])),
    row("SHOULD", "A range behind the end is answered 416, with the length.",
        WHOLE, new(), made(416, "Range: bytes=26-30",
                           has=["Content-Range: bytes */26"]),
        everywhere=True),
    row("MAY", "Two ranges are answered with two parts.", LONG, new(),
        hit("Range: bytes=0-1,500-501", status=206, broken=True,
            has=["Content-Type: /multipart.byteranges; ?boundary=.*/"])),
    row("MAY", "Two ranges that are near each other are answered with one "
        "part.", WHOLE, new(),
        hit("Range: bytes=0-1,24-25", status=206, body=TEXT)),
    row("SHOULD", "So many ranges that they are an attack are passed over.",
        WHOLE, new(), hit("Range: bytes=" + ",".join(["0-"] * 200),
                          status=200), apache=OWN_RANGES),
    row("MUST NOT", "A 404 is not cut to a range.",
        answer("max-age=600", body=TEXT, status=404), new(),
        hit("Range: bytes=2-5", status=404)),
    row("MAY", "Where nothing is stored a range goes to the origin.",
        part(2, 5), new(span(2, 5), sent=["Range: bytes=2-5"])),
    row("MAY", "Where the origin answers a range with the whole, that is "
        "stored.", WHOLE, either(span(2, 5)), hit(status=200),
        hit(span(2, 5), of=1, status=206, body=TEXT[2:6])),
    row("MAY", "If-Range goes to the origin with its range.",
        part(2, 5), new(span(2, 5), 'If-Range: "a"',
                        sent=["Range: bytes=2-5", 'If-Range: "a"'])),
)

PART_HEAD = section(
    "9110-15.3.7", "206 Partial Content",
    row("MUST", "A part from the store has the Date, Cache-Control, ETag, "
        "Expires, Content-Location and Vary that the whole would have.",
        answer("max-age=600", "Date: @-10", 'ETag: "a"', "Expires: @600",
               "Content-Location: http://elsewhere.test/y", "Vary: X-A",
               body=TEXT), new(),
        hit(span(2, 5), status=206, body=TEXT[2:6], has=[
            "Date: @-10", "Cache-Control: max-age=600", 'ETag: "a"',
            "Expires: @600", "Content-Location: http://elsewhere.test/y",
            "Vary: X-A"])),
    row("MUST", "A part from the store has the length of the part.", WHOLE,
        new(), hit(span(2, 5), status=206, body=TEXT[2:6],
                   has=["Content-Length: 4"])),
    row("MUST", "A part from the store has the type of the whole.", WHOLE,
        new(), hit(span(2, 5), status=206, body=TEXT[2:6],
                   has=["Content-Type: text/x-abc"])),
    row("MUST NOT", "Several parts have no Content-Range in their head.",
        LONG, new(), hit("Range: bytes=0-1,500-501", status=206, broken=True,
                         lacks=["Content-Range"])),
    row("MUST", "A part from the store has Age.", WHOLE, new(),
        hit(span(2, 5), status=206, body=TEXT[2:6], has=["Age: 0..4"])),
)

IF_RANGE = section(
    "9110-13.1.5", "If-Range",
    ranged("MUST", "If-Range with the strong tag is answered with the part.",
           "bytes=2-5", 2, 5, 'If-Range: "a"', everywhere=True),
    unranged("MUST", "If-Range with another tag is answered with the whole.",
             "bytes=2-5", 'If-Range: "b"'),
    unranged("MUST NOT", "If-Range with a weak tag never matches.",
             "bytes=2-5", 'If-Range: W/"a"'),
    row("MUST NOT", "If-Range with a tag that is weak here never matches.",
        answer("max-age=600", 'ETag: W/"a"', body=TEXT), new(),
        hit("Range: bytes=2-5", 'If-Range: W/"a"', status=200)),
    ranged("MUST", "If-Range with exactly Last-Modified is answered with the "
           "part.", "bytes=2-5", 2, 5, "If-Range: @-5000"),
    unranged("MUST", "If-Range with a later date is answered with the whole.",
             "bytes=2-5", "If-Range: @-4000"),
    unranged("MUST", "If-Range with an earlier date is answered with the "
             "whole.", "bytes=2-5", "If-Range: @-6000"),
    row("MUST", "If-Range without Range is passed over.", WHOLE, new(),
        hit('If-Range: "b"', status=200)),
    row("MUST NOT", "If-Range that does not hold is not answered 416.",
        WHOLE, new(), hit("Range: bytes=99-", 'If-Range: "b"', status=200)),
)

PRECEDENCE = section(
    "9110-13.2.2", "Precedence of preconditions",
    row("MUST", "If-None-Match is judged before Range: 304.", WHOLE, new(),
        made(304, "Range: bytes=2-5", 'If-None-Match: "a"')),
    row("MUST", "If-None-Match that does not match leaves the range.",
        WHOLE, new(), hit("Range: bytes=2-5", 'If-None-Match: "b"',
                          status=206, body=TEXT[2:6])),
    row("MUST", "If-Modified-Since is judged before Range: 304.", WHOLE,
        new(), made(304, "Range: bytes=2-5", "If-Modified-Since: @-5000")),
    row("MUST", "If-Match before everything: the origin judges.",
        [WHOLE, answer(status=412)], new(),
        new('If-Match: "b"', 'If-None-Match: "a"')),
)

FIELDS = section(
    "9110-7.6", "Forwarding",
    row("MUST NOT", "A client's Connection and what it names do not go "
        "upstream, stored or not.", FRESH,
        new("X-Hop: a", "Connection: X-Hop", unsent=["X-Hop"])),
    row("SHOULD", "A fetch for the cache asks in our own name: Via.",
        FRESH, new(sent=["Via: /.*fingerpost.*/"])),
    row("MUST", "Age does not stay from an older answer when a newer comes.",
        [stale('ETag: "a"'), answer("max-age=600", 'ETag: "b"')], new(),
        new(lacks=["Age: 9"]), hit(of=2, has=["Age: 0..4"])),
)

BEHIND = section(
    "5861-3", "stale-while-revalidate",
    row("MAY", "Within its time a stale response goes out at once, and is "
        "brought up to date behind it.",
        [answer("max-age=1, stale-while-revalidate=60", "Age: 9"),
         answer("max-age=600", slow=0.5)],
        new(), hit(of=1, asked=MAYBE, says="hit"), settle(2), hit(of=2),
        everywhere=True),
    row("SHOULD NOT", "Beyond its time a stale response is not served.",
        [answer("max-age=1, stale-while-revalidate=5", "Age: 60",
                'ETag: "a"'), STILL], new(), proved()),
    row("MAY", "A rule's stale-while-revalidate is for what says nothing of "
        "it.", [stale(), answer("max-age=600", slow=0.5)], new(),
        hit(of=1, asked=MAYBE), settle(2), route="behind"),
    row("MUST", "What the response says counts before the rule.",
        [answer("max-age=1, stale-while-revalidate=0", "Age: 9", 'ETag: "a"'),
         STILL], new(), proved(), route="behind"),
    row("MUST NOT", "must-revalidate forbids it.",
        [answer("max-age=1, must-revalidate, stale-while-revalidate=60",
                "Age: 9", 'ETag: "a"'), STILL], new(), proved()),
    row("MUST NOT", "no-cache forbids it.",
        [answer("no-cache, stale-while-revalidate=60", 'ETag: "a"'), STILL],
        new(), proved()),
    row("SHOULD", "A value that is no number is none.",
        [answer("max-age=1, stale-while-revalidate=abc", "Age: 9",
                'ETag: "a"'), STILL], new(), proved()),
    row("MUST NOT", "A request's no-cache is not answered so.",
        [answer("max-age=1, stale-while-revalidate=60", "Age: 9",
                'ETag: "a"'), STILL], new(), proved("no-cache")),
    row("MAY", "Behind the client the origin is asked about the stored tag.",
        [answer("max-age=1, stale-while-revalidate=60", "Age: 9",
                'ETag: "a"'),
         answer("max-age=600", 'ETag: "a"', status=304, slow=0.5)],
        new(), hit(of=1, asked=MAYBE, has=["Age: 9..14"]), settle(1)),
)


def on_error(status, outcome, level="MAY"):
    return row(level, "stale-if-error is %s a %d." % (
        "for" if outcome is hit else "not for", status),
        [answer("max-age=1, stale-if-error=60", "Age: 9", 'ETag: "a"'),
         answer(status=status)], new(),
        hit(of=1, asked=1) if outcome is hit else new(status=status))


ON_ERROR = section(
    "5861-4", "stale-if-error",
    on_error(500, hit), on_error(502, hit), on_error(503, hit),
    on_error(504, hit), on_error(404, new, "SHOULD NOT"),
    on_error(403, new, "SHOULD NOT"), on_error(501, new, "SHOULD NOT"),
    row("MAY", "stale-if-error is for an origin that does not answer.",
        [answer("max-age=1, stale-if-error=60", "Age: 9", 'ETag: "a"'),
         answer(drop=True)], new(), hit(of=1, asked=ANY), everywhere=True),
    row("SHOULD NOT", "Beyond its time the error goes out.",
        [answer("max-age=1, stale-if-error=5", "Age: 60", 'ETag: "a"'),
         answer(status=503)], new(), new(status=503)),
    row("choice", "Beside s-maxage it counts: one author wrote both.",
        [answer("s-maxage=1, stale-if-error=60", "Age: 9", 'ETag: "a"'),
         answer(status=503)], new(), hit(of=1, asked=1)),
    row("MAY", "A request may say stale-if-error.",
        [stale('ETag: "a"'), answer(status=503)], new(),
        hit("stale-if-error=60", of=1, asked=1)),
    row("MUST NOT", "A request's stale-if-error does not move "
        "must-revalidate.",
        [stale("must-revalidate", 'ETag: "a"'), answer(status=503)], new(),
        new("stale-if-error=60", status=503)),
    row("MUST NOT", "must-revalidate forbids stale-if-error.",
        [answer("max-age=1, must-revalidate, stale-if-error=60", "Age: 9",
                'ETag: "a"'), answer(status=503)], new(), new(status=503)),
    row("MAY", "A rule's stale-if-error is for a 503, too.",
        [stale('ETag: "a"'), answer(status=503)], new(), hit(of=1, asked=1),
        route="grace"),
    row("MUST NOT", "A request's no-cache is answered with the error.",
        [answer("max-age=1, stale-if-error=60", "Age: 9", 'ETag: "a"'),
         answer(status=503)], new(), new("no-cache", status=503)),
    row("MUST", "What is stale and served instead of an error has its Age.",
        [answer("max-age=1, stale-if-error=60", "Age: 9", 'ETag: "a"'),
         answer(status=503)], new(), hit(of=1, asked=1, has=["Age: 9..14"])),
    row("choice", "After the error the origin is asked again.",
        [answer("max-age=1, stale-if-error=60", "Age: 9", 'ETag: "a"'),
         answer(status=503), answer("max-age=600")], new(),
        hit(of=1, asked=1), new(), hit(of=3)),
    row("MUST NOT", "What is stale without a second in between is not served "
        "instead of an error, where nothing permits it.",
        [answer("max-age=0", 'ETag: "a"'), answer(status=503)],
        new(), new(status=503)),
    row("MUST NOT", "must-revalidate holds in the very second that freshness "
        "ends in.",
        [answer("max-age=0, must-revalidate", 'ETag: "a"'),
         answer(status=503)], new(), new(status=503), route="grace"),
    row("MUST NOT", "s-maxage holds in the very second that freshness ends "
        "in.", [answer("s-maxage=0", 'ETag: "a"'), answer(status=503)],
        new(), new(status=503), route="grace"),
    row("choice", "A max-age that what is stored does not meet is answered "
        "with the error, though that is still fresh.",
        [answer("max-age=600", "Age: 100", 'ETag: "a"'), answer(status=503)],
        new(), new("max-age=50", status=503), hit(of=1)),
    row("choice", "A min-fresh that what is stored does not meet is answered "
        "with the error, though that is still fresh.",
        [answer("max-age=600", 'ETag: "a"'), answer(drop=True)],
        new(), made(502, "min-fresh=700", asked=ANY), hit(of=1)),
    row("choice", "stale-if-error is for a max-age that what is stored does "
        "not meet, too.",
        [answer("max-age=600, stale-if-error=60", "Age: 100", 'ETag: "a"'),
         answer(status=503)], new(), hit("max-age=50", of=1, asked=1)),
)

STATUS = section(
    "9211-2", "Cache-Status",
    row("SHOULD", "A hit says so, and for how long it will be one.",
        answer("max-age=600", "Age: 100"), new(),
        hit(says="hit ttl=495..500 -fwd -stored"), everywhere=True),
    row("SHOULD", "What was fetched says why: there was nothing of that URL.",
        FRESH, new(says="fwd=uri-miss stored -hit"), everywhere=True),
    row("SHOULD", "What was fetched for another variant says so.",
        answer("max-age=600", "Vary: X-A"), new("X-A: 1"),
        new("X-A: 2", says="fwd=vary-miss stored")),
    row("SHOULD", "What was validated says that it was stale, and what the "
        "origin said.", [stale('ETag: "a"'), STILL], new(),
        proved(says="fwd=stale fwd-status=304")),
    row("SHOULD", "What a client had validated says so.",
        [answer("max-age=600", 'ETag: "a"'), STILL], new(),
        proved("no-cache", says="fwd=request fwd-status=304")),
    row("SHOULD", "What its method sent to the origin says so.",
        FRESH, new(method="POST", content=b"x", says="fwd=method -stored")),
    row("SHOULD", "What goes by the cache by the rule says so.", FRESH,
        new("X-Preview: 1", says="fwd=bypass -stored"), route="bypass"),
    row("SHOULD", "A part that was not enough says so.",
        [part(0, 9), WHOLE], new(span(0, 9)), new(says="fwd=partial")),
    row("MUST NOT", "What was not stored does not say that it was.",
        answer("no-store"), new(says="fwd=uri-miss -stored")),
    row("SHOULD", "A response served stale says since when, as a negative "
        "ttl.", [stale('ETag: "a"'), STILL], new(),
        hit("max-stale", says="hit ttl=/-[0-9]+/")),
    row("MUST", "A cache nearer to the origin is named before us.",
        answer("max-age=600", "Cache-Status: Other; hit"),
        new(has=["Cache-Status: /(Other; hit)|(Other; hit, .*)/"],
            says="fwd=uri-miss"),
        hit(has=["Cache-Status: /(Other; hit)|(Other; hit, .*)/"])),
    row("choice", "The key is not told: it names what is behind us.", FRESH,
        new(says="-key"), hit(says="-key")),
    row("SHOULD", "A stale response instead of an error says what the origin "
        "said.",
        [answer("max-age=1, stale-if-error=60", "Age: 9", 'ETag: "a"'),
         answer(status=503)], new(),
        hit(of=1, asked=1, says="fwd=stale fwd-status=503")),
    row("SHOULD", "A 304 from the store is a hit.",
        answer("max-age=600", 'ETag: "a"'), new(),
        made(304, 'If-None-Match: "a"', says="hit")),
    row("MUST", "A hit has the form of a list of items with parameters.",
        FRESH, new(), hit(has=["Cache-Status: "
                               "/fingerpost; hit; ttl=[0-9]+/"])),
    row("SHOULD NOT", "The 504 for only-if-cached has none: nothing that is "
        "stored is in it.", FRESH,
        made(504, "only-if-cached", lacks=["Cache-Status"])),
    row("SHOULD NOT", "Nor has the error for an origin that does not answer.",
        answer(drop=True), made(502, asked=ANY, lacks=["Cache-Status"])),
    row("SHOULD", "A 416 is of what is stored, and is a hit.", WHOLE, new(),
        made(416, "Range: bytes=26-30", says="hit")),
    row("SHOULD", "Who waited for another's fetch says so.",
        answer("max-age=600", slow=0.5),
        crowd((), (), asked=1, says="collapsed")),
    row("SHOULD", "A part from the store is a hit.", WHOLE, new(),
        hit(span(2, 5), status=206, body=TEXT[2:6], says="hit")),
)

CDN = "CDN-Cache-Control: "

TARGETED = section(
    "9213-2.2", "Targeted cache control",
    kept("MUST", "CDN-Cache-Control counts before Cache-Control.",
         answer("max-age=0", CDN + "max-age=600"), everywhere=True),
    never("MUST", "CDN-Cache-Control counts before a greater max-age.",
          answer("max-age=600", CDN + "max-age=0")),
    kept("MUST", "Cache-Control's no-store is not for us then.",
         answer("no-store", CDN + "max-age=600")),
    kept("MUST", "Cache-Control's private is not for us then.",
         answer("private", CDN + "max-age=600")),
    never("MUST", "no-store in CDN-Cache-Control is for us.",
          answer("max-age=600", CDN + "no-store")),
    never("MUST", "private in CDN-Cache-Control is for us.",
          answer("max-age=600", CDN + "private")),
    row("MUST", "no-cache in CDN-Cache-Control is for us.",
        [answer("max-age=600", CDN + "no-cache", 'ETag: "a"'),
         answer("max-age=600", CDN + "no-cache", 'ETag: "a"', status=304)],
        new(), proved()),
    kept("MUST", "Expires is not for us then.",
         answer("Expires: @-100", CDN + "max-age=600")),
    never("MUST", "Expires does not make up for a targeted field without a "
          "lifetime.", answer("Expires: @600", CDN + "must-revalidate")),
    kept("MUST", "s-maxage in the targeted field counts as ever.",
         answer("no-store", CDN + "s-maxage=600, max-age=0")),
    row("MUST", "The targeted field goes on to whoever is next.",
        answer("max-age=1", CDN + "max-age=600"), new(), hit(
            has=[CDN + "max-age=600", "Cache-Control: max-age=1"])),
    kept("MUST", "Its parameters mean nothing.",
         answer("no-store", CDN + "max-age=600;a=b;c")),
    kept("MUST", "Its unknown members mean nothing.",
         answer("no-store", CDN + 'a=1, b="x", c=(1 2), max-age=600, d=:aa==:')),
    never("MUST", "Age counts against its max-age, too.",
          answer("no-store", CDN + "max-age=600", "Age: 700")),
    never("MUST", "So does the age by Date.",
          answer("no-store", CDN + "max-age=600", "Date: @-700")),
    row("MUST", "Its must-revalidate forbids what is stale.",
        [answer(CDN + "max-age=1, must-revalidate", "Age: 9", 'ETag: "a"'),
         answer(status=503)], new(), new(status=503), route="grace"),
    row("MAY", "Its stale-if-error counts.",
        [answer("no-store", CDN + "max-age=1, stale-if-error=60", "Age: 9",
                'ETag: "a"'), answer(status=503)], new(),
        hit(of=1, asked=1)),
    never("MUST", "A field for another target is not for us.",
          answer("max-age=0", "Other-Cache-Control: max-age=600")),
    kept("MAY", "Its public permits to store what Authorization asked for.",
         answer("max-age=600", CDN + "max-age=600, public"),
         "Authorization: Basic YTpi"),
    never("MUST NOT", "Cache-Control's public does not, where it is there.",
          answer("public, max-age=600", CDN + "max-age=600"),
          "Authorization: Basic YTpi"),
    kept("MUST", "Two lines of it are one.",
         answer("no-store", CDN + "public", CDN + "max-age=600")),
)

UNREADABLE = section(
    "9213-2.1", "Targeted fields: syntax",
    *(kept("MUST", "%s: the field counts for nothing." % text,
           answer("max-age=600", CDN + value)) for text, value in (
        ("An empty field", ""),
        ("A number in quotes, a string and so of another type",
         'max-age="0"'),
        ("A number with a fraction", "max-age=0.0"),
        ("A word for a number", "max-age=abc"),
        ("A directive that wants a number and has none", "max-age"),
        ("Capital letters, which no key has", "Max-Age=0"),
        ("A comma at the end", "max-age=0,"),
        ("Two commas", "no-store,,max-age=0"),
        ("A parameter without a name", "max-age=0; =1"),
        ("A blank before the equals sign", "max-age =0"),
        ("A blank behind the equals sign", "max-age= 0"),
        ("A number that has letters", "max-age=0s"),
        ("A string that does not end", 'max-age=0, a="b'),
        ("A number that is too long", "max-age=1234567890123456"))),
    kept("MUST", "Of two members with one key the last counts.",
         answer("no-store", CDN + "max-age=0, max-age=600")),
)

SURROGATE = section(
    "surrogate", "Surrogate-Control",
    kept("choice", "It counts before all others, where the rule lets it.",
         answer("no-store", CDN + "max-age=0",
                "Surrogate-Control: max-age=600"), route="surrogate"),
    never("choice", "Its no-store counts.",
          answer("max-age=600", "Surrogate-Control: no-store"),
          route="surrogate"),
    row("choice", "It is taken off: it was for us.",
        answer("Surrogate-Control: max-age=600"),
        new(lacks=["Surrogate-Control"]), hit(lacks=["Surrogate-Control"]),
        route="surrogate"),
    row("choice", "max-age=1+60 may be stale while it is brought up to date.",
        [answer("Surrogate-Control: max-age=1+60", "Age: 9"),
         answer("Surrogate-Control: max-age=600", slow=0.5)],
        new(), hit(of=1, asked=MAYBE), settle(2), route="surrogate"),
    row("choice", "Without the rule's word it means nothing, and goes on.",
        answer("max-age=600", "Surrogate-Control: no-store"), new(),
        hit(has=["Surrogate-Control: no-store"])),
)

SECTIONS = [RANGES, PART_HEAD, IF_RANGE, PRECEDENCE, FIELDS, BEHIND, ON_ERROR,
            STATUS, TARGETED, UNREADABLE, SURROGATE]
