"""The demonstration's visitor.

visit.py wait URL
    Waits up to 15 s until URL answers 200.
visit.py show FRONT NAME=ORIGIN...
    Fetches /NAME/ at FRONT, compressed, for each NAME and prints status,
    fields and first lines.  Exit code 0 only if each came with 200, coded
    with gzip and, decoded, byte for byte as ORIGIN itself sends it (or, where
    it is a folder, as its index.html is), but for links from the root, which
    lead below /NAME/.
"""

import gzip
import http.client
import re
import sys
import time
import urllib.parse
import zlib

LINES_SHOWN = 8


def get(url, fields=None):
    parts = urllib.parse.urlsplit(url)
    c = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        c.request("GET", parts.path or "/", headers=fields or {})
        answer = c.getresponse()
        return answer, answer.read()
    finally:
        c.close()


def wait(url):
    end = time.monotonic() + 15
    what = "no answer"
    while time.monotonic() < end:
        try:
            answer, _ = get(url)
            if answer.status == 200:
                return True
            what = f"status {answer.status}"
        except (OSError, http.client.HTTPException) as e:
            what = str(e) or type(e).__name__
        time.sleep(0.05)
    print(f"{url}: {what}", file=sys.stderr)
    return False


def sent_by(origin):
    """Its front page; a private bucket's is known by the files in it."""
    if origin.startswith("/"):
        with open(origin + "/index.html", "rb") as f:
            return f.read()
    return get(origin + "/")[1]


def show(front, name, origin):
    url = f"{front}/{name}/"
    print(f"GET {url}")
    print("Accept-Encoding: gzip\n")
    answer, body = get(url, {"Accept-Encoding": "gzip"})
    print(f"HTTP/1.1 {answer.status} {answer.reason}")
    for field, value in answer.getheaders():
        print(f"{field}: {value}")
    print()
    coding = answer.getheader("Content-Encoding", "identity")
    plain = body
    faults = []
    if answer.status != 200:
        faults.append(f"status {answer.status} instead of 200")
    if coding == "gzip":
        try:
            plain = gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as e:
            faults.append(f"its gzip is broken: {e}")
    else:
        faults.append(f"coded as {coding}, not as gzip")
    for line in plain.decode("utf-8", "replace").splitlines()[:LINES_SHOWN]:
        print(f"    {line[:100]}")
    print("    ...")
    sent = sent_by(origin)
    mapped = re.sub(rb'((?:href|src|action)=")/', rb"\1/%s/" % name.encode(),
                    sent)
    if not faults and plain != mapped:
        faults.append("not what the origin sends")
    print(f"{len(body)} bytes on the wire, {len(plain)} decoded:",
          "; ".join(faults) or "as the origin sent them" +
          (", links below the prefix" if mapped != sent else ""))
    print()
    return not faults


def main(words):
    if words[:1] == ["wait"] and len(words) == 2:
        return 0 if wait(words[1]) else 1
    if words[:1] == ["show"] and len(words) > 2:
        good = True
        for pair in words[2:]:
            name, _, origin = pair.partition("=")
            try:
                good = show(words[1], name, origin) and good
            except (OSError, http.client.HTTPException) as e:
                print(f"/{name}/: {e or type(e).__name__}\n")
                good = False
        return 0 if good else 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
