"""Names that are slow to resolve, or do not: a worker has other things to do
meanwhile.

The program runs in a network of its own whose name server never answers; it
is reached, and reaches its other origin, by sockets in the file system.
"""

import http.server
import os
import socketserver
import subprocess
import threading
import time

import pytest

import fcgi
from processes import Process

RULES = """\
[fingerpost]
shared_file = {folder}/shared

[slow]
path            = /slow
origin          = http://slow.test
connect_timeout = 700ms

[patient]
path            = /patient
origin          = http://patient.test
connect_timeout = 60s

[quick]
path   = /quick
origin = http://unix:{folder}/quick

[many]
path   = /many
origin = http://many.test:8000
"""

APART = """\
ip link set lo up || ifconfig lo up || exit 9
mount --bind {folder}/resolv.conf /etc/resolv.conf || exit 9
mount --bind {folder}/nsswitch.conf /etc/nsswitch.conf || exit 9
mount --bind {folder}/hosts /etc/hosts || exit 9
"""

# A name server that takes every question and answers none.
SILENT = """\
/usr/bin/python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 53))
open("{folder}/bound", "w").close()
time.sleep(80)' &
while ! [ -e {folder}/bound ]; do sleep 0.05; done
exec "$@"
"""

# Two servers of one name, of which the second goes away; a program for each
# request, as under CGI.
MANY = """\
for i in 2 3; do
    mkdir {folder}/$i; echo $i >{folder}/$i/who
    /usr/bin/python3 -m http.server 8000 --bind 127.0.0.$i \
        --directory {folder}/$i >/dev/null 2>&1 &
done
last=$!
while ! curl -s -o /dev/null http://127.0.0.2:8000/ ||
    ! curl -s -o /dev/null http://127.0.0.3:8000/; do sleep 0.05; done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do "$@"; done
kill $last; wait $last
echo gone
for i in 1 2 3 4 5 6 7 8; do "$@"; done
kill %1
"""

# How soon others are answered; resolving takes ten times as long.
SOON_S = 1.0


class Quick(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *ignored):
        pass

    def address_string(self):
        return "unix"


class QuickServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def words(folder, then=""):
    out = ["unshare", "--mount", "--net"]
    if os.geteuid() != 0:
        out.append("--map-root-user")
    return out + ["sh", "-c", (APART + then).format(folder=folder), "sh"]


@pytest.fixture
def apart(folder):
    """The folder, where the machine allows a network of one's own."""
    for name, text in (("hosts", "127.0.0.2 many.test\n127.0.0.3 many.test\n"),
                       ("resolv.conf", "nameserver 127.0.0.1\n"
                        "options timeout:5 attempts:2\n"),
                       ("nsswitch.conf", "hosts: files dns\n"),
                       ("rules.ini", RULES.format(folder=folder))):
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    if subprocess.run(words(folder), stdin=subprocess.DEVNULL,
                      capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    return folder


@pytest.fixture
def gate(site, apart):
    folder = apart
    server = QuickServer(os.path.join(folder, "quick"), Quick)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = os.path.join(folder, "s")
    process = Process(
        [*words(folder, SILENT), *site.wrapper, site.binary, "serve", "-c",
         os.path.join(folder, "rules.ini"), "--listen", "unix:" + address,
         "--workers", "1"], os.path.join(folder, "serve.log"))
    process.await_ready(address)
    yield address
    process.stop()
    server.shutdown()
    server.server_close()


def ask_quick(address, until):
    """The longest that one of them took."""
    longest = 0
    while time.monotonic() < until:
        began = time.monotonic()
        answer = fcgi.fetch(address, "/quick/x")
        assert (answer.status, answer.body) == (200, b"ok")
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.02)
    return longest


def test_slow_names_hold_up_nobody(gate):
    answers = []

    def ask_slow():
        began = time.monotonic()
        answer = fcgi.fetch(gate, "/slow/x")
        answers.append((answer.status, answer.get("Proxy-Status"),
                        time.monotonic() - began))

    slow = [threading.Thread(target=ask_slow) for _ in range(4)]
    for thread in slow:
        thread.start()
    # Past the moment at which they are given up.
    assert ask_quick(gate, time.monotonic() + 3) < SOON_S
    for thread in slow:
        thread.join(20)
    assert len(answers) == 4
    for status, error, took in answers:
        assert (status, error) == (504, "fingerpost; error=dns_timeout")
        assert took < 3


def test_who_leaves_while_a_name_is_resolved_holds_up_nobody(gate):
    with fcgi.Connection(gate) as connection:
        connection.send(fcgi.whole_request("/patient/x"))
        time.sleep(0.3)
    assert ask_quick(gate, time.monotonic() + 2) < SOON_S


def test_every_address_of_a_name_is_used(site, apart):
    """And one that is gone costs no visitor anything."""
    done = subprocess.run(
        [*words(apart, MANY), *site.wrapper, site.binary, "fetch", "-c",
         os.path.join(apart, "rules.ini"), "/many/who"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=80)
    both, gone = done.stdout.split("gone\n")
    assert both.count("200 OK") == 16 and gone.count("200 OK") == 8, done
    assert set(both.split()) >= {"2", "3"}
    assert "2" in gone.split() and "3" not in gone.split()
