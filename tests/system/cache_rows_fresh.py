"""RFC 9111, section 4.2: how long a response is fresh, and how old it is."""

from cache_player import ANY, answer, hit, made, new, proved, wait
from cache_rows_store import kept, never
from cache_table import row, section

WEEK_OLD = "Last-Modified: @-604800"

LIFETIME = section(
    "9111-4.2", "Freshness",
    kept("MAY", "What is younger than max-age is fresh.",
         answer("max-age=600", "Age: 500")),
    never("MUST NOT", "What is older than max-age is not fresh.",
          answer("max-age=600", "Age: 700"), everywhere=True),
    never("MUST NOT", "What is exactly as old as its lifetime is not fresh "
          "any more.", answer("max-age=600", "Age: 600")),
    never("MUST NOT", "max-age=0 is never fresh.", answer("max-age=0")),
    row("MUST NOT", "What was fresh is not fresh for ever.",
        answer("max-age=2"), new(), hit(), wait(3.1), new()),
)

WHICH = section(
    "9111-4.2.1", "Calculating freshness lifetime",
    kept("MUST", "s-maxage counts before a smaller max-age.",
         answer("max-age=0, s-maxage=600")),
    never("MUST", "s-maxage counts before a greater max-age.",
          answer("max-age=600, s-maxage=0")),
    kept("MUST", "s-maxage counts before an Expires that is past.",
         answer("s-maxage=600", "Expires: @-100")),
    never("MUST", "s-maxage counts before an Expires to come.",
          answer("s-maxage=0", "Expires: @600")),
    kept("MUST", "max-age counts before an Expires that is past.",
         answer("max-age=600", "Expires: @-100"), everywhere=True),
    never("MUST", "max-age counts before an Expires to come.",
          answer("max-age=0", "Expires: @600")),
    kept("MUST", "max-age counts before an Expires that is no date.",
         answer("max-age=600", "Expires: 0")),
    never("MUST", "Expires and Date that both are long past make no fresh "
          "response.", answer("Expires: @-100", "Date: @-700")),
    kept("MUST", "The lifetime by Expires is counted from Date, were the "
         "origin's clock ahead of ours.",
         answer("Date: @3600", "Expires: @4200")),
    never("MUST", "Nor does an Expires that is later than our clock help "
          "where it is not later than Date.",
          answer("Date: @3600", "Expires: @3600")),
    kept("MUST", "Without a Date, Expires is counted from when the response "
         "came.", answer("Expires: @600", date=False)),
    kept("SHOULD", "Of two max-age the smaller, still ahead, is fresh.",
         answer("max-age=600, max-age=300")),
    never("SHOULD", "Of two max-age the smaller counts.",
          answer("max-age=600, max-age=10", "Age: 60")),
    never("SHOULD", "Of two max-age in two lines the smaller counts, "
          "whichever is first.",
          answer("max-age=10", "max-age=600", "Age: 60")),
    never("SHOULD", "Of two Expires the earlier counts.",
          answer("Expires: @600", "Expires: @-60")),
)

VALUES = section(
    "9111-1.2.2", "Delta seconds and the syntax of directives",
    kept("MUST", "A number greater than we can count is very great.",
         answer("max-age=99999999999999999999")),
    kept("MUST", "2147483648 seconds are fresh.",
         answer("max-age=2147483648")),
    never("MUST", "An age greater than we can count is very great.",
          answer("max-age=2000000000", "Age: 99999999999999999999")),
    kept("SHOULD", "A number in quotes is the same number.",
         answer('max-age="600"')),
    kept("MUST", "Directives are the same in capital letters.",
         answer("MAX-AGE=600"), everywhere=True),
    kept("SHOULD", "Leading zeros change no number.",
         answer("max-age=00600")),
    kept("MUST", "Directives that we do not know change nothing.",
         answer('foo, bar=1, baz="x, max-age=0", max-age=600')),
    kept("MUST", "Empty members of the list change nothing.",
         answer(", ,max-age=600,, ")),
    kept("MUST", "Blanks around the comma change nothing.",
         answer("public \t ,\t max-age=600")),
    kept("MUST", "Directives in two lines are one list.",
         answer("public", "max-age=600")),
    never("SHOULD", "A max-age that is no number is stale.",
          answer("max-age=abc", WEEK_OLD)),
    never("SHOULD", "A max-age below zero is stale.",
          answer("max-age=-600", WEEK_OLD)),
    never("SHOULD", "A max-age with a fraction is stale.",
          answer("max-age=600.5", WEEK_OLD)),
    never("SHOULD", "A max-age with a unit is stale.",
          answer("max-age=600s", WEEK_OLD)),
    never("SHOULD", "A max-age without a number is stale.",
          answer("max-age", WEEK_OLD)),
    never("SHOULD", "A max-age in single quotes is stale.",
          answer("max-age='600'", WEEK_OLD)),
    never("SHOULD", "An s-maxage that is no number is stale, whatever max-age "
          "says.", answer("s-maxage=abc, max-age=600")),
    never("SHOULD", "A valid max-age does not save an invalid one beside it.",
          answer("max-age=600, max-age=abc")),
    never("MUST NOT", "max-age within another directive's string is no "
          "lifetime.", answer('foo="max-age=600"')),
    never("MUST NOT", "A name that max-age only begins is another directive.",
          answer("max-age-x=600")),
    never("MUST NOT", "A name that max-age only ends is another directive.",
          answer("x-max-age=600")),
    never("choice", "A string that never ends is taken for no-store.",
          answer('foo="bar, max-age=600')),
)

HEURISTIC = section(
    "9111-4.2.2", "Calculating heuristic freshness",
    kept("MAY", "Without a lifetime a tenth of the age of Last-Modified is "
         "one.", answer(WEEK_OLD), everywhere=True),
    never("SHOULD", "More than that tenth is not fresh.",
          answer("Last-Modified: @-1000", "Age: 150")),
    never("choice", "A guessed lifetime is not longer than a day.",
          answer("Last-Modified: @-99999999", "Age: 90000")),
    never("MUST NOT", "No lifetime is guessed where max-age says one.",
          answer("max-age=0", WEEK_OLD)),
    never("MUST NOT", "No lifetime is guessed where s-maxage says one.",
          answer("s-maxage=0", WEEK_OLD)),
    never("MUST NOT", "No lifetime is guessed where Expires says one.",
          answer("Expires: @-1", WEEK_OLD)),
    never("MUST NOT", "No lifetime is guessed where Expires is no date.",
          answer("Expires: never", WEEK_OLD)),
    never("MUST NOT", "A Last-Modified to come makes nothing fresh.",
          answer("Last-Modified: @100000")),
    never("MUST NOT", "A Last-Modified that is no date makes nothing fresh.",
          answer("Last-Modified: last week")),
    row("MAY", "A query does not keep a lifetime from being guessed.",
        answer(WEEK_OLD), new(query="?a=1"), hit(query="?a=1")),
    *(kept("MAY", "A lifetime may be guessed for a %d." % status,
           answer(WEEK_OLD, status=status))
      for status in (203, 204, 300, 301, 308, 404, 405, 410, 414, 501)),
    *(never("MUST NOT", "No lifetime is guessed for a %d." % status,
            answer(WEEK_OLD, status=status))
      for status in (201, 202, 299, 302, 303, 307, 400, 403, 500, 502, 503,
                     504, 599)),
    kept("MAY", "A rule's lifetime is for what says nothing of its own.",
         answer(), route="ttl", everywhere=True),
    never("MUST NOT", "A rule's lifetime is not for what says one itself.",
          answer("max-age=0"), route="ttl"),
    never("MUST NOT", "A rule's lifetime is not for what says no-store.",
          answer("no-store"), route="ttl"),
    never("MUST NOT", "A rule's lifetime for all statuses is not for those "
          "that none may be guessed for.", answer(status=403), route="ttl"),
    kept("MAY", "A rule's lifetime for a status is for that one.",
         answer(status=502), route="ttl"),
    never("MUST NOT", "A rule's lifetime for a status is not longer for it.",
          answer("Age: 60", status=404), route="ttl"),
    kept("choice", "A rule that is told to does overrule the origin's "
         "lifetime.", answer("max-age=0"), route="overrides"),
    never("MUST NOT", "Even so no rule overrules no-store.",
          answer("no-store"), route="overrides"),
    never("MUST NOT", "Even so no rule overrules private.",
          answer("private"), route="overrides"),
    row("MUST NOT", "Even so no rule overrules no-cache.",
        [answer("no-cache", 'ETag: "a"'),
         answer("no-cache", 'ETag: "a"', status=304)],
        new(), proved(), route="overrides"),
)

AGE = section(
    "9111-4.2.3", "Calculating age",
    row("MUST", "Age is counted on from what the response came with.",
        answer("max-age=600", "Age: 100"), new(), hit(has=["Age: 100..104"]),
        everywhere=True),
    row("MUST", "Date in the past makes a response old.",
        answer("max-age=600", "Date: @-100"), new(),
        hit(has=["Age: 100..104"])),
    never("MUST NOT", "A Date longer ago than max-age leaves nothing fresh.",
          answer("max-age=600", "Date: @-700")),
    row("MUST", "Of Age and the age by Date the greater counts, if that is "
        "Age.", answer("max-age=600", "Date: @-100", "Age: 300"), new(),
        hit(has=["Age: 300..304"])),
    row("MUST", "Of Age and the age by Date the greater counts, if that is "
        "Date's.", answer("max-age=600", "Date: @-300", "Age: 100"), new(),
        hit(has=["Age: 300..304"])),
    row("MUST", "A Date to come makes no negative age.",
        answer("max-age=600", "Date: @100"), new(), hit(has=["Age: 0..4"])),
    row("MUST", "Time in the store is age.",
        answer("max-age=600"), new(), wait(2.1), hit(has=["Age: 2..4"]),
        everywhere=True),
    row("MUST", "Time in the store is added to the age at arrival.",
        answer("max-age=600", "Age: 100"), new(), wait(2.1),
        hit(has=["Age: 102..104"])),
    row("MUST", "The time that an answer took is age, too.",
        answer("max-age=600", slow=2.1), new(), hit(has=["Age: 2..5"])),
    never("MUST NOT", "What took longer to come than its lifetime is not "
          "fresh.", answer("max-age=2", slow=3.1)),
)

AGE_FIELD = section(
    "9111-5.1", "Age",
    row("MUST", "An answer from the store has Age.", answer("max-age=600"),
        new(), hit(has=["Age: 0..4"]), everywhere=True),
    row("MUST", "There is one Age, not two.",
        answer("max-age=600", "Age: 100"), new(),
        hit(has=["Age: 100..104"], lacks=["Age: 100, .*"])),
    row("SHOULD", "An Age that is no number is passed over.",
        answer("max-age=600", "Age: abc"), new(), hit(has=["Age: 0..4"])),
    row("SHOULD", "An Age below zero is passed over.",
        answer("max-age=600", "Age: -500"), new(), hit(has=["Age: 0..4"])),
    row("SHOULD", "An Age with a fraction is passed over.",
        answer("max-age=600", "Age: 700.0"), new(), hit(has=["Age: 0..4"])),
    row("SHOULD", "Of a list of ages the first counts: small.",
        answer("max-age=600", "Age: 5, 700"), new(), hit(has=["Age: 5..9"])),
    never("SHOULD", "Of a list of ages the first counts: great.",
          answer("max-age=600", "Age: 700, 5")),
    row("SHOULD", "Of two lines of Age the first counts.",
        answer("max-age=600", "Age: 5", "Age: 700"), new(),
        hit(has=["Age: 5..9"])),
    row("SHOULD", "Of a list of ages the first counts, even if it is no "
        "number.", answer("max-age=600", "Age: abc, 700"), new(),
        hit(has=["Age: 0..4"])),
    row("MUST", "A response that has just come has the Age that it came with, "
        "or none.", answer("max-age=600", "Age: 100"),
        new(has=["Age: 100..104"])),
)

EXPIRES = section(
    "9111-5.3", "Expires",
    never("MUST", "An Expires of 0 is past.", answer("Expires: 0", WEEK_OLD)),
    never("MUST", "An Expires that is no date is past.",
          answer("Expires: tomorrow", WEEK_OLD)),
    never("MUST", "An empty Expires is past.", answer("Expires: ", WEEK_OLD)),
    never("MUST NOT", "An Expires that is past is not fresh.",
          answer("Expires: @-10")),
    never("MUST NOT", "An Expires that is Date is not fresh.",
          answer("Expires: @0", "Date: @0")),
    kept("MUST", "Expires in the form of RFC 850 is a date.",
         answer("Expires: Tuesday, 18-Aug-50 02:01:18 GMT")),
    kept("MUST", "Expires in asctime's form is a date.",
         answer("Expires: Thu Aug 18 02:01:18 2050")),
    never("SHOULD", "Expires in another zone than GMT is no date.",
          answer("Expires: Thu, 18 Aug 2050 02:01:18 AEST")),
    never("SHOULD", "Expires with a year of two digits is no date in the "
          "fixed form.", answer("Expires: Thu, 18 Aug 50 02:01:18 GMT")),
    never("SHOULD", "Expires with an hour of one digit is no date.",
          answer("Expires: Thu, 18 Aug 2050 2:01:18 GMT")),
    kept("MUST", "Expires in the far future is fresh.",
         answer("Expires: Fri, 31 Dec 9999 23:59:59 GMT")),
)

STALE = section(
    "9111-4.2.4", "Serving stale responses",
    never("MUST NOT", "Nothing stale is served where nothing permits it.",
          answer("max-age=1", "Age: 9")),
    row("MUST NOT", "Not even where the origin does not answer.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'), answer(drop=True)],
        new(), made(502, asked=ANY), everywhere=True),
    row("MUST NOT", "must-revalidate is never served stale, whatever a rule "
        "says.",
        [answer("max-age=1, must-revalidate", "Age: 9", 'ETag: "a"'),
         answer(drop=True)],
        new(), made(502, asked=ANY), route="grace"),
    row("MUST NOT", "proxy-revalidate is never served stale, whatever a rule "
        "says.",
        [answer("max-age=1, proxy-revalidate", "Age: 9", 'ETag: "a"'),
         answer(drop=True)],
        new(), made(502, asked=ANY), route="grace"),
    row("MUST NOT", "s-maxage is never served stale for a rule's sake.",
        [answer("s-maxage=1", "Age: 9", 'ETag: "a"'), answer(drop=True)],
        new(), made(502, asked=ANY), route="grace"),
    row("MUST NOT", "no-cache is never served stale, whatever a rule says.",
        [answer("no-cache, max-age=1", "Age: 9", 'ETag: "a"'),
         answer(drop=True)],
        new(), made(502, asked=ANY), route="grace"),
    row("MAY", "A rule permits to serve what is stale while the origin does "
        "not answer.",
        [answer("max-age=1", "Age: 9", 'ETag: "a"'), answer(drop=True)],
        new(), hit(of=1, asked=ANY, has=["Age: 9..14"]), route="grace",
        everywhere=True),
    row("MUST NOT", "must-revalidate is not served stale to a request with "
        "max-stale.",
        [answer("max-age=1, must-revalidate", "Age: 9", 'ETag: "a"'),
         answer("max-age=600", 'ETag: "a"', status=304)],
        new(), proved("max-stale")),
    row("MUST NOT", "s-maxage is not served stale to a request with "
        "max-stale.",
        [answer("s-maxage=1", "Age: 9", 'ETag: "a"'),
         answer("max-age=600", 'ETag: "a"', status=304)],
        new(), proved("max-stale")),
    row("MAY", "must-revalidate is served while it is fresh.",
        answer("max-age=600, must-revalidate"), new(), hit()),
)

SECTIONS = [VALUES, LIFETIME, WHICH, HEURISTIC, AGE, STALE, AGE_FIELD,
            EXPIRES]
