"""The runtime shim: as the program serves it, and on its own in Chromium.

npm installs once what drives the browser, into browser-shim/ beside the
binary (or FINGERPOST_BROWSER).
"""

import filecmp
import json
import os
import shutil
import subprocess

import pytest

import fcgi

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BROWSER = os.path.join(TOP, "tests", "browser", "shim")
NODE = shutil.which("node")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SLOWNESS = float(os.environ.get("FINGERPOST_SLOWNESS", "1"))
WHOLE_RUN_S = 600 * SLOWNESS

SHIM = "/shimmed/.fingerpost/shim.js"
RULES = """
[shimmed]
path         = /shimmed
origin       = {origin}
runtime_shim = yes

[bare]
path   = /bare
origin = {origin}
"""


def shim_text(folder):
    """The script as one line, as it is built in."""
    path = os.path.join(folder, "shim.js")
    with open(path, "wb") as f:
        subprocess.run(["sh", os.path.join(TOP, "src/policy/shim-text"), "js",
                        os.path.join(TOP, "www/shim.js")],
                       stdout=f, check=True, timeout=60)
    return path


# --- as it is served ---------------------------------------------------

@pytest.fixture
def serve(site, start_serve):
    return start_serve(site.write_rules(
        "shim.ini", RULES.format(origin=site.origin.url)))


@pytest.mark.short
def test_it_is_served(serve, folder):
    got = fcgi.fetch(serve.address, SHIM)
    with open(shim_text(folder), "rb") as f:
        assert got.body == f.read()
    assert got.status == 200
    assert got.get("Content-Type") == "text/javascript; charset=utf-8"
    assert got.get("X-Content-Type-Options") == "nosniff"
    assert got.get("Cache-Control") == "no-cache"
    tag = got.get("ETag")
    named = fcgi.fetch(serve.address, SHIM + "?v=" + tag.strip('"'))
    assert "immutable" in named.get("Cache-Control")
    assert named.body == got.body
    again = fcgi.fetch(serve.address, SHIM,
                       more={"HTTP_IF_NONE_MATCH": tag})
    assert (again.status, again.body) == (304, b"")
    head = fcgi.fetch(serve.address, SHIM, method="HEAD")
    assert (head.status, head.body, head.get("ETag")) == (200, b"", tag)
    refused = fcgi.fetch(serve.address, SHIM, method="DELETE")
    assert (refused.status, refused.get("Allow")) == (405, "GET, HEAD")


@pytest.mark.short
def test_it_is_asked_for(serve, site):
    """Without the key, and beside the path, the origin answers."""
    for target in ("/bare/.fingerpost/shim.js", SHIM + "x", "/shimmed/x"):
        got = fcgi.fetch(serve.address, target)
        assert not got.body.startswith(b"(function"), target


# --- in a browser ------------------------------------------------------

def rows():
    """A test for each row; where nothing can be asked, one that says so."""
    if NODE is None:
        return ["node is missing"]
    return json.loads(subprocess.run(
        [NODE, os.path.join(BROWSER, "run.js"), "--names"], check=True,
        stdout=subprocess.PIPE, timeout=60).stdout)


def install(folder):
    """What package-lock.json names, unless it is there."""
    os.makedirs(folder, exist_ok=True)
    here, wanted = (os.path.join(f, "package-lock.json")
                    for f in (folder, BROWSER))
    if os.path.exists(here) and filecmp.cmp(here, wanted, False):
        return
    for name in ("package.json", ".npmrc"):
        shutil.copy(os.path.join(BROWSER, name), folder)
    shutil.copy(wanted, here)
    try:
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=folder,
                       check=True, timeout=300, stdin=subprocess.DEVNULL)
    except BaseException:
        # Nothing there is to look as if it were whole.
        os.unlink(here)
        raise


@pytest.fixture(scope="session")
def faults(site):
    if NODE is None or not os.path.exists(CHROMIUM):
        pytest.skip("needs node and chromium")
    modules = os.environ.get("FINGERPOST_BROWSER") or os.path.join(
        os.path.dirname(os.path.abspath(
            os.environ.get("FINGERPOST", "fingerpost"))), "browser-shim")
    install(modules)
    env = dict(os.environ, NODE_PATH=os.path.join(modules, "node_modules"))
    done = subprocess.run(
        [NODE, os.path.join(BROWSER, "run.js"), shim_text(site.folder)],
        env=env, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
        timeout=WHOLE_RUN_S)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line["fault"] for line in lines}


@pytest.mark.browser
@pytest.mark.parametrize("row", rows())
def test_row(faults, row):
    assert faults.get(row, "it was not reached") == ""
