"""check, explain and fetch, as an administrator calls them."""

import os
import subprocess

import pytest

pytestmark = pytest.mark.short


@pytest.fixture
def run(site):
    def run(*words):
        env = {k: v for k, v in os.environ.items()
               if k not in ("GATEWAY_INTERFACE", "FINGERPOST_RULES")}
        return subprocess.run(
            [*site.wrapper, site.binary, *words], capture_output=True,
            env=env, text=True, errors="replace", timeout=60,
            stdin=subprocess.DEVNULL)
    return run


BAD = """[app]
path = /app
orign = http://127.0.0.1:1

[app]
path = /other
origin = http://127.0.0.1:1/#cut
connect_timeout = soon
"""


def test_check_of_good_rules(run, site):
    done = run("check", "-c", site.rules)
    assert (done.returncode, done.stderr.count("error")) == (0, 0)


@pytest.mark.shortest
def test_check_names_every_fault(run, site):
    path = site.write_rules("bad.ini", BAD)
    done = run("check", "-c", path)
    assert done.returncode == 1
    text = done.stdout + done.stderr
    assert path + ":3:" in text and "origin" in text  # did you mean
    assert path + ":5:" in text
    assert path + ":7:" in text
    assert path + ":8:" in text


@pytest.mark.parametrize("words", [("check",), ("explain", "/based/x")])
def test_what_cannot_be_printed_is_a_fault(site, words):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*site.wrapper, site.binary, words[0], "-c", site.rules,
             *words[1:]], stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "standard output" in done.stderr


def test_check_without_rules(run):
    done = run("check", "-c", "/nonexistent/rules.ini")
    assert done.returncode == 1 and "/nonexistent/rules.ini" in done.stderr


@pytest.mark.shortest
def test_explain(run, site):
    before = site.origin.connections
    done = run("explain", "-c", site.rules, "http://site.test/based/x?y=1")
    assert done.returncode == 0, done.stderr
    assert "[based]" in done.stdout
    line = site.rules_text().split("\n").index("[based]") + 1
    assert "%s:%d" % (os.path.basename(site.rules), line) in done.stdout
    assert site.origin.url + "/below/x?y=1" in done.stdout
    assert "X-Forwarded-Prefix: /based" in done.stdout
    assert site.origin.connections == before


def test_explain_unowned(run, site):
    done = run("explain", "-c", site.rules, "http://site.test/unowned")
    assert "404" in done.stdout


@pytest.mark.shortest
def test_fetch(run, site):
    done = run("fetch", "-c", site.rules, "-H", "X-Mine: yes",
               "http://site.test/app/echo?x=1")
    assert done.returncode == 0, done.stderr
    assert "200" in done.stdout
    assert '"/echo?x=1"' in done.stdout
    assert '"yes"' in done.stdout


def test_fetch_method(run, site):
    done = run("fetch", "-c", site.rules, "-X", "DELETE",
               "http://site.test/app/echo")
    assert '"DELETE"' in done.stdout


def test_fetch_of_what_is_down(run, site):
    done = run("fetch", "-c", site.rules, "http://site.test/down/")
    assert "502" in done.stdout and "connection_refused" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="is not root")
def test_fetch_by_root(run, site, tmp_path):
    """Leaves no folder that only root could use."""
    rules, folder = tmp_path / "own.ini", tmp_path / "cache"
    rules.write_text("[cache]\npath = %s\n[app]\npath = /app\n"
                     "origin = %s\ncache = yes\n" % (folder, site.origin.url))
    done = run("fetch", "-c", str(rules), "http://site.test/app/echo")
    assert done.returncode == 0 and "Cache-Status" not in done.stdout
    assert not folder.exists() and str(folder) in done.stderr
    folder.mkdir(0o700)
    done = run("fetch", "-c", str(rules), "http://site.test/app/echo")
    assert "Cache-Status" in done.stdout and not done.stderr


@pytest.mark.parametrize("words", [
    ["frobnicate"], ["serve"], ["explain"], ["check", "--no-such"]])
def test_wrong_usage(run, words):
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.strip()


def test_alone(run):
    """Without a web server, a socket or a word: says what it wants."""
    done = run()
    assert done.returncode == 2 and "serve" in done.stderr + done.stdout
