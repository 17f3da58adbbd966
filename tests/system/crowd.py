"""Many requests at once, in one loop: over FastCGI, a connection each, or
over HTTP, on connections that are kept.

A try that fails is a result too, and tells what went wrong; nothing is tried
twice.
"""

import asyncio
import collections
import json
import struct
import time

import fcgi

PATIENCE_S = 30


class Result:
    """What came back; `status` is 0 where `error` says why nothing did."""

    def __init__(self):
        self.began = time.monotonic()
        self.status, self.fields, self.body, self.error = 0, [], b"", None

    @property
    def took(self):
        return self.ended - self.began

    @property
    def server(self):
        return self.get("X-Server")

    def get(self, name):
        for n, v in self.fields:
            if n.lower() == name.lower():
                return v
        return None

    def json(self):
        return json.loads(self.body)

    def parse(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.fields = [tuple(line.split(": ", 1)) for line in lines
                       if ": " in line]

    def __repr__(self):
        return "<%s %s %s %s %s>" % (self.status, self.server, self.error,
                                     self.fields, self.body[:100])


class Wire(asyncio.Protocol):
    """A connection; `whole` says when an answer is there."""

    def __init__(self):
        self.data, self.ended, self.waiter = bytearray(), False, None
        self.at = 0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.data += data
        self.tell()

    def connection_lost(self, error):
        self.ended = True
        self.tell()

    def tell(self):
        if self.waiter and not self.waiter.done() and (
                self.ended or self.whole()):
            self.waiter.set_result(None)

    async def answer(self, patience):
        if not self.ended and not self.whole():
            self.waiter = asyncio.get_running_loop().create_future()
            await asyncio.wait_for(self.waiter, patience)
        if not self.whole():
            raise EOFError("broke off after %r" % bytes(self.data[:200]))


class FcgiWire(Wire):
    """Up to FCGI_END_REQUEST."""

    at_end = False

    def whole(self):
        while not self.at_end and len(self.data) - self.at >= 8:
            _, kind, _, size, padding = struct.unpack_from(
                "!BBHHB", self.data, self.at)
            if len(self.data) - self.at < 8 + size + padding:
                break
            self.at += 8 + size + padding
            self.at_end = kind == fcgi.END
        return self.at_end

    def stdout(self):
        out, at = b"", 0
        while at < self.at:
            _, kind, _, size, padding = struct.unpack_from(
                "!BBHHB", self.data, at)
            if kind == fcgi.STDOUT:
                out += self.data[at + 8:at + 8 + size]
            at += 8 + size + padding
        return bytes(out)


class HttpWire(Wire):
    """A head and as much as its Content-Length says, or chunks."""

    def whole(self):
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return False
        lower = bytes(self.data[:end]).lower()
        self.close = b"connection: close" in lower
        if b"transfer-encoding: chunked" in lower:
            return self.data.endswith(b"\r\n0\r\n\r\n")
        _, _, length = lower.partition(b"content-length:")
        self.size = end + 4 + int(length.split(b"\r\n")[0] or 0)
        return len(self.data) >= self.size


async def _open(address, wire):
    loop = asyncio.get_running_loop()
    if isinstance(address, str):
        return (await loop.create_unix_connection(wire, address))[1]
    return (await loop.create_connection(wire, *address))[1]


class FcgiWay:
    def __init__(self, address, patience=PATIENCE_S):
        self.address, self.patience = address, patience

    async def exchange(self, target, method="GET", body=b"", **more):
        result, wire = Result(), None
        try:
            wire = await _open(self.address, FcgiWire)
            wire.transport.write(fcgi.whole_request(target, method, body,
                                                    more=more))
            await wire.answer(self.patience)
            head, _, result.body = wire.stdout().partition(b"\r\n\r\n")
            result.parse(head)
            result.status = int(result.get("Status").split()[0])
        except (OSError, EOFError, asyncio.TimeoutError) as e:
            result.error = "%s: %s" % (type(e).__name__, e)
        finally:
            if wire:
                wire.transport.abort()
        result.ended = time.monotonic()
        return result

    def close(self):
        pass


class HttpWay:
    """`keep`: on one connection, as long as the server keeps it."""

    def __init__(self, address, patience=PATIENCE_S, keep=True):
        self.address, self.patience, self.keep = address, patience, keep
        self.wire = None

    async def exchange(self, target, method="GET"):
        result = Result()
        try:
            if self.wire is None or self.wire.ended:
                self.wire = await _open(self.address, HttpWire)
            wire = self.wire
            wire.data.clear()
            wire.transport.write(
                b"%s %s HTTP/1.1\r\nHost: site.test\r\n%s\r\n" % (
                    method.encode(), target.encode(),
                    b"" if self.keep else b"Connection: close\r\n"))
            await wire.answer(self.patience)
            head, _, result.body = bytes(wire.data).partition(b"\r\n\r\n")
            result.parse(head)
            result.status = int(head.split()[1])
            if wire.close:
                self.close()
        except (OSError, EOFError, asyncio.TimeoutError) as e:
            result.error = "%s: %s" % (type(e).__name__, e)
            self.close()
        result.ended = time.monotonic()
        return result

    def close(self):
        if self.wire:
            self.wire.transport.abort()
        self.wire = None


async def gather(addresses, targets, width=16, way=FcgiWay, **options):
    """All the targets, `width` at a time; the results are in their order."""
    targets = [(t, {}) if isinstance(t, str) else t for t in targets]
    results = [None] * len(targets)
    left = iter(enumerate(targets))

    async def one(n):
        channel = way(addresses[n % len(addresses)], **options)
        for at, (target, more) in left:
            results[at] = await channel.exchange(target, **more)
        channel.close()

    await asyncio.gather(*(one(n) for n in range(width)))
    return results


def send(addresses, targets, width=16, **options):
    if not isinstance(addresses, list):
        addresses = [addresses]
    return asyncio.run(gather(addresses, targets, width, **options))


def counts(results):
    """How many came from each server."""
    return collections.Counter(r.server for r in results)


def failures(results, good=(200,)):
    return [r for r in results if r.status not in good]
