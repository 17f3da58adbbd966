"""What is done in a row of the cache's table, and who does it.

A row is a list of answers that the origin gives and of steps.  A step asks
for the row's URL (or a sibling of it) and says where the answer must come
from:

    new      the origin was asked, and its answer was passed on
    hit      the origin was not asked
    proved   the origin was asked, said 304, and what was stored went out
    made     the origin was not asked; the answer (its status is given) is
             the cache's own
    either   whichever; for what a cache is free to do

and what the answer must look like:

    of       the number of the origin's answer that it is: the last one that
             the origin gave in this row, unless said
    has      "Name: value"; the value may be /a pattern/ or 1..5, a number
             between
    lacks    names, or "Name: value"
    sent     what the origin was asked with, as in `has`
    unsent   names that it was not asked with
    says     parameters of our member of Cache-Status: "hit", "fwd=stale",
             "-stored" for one that is not there
    asked    how often the origin was asked, if not once or never
    broken   the content is not looked at
"""

import concurrent.futures
import gzip
import re
import time

from cache_origin import Answer, field_pair

answer = Answer
ANY = range(1, 20)  # for `asked`: libcurl asks again where a connection that
#                     was open before breaks off without a word
MAYBE = range(2)    # what happens behind the client's back may have begun


class Ask:
    def __init__(self, how, *fields, method="GET", leaf="x", query="", of=None,
                 status=None, has=(), lacks=(), sent=(), unsent=(), says="",
                 body=None, asked=None, host="site.test", content=None,
                 broken=False, upstream_method=None):
        self.how, self.fields, self.method = how, fields, method
        self.leaf, self.query, self.of, self.status = leaf, query, of, status
        self.has, self.lacks, self.sent, self.unsent = has, lacks, sent, unsent
        self.says, self.body, self.asked = says, body, asked
        self.host, self.content, self.broken = host, content, broken
        self.upstream_method = upstream_method
        for option in (has, lacks, sent, unsent):
            assert not isinstance(option, str)


class Wait:
    def __init__(self, seconds):
        self.seconds = seconds


class Settle:
    """Until an answer of that number is the stored one: what is done behind
    the client's back is done when it is done."""

    def __init__(self, of, leaf="x"):
        self.of, self.leaf = of, leaf


class Crowd:
    """So many requests at once, one for each of `fields`; the origin is asked
    `asked` times, and each client gets one of its answers, whole.  Where `own`
    says so, no two get the same.  `says` is for one of them at least."""

    def __init__(self, *fields, asked, own=False, says=None, leaf="x"):
        self.fields, self.asked, self.own = fields, asked, own
        self.word, self.leaf = says, leaf


def new(*fields, **options):
    return Ask("new", *fields, **options)


def hit(*fields, **options):
    return Ask("hit", *fields, **options)


def proved(*fields, **options):
    return Ask("proved", *fields, **options)


def made(status, *fields, **options):
    return Ask("made", *fields, status=status, **options)


def either(*fields, **options):
    return Ask("either", *fields, **options)


wait, settle, crowd = Wait, Settle, Crowd


class Failure(AssertionError):
    pass


def value_fits(wanted, value):
    if wanted.startswith("/") and wanted.endswith("/") and len(wanted) > 1:
        return re.fullmatch(wanted[1:-1], value) is not None
    between = re.fullmatch(r"(\d+)\.\.(\d+)", wanted)
    if between:
        return value.isdigit() and \
            int(between.group(1)) <= int(value) <= int(between.group(2))
    return wanted == value


def status_members(response):
    """Cache-Status as a list of (name, parameters), the last the nearest."""
    members = []
    for line in response.all("Cache-Status"):
        for member in re.findall(r'(?:"[^"]*"|[^,"])+', line):
            name, *parameters = [p.strip() for p in member.split(";")]
            members.append((name, dict(
                (p.partition("=")[0], p.partition("=")[2])
                for p in parameters)))
    return members


class Player:
    """Plays one row through one web server."""

    def __init__(self, front, origin, row, tag):
        self.front, self.origin, self.row = front, origin, row
        self.now = int(time.time())
        self.base = "/%s/%s" % (tag, row.ident)
        for leaf, answers in {"x": row.answers, **row.siblings}.items():
            origin.script(self.path(leaf), answers, self.now,
                          "/" + row.route + self.base)
        self.last = {}
        self.told = []

    def path(self, leaf):
        return "%s/%s" % (self.base, leaf)

    def play(self):
        for number, step in enumerate(self.row.steps, 1):
            try:
                self.step(step)
            except Failure as failure:
                raise Failure("%s, step %d: %s\n%s\n%s" % (
                    self.row.ident, number, failure, self.row.text,
                    "\n".join(self.told))) from None

    def step(self, step):
        if isinstance(step, Wait):
            time.sleep(step.seconds)
        elif isinstance(step, Settle):
            self.settle(step)
        elif isinstance(step, Crowd):
            self.crowd(step)
        else:
            self.ask(step)

    def request(self, step):
        fields = [field_pair(f, self.now) for f in step.fields]
        return self.front.request(
            step.method, "/%s%s%s" % (self.row.route, self.path(step.leaf),
                                      step.query),
            fields, step.content, host=step.host)

    def settle(self, step):
        ask = hit(leaf=step.leaf)
        wanted = None
        for _ in range(200):
            asked = self.origin.asked(self.path(step.leaf))
            if len(asked) >= step.of:
                wanted = asked[step.of - 1].body
                response = self.request(ask)
                if response.body == wanted:
                    self.last[step.leaf] = step.of
                    return
            time.sleep(0.02)
        raise Failure("answer %d is not stored in the end: %r" % (
            step.of, wanted))

    def crowd(self, step):
        asks = [new(*fields, leaf=step.leaf) for fields in step.fields]
        with concurrent.futures.ThreadPoolExecutor(len(asks)) as threads:
            responses = list(threads.map(self.request, asks))
        asked = self.origin.asked(self.path(step.leaf))
        self.expect(len(asked) == step.asked, "the origin asked %d times and "
                    "not %d" % (step.asked, len(asked)), responses)
        given = {a.body for a in asked}
        for response in responses:
            self.expect(response.complete and response.body in given,
                        "one of the origin's answers", response)
        if step.own:
            self.expect(len({r.body for r in responses}) == len(responses),
                        "to each its own", responses)
        if step.word:
            self.expect(any(step.word in parameters for r in responses
                            for _, parameters in status_members(r)),
                        "one that says " + step.word, responses)
        self.last[step.leaf] = len(asked)

    def ask(self, step):
        # What a client writes differently may be one path to the origin.
        path = self.path(step.leaf)
        before = len(self.origin.asked(path))
        response = self.request(step)
        asked = self.origin.asked(path)
        news = asked[before:]
        self.told.append("%s %s%s %s: %s; the origin was asked %s" % (
            step.method, step.leaf, step.query, list(step.fields), response,
            [(a.request.method, a.request.fields, a.answer.status)
             for a in news]))
        if step.how == "either":
            self.either(step, response, asked, news)
        else:
            self.source(step, response, asked, news)
        self.look(step, response, news)

    def either(self, step, response, asked, news):
        """Some whole answer that the origin gave."""
        if news:
            self.last[step.leaf] = len(asked)
        if step.status is not None:
            self.expect(response.status == step.status, "status", response)

    def source(self, step, response, asked, news):
        wanted = step.asked
        if wanted is None:
            wanted = int(step.how in ("new", "proved"))
        self.expect(len(news) in (wanted if isinstance(wanted, range) else
                                  [wanted]),
                    "%s: the origin was asked %d times" % (
                        step.how, len(news)), response)
        if step.how == "made":
            self.expect(response.status == step.status, "status", response)
            if step.body is not None:
                self.expect(response.body == step.body, "body", response)
            return
        if step.how == "new":
            number = step.of or len(asked)
        else:
            number = step.of or self.last.get(step.leaf, 1)
        if step.how == "proved":
            self.expect(news[-1].answer.status == 304,
                        "the origin said no 304", response)
        self.last[step.leaf] = number
        given = asked[number - 1]
        self.content(step, response, given)

    def content(self, step, response, given):
        status = step.status or given.answer.status
        self.expect(response.status == status, "status %d" % status, response)
        if step.broken:
            return
        body = given.body if step.body is None else step.body
        if step.method == "HEAD" or status in (204, 304):
            body = b""
        self.expect(response.complete, "whole", response)
        got = response.body
        if self.row.route == "zip" and response.get("Content-Encoding"):
            got = gzip.decompress(got)
        self.expect(got == body, "body %r" % body, response)

    def look(self, step, response, news):
        for wanted in step.has:
            self.contains(response.fields, wanted, response)
        for name in step.lacks:
            self.contains_not(response.fields, name, response)
        for wanted in step.sent:
            self.expect(news, "asked", response)
            self.contains(news[0].request.fields, wanted, response)
        for name in step.unsent:
            if news:
                self.contains_not(news[0].request.fields, name, response)
        if step.upstream_method:
            self.expect(news and news[0].request.method ==
                        step.upstream_method, "method upstream", response)
        self.says(step, response)

    def says(self, step, response):
        members = status_members(response)
        parameters = members[-1][1] if members else {}
        words = step.says.split()
        # What it says is never other than what it does.
        if members and step.how in ("new", "proved"):
            words.append("-hit")
        elif members and step.how == "hit" and not step.asked:
            words.append("hit")
        for word in words:
            name, equals, value = word.lstrip("-").partition("=")
            there = name in parameters and (
                not equals or value_fits(value, parameters[name]))
            self.expect(there != word.startswith("-"),
                        "Cache-Status says %s" % word, response)

    def contains(self, fields, wanted, response):
        name, value = field_pair(wanted, self.now)
        values = [v for n, v in fields if n.lower() == name.lower()]
        self.expect(any(value_fits(value, v) for v in values),
                    "has %s: %s" % (name, value), response)

    def contains_not(self, fields, unwanted, response):
        name, colon, value = unwanted.partition(": ")
        values = [v for n, v in fields if n.lower() == name.lower()]
        self.expect(not any(not colon or value_fits(value, v)
                            for v in values), "lacks " + unwanted, response)

    @staticmethod
    def expect(truth, what, response):
        if not truth:
            raise Failure("expected %s, got %s" % (what, response))
