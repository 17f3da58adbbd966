"""An origin for the tests of the cache, as a process of its own.

    versioned_origin.py PORT

What it does with a request is in the query, and before that in what /-/set?
path=/P&NAME=VALUE says of a path from then on (path=* for all; an empty value
takes a name back); /-/stats?path=/P tells what it saw.  A POST makes the next
version.

    ms          thousandths of a second before the head
    size        bytes of the body; one of 0 and so on
    over_ms     in how long the body is sent, in 32 pieces
    v           the version, which is in the bytes and in the tag
    status      what it answers, with a body of that status' own
    cc, vary, tag, expires, type, age
                fields: Cache-Control and so on; "-": none
    range       Content-Range, behind "bytes "
    own=1       a body for each request, said by X-Serial
    chunked=1   says no length
    cut         bytes of body after which it breaks off
    drop=1      closes without a word
    hang=1      never answers
    etag=0      no validators
"""

import asyncio
import json
import random
import resource
import socket
import sys
import time
import urllib.parse

PIECES = 32
KEPT = 5000
FIELDS = {"cc": "Cache-Control", "vary": "Vary", "tag": "Cache-Tag",
          "expires": "Expires", "age": "Age"}
NOTED = ("if-none-match", "range", "accept-encoding", "x-kind", "if-range")


def body_of(path, version, size, kind=""):
    """Bytes that only this version of this path has, at this place."""
    return random.Random("%s %s %s" % (path, version, kind)).randbytes(size)


def text_of(path, version, size, kind=""):
    """The same, to be compressed."""
    return body_of(path, version, (size + 1) // 2, kind).hex()[:size].encode()


class Origin:
    def __init__(self):
        self.modes, self.seen, self.serial = {}, {}, 0

    def mode_of(self, path, query):
        return {"size": "100", "v": "1", "status": "200", **query,
                **self.modes.get("*", {}), **self.modes.get(path, {})}

    def control(self, path, query):
        about = query.pop("path", "*")
        if path == "/-/set":
            mode = self.modes.setdefault(about, {})
            mode.update(query)
            for name in [n for n, v in mode.items() if not v]:
                del mode[name]
        if path == "/-/forget":
            self.seen.clear()
        if about == "*":
            return {p: len(s) for p, s in self.seen.items()}
        return self.seen.get(about, [])

    def note(self, method, path, fields):
        self.serial += 1
        entry = {"method": method, "at": time.monotonic(), "end": "under way",
                 "serial": self.serial,
                 **{n: fields[n] for n in NOTED if n in fields}}
        seen = self.seen.setdefault(path, [])
        if len(seen) < KEPT:
            seen.append(entry)
        return entry


class Broken(Exception):
    pass


async def read_request(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head.split("\r\n")
    method, target, _ = line.split(" ")
    fields = {}
    for field in rest:
        name, _, value = field.partition(":")
        fields[name.lower()] = value.strip()
    await reader.readexactly(int(fields.get("content-length", 0)))
    path, _, query = target.partition("?")
    query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    return method, path, query, fields


def head_of(mode, version, kind, length, serial):
    lines = ["HTTP/1.1 %s Said" % mode["status"],
             "Content-Type: %s" % mode.get("type",
                                           "application/octet-stream"),
             "X-Version: %s" % version, "X-Serial: %d" % serial]
    lines += ["%s: %s" % (FIELDS[n], mode[n]) for n in FIELDS
              if mode.get(n, "-") != "-"]
    if "range" in mode:
        lines.append("Content-Range: bytes " + mode["range"])
    if mode.get("etag") != "0":
        lines.append('ETag: "%s-%s"' % (version, kind))
    if length is None:
        lines.append("Transfer-Encoding: chunked")
    elif mode["status"] not in ("204", "304"):
        lines.append("Content-Length: %d" % length)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


async def send_body(writer, body, mode):
    chunked, cut = mode.get("chunked") == "1", int(mode.get("cut", -1))
    wait = int(mode.get("over_ms", 0)) / 1000 / PIECES
    step = max(1, -(-len(body) // PIECES)) if wait else max(1, len(body))
    if cut >= 0:
        body = body[:cut]
    for at in range(0, len(body), step):
        piece = body[at:at + step]
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked
                     else piece)
        await writer.drain()
        if wait:
            await asyncio.sleep(wait)
    if cut >= 0:
        raise Broken
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


async def answer(origin, writer, method, path, query, fields):
    mode = origin.mode_of(path, query)
    if method == "POST":
        mode = {**mode, "v": str(int(mode["v"]) + 1), "size": "0",
                "etag": "0"}
        origin.modes.setdefault(path, {})["v"] = mode["v"]
    entry = origin.note(method, path, fields)
    try:
        await asyncio.sleep(int(mode.get("ms", 0)) / 1000)
        if mode.get("drop") == "1":
            raise Broken
        if mode.get("hang") == "1":
            await asyncio.sleep(60)
            raise Broken
        version = mode["v"]
        kind = fields.get(mode.get("vary", "").lower(), "")
        if mode.get("own") == "1":
            kind = str(entry["serial"])
        if mode["status"] != "200":
            version, kind = mode["status"], ""
        make = text_of if mode.get("type", "").startswith("text/") else body_of
        body = make(path, version, int(mode["size"]), kind)
        if mode["status"] == "200" and mode.get("etag") != "0" and \
                fields.get("if-none-match", "").find(
                    '"%s-%s"' % (version, kind)) >= 0:
            mode, body = {**mode, "status": "304"}, b""
        writer.write(head_of(mode, version, kind, None if mode.get("chunked")
                             and body else len(body), entry["serial"]))
        if method != "HEAD":
            await send_body(writer, body, mode)
        entry["end"] = "whole"
    except Broken:
        entry["end"] = "cut"
        raise
    except ConnectionError:
        entry["end"] = "gone"
        raise
    finally:
        entry["ended"] = time.monotonic()


async def serve(origin, reader, writer):
    try:
        while True:
            method, path, query, fields = await read_request(reader)
            if path.startswith("/-/"):
                said = json.dumps(origin.control(path, query)).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                             % (len(said), said))
                await writer.drain()
            else:
                await answer(origin, writer, method, path, query, fields)
    except (Broken, ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.transport.abort()


async def main(port):
    origin = Origin()
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(4096)
    server = await asyncio.start_server(
        lambda r, w: serve(origin, r, w), sock=listening)
    await server.serve_forever()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    asyncio.run(main(int(sys.argv[1])))
