"""The FastCGI edge, record by record, straight to the socket."""

import shutil
import struct
import subprocess

import pytest

import fcgi
from fcgi import whole_request
from origins import TEXT, pattern

pytestmark = pytest.mark.short


@pytest.fixture
def address(daemon):
    return daemon.address


@pytest.fixture
def connection(address):
    with fcgi.Connection(address) as c:
        yield c


@pytest.mark.shortest
def test_one_request(connection):
    connection.send(whole_request("/app/text/1000"))
    answer = connection.read_answer().parse()
    assert answer.status == 200
    assert answer.body == TEXT[:1000]
    assert answer.end == (0, fcgi.REQUEST_COMPLETE)
    assert connection.at_end()  # no FCGI_KEEP_CONN


def test_split_at_every_byte(address):
    body = b"name=value"
    data = whole_request("/app/echo", "POST", body, padding=3)
    for at in range(1, len(data)):
        with fcgi.Connection(address) as c:
            c.send(data[:at])
            c.send(data[at:])
            answer = c.read_answer().parse()
            assert (answer.status, at) == (200, at)
            assert b'"body": "name=value"' in answer.body


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 8, 9, 255])
def test_in_pieces(connection, piece):
    connection.send(whole_request("/app/echo", "POST", pattern(2000),
                                  padding=5, size=100), piece)
    answer = connection.read_answer().parse()
    assert answer.status == 200 and b'"size": 2000' in answer.body


@pytest.mark.parametrize("padding", [0, 1, 7, 255])
@pytest.mark.parametrize("size", [1, 2, 13, 8191, 65535])
def test_records_of_any_size(connection, size, padding):
    connection.send(whole_request("/app/echo", "POST", pattern(3000),
                                  size=size, padding=padding))
    answer = connection.read_answer().parse()
    assert answer.status == 200 and b'"size": 3000' in answer.body


def test_long_lengths(connection):
    """Four-byte lengths where one byte would do."""
    connection.send(whole_request("/app/text/10", long_form=True))
    assert connection.read_answer().parse().body == TEXT[:10]


def test_two_requests_in_one_write(connection):
    """The second begins before the first has ended: it cannot be served,
    and its records disturb nothing."""
    connection.send(
        whole_request("/app/text/10", request_id=1, flags=fcgi.KEEP_CONN) +
        whole_request("/app/echo", "POST", b"x" * 100, request_id=2))
    assert connection.read_answer(2).end[1] == fcgi.CANT_MPX_CONN
    assert connection.read_answer(1).parse().body == TEXT[:10]
    connection.send(whole_request("/app/text/20", request_id=3))
    assert connection.read_answer(3).parse().body == TEXT[:20]
    assert connection.at_end()


@pytest.mark.shortest
def test_kept_connection(connection):
    for n in range(200):
        ident = n % 5 + 1
        connection.send(whole_request("/app/text/%d" % n, request_id=ident,
                                      flags=fcgi.KEEP_CONN))
        answer = connection.read_answer(ident).parse()
        assert (answer.status, answer.body) == (200, TEXT[:n])


@pytest.mark.parametrize("target, status", [
    ("/unowned", 404), ("/reader/x", 405), ("/app", 308), ("/down/", 502),
    ("/app/deaf", 413)])
@pytest.mark.shortest
def test_stdin_that_nobody_wants(connection, target, status):
    """The body of a refused request is consumed: what follows it on the
    connection is the next request."""
    connection.send(whole_request(target, "POST", pattern(300000),
                                  flags=fcgi.KEEP_CONN))
    assert connection.read_answer().parse().status == status
    connection.send(whole_request("/app/text/10"))
    assert connection.read_answer().parse().body == TEXT[:10]


def test_unknown_request_ids_are_ignored(connection):
    for kind in (fcgi.ABORT, fcgi.PARAMS, fcgi.STDIN, fcgi.DATA):
        connection.send(fcgi.record(kind, 77, b"" if kind == fcgi.ABORT
                                    else b"lost"))
    data = whole_request("/app/echo", "POST", b"abc")
    first = fcgi.begin(1)
    connection.send(first + fcgi.record(fcgi.STDIN, 9, b"stray") +
                    fcgi.record(fcgi.PARAMS, 9, b"\1\1ab") +
                    data[len(first):])
    answer = connection.read_answer().parse()
    assert answer.status == 200 and b'"body": "abc"' in answer.body


def test_large_request_id(connection):
    connection.send(whole_request("/app/text/10", request_id=65535))
    assert connection.read_answer(65535).parse().body == TEXT[:10]


def test_abort_before_the_body_is_there(connection):
    p = fcgi.params("/app/echo", "POST", 1000)
    connection.send(fcgi.begin(1, flags=fcgi.KEEP_CONN) +
                    fcgi.stream(fcgi.PARAMS, 1, fcgi.pairs(p.items())) +
                    fcgi.record(fcgi.STDIN, 1, b"half"))
    connection.send(fcgi.record(fcgi.ABORT, 1))
    assert connection.read_answer().end[1] == fcgi.REQUEST_COMPLETE
    connection.send(whole_request("/app/text/10", request_id=2))
    assert connection.read_answer(2).parse().body == TEXT[:10]


@pytest.mark.shortest
def test_abort_while_the_origin_thinks(connection, site):
    connection.send(whole_request("/app/hold?id=abort",
                                  flags=fcgi.KEEP_CONN))
    assert site.origin.wait_for("abort", "request", 10)
    connection.send(fcgi.record(fcgi.ABORT, 1))
    assert connection.read_answer().end[1] == fcgi.REQUEST_COMPLETE
    assert site.origin.wait_for("abort", "closed", 10)
    connection.send(whole_request("/app/text/10"))
    assert connection.read_answer().parse().body == TEXT[:10]


def test_close_while_the_origin_thinks(address, site):
    with fcgi.Connection(address) as c:
        c.send(whole_request("/app/hold?id=gone"))
        assert site.origin.wait_for("gone", "request", 10)
    assert site.origin.wait_for("gone", "closed", 10)


@pytest.mark.shortest
def test_close_while_the_body_flows(address, site):
    with fcgi.Connection(address) as c:
        c.send(whole_request("/app/forever?id=flow"))
        assert c.read_record()[0] == fcgi.STDOUT
    assert site.origin.wait_for("flow", "closed", 10)


def test_get_values(connection):
    asked = fcgi.pairs([("FCGI_MAX_CONNS", ""), ("FCGI_MAX_REQS", ""),
                        ("FCGI_MPXS_CONNS", ""), ("FCGI_NO_SUCH", "")])
    connection.send(fcgi.record(fcgi.GET_VALUES, 0, asked, 3))
    kind, ident, content = connection.read_record()
    assert (kind, ident) == (fcgi.GET_VALUES_RESULT, 0)
    values = fcgi.read_pairs(content)
    assert values["FCGI_MPXS_CONNS"] == "0"
    assert int(values["FCGI_MAX_CONNS"]) >= 1
    assert int(values["FCGI_MAX_REQS"]) >= 1
    assert "FCGI_NO_SUCH" not in values
    connection.send(whole_request("/app/text/10"))
    assert connection.read_answer().parse().body == TEXT[:10]


def test_unknown_management_type(connection):
    connection.send(fcgi.record(99, 0, b"whatever"))
    kind, ident, content = connection.read_record()
    assert (kind, ident, content[0], len(content)) == (
        fcgi.UNKNOWN_TYPE, 0, 99, 8)
    connection.send(whole_request("/app/text/10"))
    assert connection.read_answer().parse().body == TEXT[:10]


@pytest.mark.parametrize("role", [fcgi.AUTHORIZER, fcgi.FILTER, 42])
def test_other_roles(connection, role):
    connection.send(whole_request("/app/text/10", role=role,
                                  flags=fcgi.KEEP_CONN))
    answer = connection.read_answer()
    assert answer.end[1] == fcgi.UNKNOWN_ROLE and not answer.stdout
    connection.send(whole_request("/app/text/10", request_id=2))
    assert connection.read_answer(2).parse().body == TEXT[:10]


def test_no_multiplexing(connection, site):
    connection.send(whole_request("/app/slow?s=20&id=mpx",
                                  flags=fcgi.KEEP_CONN))
    assert site.origin.wait_for("mpx", "request", 10)
    connection.send(fcgi.begin(2))
    answer = connection.read_answer(2)
    assert answer.end[1] == fcgi.CANT_MPX_CONN
    site.origin.gate("mpx").set()
    assert connection.read_answer(1).parse().body == b"slow\n"


def test_wrong_version_ends_the_connection(connection):
    connection.send(b"\x02" + whole_request("/app/text/10")[1:])
    try:
        assert connection.at_end()
    except ConnectionError:
        pass


def test_params_that_lie_about_their_length(connection, address):
    """A pair longer than the stream: refused or closed, never read past."""
    connection.send(fcgi.begin(1) + fcgi.stream(
        fcgi.PARAMS, 1, struct.pack("!II", 0x80001000, 0x80001000) + b"x") +
        fcgi.record(fcgi.STDIN, 1))
    try:
        answer = connection.read_answer()
        assert not answer.stdout or answer.parse().status >= 400
    except (EOFError, ConnectionError):
        pass
    assert fcgi.fetch(address, "/app/text/10").body == TEXT[:10]


def test_params_over_the_limit(connection):
    many = {"HTTP_X_%d" % n: "v" * 1000 for n in range(80)}
    connection.send(whole_request("/app/echo", more=many,
                                  flags=fcgi.KEEP_CONN))
    assert connection.read_answer().parse().status == 431
    connection.send(whole_request("/app/text/10"))
    assert connection.read_answer().parse().body == TEXT[:10]


def test_one_param_over_the_limit(connection):
    connection.send(whole_request("/app/echo", "POST", b"x" * 100,
                                  more={"HTTP_X": "v" * 200000}))
    assert connection.read_answer().parse().status == 431


def test_params_below_the_limit(connection):
    many = {"HTTP_X_%d" % n: "v" * 1000 for n in range(20)}
    connection.send(whole_request("/app/echo", more=many))
    answer = connection.read_answer().parse()
    assert answer.status == 200 and answer.body.count(b"v" * 1000) == 20


def test_repeated_params(connection):
    """nginx repeats a parameter for each repeated field."""
    p = list(fcgi.params("/app/echo").items())
    p += [("HTTP_X_TWIN", "one"), ("HTTP_X_TWIN", "two")]
    connection.send(fcgi.begin(1) + fcgi.stream(fcgi.PARAMS, 1,
                                                fcgi.pairs(p)) +
                    fcgi.record(fcgi.STDIN, 1))
    body = connection.read_answer().parse().body
    assert b'"one"' in body and b'"two"' in body


def test_body_without_content_length(connection):
    """mod_proxy_fcgi gives no length for an upload in chunks."""
    connection.send(whole_request("/app/echo", "POST", pattern(100000),
                                  declare=False, size=8000))
    answer = connection.read_answer().parse()
    assert answer.status == 200 and b'"size": 100000' in answer.body


def test_body_shorter_than_content_length(connection, address):
    """The web server broke off: the origin must not take it for whole."""
    connection.send(whole_request("/app/echo", "POST", b"abc",
                                  more={"CONTENT_LENGTH": "10"}))
    try:
        assert connection.read_answer().parse().status >= 400
    except (EOFError, ConnectionError):
        pass
    assert fcgi.fetch(address, "/app/text/10").body == TEXT[:10]


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "99999999999999999999",
                                    "5, 5", "+5", "0x5"])
def test_content_length_that_is_none(connection, length):
    connection.send(whole_request("/app/echo", "POST", b"12345",
                                  more={"CONTENT_LENGTH": length}))
    assert connection.read_answer().parse().status == 400


@pytest.mark.parametrize("missing", ["REQUEST_METHOD", "REQUEST_URI"])
def test_missing_param(address, missing):
    """Never a crash; a missing REQUEST_URI may be made up from the path."""
    p = fcgi.params("/app/text/10")
    del p[missing]
    with fcgi.Connection(address) as c:
        c.send(fcgi.begin(1) + fcgi.stream(fcgi.PARAMS, 1,
                                           fcgi.pairs(p.items())) +
               fcgi.record(fcgi.STDIN, 1))
        assert c.read_answer().parse().status in (
            (400,) if missing == "REQUEST_METHOD" else (200, 400))


@pytest.mark.parametrize("target", [
    "/app/../x", "/app/%2e%2e/down/x", "/app%2f..%2fdown/", "/app/a\r\nX: y",
    "/app/%00", "/app/a b", "*", "", "app/x"])
def test_refused_target(address, site, target):
    before = site.origin.connections
    answer = fcgi.fetch(address, target)
    assert answer.status in (400, 404), answer.stdout
    assert before <= site.origin.connections
    assert b"\nX: y" not in answer.stdout


def test_response_head(address):
    """Status: first, no hop-by-hop field, nothing twice."""
    answer = fcgi.fetch(address, "/app/fields")
    assert answer.stdout.startswith(b"Status: 200")
    names = [n.lower() for n, _ in answer.fields]
    assert names.count("status") == 1 and names.count("set-cookie") == 2
    assert names.count("x-twin") == 2
    for name in ("connection", "keep-alive", "transfer-encoding",
                 "x-private", "upgrade", "trailer", "proxy-connection"):
        assert name not in names


@pytest.mark.shortest
def test_truncated_body_is_never_ended_well(address):
    """Neither END_REQUEST nor an orderly end follows a broken body."""
    for target in ("/plain/short/5000", "/plain/shortchunks/5000?pause=0.1"):
        with fcgi.Connection(address) as c:
            c.send(whole_request(target))
            try:
                answer = c.read_answer()
            except (EOFError, ConnectionError):
                continue
            assert answer.parse().status >= 500 or answer.end[1] or \
                answer.end[0]


def test_flow_control(address, site):
    """A peer that does not read: the origin is not read on without end."""
    with fcgi.Connection(address) as slow:
        slow.send(whole_request("/app/bytes/%d" % (64 << 20)))
        assert fcgi.fetch(address, "/app/text/10").body == TEXT[:10]
        answer = slow.read_answer().parse()
        assert answer.body == pattern(64 << 20)


def test_many_connections_at_once(address, site):
    """One worker holds hundreds of waiting requests."""
    waiting = [fcgi.Connection(address) for _ in range(200)]
    for c in waiting:
        c.send(whole_request("/app/slow?s=20&id=crowd"))
    assert fcgi.fetch(address, "/app/text/10").body == TEXT[:10]
    site.origin.gate("crowd").set()
    for c in waiting:
        with c:
            assert c.read_answer().parse().body == b"slow\n"


def test_cgi_fcgi_client(address):
    """Debian's libfcgi client as a peer that we did not write."""
    tool = shutil.which("cgi-fcgi")
    assert tool, "libfcgi-bin is not installed"
    done = subprocess.run(
        [tool, "-bind", "-connect", address], input=b"0123456789",
        env=fcgi.params("/app/echo", "POST", 10), capture_output=True,
        timeout=30)
    assert done.stdout.startswith(b"Status: 200")
    assert b'"body": "0123456789"' in done.stdout
