"""Real S3 servers that verify signatures, from Debian's packages: Ceph's
radosgw and OpenStack Swift's s3api.

Each starts when a test first asks for it, in a folder of its own, on free
ports of the loopback interface, and ends with the session.
"""

import contextlib
import os
import pwd
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import uuid

import pytest

from processes import Process, await_true, free_port

START_S = 60 * float(os.environ.get("FINGERPOST_SLOWNESS", "1"))


class Server:
    """What a client has to know, and the processes behind it."""

    name = ""
    programs = ()
    region = ""
    access_key_id = ""
    secret_access_key = "SKTESTsecret/plus+slash"
    domain = "s3.localhost"  # BUCKET.s3.localhost, for virtual-host style

    def __init__(self, folder):
        self.folder = folder
        self.parts = []
        os.makedirs(folder, mode=0o755, exist_ok=True)
        try:
            self.setup()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for part in reversed(self.parts):
            part.stop()
        self.parts = []

    @property
    def endpoint(self):
        return "http://127.0.0.1:%d" % self.port

    @property
    def domain_endpoint(self):
        return "http://%s:%d" % (self.domain, self.port)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def start(self, name, argv, **options):
        part = Process(argv, self.path(name + ".out"), **options)
        self.parts.append(part)
        return part

    def run(self, argv):
        """A command that ends by itself."""
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=START_S,
                              cwd=self.folder)
        if done.returncode:
            raise AssertionError("%s: %s%s" % (argv, done.stdout, done.stderr))
        return done.stdout

    def await_answer(self, target, statuses):
        def answers():
            for part in self.parts:
                if part.popen.poll() is not None:
                    raise AssertionError("%s ended: %s" % (
                        part.argv, part.output()[-4000:]))
            try:
                with urllib.request.urlopen(self.endpoint + target,
                                            timeout=2) as r:
                    return r.status in statuses
            except urllib.error.HTTPError as e:
                return e.code in statuses
            except OSError:
                return False
        await_true("%s answers on port %d" % (self.name, self.port), answers,
                   START_S)


CEPH = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon2},v1:127.0.0.1:{mon1}]
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
run dir = {folder}/run
admin socket = {folder}/run/$cluster-$name.$pid.asok
log file = {folder}/log/$name.log
pid file = {folder}/run/$name.pid
crash dir = {folder}/run
public addr = 127.0.0.1
cluster addr = 127.0.0.1
mon data = {folder}/mon
osd data = {folder}/osd
keyring = {folder}/keyring
osd objectstore = memstore
memstore device bytes = 1073741824
ms bind ipv6 = false
ms bind port min = {osd_first}
ms bind port max = {osd_last}
mon data avail crit = 1
mon data avail warn = 2
[client.rgw.t]
ms mon client mode = crc
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
rgw enable static website = true
rgw enable apis = s3, s3website, admin
rgw dns name = s3.localhost
rgw dns s3website name = s3-website.localhost
rgw thread pool size = 32
"""


class Radosgw(Server):
    """A monitor, a store in memory, the gateway."""

    name = "radosgw"
    programs = ("radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph",
                "monmaptool", "ceph-authtool")
    region = "us-east-1"
    access_key_id = "AKTEST"

    def setup(self):
        for name in ("mon", "osd", "rgw", "run", "log"):
            os.makedirs(self.path(name))
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
        first = random.randrange(20000, 30000)
        mon2, mon1, self.port = free_port(), free_port(), free_port()
        conf = self.write("ceph.conf", CEPH.format(
            fsid=fsid, folder=self.folder, mon2=mon2, mon1=mon1,
            port=self.port, osd_first=first, osd_last=first + 500))
        keyring = self.path("keyring")
        self.run(["ceph-authtool", "--create-keyring", keyring, "--gen-key",
                  "-n", "mon.", "--cap", "mon", "allow *"])
        for name, daemon in (("client.admin", "allow *"),
                             ("client.rgw.t", "allow rwx")):
            self.run(["ceph-authtool", keyring, "--gen-key", "-n", name,
                      "--cap", "mon", daemon, "--cap", "osd", daemon])
        self.run(["monmaptool", "--create", "--fsid", fsid, "--addv", "a",
                  "[v2:127.0.0.1:%d,v1:127.0.0.1:%d]" % (mon2, mon1),
                  self.path("monmap")])
        own = ["-c", conf]
        self.run(["ceph-mon", *own, "--mkfs", "-i", "a", "--monmap",
                  self.path("monmap"), "--keyring", keyring])
        self.start("mon", ["ceph-mon", *own, "-i", "a", "-f"])
        self.run(["ceph", *own, "--connect-timeout", str(int(START_S)),
                  "osd", "create", osd])
        self.run(["ceph-osd", *own, "-i", "0", "--mkfs", "--osd-uuid", osd])
        self.start("osd", ["ceph-osd", *own, "-i", "0", "-f"])
        self.run(["radosgw-admin", *own, "-n", "client.rgw.t", "user",
                  "create", "--uid=t", "--display-name=t",
                  "--access-key=" + self.access_key_id,
                  "--secret-key=" + self.secret_access_key])
        self.start("rgw", ["radosgw", *own, "-n", "client.rgw.t", "-f"])
        self.await_answer("/", (200,))


SWIFT_CONF = """\
[swift-hash]
swift_hash_path_suffix = fingerpost
swift_hash_path_prefix = fingerpost
[storage-policy:0]
name = only
default = yes
"""

SWIFT_SERVER = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
workers = 0
log_level = WARNING
log_address = {folder}/no-syslog
devices = {folder}/devices
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""

SWIFT_PROXY = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
workers = 0
log_level = WARNING
log_address = {folder}/no-syslog
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
node_timeout = 60
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
paste.filter_factory = swift_server:cache_filter
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = {region}
storage_domain = {domain}
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {secret} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""


class Swift(Server):
    """Proxy, account, container and object server on one plain folder."""

    name = "swift"
    programs = ("swift-proxy-server", "swift-account-server",
                "swift-container-server", "swift-object-server",
                "swift-ring-builder")
    region = "eu-test-1"
    access_key_id = "test:tester"

    def setup(self):
        os.makedirs(self.path("devices", "d"))
        self.write("swift.conf", SWIFT_CONF)
        user = pwd.getpwuid(os.geteuid()).pw_name
        here = os.path.dirname(os.path.abspath(__file__))
        env = dict(os.environ, PYTHONPATH=here, PYTHONDONTWRITEBYTECODE="1")
        self.port = free_port()
        ports = {kind: free_port()
                 for kind in ("account", "container", "object")}
        for kind, port in ports.items():
            self.write(kind + ".conf", SWIFT_SERVER.format(
                kind=kind, port=port, user=user, folder=self.folder))
        self.write("proxy.conf", SWIFT_PROXY.format(
            port=self.port, user=user, folder=self.folder,
            region=self.region, domain=self.domain,
            secret=self.secret_access_key))
        program = [sys.executable, os.path.join(here, "swift_server.py"),
                   self.folder]
        self.run([*program, "rings", *("%s=%d" % p for p in ports.items())])
        for kind in ("proxy", *ports):
            self.start(kind, [*program, kind], env=env)
        self.await_answer("/healthcheck", (200,))
        for kind, port in ports.items():
            self.parts[-1].await_ready(("127.0.0.1", port))


SERVERS = {server.name: server for server in (Radosgw, Swift)}


def keeps_attributes(folder):
    """Swift keeps what it knows of an object in extended attributes."""
    with tempfile.NamedTemporaryFile(dir=folder) as f:
        try:
            os.setxattr(f.name, "user.fingerpost", b"x" * 3000)
        except OSError:
            return False
    return True


@contextlib.contextmanager
def running(name):
    kind = SERVERS[name]
    for program in kind.programs:
        if not shutil.which(program):
            pytest.fail("%s is not installed (%s)" % (program, name))
    parent = next((p for p in (tempfile.gettempdir(), "/var/tmp", os.getcwd())
                   if keeps_attributes(p)), None)
    if parent is None:
        pytest.fail("no folder with extended attributes")
    folder = tempfile.mkdtemp(prefix="fp-%s-" % name, dir=parent)
    try:
        server = kind(os.path.join(folder, name))
        try:
            yield server
        finally:
            server.stop()
    finally:
        if not os.environ.get("FINGERPOST_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def s3_server():
    """Starts a server, by its name, when it is first asked for."""
    started = {}
    with contextlib.ExitStack() as stack:
        def server(name):
            if name not in started:
                started[name] = stack.enter_context(running(name))
            return started[name]
        yield server
