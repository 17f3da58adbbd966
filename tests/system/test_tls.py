"""Origins behind TLS: who is believed, who we say we are, what is kept."""

import os
import re
import shutil
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

import fcgi
from fronts import ROOT
from processes import Process, await_true, free_port
from tls import Authority, SilentTls, TlsOrigin, openssl

pytestmark = pytest.mark.short

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class World:
    """An authority, a stranger, and certificates of theirs."""

    def __init__(self, folder):
        self.folder = folder
        self.ours = Authority(folder, "ours")
        self.other = Authority(folder, "other")
        self.here = self.ours.sign("here", "IP:127.0.0.1")
        self.named = self.ours.sign("named", "DNS:inner.test")
        self.expired = self.ours.sign("expired", "IP:127.0.0.1", days=-1)
        self.client = self.ours.sign("visitor", "DNS:visitor.test")


@pytest.fixture(scope="module")
def world(site):
    folder = os.path.join(site.folder, "tls")
    os.makedirs(folder)
    return World(folder)


@pytest.fixture
def origin(world):
    """Starts origins: origin(cert), origin(cert, version=...)."""
    started = []

    def start(cert=None, **options):
        started.append(TlsOrigin(*(cert or world.here), **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def section(name, origin, **keys):
    lines = ["[%s]" % name, "path = /" + name, "origin = " + origin.url]
    return "\n".join(lines + ["%s = %s" % pair for pair in keys.items()]) + "\n"


@pytest.fixture
def serve(site, start_serve, folder):
    """Serves sections, with one worker; returns (fetch, log)."""
    def start(*sections):
        rules = os.path.join(folder, "rules.ini")
        with open(rules, "w") as f:
            f.write("\n".join(sections))
        running = start_serve(rules, workers=1)
        running.rules = rules

        def fetch(target, **options):
            return fcgi.fetch(running.address, target, **options)
        fetch.log = running.process.output
        fetch.rules = rules
        return fetch
    return start


def refused(answer, error):
    assert answer.status == 502
    assert "error=" + error in answer.get("Proxy-Status")


def peer(answer):
    assert answer.status == 200, answer.stdout
    return dict(zip(("who", "version", "protocol", "host"),
                    answer.body.decode().split("\n")))


def test_certificates_are_verified_unless_told_otherwise(world, origin, serve):
    """A private authority is no one's that the system trusts."""
    o = origin()
    fetch = serve(section("a", o), section("b", o, tls_verify="no"),
                  section("c", o, tls_ca_file=world.ours.file),
                  section("d", o, tls_ca_file=world.other.file))
    # First those who trust, whose connections and sessions the others are
    # not to use.
    for name in "bcbc":
        assert fetch("/%s/x" % name).status == 200
    for name in "adad":
        refused(fetch("/%s/x" % name), "tls_certificate_error")
    for name in "bc":
        assert fetch("/%s/last" % name).body == b"last"
    for name in "adad":
        refused(fetch("/%s/x" % name), "tls_certificate_error")
    log = fetch.log()
    assert "could not be verified (SSL certificate problem: " in log
    assert log.count("[a] /a/x: an authority of your own goes into "
                     "tls_ca_file") == 1


SYSTEM = "/etc/ssl/certs"


def over_the_system(folder):
    """Words before a program that is to find this folder where Debian keeps
    its authorities; None where the machine does not allow it."""
    words = ["unshare", "--map-root-user", "--mount", "sh", "-c",
             'mount --bind "$0" %s && exec "$@"' % SYSTEM, folder]
    try:
        done = subprocess.run([*words, "true"], capture_output=True)
    except FileNotFoundError:
        return None
    return words if done.returncode == 0 else None


def test_the_system_s_authorities(site, world, origin, folder):
    """They are trusted where no file is named, and only there."""
    if not os.path.exists(SYSTEM + "/ca-certificates.crt"):
        pytest.skip("the system keeps its authorities elsewhere")
    system = os.path.join(folder, "certs")
    os.makedirs(system)
    shutil.copy(world.ours.file, system + "/ca-certificates.crt")
    shutil.copy(world.ours.file, system + "/ours.pem")
    openssl("rehash", system)
    words = over_the_system(system)
    if words is None:
        pytest.skip("no folder can be put over " + SYSTEM)
    o = origin()
    rules = os.path.join(folder, "rules.ini")
    with open(rules, "w") as f:
        f.write(section("a", o) +
                section("b", o, tls_ca_file=world.other.file))

    def fetch(target):
        return subprocess.run([*words, site.asked_binary, "fetch", "-c",
                               rules, target], capture_output=True, text=True)
    assert "here" in fetch("/a/answer?f=X:%20here").stdout
    told = fetch("/b/answer?f=X:%20here")
    assert "X: here" not in told.stdout
    assert "could not be verified" in told.stderr


def test_names(world, origin, serve):
    named, here = origin(world.named), origin()
    ours = {"tls_ca_file": world.ours.file}
    fetch = serve(
        section("plain", named, **ours),
        section("mended", named, tls_server_name="Inner.test", **ours),
        section("kept", named, tls_server_name="inner.test",
                preserve_host="yes", **ours),
        section("wrong", here, tls_server_name="inner.test", **ours),
        section("address", here, **ours))
    refused(fetch("/plain/x"), "tls_certificate_error")
    assert re.search(r"\[plain\] .*\(SSL: .*name.*127\.0\.0\.1", fetch.log())
    there = "127.0.0.1:%d" % named.port
    for _ in range(2):
        assert peer(fetch("/mended/peer"))["host"] == there
        assert peer(fetch("/kept/peer"))["host"] == "site.test"
        assert peer(fetch("/address/peer"))["who"] == "nobody"
        refused(fetch("/wrong/x"), "tls_certificate_error")
    refused(fetch("/plain/x"), "tls_certificate_error")
    # An address is no name to ask for (RFC 6066 section 3).
    assert set(named.names) == {None, "inner.test"}
    # What is adapted is the origin's host, not its TLS name.
    moved = fetch("/mended/answer/302?f=Location:%%20https://%s/there" % there)
    assert moved.get("Location").endswith("/mended/there")


def test_expired(world, origin, serve):
    o = origin(world.expired)
    fetch = serve(section("a", o, tls_ca_file=world.ours.file))
    refused(fetch("/a/x"), "tls_certificate_error")
    assert "certificate has expired" in fetch.log()


def test_client_certificate(world, origin, serve):
    """Given where the rule says so; its connection is no other rule's."""
    o = origin(client_ca=world.ours.file)
    cert, key = world.client
    ours = {"tls_ca_file": world.ours.file}
    fetch = serve(section("anyone", o, **ours),
                  section("us", o, tls_client_cert=cert, tls_client_key=key,
                          **ours))
    for _ in range(3):
        assert peer(fetch("/us/peer"))["who"] == "visitor"
        assert peer(fetch("/anyone/peer"))["who"] == "nobody"
    assert (o.connections, o.whole) == (2, 2)
    # Nor are sessions, which would say who we are as well.
    for _ in range(3):
        fetch("/us/last"), fetch("/anyone/last")
        assert peer(fetch("/us/peer"))["who"] == "visitor"
        assert peer(fetch("/anyone/peer"))["who"] == "nobody"


def test_client_certificate_demanded(world, origin, serve):
    o = origin(version=TLS12, client_ca=world.ours.file)
    o.context.verify_mode = ssl.CERT_REQUIRED
    cert, key = world.client
    ours = {"tls_ca_file": world.ours.file}
    fetch = serve(section("anyone", o, **ours),
                  section("us", o, tls_client_cert=cert, tls_client_key=key,
                          **ours))
    refused(fetch("/anyone/x"), "tls_protocol_error")
    assert "does it ask for tls_client_cert?" in fetch.log()
    assert peer(fetch("/us/peer"))["who"] == "visitor"


def test_versions(world, origin, serve):
    old, new = origin(version=TLS12), origin(version=TLS13)
    ours = {"tls_ca_file": world.ours.file}
    fetch = serve(section("a", old, **ours), section("b", new, **ours),
                  section("c", old, tls_min_version="1.3", **ours),
                  section("d", new, tls_min_version="1.3", **ours))
    for _ in range(2):
        assert peer(fetch("/a/peer"))["version"] == "TLSv1.2"
        assert peer(fetch("/b/peer"))["version"] == "TLSv1.3"
        assert peer(fetch("/d/peer"))["version"] == "TLSv1.3"
        refused(fetch("/c/x"), "tls_protocol_error")
    # HTTP/1.1 is all that is offered, to one who speaks HTTP/2 as well.
    assert peer(fetch("/b/peer"))["protocol"] == "http/1.1"


@pytest.mark.parametrize("reply", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_no_tls_there(serve, reply):
    o = SilentTls(reply)
    fetch = serve(section("a", o))
    refused(fetch("/a/x"), "tls_protocol_error")
    o.close()


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_connections_are_kept_and_sessions_resumed(world, origin, serve,
                                                   version):
    """One whole handshake, whatever handle a request comes by."""
    o = origin(version=version)
    fetch = serve(section("a", o, tls_ca_file=world.ours.file),
                  section("b", o, tls_ca_file=world.ours.file))
    for _ in range(10):
        assert fetch("/a/text/10").status == 200
    assert o.connections == 1
    for _ in range(10):
        assert fetch("/a/last").status == 200
        # The same settings by another rule are the same.
        assert fetch("/b/last").status == 200
    assert (o.connections, o.whole, o.resumed) == (20, 1, 19)


def test_sessions_are_every_request_s(world, origin, serve):
    """Requests at one time have a handle each, and the session in common.
    (Of TLS 1.3 OpenSSL uses each ticket once: until the next has come, a
    handshake is a whole one.)"""
    o = origin(version=TLS12)
    fetch = serve(section("a", o, tls_ca_file=world.ours.file))
    assert fetch("/a/last").status == 200
    gate = o.gate("together")
    with ThreadPoolExecutor(6) as crowd:
        answers = [crowd.submit(fetch, "/a/gate?id=together")
                   for _ in range(6)]
        await_true("all are there",
                   lambda: o.events("together").count("request") == 6)
        gate.set()
        assert [a.result().status for a in answers] == [200] * 6
    assert (o.connections, o.whole) == (7, 1)


def test_sessions_of_many_origins(world, origin, serve):
    """libcurl alone would remember eight of them."""
    all_ = [origin(version=TLS13) for _ in range(24)]
    fetch = serve(*[section("a%d" % i, o, tls_ca_file=world.ours.file)
                    for i, o in enumerate(all_)])
    for _ in range(3):
        for i in range(len(all_)):
            assert fetch("/a%d/last" % i).status == 200
    assert [o.whole for o in all_] == [1] * len(all_)


def test_changed_files_take_effect(world, origin, serve, folder):
    o = origin()
    authority = os.path.join(folder, "trusted.pem")

    def trust(one):
        with open(one.file) as f, open(authority + ".new", "w") as to:
            to.write(f.read())
        os.rename(authority + ".new", authority)

    trust(world.ours)
    # Beside the rule file, as its name is relative.
    fetch = serve(section("a", o, tls_ca_file="trusted.pem"))
    assert fetch("/a/x").status == 200
    trust(world.other)
    await_true("the other authority is asked",
               lambda: fetch("/a/x").status == 502)
    trust(world.ours)
    await_true("the first is trusted again",
               lambda: fetch("/a/x").status == 200)


def test_files_that_go_leave_the_good_rules(world, origin, serve, folder):
    """What was read is what is used, down to the last good byte."""
    o = origin(client_ca=world.ours.file)
    names = [os.path.join(folder, n) for n in ("ca.pem", "c.pem", "c.key")]
    for source, name in zip((world.ours.file, *world.client), names):
        shutil.copy(source, name)
    fetch = serve(section("a", o, tls_ca_file="ca.pem",
                          tls_client_cert="c.pem", tls_client_key="c.key"))
    for name in names:
        os.unlink(name)
    await_true("that is seen",
               lambda: "the last good rules stay" in fetch.log())
    for _ in range(3):
        assert fetch("/a/last").status == 200
        assert peer(fetch("/a/peer"))["who"] == "visitor"


def check(site, rules):
    done = subprocess.run([site.asked_binary, "check", "-c", rules],
                          capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_check(site, world, origin, folder):
    expired = Authority(folder, "late")
    cert, key = expired.sign("past", "DNS:past.test", days=-1)
    os.chmod(key, 0o604)
    rules = os.path.join(folder, "rules.ini")
    with open(rules, "w") as f:
        f.write("[a]\npath = /a\norigin = https://a.test\n"
                "tls_client_cert = past.pem\ntls_client_key = past.key\n"
                "tls_verify = no\n")
    code, told = check(site, rules)
    assert code == 0
    assert ("%s:4: warning: tls_client_cert: %s: the certificate is no longer "
            "valid\n" % (rules, cert)) in told
    assert ":5: warning: tls_client_key: %s: every user" % key in told
    assert ":6: warning: tls_verify: whoever is on the way" in told
    assert ", 3 warnings\n" in told


def test_explain(site, world, folder):
    cert, key = world.client
    rules = os.path.join(folder, "rules.ini")
    with open(rules, "w") as f:
        f.write("[a]\npath = /a\norigin = https://a.test\n"
                "tls_client_cert = %s\ntls_client_key = %s\n"
                "[b]\npath = /b\norigin = https://b.test\n"
                "tls_ca_file = %s\ntls_server_name = inner.test\n"
                "[c]\npath = /c\norigin = https://c.test\n"
                "tls_verify = no\n"
                "[d]\npath = /d\norigin = http://d.test\n"
                % (cert, key, world.ours.file))

    def told(path):
        done = subprocess.run([site.asked_binary, "explain", "-c", rules,
                               path], capture_output=True, text=True)
        return [line for line in done.stdout.splitlines()
                if line.startswith("tls ")]
    assert told("/a/") == [
        "tls       verified by the system's authorities, with " + cert]
    assert told("/b/") == ["tls       verified by %s, as inner.test"
                           % world.ours.file]
    assert told("/c/") == ["tls       not verified"]
    assert told("/d/") == []


# A real server's word on what it was asked and whether it knew us.

@pytest.fixture
def nginx(world, folder):
    port = free_port()
    log = os.path.join(folder, "tls.log")
    temps = "\n".join("%s_temp_path %s/%s;" % (n, folder, n) for n in
                      ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    conf = os.path.join(folder, "nginx.conf")
    with open(conf, "w") as f:
        f.write("""
daemon off;
%s
pid %s/nginx.pid;
error_log %s/error.log info;
worker_processes 1;
events { worker_connections 512; }
http {
    %s
    log_format tls '$ssl_session_reused $ssl_server_name $ssl_protocol'
        ' $ssl_client_verify $connection_requests $http_host';
    access_log %s tls;
    server {
        listen 127.0.0.1:%d ssl;
        ssl_certificate %s;
        ssl_certificate_key %s;
        ssl_client_certificate %s;
        ssl_verify_client on;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:tls:1m;
        keepalive_requests 2;
        location / { return 200 "here"; }
    }
}
""" % ("user root;" if ROOT else "", folder, folder, temps, log, port,
            *world.named, world.ours.file))
    process = Process(["/usr/sbin/nginx", "-c", conf, "-p", folder, "-e",
                       folder + "/error.log"], folder + "/server.log")
    process.await_ready(("127.0.0.1", port))
    process.url = "https://127.0.0.1:%d" % port
    process.lines = lambda: [line.split() for line in
                             open(log).read().splitlines()]
    yield process
    process.stop()


def test_nginx(world, nginx, serve):
    cert, key = world.client
    mended = {"tls_ca_file": world.ours.file, "tls_server_name": "inner.test"}
    fetch = serve(section("us", nginx, tls_client_cert=cert,
                          tls_client_key=key, **mended),
                  section("anyone", nginx, **mended))
    for _ in range(6):
        assert fetch("/us/x").body == b"here"
    # nginx takes the connection, and then says what is missing.
    assert fetch("/anyone/x").status == 400
    await_true("all is logged", lambda: len(nginx.lines()) == 7)
    lines = nginx.lines()
    host = nginx.url[8:]
    assert {tuple(line[1:4] + line[5:]) for line in lines[:6]} == {
        ("inner.test", "TLSv1.3", "SUCCESS", host)}
    # Two requests a connection, and after the first a session each.
    assert [line[4] for line in lines[:6]] == ["1", "2"] * 3
    assert [line[0] for line in lines[:6]] == [".", "."] + ["r"] * 4
    assert lines[6][:4] == [".", "inner.test", "TLSv1.3", "NONE"]
