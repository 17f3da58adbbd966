"""Gigabytes both ways: memory does not grow with the body."""

import os
import subprocess

import pytest

import fronts
from processes import children, memory_kib

GIB = 1 << 30
BOUND_KIB = 24 * 1024

pytestmark = pytest.mark.bulk


@pytest.fixture(scope="module")
def bulk(site):
    """The compiled helper, and its origin's port."""
    tool = os.path.join(site.folder, "bulk")
    subprocess.run(["cc", "-O2", "-Wall", "-o", tool,
                    os.path.join(os.path.dirname(__file__), "bulk.c")],
                   check=True)
    origin = subprocess.Popen([tool, "origin"], stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, text=True)
    port = int(origin.stdout.readline())
    yield tool, port
    origin.kill()
    origin.wait()
    origin.stdout.close()


@pytest.fixture(scope="module",
                params=["lighttpd-tcp", "lighttpd-unix", "nginx-unix"])
def front(request, site, bulk):
    folder = os.path.join(site.folder, "bulk-" + request.param)
    rules = site.write_rules("bulk-%s.ini" % request.param,
                             "[bulk]\npath = /bulk\n"
                             "origin = http://127.0.0.1:%d\n" % bulk[1])

    class BulkSite:
        binary, wrapper, folder = site.binary, site.wrapper, site.folder
    BulkSite.rules = rules
    front = fronts.FRONTS[request.param](BulkSite, folder)
    yield front
    front.stop()


def peak_kib(front):
    serve = front.parts[0].process.pid
    return max(memory_kib(w, "VmHWM") for w in children(serve))


def ask(bulk, front, what, target, size):
    done = subprocess.run([bulk[0], what, str(front.port), target, str(size)],
                          capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL)
    assert done.stdout.startswith("HTTP/1.1 200"), (what, done)
    assert done.returncode == 0, "%s: the body is not right" % what
    return done.stdout


def test_two_gibibytes_down(front, bulk):
    ask(bulk, front, "get", "/bulk/%d" % (2 * GIB), 2 * GIB)
    assert peak_kib(front) < BOUND_KIB


def test_one_gibibyte_up(front, bulk):
    out = ask(bulk, front, "put", "/bulk/upload", GIB)
    assert "%d right" % GIB in out
    assert peak_kib(front) < BOUND_KIB
