"""The fault matrix: origins that fail in each way we could think of, under
three web servers.

Each row says what a visitor gets when the origin is alone: the status, the
error in Proxy-Status, the line in the log, and that it comes in time; and
then the same with a healthy second server, which no idempotent request may
tell from all being well.  Nothing else is ever done twice.

Times are bounds against hanging, wide enough for a machine that is busy.
"""

import concurrent.futures
import os
import shutil
import time
from typing import NamedTuple

import pytest

import fronts
from fault_origin import (
    BODY, OK, Server, after_request, answers, answers_and_adds, awaits_byte,
    closes, forever, frail, goes_away, holds, kept, leaves_with_the_answer,
    pauses, reads, resets, sends, server_context, steps, trickles, unwell)
from origins import FullPort, RefusingPort
from processes import await_true
from tls import Authority

SLOWNESS = float(os.environ.get("FINGERPOST_SLOWNESS", "1"))
FRONTS = ["lighttpd-unix", "apache-proxy-unix", "apache-fcgid"]

# Where nothing but a timeout ends the wait, and elsewhere: there it must not.
SHORT_S, LONG_S = 1 * SLOWNESS, 30 * SLOWNESS
BOUND_S = 2 * SHORT_S + 3 * SLOWNESS

# error: status, words in the log
ERRORS = {
    "connection_refused": (502, "refused the connection"),
    "connection_terminated": (502, "closed the connection without an answer"),
    "connection_timeout": (504, "could not be connected in time"),
    "connection_read_timeout": (504, "stopped sending"),
    "connection_write_timeout": (504, "stopped taking the request"),
    "tls_protocol_error": (502, "the TLS handshake with the origin failed"),
    "tls_certificate_error": (502, "could not be verified"),
    "http_response_incomplete": (502, "broke off its response"),
    "http_response_header_section_size": (502, "the head of the origin's "
                                          "response was too large"),
    "http_response_timeout": (504, "did not answer in time"),
    "http_upgrade_failed": (502, "switched protocols unasked"),
    "http_protocol_error": (502, "was not valid HTTP"),
}


class Row(NamedTuple):
    """`way`: of fault_origin.  `waits`: only a timeout ends it.  `sent`: the
    request may have been read by then.  `cert`, `scheme`: as the server has
    it and as the rules have it."""

    name: str
    way: object
    error: str
    waits: bool = False
    sent: bool = True
    cert: str = ""
    scheme: str = "http"


def malformed(head):
    return after_request(sends(head + b"\r\n\r\n"), closes)


def waits(name, way, error="http_response_timeout", **more):
    return Row(name, way, error, waits=True, **more)


def tls(name, way, error, **more):
    return Row(name, way, error, scheme="https", **more)


FIELDS = b"".join(b"X-Field-%d: %s\r\n" % (i, b"v" * 1000) for i in range(32))
LINE = b"HTTP/1.1 200 OK\r\n"
# "Unexpected message", from who would have liked a ClientHello.
ALERT = b"\x15\x03\x01\x00\x02\x02\x0a"

# Faults before the head of a response is whole.
NO_HEAD = [
    Row("refuses", None, "connection_refused", sent=False),
    waits("not-connected", None, "connection_timeout", sent=False),
    waits("hangs", after_request(holds)),
    waits("never-reads", holds),
    waits("trickled-head", after_request(
        trickles(LINE + b"X-Long: %s" % (b"x" * 200), 0.1))),
    waits("trickled-fields", after_request(
        sends(LINE), *[steps(sends(b"X-F: x\r\n"), pauses)] * 100)),
    waits("half-head-hangs", after_request(sends(LINE + b"X-A: b"), holds)),
    waits("slow-interim", after_request(
        *[steps(sends(b"HTTP/1.1 100 Continue\r\n\r\n"), pauses)] * 100)),
    Row("resets-unread", steps(awaits_byte, resets), "connection_terminated"),
    Row("resets", after_request(resets), "connection_terminated"),
    Row("closes", after_request(closes), "connection_terminated"),
    # Less than a line is no answer yet.
    Row("closes-in-status-line", after_request(sends(b"HTTP/1.1 20"), closes),
        "connection_terminated"),
    Row("closes-in-head", after_request(sends(LINE + b"Content-Ty"), closes),
        "http_response_incomplete"),
    Row("closes-before-empty-line", after_request(
        sends(LINE + b"Content-Length: 3\r\n"), closes),
        "http_response_incomplete"),
    Row("resets-in-head", after_request(
        sends(LINE + b"Content-Ty"), pauses, resets),
        "http_response_incomplete"),
    Row("closes-after-interim", after_request(
        sends(b"HTTP/1.1 100 Continue\r\n\r\n"), closes),
        "http_response_incomplete"),
    Row("no-http", malformed(b"ceci n'est pas HTTP"), "http_protocol_error"),
    Row("no-status", malformed(b"HTTP/1.1"), "http_protocol_error"),
    Row("status-of-letters", malformed(b"HTTP/1.1 abc OK"),
        "http_protocol_error"),
    Row("status-too-small", malformed(b"HTTP/1.1 042 OK"),
        "http_protocol_error"),
    Row("status-too-long", malformed(b"HTTP/1.1 2000 OK"),
        "http_protocol_error"),
    Row("unknown-version", malformed(b"HTTP/9.9 200 OK"),
        "http_protocol_error"),
    Row("no-colon", malformed(LINE + b"no colon here"),
        "http_protocol_error"),
    Row("blank-in-name", malformed(LINE + b"X Y: z"), "http_protocol_error"),
    Row("no-name", malformed(LINE + b": z"), "http_protocol_error"),
    Row("nul-in-value", malformed(LINE + b"X-Y: a\0b"),
        "http_protocol_error"),
    Row("folded-at-once", malformed(LINE + b" folded"),
        "http_protocol_error"),
    Row("length-of-letters", malformed(LINE + b"Content-Length: many"),
        "http_protocol_error"),
    Row("length-below-zero", malformed(LINE + b"Content-Length: -1"),
        "http_protocol_error"),
    Row("length-beyond-all", malformed(
        LINE + b"Content-Length: 99999999999999999999"),
        "http_protocol_error"),
    Row("two-lengths", malformed(
        LINE + b"Content-Length: 4\r\nContent-Length: 6"),
        "http_protocol_error"),
    Row("upgrades", malformed(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c"),
        "http_upgrade_failed"),
    Row("endless-head", after_request(sends(LINE), forever(FIELDS)),
        "http_response_header_section_size"),
    Row("endless-field", after_request(
        sends(LINE + b"X-Endless: "), forever(b"x" * 32768)),
        "http_response_header_section_size"),
    Row("endless-interim", after_request(
        forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)),
        "http_response_header_section_size"),
    Row("tls-for-http", after_request(sends(ALERT), closes),
        "http_protocol_error"),
    tls("http-for-tls", answers, "tls_protocol_error", sent=False),
    tls("tls-resets", steps(awaits_byte, resets), "tls_protocol_error",
        sent=False),
    tls("tls-closes", steps(awaits_byte, closes), "tls_protocol_error",
        sent=False),
    tls("tls-hangs", holds, "connection_timeout", waits=True, sent=False),
    tls("wrong-name", answers, "tls_certificate_error", sent=False,
        cert="named"),
    tls("expired", answers, "tls_certificate_error", sent=False,
        cert="expired"),
    tls("unknown", answers, "tls_certificate_error", sent=False,
        cert="unknown"),
    tls("tls-then-closes", after_request(closes), "connection_terminated",
        cert="here"),
    tls("tls-then-hangs", after_request(holds), "http_response_timeout",
        waits=True, cert="here"),
]


class Break(NamedTuple):
    """A response that breaks off in its content."""

    name: str
    way: object
    error: str
    length: bool = True  # is known
    waits: bool = False
    cert: str = ""
    scheme: str = "http"


def begun(*then, length=100000):
    return after_request(
        sends(OK + b"Content-Length: %d\r\n\r\n" % length + BODY), *then)


def chunked(more, *then):
    return after_request(
        sends(OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (
            len(BODY), BODY)), pauses, sends(more), *then)


BREAKS = [
    Break("closes-after-head", after_request(
        sends(OK + b"Content-Length: 9\r\n\r\n"), closes),
        "http_response_incomplete"),
    Break("resets-after-head", after_request(
        sends(OK + b"Content-Length: 9\r\n\r\n"), pauses, resets),
        "http_response_incomplete"),
    Break("truncates", begun(closes), "http_response_incomplete"),
    Break("truncates-a-byte", begun(closes, length=50001),
          "http_response_incomplete"),
    Break("resets-in-body", begun(pauses, resets),
          "http_response_incomplete"),
    Break("stalls", begun(holds), "connection_read_timeout", waits=True),
    Break("no-last-chunk", chunked(b"", closes), "http_response_incomplete",
          False),
    Break("half-a-chunk", chunked(b"100\r\nabc", closes),
          "http_response_incomplete", False),
    Break("half-a-last-chunk", chunked(b"0\r\n", closes),
          "http_response_incomplete", False),
    Break("chunk-size-of-letters", chunked(b"many\r\n", holds),
          "http_response_incomplete", False),
    Break("chunk-size-beyond-all", chunked(b"f" * 17 + b"\r\n", holds),
          "http_response_incomplete", False),
    Break("chunk-longer-than-said", chunked(b"3\r\nabcdef\r\n0\r\n\r\n",
                                            holds),
          "http_response_incomplete", False),
    Break("chunks-stall", chunked(b"", holds), "connection_read_timeout",
          False, waits=True),
    Break("tls-truncates", begun(pauses, closes), "http_response_incomplete",
          cert="here", scheme="https"),
    Break("tls-no-last-chunk", chunked(b"", closes),
          "http_response_incomplete", False, cert="here", scheme="https"),
]

POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npoison\n"
TIMED_OUT = (b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n"
             b"Connection: close\r\n\r\n")

# What lies behind an answer must not become the next one: (name, way,
# certificate).
SURPLUS = [
    ("surplus", answers_and_adds(POISON), ""),
    ("late-surplus", answers_and_adds(POISON, 0.05), ""),
    ("late-timeout", answers_and_adds(TIMED_OUT, 0.05), ""),
    ("tls-surplus", answers_and_adds(POISON), "here"),
    ("tls-late-surplus", answers_and_adds(POISON, 0.05), "here"),
]

# Kept connections that end as they are used again: (name, way, whether the
# request may have been read by then).
KEPT = [
    ("leaves-at-once", leaves_with_the_answer, False),
    ("leaves-at-the-first-byte", kept(closes), True),
    ("leaves-when-asked", kept(reads, closes), True),
    ("resets-when-asked", kept(reads, resets), True),
]

# More than libcurl has tries, and one to spare.
CROWD = 8

ILL_TIMES = 3


class Origins:
    """Every row's server, and the healthy ones."""

    def __init__(self, folder):
        ours, other = Authority(folder, "ours"), Authority(folder, "other")
        self.authority = ours.file
        os.chmod(self.authority, 0o644)
        certs = {
            "here": ours.sign("here", "IP:127.0.0.1"),
            "named": ours.sign("named", "DNS:inner.test"),
            "expired": ours.sign("expired", "IP:127.0.0.1", days=-1),
            "unknown": other.sign("unknown", "IP:127.0.0.1"),
        }
        contexts = {n: server_context(*pair) for n, pair in certs.items()}
        contexts[""] = None
        self.healthy = {"http": Server(answers),
                        "https": Server(answers, contexts["here"])}
        self.faulty = {}
        for row in NO_HEAD + BREAKS:
            if row.way is not None:
                self.faulty[row.name] = Server(
                    row.way, contexts[row.cert], row.scheme)
        self.faulty["refuses"] = RefusingPort()
        self.faulty["not-connected"] = FullPort()
        for name, way, cert in SURPLUS:
            self.faulty[name] = Server(way, contexts[cert])
        for name, way, _ in KEPT:
            self.faulty[name] = Server(way)
        self.faulty["goes-away"] = Server(kept(reads, goes_away))
        self.faulty["frail"] = Server(frail(CROWD))
        self.faulty["frail-too"] = Server(frail(CROWD))
        self.faulty["hangs-too"] = Server(after_request(holds))
        self.faulty["trickled-body"] = Server(after_request(
            sends(OK + b"Content-Length: 6\r\n\r\n"),
            trickles(b"whole\n", SHORT_S / 3), closes))
        self.faulty["endless-body"] = Server(after_request(
            sends(OK + b"\r\n"), trickles(bytes(1000), 0.1)))
        self.faulty["never-reads-much"] = Server(holds, receive_bytes=4096)
        self.ill = unwell(ILL_TIMES)
        self.faulty["ill"] = Server(self.ill)

    def close(self):
        for server in [*self.healthy.values(), *self.faulty.values()]:
            server.close()


HEAD = """\
[fingerpost]
error_log   = %s
log_level   = info
shared_file = %s

[defaults]
compress     = no
tls_ca_file  = %s
# Each row is about one fault, not about what was learned from others.
fail_after   = 0
retry_budget = 100%%
"""

ROUTE = """
[%(where)s-%(name)s]
path   = /%(where)s/%(name)s
origin = %(origin)s
connect_timeout    = %(patience_ms)dms
first_byte_timeout = %(patience_ms)dms
idle_timeout       = %(patience_ms)dms
"""


def route(where, name, origin, patience_s=LONG_S):
    return ROUTE % {"where": where, "name": name, "origin": origin,
                    "patience_ms": patience_s * 1000}


# What is about more than one fault: (name, its origin, its keys).
def special_routes(origins):
    healthy = origins.healthy["http"].url
    faulty = {name: server.url for name, server in origins.faulty.items()}
    quick = {"fail_window": "1m", "recover_after": "%dms" % (SHORT_S * 1000)}
    return [
        ("equal", "%s, %s" % (faulty["closes"], healthy), {}),
        ("learns", "%s, %s" % (faulty["refuses"], healthy),
         {"fail_after": 1, "recover_after": "5m"}),
        ("all-out", "%s, %s" % (faulty["refuses"], faulty["tls-for-http"]),
         {"fail_after": 1, "recover_after": "90s"}),
        ("comes-back", "%s, %s" % (faulty["ill"], faulty["refuses"]),
         {"fail_after": 1, **quick}),
        ("never-again", "%s, %s" % (faulty["closes"], healthy),
         {"retries": 0}),
        ("frail-never-again", faulty["frail"], {"retries": 0}),
        ("frail-pool-never-again", "%s weight=1000, %s" % (
            faulty["frail"], healthy), {"retries": 0}),
        ("frail-both", "%s, %s" % (faulty["frail"], faulty["frail-too"]),
         {}),
        ("only-refused", "%s weight=1000, %s" % (faulty["closes"], healthy),
         {"retry_on": "connect-failure"}),
        ("full", "%s max=1" % faulty["hangs"],
         {"queue_timeout": "%dms" % (SHORT_S * 500),
          "first_byte_timeout": "%dms" % (SHORT_S * 3000)}),
        ("crowded", "%s max=1" % faulty["hangs-too"],
         {"queue_length": 0,
          "first_byte_timeout": "%dms" % (SHORT_S * 1000)}),
        ("trickled", faulty["trickled-body"],
         {"idle_timeout": "%dms" % (SHORT_S * 1000)}),
        ("endless", faulty["endless-body"],
         {"total_timeout": "%dms" % (SHORT_S * 1000)}),
        ("deaf", faulty["never-reads-much"],
         {"first_byte_timeout": "%dms" % (SHORT_S * 1000)}),
    ]


def rules_of(origins, log, shared):
    """/one/NAME leads to the faulty server; in the pool of /two/NAME it is
    asked first all but one time in a thousand."""
    patient = {row.name for row in NO_HEAD + BREAKS if row.waits}
    out = [HEAD % (log, shared, origins.authority)]
    for name, server in origins.faulty.items():
        healthy = origins.healthy[server.url.partition(":")[0]]
        patience_s = SHORT_S if name in patient else LONG_S
        out.append(route("one", name, server.url, patience_s))
        out.append(route("two", name, "%s weight=1000, %s" % (
            server.url, healthy.url), patience_s))
    for name, origin, keys in special_routes(origins):
        out.append("\n[one-%s]\npath = /one/%s\norigin = %s\n" % (
            name, name, origin))
        out += ["%s = %s\n" % pair for pair in keys.items()]
    return "".join(out)


class Gate:
    """A deployment with the rules above."""

    def __init__(self, name, site, folder, origins):
        class OneWorker(fronts.FRONTS[name]):
            def serve(self, listen=None, **options):
                """So that kept connections are used again."""
                return super().serve(listen, workers=1, **options)

            def apache(self, config):
                """A response that breaks off costs mod_fcgid a process, and
                many of them in a row make it wait before the next."""
                if "fcgid" in self.modules:
                    config += "FcgidSpawnScoreUpLimit 10000\n"
                super().apache(config)

        class OwnSite:
            binary, wrapper, folder = site.binary, site.wrapper, site.folder

        os.makedirs(folder)
        self.name, self.origins, self.n = name, origins, 0
        self.log_path = os.path.join(folder, "fingerpost.log")
        with open(self.log_path, "w"):
            os.chmod(self.log_path, 0o666)
        shared = os.path.join(folder, "shared")
        os.makedirs(shared, mode=0o755)
        if fronts.ROOT and name == "apache-fcgid":
            shutil.chown(shared, fronts.WEB_USER)
        OwnSite.rules = os.path.join(folder, "rules.ini")
        with open(OwnSite.rules, "w") as f:
            f.write(rules_of(origins, self.log_path,
                             os.path.join(shared, "region")))
        self.front = OneWorker(OwnSite, os.path.join(folder, "front"))

    def stop(self):
        self.front.stop()

    def log_of(self, ident):
        """The lines about one request."""
        with open(self.log_path, errors="replace") as f:
            return [line for line in f if "id=%s:" % ident in line]

    def ask(self, method, where, name, body=b"small", more=""):
        """Once; what came of it.  The body goes with PUT and POST; `more` of
        the query is for a server that is told how to behave."""
        self.n += 1
        asked = Asked(self, method, where, name, "%s-%d" % (
            self.name, self.n))
        before = time.monotonic()
        try:
            asked.response = self.front.request(
                method, "/%s/%s/x?%sid=%s" % (
                    where, name, more, asked.ident),
                body=body if method in ("PUT", "POST") else None,
                patience=4 * BOUND_S)
        except (EOFError, ConnectionError):
            pass  # not even a head
        asked.took_s = time.monotonic() - before
        return asked

    def ask_each(self, methods, where, name):
        with concurrent.futures.ThreadPoolExecutor(len(methods)) as pool:
            return list(pool.map(
                lambda method: self.ask(method, where, name), methods))


class Asked:
    def __init__(self, gate, method, where, name, ident):
        self.gate, self.method, self.ident = gate, method, ident
        self.where, self.name, self.response = where, name, None

    def __repr__(self):
        return "%s %s: %r\nin %.1fs, read by the faulty one %s times, by a " \
            "healthy one %s times\n%s" % (
                self.method, self.ident, self.response, self.took_s,
                self.by_faulty(), self.by_healthy(),
                "".join(self.gate.log_of(self.ident)))

    def by_faulty(self):
        server = self.gate.origins.faulty.get(self.name)
        return server.requests[self.ident] if isinstance(
            server, Server) else 0

    def by_healthy(self):
        return sum(server.requests[self.ident]
                   for server in self.gate.origins.healthy.values())

    def is_whole(self, body=b"whole\n"):
        r = self.response
        return r is not None and r.status == 200 and r.complete and (
            self.method == "HEAD" or r.body == body)

    def check_in_time(self):
        assert self.took_s < BOUND_S, self

    def check_error(self, error):
        """The status, Proxy-Status and log line that a visitor and his
        administrator would want."""
        status, words = ERRORS[error]
        r = self.response
        assert r is not None and r.status == status, self
        assert r.all("Proxy-Status") == ["fingerpost; error=" + error], self
        assert r.complete, self
        assert (len(r.body) > 0) == (self.method != "HEAD"), self
        self.check_logged(words)

    def check_logged(self, words):
        await_true("a line in the log: " + words, lambda: [
            line for line in self.gate.log_of(self.ident)
            if words in line and "[%s-%s] %s " % (
                self.where, self.name, self.method) in line])

    def check_done_once(self):
        assert self.by_faulty() + self.by_healthy() <= 1, self


@pytest.fixture(scope="module")
def world(site):
    folder = os.path.join(site.folder, "faults")
    os.makedirs(folder)
    origins = Origins(folder)
    gates = {}

    def gate(name):
        if name not in gates:
            gates[name] = Gate(name, site, os.path.join(folder, name),
                               origins)
        return gates[name]

    yield gate
    for one in gates.values():
        one.stop()
    origins.close()


@pytest.fixture(params=FRONTS)
def gate(request, world):
    gate = world(request.param)
    request.node.front = gate.front
    return gate


def each(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


METHODS = ["GET", "HEAD", "PUT", "POST"]


def check_let_go(gate, row):
    """Given up is given up: the origin is not left waiting."""
    server = gate.origins.faulty[row.name]
    if row.waits and isinstance(server, Server):
        await_true("the connection is closed", lambda: server.held == 0)


# Faults before the head.

@each(NO_HEAD)
def test_alone(gate, row):
    for asked in gate.ask_each(METHODS, "one", row.name):
        asked.check_error(row.error)
        asked.check_in_time()
        if asked.method == "POST" or row.waits:
            asked.check_done_once()
    check_let_go(gate, row)


@each(NO_HEAD)
def test_beside_a_healthy_one(gate, row):
    server = gate.origins.faulty[row.name]
    before = getattr(server, "connections", None)
    for asked in gate.ask_each(METHODS, "two", row.name):
        if asked.method == "POST":
            asked.check_done_once()
            if row.sent and not asked.is_whole():
                asked.check_error(row.error)
                continue
        assert asked.is_whole(), asked
        asked.check_in_time()
        assert asked.by_healthy() == 1, asked
    if before is not None:
        assert server.connections >= before + len(METHODS) - 1
    check_let_go(gate, row)


# Faults behind it.

def check_broken(gate, asked, row):
    """It is visible, where the web server can show it at all."""
    front = gate.front
    if front.shows_short if row.length else front.shows_unended:
        r = asked.response
        assert r is None or r.status >= 500 or not r.complete, asked
    asked.check_in_time()
    asked.check_logged(ERRORS[row.error][1])


@each(BREAKS)
def test_broken_off_alone(gate, row):
    get, post = gate.ask_each(["GET", "POST"], "one", row.name)
    for asked in get, post:
        check_broken(gate, asked, row)
        asked.check_done_once()
    check_let_go(gate, row)


@each(BREAKS)
def test_broken_off_beside_a_healthy_one(gate, row):
    """What the visitor has seen the beginning of cannot be had elsewhere;
    but the whole is one server's, never one's beginning and another's end."""
    for asked in gate.ask_each(["GET", "POST"], "two", row.name):
        if asked.method == "POST":
            asked.check_done_once()
        if not asked.is_whole():
            check_broken(gate, asked, row)


@pytest.mark.parametrize("where", ["one", "two"])
@each([row for row in BREAKS if row.length])
def test_head_of_what_would_break_off(gate, where, row):
    asked = gate.ask("HEAD", where, row.name)
    assert asked.is_whole(), asked


# Origins that are ill for a while.

def test_ill_alone(gate):
    """Its answer is its own, and so is the time it asks for."""
    gate.origins.ill.falls_ill()
    for _ in range(ILL_TIMES):
        asked = gate.ask("GET", "one", "ill")
        r = asked.response
        assert (r.status, r.body, r.get("Retry-After")) == (
            503, b"ill\n", "7"), asked
        asked.check_done_once()
    asked = gate.ask("GET", "one", "ill")
    assert asked.is_whole(), asked


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_ill_beside_a_healthy_one(gate, method):
    gate.origins.ill.falls_ill()
    for _ in range(2 * ILL_TIMES):
        asked = gate.ask(method, "two", "ill")
        assert asked.is_whole(), asked
        assert asked.by_healthy() <= 1 and asked.by_faulty() <= 1


def test_ill_is_an_answer_to_a_post(gate):
    gate.origins.ill.falls_ill()
    for _ in range(2 * ILL_TIMES):
        asked = gate.ask("POST", "two", "ill")
        assert asked.response.status in (200, 503), asked
        asked.check_done_once()


# What is learned of a server, and what is said when none is left.

def test_equal_servers_share(gate):
    """Half of the requests find the faulty one first; nobody sees it."""
    server = gate.origins.faulty["closes"]
    before = server.connections
    for _ in range(20):
        asked = gate.ask("GET", "one", "equal")
        assert asked.is_whole(), asked
    assert server.connections - before >= 10


def test_a_server_that_refuses_is_left_out(gate):
    asked = [gate.ask("GET", "one", "learns") for _ in range(10)]
    assert all(one.is_whole() for one in asked), asked
    with open(gate.log_path, errors="replace") as f:
        lines = [line for line in f if "[one-learns]" in line]
    assert len([line for line in lines if "refused" in line]) == 1, lines
    assert len([line for line in lines if "is out" in line]) == 1, lines


def check_unavailable(asked, error, most_s):
    """503, and when to come back."""
    r = asked.response
    assert r is not None and r.status == 503, asked
    assert r.all("Proxy-Status") == ["fingerpost; error=" + error], asked
    assert 0 < int(r.get("Retry-After")) <= most_s, asked
    assert r.complete, asked
    asked.check_in_time()


@pytest.mark.parametrize("method", METHODS)
def test_no_server_is_left(gate, method):
    await_true("both are out", lambda: gate.ask(
        "GET", "one", "all-out").response.status == 503)
    asked = gate.ask(method, "one", "all-out")
    check_unavailable(asked, "destination_unavailable", 90 * 1.3)
    assert (len(asked.response.body) > 0) == (method != "HEAD")
    asked.check_logged("no server is fit to answer")


def test_a_server_comes_back(gate):
    """Ill, out, tried again, well."""
    gate.origins.ill.falls_ill()
    await_true("both are out", lambda: "destination_unavailable" in str(
        gate.ask("GET", "one", "comes-back").response.fields))
    await_true("one is back", lambda: gate.ask(
        "GET", "one", "comes-back").is_whole())
    for _ in range(3):
        asked = gate.ask("GET", "one", "comes-back")
        assert asked.is_whole(), asked


def test_no_retries(gate):
    asked = [gate.ask("GET", "one", "never-again") for _ in range(10)]
    bad = [one for one in asked if not one.is_whole()]
    assert 3 <= len(bad) <= 7, asked
    for one in bad:
        one.check_error("connection_terminated")


def test_retry_on_something_else(gate):
    gate.ask("GET", "one", "only-refused").check_error(
        "connection_terminated")


def test_the_queue_takes_too_long(gate):
    asked = gate.ask_each(["GET", "GET", "POST"], "one", "full")
    held = [a for a in asked if a.response.status == 504]
    assert len(held) == 1, asked
    for one in asked:
        if one not in held:
            check_unavailable(one, "connection_limit_reached", 60)


def test_the_queue_is_full(gate):
    asked = gate.ask_each(["GET", "GET", "POST"], "one", "crowded")
    assert sorted(a.response.status for a in asked) == [503, 503, 504], asked
    for one in asked:
        if one.response.status == 503:
            check_unavailable(one, "connection_limit_reached", 60)


# Slow content.

def test_trickled_body(gate):
    """Slow is not dead."""
    asked = gate.ask("GET", "one", "trickled")
    assert asked.is_whole(), asked


def test_endless_trickle_ends(gate):
    asked = gate.ask("GET", "one", "endless")
    if gate.front.shows_unended:
        r = asked.response
        assert r is None or r.status >= 500 or not r.complete, asked
    asked.check_in_time()
    server = gate.origins.faulty["endless-body"]
    await_true("the connection is closed", lambda: server.held == 0)


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_origin_that_takes_nothing(gate, method):
    size = min(8 << 20, gate.front.max_upload - 4096)
    asked = gate.ask(method, "one", "deaf", bytes(size))
    assert asked.response is not None and asked.response.status == 504, asked
    error = asked.response.get("Proxy-Status").rpartition("=")[2]
    assert error in ("connection_write_timeout", "http_response_timeout")
    assert size < 1 << 20 or error == "connection_write_timeout", asked
    asked.check_error(error)
    asked.check_in_time()


# Kept connections.

@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", [row[0] for row in SURPLUS])
def test_surplus_is_no_answer(gate, name, method):
    server = gate.origins.faulty[name]
    before = server.struck
    for _ in range(5):
        asked = gate.ask(method, "one", name)
        assert asked.is_whole(), asked
        time.sleep(0.1)  # for what comes late
    await_true("the surplus was sent", lambda: server.struck > before)


@pytest.mark.parametrize("name, read", [row[::2] for row in KEPT],
                         ids=[row[0] for row in KEPT])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PUT"])
@pytest.mark.parametrize("where", ["one", "two"])
def test_kept_connection_ends(gate, where, method, name, read):
    """A connection that ends as it is used again says nothing against its
    server, and an idempotent request is asked on a new one."""
    server = gate.origins.faulty[name]
    before = server.struck
    for _ in range(5):
        asked = gate.ask(method, where, name)
        assert asked.is_whole(), asked
    assert server.struck > before


# Whom it is asked of, and how often at most: (where, name, frail ones,
# healthy one).
FRAIL = [
    ("one", "frail", 2, 0),
    ("one", "frail-never-again", 2, 0),
    ("two", "frail", 2, 1),
    ("one", "frail-pool-never-again", 2, 0),
    ("one", "frail-both", 3, 0),
]


def ask_frail(gate, how, method, where, name):
    """It is asked when there are many kept connections; how often the frail
    ones read it."""
    for server in "frail", "frail-too":
        for asked in gate.ask_each(["GET"] * CROWD, "one", server):
            assert asked.is_whole(), asked
    asked = gate.ask(method, where, name, more=how + "=1&")
    return asked, sum(gate.origins.faulty[server].requests[asked.ident]
                      for server in ("frail", "frail-too"))


@pytest.mark.parametrize("where, name, most, healthy", FRAIL)
def test_poison_on_kept_connections(gate, where, name, most, healthy):
    """What ends each connection that it goes out on is not tried on all that
    are kept: once more tells enough."""
    for method in METHODS:
        asked, read = ask_frail(gate, "poison", method, where, name)
        assert read <= (1 if method == "POST" else most), (read, asked)
        if healthy and method != "POST":
            assert asked.is_whole() and asked.by_healthy() == 1, asked
        else:
            asked.check_error("connection_terminated")
            assert asked.by_healthy() == 0, asked
        lines = gate.log_of(asked.ident)
        assert not any("callback" in line for line in lines), lines


@pytest.mark.parametrize("where, name", [row[:2] for row in FRAIL])
def test_many_kept_connections_are_dead(gate, where, name):
    """Nobody notices, not even where nothing is to be tried again: it is
    asked on a new one, and no other server is."""
    for method in "GET", "HEAD", "DELETE", "PUT":
        asked, read = ask_frail(gate, "late", method, where, name)
        assert asked.is_whole() and read <= 2, (read, asked)
        assert asked.by_healthy() == 0, asked


@pytest.mark.parametrize("method", METHODS)
def test_kept_connection_of_an_origin_that_is_gone(gate, method):
    """It closes both, the kept connection and its door."""
    server = gate.origins.faulty["goes-away"]
    server.refuse()
    server.open()
    await_true("it is there", lambda: gate.ask(
        "GET", "one", "goes-away").is_whole())
    asked = gate.ask(method, "one", "goes-away")
    asked.check_in_time()
    assert asked.response.status == 502, asked
    asked.check_done_once()
    asked = gate.ask(method, "one", "goes-away")
    asked.check_error("connection_refused")


@pytest.mark.parametrize("name, read", [row[::2] for row in KEPT],
                         ids=[row[0] for row in KEPT])
@pytest.mark.parametrize("where", ["one", "two"])
def test_kept_connection_ends_under_a_post(gate, where, name, read):
    server = gate.origins.faulty[name]
    before = server.struck
    for _ in range(5):
        asked = gate.ask("POST", where, name)
        asked.check_done_once()
        if read and not asked.is_whole():
            asked.check_error("connection_terminated")
        else:
            assert asked.is_whole(), asked
    assert server.struck > before
