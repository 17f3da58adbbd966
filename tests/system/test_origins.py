"""Origins that misbehave, seen from the FastCGI side."""

import time

import pytest

import fcgi
from origins import TEXT, pattern

pytestmark = pytest.mark.short


@pytest.mark.parametrize("target, status, error", [
    ("/down/x", 502, "connection_refused"),
    ("/nowhere/x", 502, "dns_error"),
    ("/silent/x", 504, "http_response_timeout"),
    ("/full/x", 504, "connection_timeout"),
    ("/app/nothing", 502, "connection_terminated"),
    ("/app/halfhead", 502, "http_response_incomplete"),
    ("/app/malformed", 502, "http_protocol_error"),
])
@pytest.mark.shortest
def test_fault(daemon, target, status, error):
    answer = fcgi.fetch(daemon.address, target)
    assert answer.status == status
    assert "error=" + error in answer.get("Proxy-Status")
    assert answer.get("Proxy-Status").startswith("fingerpost;")
    assert answer.end == (0, 0)


@pytest.mark.shortest
def test_endless_head(daemon, site):
    answer = fcgi.fetch(daemon.address, "/app/endlesshead?id=endless")
    assert answer.status == 502
    assert "error=" in answer.get("Proxy-Status")
    assert site.origin.wait_for("endless", "closed", 10)


def test_interim_responses(daemon):
    answer = fcgi.fetch(daemon.address, "/app/interim")
    assert (answer.status, answer.body) == (200, b"final\n")
    assert answer.get("X-Interim") is None


def test_two_lengths(daemon):
    """RFC 9112 section 6.3: unrecoverable, or the connection closed and
    nothing passed off as whole."""
    try:
        answer = fcgi.fetch(daemon.address, "/plain/twolengths")
    except (EOFError, ConnectionError):
        return
    assert answer.status == 502


def test_bad_field(daemon):
    """A line without a colon is never passed on."""
    answer = fcgi.fetch(daemon.address, "/plain/badfield")
    assert b"bad field" not in answer.stdout
    assert answer.status in (200, 502)


def test_connection_that_the_origin_closes_while_idle(daemon):
    """Each time the origin closes behind our back; each time it works."""
    for _ in range(20):
        answer = fcgi.fetch(daemon.address, "/app/forgetful")
        assert (answer.status, answer.body) == (200, b"kept?\n")


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_kept_connection_that_is_reset_when_used_again(daemon, method):
    """RFC 9110 section 9.2.2: an idempotent request that met a connection
    the origin was just giving up is sent again, on a new one.  (One with a
    body that has streamed away cannot be.)"""
    for _ in range(20):
        answer = fcgi.fetch(daemon.address, "/app/once", method=method)
        assert answer.status == 200


def test_connections_are_reused(daemon, site):
    fcgi.fetch(daemon.address, "/app/text/10")
    before = site.origin.connections
    for _ in range(50):
        assert fcgi.fetch(daemon.address, "/app/text/10").status == 200
    assert site.origin.connections - before <= 2


def test_deaf_origin(daemon):
    answer = fcgi.fetch(daemon.address, "/app/deaf", method="POST",
                        body=pattern(500000))
    assert (answer.status, answer.body) == (413, b"too much\n")


@pytest.mark.parametrize("length", [None, "", "0"])
def test_stall(daemon, site, length):
    """Half a body, then silence: idle_timeout, and a broken response.
    lighttpd says CONTENT_LENGTH=0 of a request without a body."""
    more = {} if length is None else {"CONTENT_LENGTH": length}
    ident = "stall-%s" % length
    before = time.monotonic()
    with fcgi.Connection(daemon.address) as c:
        c.send(fcgi.whole_request("/stalling/stall?id=" + ident, more=more))
        try:
            answer = c.read_answer()
            assert answer.end != (0, 0) or answer.parse().status >= 500
        except (EOFError, ConnectionError):
            pass
    # The rule's 400 ms, not the 20 s of the defaults.
    assert time.monotonic() - before < 10
    assert site.origin.wait_for(ident, "closed", 10)
    assert fcgi.fetch(daemon.address, "/app/text/10").body == TEXT[:10]
