"""Keys to buckets: in no output, and gone from memory with their rules."""

import os
import re
import secrets
import signal
import subprocess

import pytest

import fcgi
from processes import await_true, descendants

ROUTES = """
[extra]
path = /extra-%(round)s
origin = %(origin)s

[cars]
path = /cars
origin = s3://cars-site/public
s3_endpoint = http://127.0.0.1:1

[credentials]
access_key_id = %(id)s
secret_access_key = %(secret)s
session_token = %(head)s\\
%(tail)s
"""


def regions(pid):
    with open("/proc/%d/maps" % pid) as f:
        for line in f:
            span, mode = line.split()[:2]
            if mode.startswith("rw"):
                yield tuple(int(end, 16) for end in span.split("-"))


def times_held(pid, needle):
    """How often a process's own memory holds these bytes."""
    n = 0
    with open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
        for start, end in regions(pid):
            try:
                memory.seek(start)
                n += memory.read(end - start).count(needle)
            except (OSError, ValueError):
                continue
    return n


class Keys:
    def __init__(self, round):
        self.round = round
        self.id, self.secret, self.head, self.tail = (
            secrets.token_hex(20) for _ in range(4))

    def all(self):
        return self.id, self.secret, self.head, self.tail

    def write(self, path, origin, mode=0o600):
        # As an editor does it that saves by renaming.
        with open(path + ".new", "w") as f:
            f.write(ROUTES % dict(vars(self), origin=origin))
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)


def held(serve, keys):
    pids = [serve.process.pid] + descendants(serve.process.pid)
    return {pid: [times_held(pid, word.encode()) for word in keys.all()]
            for pid in pids}


@pytest.mark.parametrize("how", ["edit", "signal"])
def test_old_keys_are_wiped(start_serve, site, folder, how):
    path = os.path.join(folder, "own.ini")
    old, new = Keys("old"), Keys("new")
    old.write(path, site.origin.url)
    serve = start_serve(path, workers=2)
    # The scan finds what is there.
    for pid, counts in held(serve, old).items():
        assert all(counts), (pid, counts)
    new.write(path, site.origin.url)
    if how == "signal":
        serve.process.signal(signal.SIGHUP)
    for _ in range(8):
        await_true("the new rules answer", lambda: fcgi.fetch(
            serve.address, "/extra-new/text/10").status == 200)
    await_true("every process holds the new keys and no old one", lambda: all(
        all(counts) for counts in held(serve, new).values()) and not any(
        any(counts) for counts in held(serve, old).values()))


def run(*words, env=None):
    binary = os.environ.get("FINGERPOST", "./fingerpost")
    return subprocess.run([binary, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60,
                          env=dict(os.environ, **(env or {})))


def test_no_output_shows_keys(folder, site):
    path = os.path.join(folder, "own.ini")
    keys = Keys("x")
    keys.write(path, site.origin.url)
    outputs = [run("check", "-c", path), run("explain", "-c", path, "/cars/x")]
    assert outputs[0].returncode == 0
    assert "[credentials], %s:" % path in outputs[1].stdout
    with open(path) as f:
        whole = f.read()
    # Every line of the section cut short, doubled, unquoted, misspelt.
    start = whole.index("[credentials]")
    section = whole[start:]
    for broken in (
            section.replace("=", " "),
            section.replace("=", ":"),
            section.replace("_key = ", '_key = "a" '),
            section.replace(keys.secret, "#" + keys.secret),
            section.replace(keys.id, keys.id + ";" + keys.id),
            section.replace("[credentials]", "[credentials] " + keys.id),
            section.replace("[credentials]", "[credentails]"),
            section.replace("[credentials]", "[credentials:x]"),
            section.replace("[credentials]", "[credentials"),
            section.replace("\\\n", "\n"),
            section.replace("\\\n", "=\n"),
            section.replace(keys.secret, "${%s}" % keys.secret),
            section.replace(keys.secret, "${%s/}" % keys.secret),
            section.replace(keys.secret, keys.secret + " " + keys.tail),
            section.replace("access_key_id", "source"),
            section.replace("secret_access_key", "secret_acess_key"),
            re.sub("_key|_id", "", section),
            section.replace("[credentials]", "[cars2]\npath = /c\n"
                            "s3_credentials = %s:%s\norigin = s3://%s:%s@b"
                            % (keys.id, keys.secret, keys.id, keys.secret))):
        assert broken != section
        with open(path, "w") as f:
            f.write(whole[:start] + broken)
        output = run("check", "-c", path)
        assert output.returncode == 1, broken
        for word in keys.all():
            assert word not in output.stdout, broken
        outputs.append(output)
    for output in outputs[:2]:
        for word in keys.all():
            assert word not in output.stdout


def test_readable_files_hold_no_keys(folder, site):
    path = os.path.join(folder, "own.ini")
    keys = Keys("x")
    keys.write(path, site.origin.url, 0o644)
    output = run("check", "-c", path)
    assert output.returncode == 1
    assert "own.ini holds a secret and can be read by everyone" \
        in output.stdout
    # The name of what holds it is no secret.
    with open(path) as f:
        text = re.sub('= "?%s.*' % keys.secret[:8], "= ${SECRET}", f.read())
        text = re.sub("session_token.*\n.*\n", "", text)
    with open(path, "w") as f:
        f.write(text)
    assert "the environment cannot fill" in run("check", "-c", path).stdout
    output = run("check", "-c", path, env={"SECRET": keys.secret})
    assert output.returncode == 0, output.stdout
