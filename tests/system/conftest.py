"""Fixtures of the system tests.

    FINGERPOST=build/fingerpost /usr/bin/python3 -m pytest tests/system

Environment: FINGERPOST, the binary (default: ./fingerpost);
FINGERPOST_WRAPPER, words before it where a test starts it itself ({folder} in
them is a folder for reports); FINGERPOST_SLOWNESS, by how much longer than
natively things may take;
FINGERPOST_KEEP=1 keeps the folder with every server's files; FINGERPOST_APPS,
where the applications of test_apps are built (default: beside the binary).
"""

import os
import shlex
import shutil
import signal
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import apps  # noqa: E402
import fronts  # noqa: E402
import origins  # noqa: E402
import pools  # noqa: E402
from s3_servers import s3_server  # noqa: E402, F401

RULES = """\
# One rule file for every deployment.
[defaults]
connect_timeout = 2s
first_byte_timeout = 20s
idle_timeout = 20s

[app]
path   = /app
origin = {origin}

[based]
path   = /based, /also/based
origin = {origin}/below

[kept]
path          = /kept
origin        = {origin}
preserve_host = yes
strip         = no

[plain]
path     = /plain
origin   = {origin}
compress = no

[changed]
path   = /changed
origin = {origin}
request_header X-Added = "from the rules"
remove_request_headers = X-Unwanted, User-Agent

[reader]
path    = /reader
origin  = {origin}
methods = GET, HEAD

[unslashed]
path           = /unslashed
origin         = {origin}
slash_redirect = no

[hosted]
path   = /hosted
host   = other.test, *.wild.test
origin = {origin}

[adopting]
path          = /adopting
origin        = {origin}
adopt_escapes = yes
compress      = no

[linked]
path            = /linked
origin          = {origin}
rewrite_links   = yes
rewrite_json    = url
rewrite_scripts = token

[shimmed]
path         = /shimmed
origin       = {origin}
runtime_shim = yes

[down]
path   = /down
origin = {down}

[silent]
path               = /silent
origin             = {silent}
first_byte_timeout = 400ms

[stalling]
path         = /stalling
origin       = {origin}
idle_timeout = 400ms

[full]
path            = /full
origin          = {full}
connect_timeout = 400ms

[nowhere]
path   = /nowhere
origin = http://nowhere.invalid

[chosen-post]
path   = /chosen
match  = method:POST
origin = {origin}
map_path = ^/(.*) /echo?rule=post&rest=$1

[chosen-beta]
path   = /chosen
match  = header:X-Beta=1, cookie:beta=yes
origin = {origin}
map_path = ^/ /echo?rule=beta

[chosen-query]
path   = /chosen
match  = query:v=a b
origin = {origin}
map_path = ^/ /echo?rule=query

[chosen]
path   = /chosen
origin = {origin}
map_path = ^/v1/([^/]*)/(.*) /echo/$2/$1
request_header X-Seen = "$method $scheme $host $prefix $path $query $1"
request_header X-Client = "$client_address"
response_header X-From = "$host$prefix$path"
response_header X-Frame-Options = DENY
response_header Set-Cookie = ours=1
remove_response_headers = X-Twin, ETag

[moved]
path     = /moved
redirect = 308 https://new.test/there$path$query

[moved-here]
path     = /moved/here
redirect = 302 $prefix/gone$query

[shut]
path              = /shut
origin            = {origin}
maintenance       = yes
maintenance_retry = 90s
maintenance_page  = {folder}/shut.html

[shut-plain]
path        = /shut/plain
origin      = {origin}
maintenance = yes

[canary]
path   = /canary
split  = 25%
origin = {origin}/below

[stable]
path   = /canary
origin = {origin}
"""

SHUT = "<!DOCTYPE html><title>shut</title><p>Back at noon\n"


def pytest_configure(config):
    # Told to end, we end the servers first.
    signal.signal(signal.SIGTERM,
                  lambda number, frame: pytest.exit("terminated", 143))
    config.addinivalue_line("markers", "short: what sanitizers see: all "
                            "without a web server, and one with")
    config.addinivalue_line("markers", "shortest: under valgrind")
    config.addinivalue_line("markers", "bulk: gigabytes")
    config.addinivalue_line("markers", "browser: needs node and chromium")


class Site:
    """The binary, its rules, and the origins they name."""

    def __init__(self, folder):
        self.folder = folder
        self.binary = os.path.abspath(os.environ.get("FINGERPOST",
                                                     "fingerpost"))
        if not os.access(self.binary, os.X_OK):
            pytest.exit("no binary at %s: set FINGERPOST" % self.binary, 3)
        self.reports = os.path.join(folder, "reports")
        os.makedirs(self.reports)
        os.chmod(self.reports, 0o777)
        self.wrapper = shlex.split(
            os.environ.get("FINGERPOST_WRAPPER", "").replace(
                "{folder}", self.reports))
        # A sanitizer's findings, from whatever process they come.
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            os.environ[name] = ":".join(filter(None, [
                os.environ.get(name), "print_stacktrace=1",
                "log_path=%s/sanitizer" % self.reports]))
        self.asked_binary = self.binary
        # Where every user who runs a web server can reach it.
        shutil.copy(self.binary, os.path.join(folder, "fingerpost"))
        self.binary = os.path.join(folder, "fingerpost")
        self.origin = origins.Origin()
        self.down = origins.RefusingPort()
        self.silent = origins.SilentPort()
        self.full = origins.FullPort()
        self.write_rules("shut.html", SHUT)
        self.rules = self.write_rules("rules.ini")

    def rules_text(self):
        return RULES.format(origin=self.origin.url, down=self.down.url,
                            silent=self.silent.url, full=self.full.url,
                            folder=self.folder)

    def write_rules(self, name, text=None, head=""):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(head + (self.rules_text() if text is None else text))
        os.chmod(path, 0o644)
        return path

    def findings(self):
        """What sanitizers and valgrind reported."""
        out = []
        for name in sorted(os.listdir(self.reports)):
            with open(os.path.join(self.reports, name),
                      errors="replace") as f:
                text = f.read()
            if text.strip():
                out.append("%s:\n%s" % (name, text))
        return out

    def close(self):
        for part in (self.origin, self.down, self.silent, self.full):
            part.close()


@pytest.fixture(scope="session")
def site():
    # Web servers started by root run as another user, who must get there.
    folder = tempfile.mkdtemp(prefix="fp-", dir="/tmp" if fronts.ROOT else None)
    os.chmod(folder, 0o755)
    os.umask(0o022)
    site = Site(folder)
    yield site
    site.close()
    findings = site.findings()
    if not os.environ.get("FINGERPOST_KEEP"):
        shutil.rmtree(folder, ignore_errors=True)
    assert not findings, "\n\n".join(findings[:5])


@pytest.fixture(scope="session")
def deployments(site):
    """Starts each deployment when it is first asked for."""
    started = {}

    def deployment(name):
        if name not in started:
            folder = os.path.join(site.folder, name)
            started[name] = fronts.FRONTS[name](site, folder)
        return started[name]

    yield deployment
    for front in started.values():
        front.stop()


@pytest.fixture
def front(request, deployments):
    """Parametrised by name, indirectly."""
    front = deployments(request.param)
    request.node.front = front
    return front


@pytest.fixture
def folder(site):
    """A folder of this test's own that any user can enter."""
    path = tempfile.mkdtemp(dir=site.folder)
    os.chmod(path, 0o755)
    return path


@pytest.fixture(scope="session")
def daemon(site):
    """One `fingerpost serve` with one worker, without a web server."""
    folder = os.path.join(site.folder, "daemon")
    os.makedirs(folder)
    serve = fronts.Serve(site, folder, "unix:" + os.path.join(folder, "s"),
                         workers=1)
    yield serve
    serve.stop()


@pytest.fixture
def start_serve(site, folder):
    """Starts `fingerpost serve` with rules of the test's own."""
    started = []

    def start(rules=None, listen=None, **options):
        n = len(started)
        sub = os.path.join(folder, str(n))
        os.makedirs(sub)
        started.append(fronts.Serve(
            site, sub, listen or "unix:" + os.path.join(sub, "s"),
            rules=rules, **options))
        return started[-1]

    yield start
    for serve in started:
        serve.stop()


@pytest.fixture(scope="session")
def build(site):
    """Other people's applications, for the browser."""
    return apps.Build(os.path.abspath(os.environ.get(
        "FINGERPOST_APPS",
        os.path.join(os.path.dirname(site.asked_binary), "apps"))))


@pytest.fixture(scope="session")
def session_s3():
    import s3_fake  # needs botocore
    fake = s3_fake.FakeS3()
    yield fake
    fake.close()


@pytest.fixture
def fake_s3(session_s3):
    """A bucket's server in this process, empty."""
    session_s3.clear()
    return session_s3


@pytest.fixture
def fake_metadata(fake_s3):
    import s3_fake
    metadata = s3_fake.FakeMetadata(fake_s3)
    yield metadata
    metadata.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the servers had to say, beside the failure."""
    report = (yield).get_result()
    front = getattr(item, "front", None)
    if report.when == "call" and report.failed and front is not None:
        for name in ("serve.log", "server.log", "error.log"):
            path = front.path(name)
            if os.path.exists(path):
                with open(path, errors="replace") as f:
                    report.sections.append(
                        (name, "".join(f.readlines()[-15:])))


@pytest.fixture(autouse=True)
def bounded(request):
    """No test hangs the run."""
    limit = 300 if request.node.get_closest_marker("bulk") else 90
    limit *= float(os.environ.get("FINGERPOST_SLOWNESS", "1"))

    def late(number, frame):
        raise TimeoutError("the test took longer than %gs" % limit)

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(int(limit))
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def herd(folder):
    herd = pools.Herd(folder)
    yield herd
    herd.close()


@pytest.fixture
def three(herd):
    herd.grow(3)
    return herd
