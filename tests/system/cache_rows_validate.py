"""RFC 9111, sections 4.3 and 4.4: validation, and what changes do to what is
stored."""

from cache_player import answer, either, hit, made, new, proved
from cache_rows_store import FRESH
from cache_table import row, section


def stale(*fields, **options):
    return answer("max-age=1", "Age: 9", *fields, **options)


def still(*fields):
    return answer("max-age=600", *fields, status=304)


ASKING = section(
    "9111-4.3.1", "Sending a validation request",
    row("MUST", "The stored tag goes in If-None-Match.",
        [stale('ETag: "a"'), still('ETag: "a"')],
        new(unsent=["If-None-Match"]), proved(sent=['If-None-Match: "a"']),
        everywhere=True),
    row("MUST", "A weak tag goes as it is.",
        [stale('ETag: W/"a"'), still('ETag: W/"a"')],
        new(), proved(sent=['If-None-Match: W/"a"'])),
    row("MUST", "A tag with a comma in it goes as it is.",
        [stale('ETag: "a,b"'), still('ETag: "a,b"')],
        new(), proved(sent=['If-None-Match: "a,b"'])),
    row("SHOULD", "Last-Modified goes in If-Modified-Since, byte for byte.",
        [stale("Last-Modified: @-5000"), still("Last-Modified: @-5000")],
        new(), proved(sent=["If-Modified-Since: @-5000"])),
    row("SHOULD", "With both, both go.",
        [stale('ETag: "a"', "Last-Modified: @-5000"), still('ETag: "a"')],
        new(), proved(sent=['If-None-Match: "a"',
                            "If-Modified-Since: @-5000"])),
    row("MUST NOT", "Without validators no condition is sent.",
        [stale(), FRESH], new(),
        new(unsent=["If-None-Match", "If-Modified-Since"])),
    row("SHOULD", "All variants' tags go in one If-None-Match.",
        [answer("max-age=600", "Vary: X-A", 'ETag: "a"'),
         answer("max-age=600", "Vary: X-A", 'ETag: "b"'),
         still('ETag: "b"', "Vary: X-A")],
        new("X-A: 1"), new("X-A: 2"),
        proved("X-A: 3", of=2, sent=["If-None-Match: /.*\"a\".*/",
                                     "If-None-Match: /.*\"b\".*/"])),
    row("MUST NOT", "A part of ours is not asked about as if it were whole.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"',
                "Content-Range: bytes 0-3/26", status=206, body=b"abcd"),
         FRESH], new("Range: bytes=0-3"), new(unsent=["If-None-Match"])),
    row("MUST", "A tag from the client does not stand in for ours: the answer "
        "is about what is stored.",
        [stale('ETag: "a"'), still('ETag: "a"')],
        new(), proved('If-None-Match: "other"', status=200,
                      sent=['If-None-Match: /.*"a".*/'])),
    row("MUST NOT", "A range that a client asks for is not asked for when the "
        "whole is validated.",
        [stale('ETag: "a"', body=b"abcdefghij"), still('ETag: "a"')],
        new(), proved("Range: bytes=2-4", status=206, body=b"cde",
                      unsent=["Range"])),
)

ANSWERING = section(
    "9111-4.3.2", "Handling a received validation request",
    row("SHOULD", "If-None-Match with the stored tag is answered 304 from the "
        "store.", answer("max-age=600", 'ETag: "a"'), new(),
        made(304, 'If-None-Match: "a"', body=b""), everywhere=True),
    row("SHOULD", "If-None-Match with another tag is answered 200 from the "
        "store.", answer("max-age=600", 'ETag: "a"'), new(),
        hit('If-None-Match: "b"')),
    row("SHOULD", "If-None-Match with the tag among others is answered 304.",
        answer("max-age=600", 'ETag: "a"'), new(),
        made(304, 'If-None-Match: "x", W/"y" , "a"')),
    row("SHOULD", "If-None-Match in two lines is one list.",
        answer("max-age=600", 'ETag: "a"'), new(),
        made(304, 'If-None-Match: "x"', 'If-None-Match: "a"'),
        apache="lighttpd hands on the first line alone."),
    row("SHOULD", "If-None-Match: * is answered 304 where anything is there.",
        FRESH, new(), made(304, "If-None-Match: *")),
    row("MUST", "If-None-Match compares weakly: ours weak.",
        answer("max-age=600", 'ETag: W/"a"'), new(),
        made(304, 'If-None-Match: "a"')),
    row("MUST", "If-None-Match compares weakly: theirs weak.",
        answer("max-age=600", 'ETag: "a"'), new(),
        made(304, 'If-None-Match: W/"a"')),
    row("MUST NOT", "A tag without quotes is not the tag.",
        answer("max-age=600", 'ETag: "a"'), new(), hit("If-None-Match: a")),
    row("MUST NOT", "A stored tag without quotes is not the same in quotes.",
        answer("max-age=600", "ETag: a"), new(), hit('If-None-Match: "a"')),
    row("MUST NOT", "Tags tell case apart.",
        answer("max-age=600", 'ETag: "a"'), new(), hit('If-None-Match: "A"')),
    row("MUST", "If-Modified-Since in the form of RFC 850 is a date.",
        answer("max-age=600", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"),
        new(), made(304, "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"),
        hit("If-Modified-Since: Sunday, 06-Nov-94 08:49:36 GMT")),
    row("MUST", "Of several variants the one selected is compared.",
        [answer("max-age=600", "Vary: X-A", 'ETag: "a"'),
         answer("max-age=600", "Vary: X-A", 'ETag: "b"')],
        new("X-A: 1"), new("X-A: 2"),
        made(304, 'If-None-Match: "a"', "X-A: 1"),
        hit('If-None-Match: "a"', "X-A: 2", of=2)),
    row("MUST", "A condition on what is not stored gets the answer that the "
        "origin would have given.",
        answer("max-age=600", 'ETag: "a"'),
        new('If-None-Match: "b"'), hit(of=1)),
    row("MAY", "A condition on what is not stored but comes is judged here.",
        answer("max-age=600", 'ETag: "a"'),
        new('If-None-Match: "a"', status=304), either(status=200), hit()),
    row("SHOULD", "If-Modified-Since with the stored date is answered 304.",
        answer("max-age=600", "Last-Modified: @-5000"), new(),
        made(304, "If-Modified-Since: @-5000"), everywhere=True),
    row("SHOULD", "If-Modified-Since with a later date is answered 304.",
        answer("max-age=600", "Last-Modified: @-5000"), new(),
        made(304, "If-Modified-Since: @-4000")),
    row("MUST", "If-Modified-Since with an earlier date is answered 200.",
        answer("max-age=600", "Last-Modified: @-5000"), new(),
        hit("If-Modified-Since: @-6000")),
    row("SHOULD", "Without Last-Modified, Date stands in its place.",
        answer("max-age=600", "Date: @-100"), new(),
        made(304, "If-Modified-Since: @-50"), hit(
            "If-Modified-Since: @-200")),
    row("MUST", "If-Modified-Since that is no date is passed over.",
        answer("max-age=600", "Last-Modified: @-5000"), new(),
        hit("If-Modified-Since: yesterday")),
    row("MUST", "If-None-Match puts If-Modified-Since aside.",
        answer("max-age=600", 'ETag: "a"', "Last-Modified: @-5000"), new(),
        hit('If-None-Match: "b"', "If-Modified-Since: @-4000"),
        made(304, 'If-None-Match: "a"', "If-Modified-Since: @-6000")),
    row("MUST", "A 304 has the Date, Cache-Control, ETag, Expires, Vary and "
        "Content-Location that the 200 would have.",
        answer("max-age=600", 'ETag: "a"', "Expires: @600", "Vary: X-A",
               "Date: @-10", "Content-Location: http://elsewhere.test/y"),
        new(), made(304, 'If-None-Match: "a"', has=[
            'ETag: "a"', "Expires: @600", "Vary: X-A", "Date: @-10",
            "Cache-Control: max-age=600",
            "Content-Location: http://elsewhere.test/y"])),
    row("SHOULD NOT", "A 304 does not describe a content that it has not.",
        answer("max-age=600", 'ETag: "a"', "Content-Language: rm"), new(),
        made(304, 'If-None-Match: "a"', lacks=[
            "Content-Language", "Content-Encoding", "Content-Range"])),
    row("MUST", "A 304 from the store has Age.",
        answer("max-age=600", "Age: 100", 'ETag: "a"'), new(),
        made(304, 'If-None-Match: "a"', has=["Age: 100..104"])),
    row("SHOULD", "HEAD with a condition is answered like GET.",
        answer("max-age=600", 'ETag: "a"'), new(),
        made(304, 'If-None-Match: "a"', method="HEAD")),
    row("MUST", "A condition is about what is there: a stored 404 is answered "
        "as it is.", answer("max-age=600", 'ETag: "a"', status=404), new(),
        hit('If-None-Match: "a"')),
    row("MUST NOT", "If-Match is not answered from the store: it is for the "
        "origin.", [answer("max-age=600", 'ETag: "a"'), answer(status=412)],
        new(), new('If-Match: "b"', sent=['If-Match: "b"'])),
    row("MUST NOT", "If-Unmodified-Since is not answered from the store.",
        [answer("max-age=600", "Last-Modified: @-5000"), answer(status=412)],
        new(), new("If-Unmodified-Since: @-6000",
                   sent=["If-Unmodified-Since: @-6000"])),
    row("MUST", "What is stale is validated before a condition is answered "
        "from it.", [stale('ETag: "a"'), still('ETag: "a"')],
        new(), proved('If-None-Match: "a"', status=304)),
    row("MUST", "Where the origin's answer shows another tag, the client's "
        "old one is answered with the new content.",
        [stale('ETag: "a"'), answer("max-age=600", 'ETag: "b"')],
        new(), new('If-None-Match: "a"', status=200), hit(of=2)),
)

OUTCOME = section(
    "9111-4.3.3", "Handling a validation response",
    row("MUST", "A 304 sends out what is stored.",
        [stale('ETag: "a"'), still('ETag: "a"')], new(), proved(), hit(of=1)),
    row("MUST", "A full response goes out itself, and takes the stored one's "
        "place.",
        [stale('ETag: "a"'), answer("max-age=600", 'ETag: "b"')],
        new(), new(), hit(of=2), everywhere=True),
    row("MUST", "A 404 instead of a validation goes out, and takes the stored "
        "one's place.",
        [stale('ETag: "a"'), answer("max-age=600", status=404)],
        new(), new(), hit(of=2)),
    row("MUST NOT", "A full response that may not be stored does not leave "
        "the old one to be served.",
        [stale('ETag: "a"'), answer("no-store"), FRESH],
        new(), new(), new()),
    row("MUST", "A 404 that is stale is validated like a 200.",
        [stale('ETag: "a"', status=404), still('ETag: "a"')], new(),
        proved(status=404, sent=['If-None-Match: "a"']), hit(of=1)),
    row("MUST", "A redirect that is stale is validated like a 200.",
        [stale('ETag: "a"', "Location: http://elsewhere.test/", status=301),
         still('ETag: "a"')], new(),
        proved(status=301, has=["Location: http://elsewhere.test/"]),
        hit(of=1)),
    row("MAY", "A 5xx instead of a validation goes out as it is, where "
        "nothing permits what is stale.",
        [stale('ETag: "a"'), answer(status=503)], new(), new(status=503)),
    row("MUST", "A 5xx instead of a validation goes out where the stored one "
        "has must-revalidate.",
        [stale("must-revalidate", 'ETag: "a"'), answer(status=503)],
        new(), new(status=503), route="grace"),
    row("choice", "After a 5xx what is stored is asked about again.",
        [stale('ETag: "a"'), answer(status=503), still('ETag: "a"')],
        new(), new(status=503),
        proved(of=1, sent=['If-None-Match: "a"'])),
    row("MUST NOT", "A 304 never goes to a client that did not ask for one.",
        [stale("Last-Modified: @-5000"), still()], new(),
        proved(status=200)),
    row("MUST NOT", "Nor one that the origin gives though it was not asked "
        "for.", answer("max-age=600", status=304), made(502, asked=1)),
    row("MUST NOT", "A full response to a reload that may not be stored does "
        "not leave the old one, though it be fresh.",
        [FRESH, answer("no-store"), FRESH],
        new(), new("no-cache"), new(of=3)),
    row("MUST NOT", "A 404 to a reload does not, either.",
        [FRESH, answer(status=404), FRESH],
        new(), new("no-cache", status=404), new(of=3)),
    row("choice", "A 5xx to a reload says nothing of the resource.",
        [FRESH, answer(status=500)],
        new(), new("no-cache", status=500), hit(of=1)),
    row("choice", "Nor does a 416 to a range that is not there.",
        [FRESH, answer(status=416)],
        new(), new("no-cache", "Range: bytes=9999-", status=416), hit(of=1)),
)

FRESHENING = section(
    "9111-4.3.4", "Freshening stored responses upon validation",
    row("MUST", "A strong tag freshens the response that has it.",
        [answer("max-age=1", "Age: 9", "Vary: X-A", 'ETag: "a"'),
         answer("max-age=1", "Age: 9", "Vary: X-A", 'ETag: "b"'),
         still('ETag: "b"', "Vary: X-A")],
        new("X-A: 1"), new("X-A: 2"), proved("X-A: 2", of=2),
        hit("X-A: 2", of=2)),
    row("MUST NOT", "A strong tag that nothing stored has freshens nothing.",
        [stale('ETag: "a"'), still('ETag: "z"'), FRESH],
        new(), new(asked=2, of=3), hit(of=3)),
    row("MUST", "A weak tag freshens the latest response with it.",
        [stale('ETag: W/"a"'), still('ETag: W/"a"')], new(), proved(),
        hit(of=1)),
    row("MUST", "Last-Modified freshens the response that has it.",
        [stale("Last-Modified: @-5000"), still("Last-Modified: @-5000")],
        new(), proved(), hit(of=1)),
    row("MUST NOT", "A Last-Modified that nothing stored has freshens "
        "nothing.",
        [stale("Last-Modified: @-5000"), still("Last-Modified: @-4000"),
         FRESH], new(), new(asked=2, of=3), hit(of=3)),
    row("MUST", "Without any validator in the 304, the only response that was "
        "asked about is freshened.",
        [stale("Last-Modified: @-5000"), still()], new(), proved(),
        hit(of=1)),
    row("MAY", "A 304 to a tag of ours without a tag in it freshens it, too.",
        [stale('ETag: "a"'), still()], new(), proved(), hit(of=1)),
    *(row("MUST NOT", "A 304 with %s ends the storing, though the stored "
          "response be fresh." % given,
          [answer("max-age=600", 'ETag: "a"'),
           answer(given, 'ETag: "a"', status=304) if ":" not in given else
           answer("max-age=600", given, 'ETag: "a"', status=304), FRESH],
          new(), proved("no-cache"), new(of=3))
      for given in ("no-store", "private", "Vary: *")),
)

BY_HEAD = section(
    "9111-4.3.5", "Freshening responses with HEAD",
    row("SHOULD", "HEAD about what is stale brings it up to date, if the "
        "origin still has the same.",
        [stale('ETag: "a"', "X-A: 1", body=b"same"),
         answer("max-age=600", 'ETag: "a"', "X-A: 2", status=304)],
        new(), proved(method="HEAD", has=["X-A: 2"]),
        hit(of=1, has=["X-A: 2"])),
    row("SHOULD", "HEAD's 200 with another tag makes what is stored stale.",
        [answer("max-age=600", 'ETag: "a"', body=b"old"),
         answer("max-age=600", 'ETag: "b"', body=b"new"),
         answer("max-age=600", 'ETag: "b"', body=b"new")],
        new(), new("no-cache", method="HEAD"), new()),
    row("SHOULD", "HEAD's 200 with another length makes what is stored "
        "stale.",
        [answer("max-age=600", "Last-Modified: @-5000", body=b"old"),
         answer("max-age=600", "Last-Modified: @-5000", body=b"longer"),
         answer("max-age=600", "Last-Modified: @-5000", body=b"longer")],
        new(), new("no-cache", method="HEAD"), new()),
    row("SHOULD", "HEAD's 200 with another Last-Modified makes what is stored "
        "stale.",
        [answer("max-age=600", "Last-Modified: @-5000", body=b"same"),
         answer("max-age=600", "Last-Modified: @-4000", body=b"same"),
         answer("max-age=600", "Last-Modified: @-4000", body=b"same")],
        new(), new("no-cache", method="HEAD"), new()),
    row("SHOULD", "HEAD's 200 with the same validators and length freshens "
        "what is stored.",
        [stale('ETag: "a"', "X-A: 1", body=b"same"),
         answer("max-age=600", 'ETag: "a"', "X-A: 2", body=b"same")],
        new(), new(method="HEAD"), hit(of=1, has=["X-A: 2"])),
    row("MUST NOT", "HEAD's 404 says nothing of GET's content, and changes "
        "none.",
        [FRESH, answer(status=404)], new(),
        new("no-cache", method="HEAD"), hit(of=1)),
    row("MUST NOT", "HEAD's 200 with no-store ends the storing.",
        [answer("max-age=600", 'ETag: "a"', body=b"same"),
         answer("no-store", 'ETag: "a"', body=b"same"), FRESH],
        new(), new("no-cache", method="HEAD"), new(of=3)),
    row("MUST NOT", "A field that HEAD's 200 names in private is in the store "
        "no more.",
        [stale('ETag: "a"', "X-A: 1", body=b"same"),
         answer('max-age=600, private="X-A"', 'ETag: "a"', "X-A: 2",
                body=b"same")],
        new(), new(method="HEAD", has=["X-A: 2"]), hit(of=1, lacks=["X-A"])),
    row("choice", "HEAD's 200 without validators and length freshens nothing: "
        "it may be about another content.",
        [answer("max-age=600", "X-A: 1"),
         answer("max-age=600", "X-A: 2", chunked=True)],
        new(), new("no-cache", method="HEAD", has=["X-A: 2"]),
        hit(of=1, has=["X-A: 1"], lacks=["X-A: 2"])),
)


def changes(method, status, outcome, level="MUST", **options):
    content = None if method in ("DELETE", "OPTIONS", "HEAD") else b"x"
    return row(level, "%s answered %d %s what is stored." % (
        method, status, "invalidates" if outcome is new else "leaves"),
        [FRESH, answer(status=status), FRESH], new(),
        new(method=method, content=content),
        new() if outcome is new else hit(of=1), **options)


def elsewhere(level, text, given, outcome, leaf="y", status=201, **options):
    """A POST to x, and what it does to y."""
    return row(level, text, answer(*given, status=status), new(leaf=leaf),
               new(method="POST", content=b"x"),
               new(leaf=leaf) if outcome is new else hit(leaf=leaf),
               siblings={leaf: [FRESH]}, **options)


INVALIDATION = section(
    "9111-4.4", "Invalidating stored responses",
    changes("POST", 200, new, everywhere=True), changes("PUT", 204, new),
    changes("DELETE", 204, new), changes("PATCH", 200, new),
    changes("POST", 303, new), changes("PUT", 201, new),
    changes("POST", 404, hit, "choice"), changes("POST", 500, hit, "choice"),
    changes("PUT", 412, hit, "choice"),
    changes("OPTIONS", 200, hit, "MAY"),
    changes("PROPPATCH", 207, new), changes("MKCOL", 201, new),
    changes("MOVE", 201, new), changes("PROPFIND", 207, hit, "MAY"),
    row("MUST", "All variants are invalidated together.",
        answer("max-age=600", "Vary: X-A"), new("X-A: 1"), new("X-A: 2"),
        new(method="POST", content=b"x"), new("X-A: 1"), new("X-A: 2")),
    row("MUST NOT", "Another query's response is not invalidated with it.",
        FRESH, new(query="?a=1"), new(query="?b=1"),
        new(method="POST", content=b"x", query="?a=1"), new(query="?a=1"),
        hit(query="?b=1", of=2)),
    row("MUST NOT", "The path below is not invalidated with it.", FRESH,
        new(leaf="x/y"), new(method="POST", content=b"x"),
        hit(leaf="x/y"), siblings={"x/y": [FRESH]}),
    elsewhere("MAY", "Location's response is invalidated, too.",
              ["Location: y"], new),
    elsewhere("MAY", "Content-Location's response is invalidated, too.",
              ["Content-Location: y"], new),
    elsewhere("MAY", "So is that of a Location that names this origin.",
              ["Location: http://site.test{here}/y"], new),
    elsewhere("MAY", "It is, too, with the port that goes without saying, and "
              "in capital letters.",
              ["Location: HTTP://SITE.test:80{here}/y"], new),
    elsewhere("MAY", "Dots in a Location are walked.",
              ["Location: ./z/.././y"], new),
    elsewhere("MUST NOT", "Another port is another origin.",
              ["Location: http://site.test:81{here}/y"], hit),
    elsewhere("MUST NOT", "Another scheme is another origin.",
              ["Location: https://site.test{here}/y"], hit),
    elsewhere("MUST NOT", "A host that only begins like ours is another "
              "origin.", ["Location: http://site.test.test{here}/y"], hit),
    elsewhere("MUST NOT", "Another origin's Location invalidates nothing of "
              "that path.", ["Location: http://elsewhere.test{here}/y"], hit),
    elsewhere("MUST NOT", "Another origin's Content-Location invalidates "
              "nothing of that path.",
              ["Content-Location: //elsewhere.test{here}/y"], hit),
    row("MAY", "Location of an error invalidates nothing.",
        answer("Location: y", status=500), new(leaf="y"),
        new(method="POST", content=b"x"), hit(leaf="y"),
        siblings={"y": [FRESH]}),
    row("MUST", "What POST changed while nothing was stored is fetched.",
        FRESH, new(method="POST", content=b"x"), new(), hit(of=2)),
    elsewhere("MAY", "A Location that comes with 200, which no web server is "
              "given, invalidates, too.", ["Location: y"], new, status=200),
    row("MUST", "What goes by another rule for the path, one without a cache, "
        "invalidates what this rule stored.", FRESH, new(), hit(),
        new(method="POST", content=b"x"), new(), hit(of=3), route="reads",
        everywhere=True),
    row("MUST", "So does what goes by a rule with another cache_key.", FRESH,
        new(), hit(), new(method="POST", content=b"x"), new(), hit(of=3),
        route="keyed"),
    elsewhere("MAY", "Location's response is invalidated through another rule, "
              "too.", ["Location: y"], new, route="reads"),
)

SECTIONS = [ASKING, ANSWERING, OUTCOME, FRESHENING, BY_HEAD, INVALIDATION]
