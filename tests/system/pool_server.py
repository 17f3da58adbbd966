"""A server of a pool, as a process of its own, so that a test can kill it,
stop it and start it again.

    pool_server.py NAME PORT|unix:PATH

What it does with a request is in `mode`, which /-/set?NAME=VALUE changes, or
in the query for one request; /-/stats tells what it saw.  Neither counts as a
request.  A number of seconds in `ms` is in thousandths.

    ms          how long it takes to answer
    status      what it answers
    drop        1: closes without a word
    hang        1: never answers
    up, up_ms   the same of the health path, /up: its status and time
"""

import asyncio
import collections
import json
import os
import resource
import socket
import sys
import time
import urllib.parse

KEPT = 20000


class Server:
    def __init__(self, name):
        self.name = name
        self.mode = dict(ms=0, status=200, drop=0, hang=0, up=200, up_ms=0)
        self.forget()

    def forget(self):
        self.served = self.peak = 0
        self.now = getattr(self, "now", 0)
        self.asked = collections.deque(maxlen=KEPT)  # ids, as they came
        self.probes = []
        self.leaks = []  # cookies that no origin should see

    def stats(self):
        return dict(served=self.served, now=self.now, peak=self.peak,
                    asked=list(self.asked), probes=self.probes,
                    leaks=self.leaks)

    def control(self, path, query):
        if path == "/-/set":
            self.mode.update((k, int(v)) for k, v in query.items())
        elif path == "/-/forget":
            self.forget()
        return json.dumps(self.stats()).encode()


class Connection(asyncio.Protocol):
    server = None

    def connection_made(self, transport):
        self.transport = transport
        self.pending = b""
        self.busy = self.counted = False

    def connection_lost(self, error):
        self.uncount()

    def data_received(self, data):
        self.pending += data
        self.go_on()

    def go_on(self):
        """One request after the other."""
        if self.busy or b"\r\n\r\n" not in self.pending:
            return
        head, _, rest = self.pending.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        size = int(fields.get("content-length", 0))
        if len(rest) < size:
            return
        self.pending = rest[size:]
        self.busy = True
        method, target, _ = lines[0].split(" ")
        self.take(method, target, fields)

    def take(self, method, target, fields):
        server = self.server
        path, _, query = target.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        mode = server.mode
        if path.startswith("/-/"):
            return self.answer(200, server.control(path, query), fields)
        if path == "/up":
            server.probes.append(time.monotonic())
            return self.later(mode["up_ms"], mode["up"], b"up\n", fields)
        server.served += 1
        server.now += 1
        server.peak = max(server.peak, server.now)
        self.counted = True
        server.asked.append(query.get("id"))
        if "fingerpost" in fields.get("cookie", ""):
            server.leaks.append(fields["cookie"])
        mode = {**mode, **{k: int(v) for k, v in query.items() if k in mode}}
        if mode["drop"]:
            return self.transport.close()
        if mode["hang"]:
            return
        body = json.dumps(dict(
            server=server.name, method=method, target=target,
            id=query.get("id"), host=fields.get("host"),
            cookie=fields.get("cookie"))).encode()
        self.later(mode["ms"], mode["status"], body, fields)

    def later(self, ms, *what):
        if ms:
            asyncio.get_running_loop().call_later(ms / 1000, self.answer,
                                                  *what)
        else:
            self.answer(*what)

    def answer(self, status, body, fields):
        self.uncount()
        if self.transport.is_closing():
            return
        self.transport.write(
            b"HTTP/1.1 %d Said\r\nContent-Type: application/json\r\n"
            b"X-Server: %s\r\nContent-Length: %d\r\n\r\n%s" % (
                status, self.server.name.encode(), len(body), body))
        self.busy = False
        self.go_on()

    def uncount(self):
        if self.counted:
            self.server.now -= 1
        self.counted = False


def listening(address):
    if address.startswith("unix:"):
        path = address[5:]
        if os.path.exists(path):
            os.unlink(path)
        s = socket.socket(socket.AF_UNIX)
        s.bind(path)
        os.chmod(path, 0o777)
    else:
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", int(address)))
    s.listen(4096)
    return s


async def main(name, address):
    Connection.server = Server(name)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, sock=listening(address),
                                      backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    asyncio.run(main(sys.argv[1], sys.argv[2]))
