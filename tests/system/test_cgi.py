"""CGI: one request by environment and standard input, and nothing else."""

import os
import subprocess

import pytest

import fcgi
from origins import TEXT, pattern

pytestmark = pytest.mark.short


@pytest.fixture
def cgi(site):
    def run(target, method="GET", body=b"", declare=True, **more):
        env = fcgi.params(target, method,
                          len(body) if body and declare else None)
        env.update(FINGERPOST_RULES=site.rules, PATH="/usr/bin:/bin")
        env.update((k, v) for k, v in os.environ.items()
                   if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"))
        env.update(more)
        done = subprocess.run([*site.wrapper, site.binary], input=body,
                              env=env, capture_output=True, timeout=60)
        answer = fcgi.Answer()
        answer.stdout, answer.stderr = done.stdout, done.stderr
        answer.code = done.returncode
        return answer.parse() if done.stdout else answer
    return run


@pytest.mark.shortest
def test_get(cgi):
    answer = cgi("/app/text/1000")
    assert (answer.status, answer.body, answer.code) == (200, TEXT[:1000], 0)
    assert answer.stdout.startswith(b"Status: 200")


@pytest.mark.shortest
def test_post(cgi):
    answer = cgi("/app/echo", "POST", pattern(100000))
    assert answer.status == 200 and b'"size": 100000' in answer.body


def test_stdin_longer_than_content_length(cgi):
    """RFC 3875 section 4.2: not a byte beyond CONTENT_LENGTH is read."""
    answer = cgi("/app/echo", "POST", b"0123456789", CONTENT_LENGTH="4")
    assert answer.status == 200 and b'"body": "0123"' in answer.body


def test_large_body(cgi):
    answer = cgi("/app/bytes/%d" % (1 << 20))
    assert answer.body == pattern(1 << 20)


@pytest.mark.shortest
def test_gzip(cgi):
    answer = cgi("/app/text/20000", HTTP_ACCEPT_ENCODING="gzip")
    assert answer.get("Content-Encoding") == "gzip"


@pytest.mark.parametrize("target, status", [
    ("/unowned", 404), ("/app", 301), ("/down/", 502), ("/silent/", 504)])
def test_own_answers(cgi, target, status):
    assert cgi(target).status == status


def test_httpoxy(cgi):
    """HTTP_PROXY comes from the client here, not from the administrator."""
    answer = cgi("/app/text/10", HTTP_PROXY="http://127.0.0.1:1")
    assert (answer.status, answer.body) == (200, TEXT[:10])


def test_no_rules(cgi):
    """A visitor sees a short page, the log the reason; never silence."""
    answer = cgi("/app/x", FINGERPOST_RULES="/nonexistent/rules.ini")
    assert answer.status in (500, 503)
    assert b"/nonexistent/rules.ini" in answer.stderr
    assert b"/nonexistent" not in answer.stdout
