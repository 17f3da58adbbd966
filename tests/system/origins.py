"""Origins: one that answers as its path says, and some that misbehave.

Everything is written to the socket by hand, so that a test decides each byte.
The origin lives in the test's own process: a test can look at what it saw.
"""

import array
import gzip
import hashlib
import json
import select
import socket
import sys
import threading
import time
import urllib.parse

TEXT = b"".join(b"line %06d of a text that compresses well\n" % i
                for i in range(4096))


def pattern(size, start=0):
    """Bytes that are their own check: each eight bytes say where they are."""
    first = start // 8
    words = array.array("Q", range(first, (start + size + 7) // 8 + 1))
    if sys.byteorder == "little":
        words.byteswap()
    return words.tobytes()[start - first * 8:start - first * 8 + size]


class Reader:
    def __init__(self, connection):
        self.connection = connection
        self.pending = b""

    def more(self):
        data = self.connection.recv(262144)
        if not data:
            raise EOFError
        self.pending += data

    def line(self):
        while b"\n" not in self.pending:
            self.more()
        line, self.pending = self.pending.split(b"\n", 1)
        return line.rstrip(b"\r")

    def exactly(self, size):
        parts = []
        while size:
            if not self.pending:
                self.more()
            parts.append(self.pending[:size])
            self.pending = self.pending[size:]
            size -= len(parts[-1])
        return b"".join(parts)


class Request:
    def __init__(self, reader):
        line = reader.line().decode("latin-1")
        self.method, self.target, self.version = line.split(" ", 2)
        self.fields = []
        self.body = b""
        self.framing = "none"
        while True:
            line = reader.line().decode("latin-1")
            if not line:
                break
            name, value = line.split(":", 1)
            self.fields.append((name, value.strip()))
        url = urllib.parse.urlsplit(self.target)
        self.path = url.path
        self.query = dict(urllib.parse.parse_qsl(url.query))

    def read_body(self, reader):
        if (self.get("Transfer-Encoding") or "").lower() == "chunked":
            self.framing = "chunked"
            parts = []
            while True:
                size = int(reader.line().split(b";")[0], 16)
                if not size:
                    break
                parts.append(reader.exactly(size))
                reader.line()
            while reader.line():
                pass
            self.body = b"".join(parts)
        elif self.get("Content-Length"):
            self.framing = "length"
            self.body = reader.exactly(int(self.get("Content-Length")))

    def get(self, name):
        for n, v in self.fields:
            if n.lower() == name.lower():
                return v
        return None

    def echo(self):
        text = {
            "method": self.method, "target": self.target,
            "fields": self.fields, "framing": self.framing,
            "size": len(self.body),
            "sha256": hashlib.sha256(self.body).hexdigest(),
        }
        if len(self.body) <= 4096:
            text["body"] = self.body.decode("latin-1")
        return json.dumps(text).encode()


class Origin:
    """Answers by path; see the methods named on_*."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % self.port
        self.connections = 0
        self.seen = {}  # query's id: list of (event, monotonic time)
        self.gates = {}  # query's id: Event that lets a response go on
        self.given = {}
        self.changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.socket.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def note(self, request, event):
        with self.changed:
            self.seen.setdefault(request.query.get("id"), []).append(
                (event, time.monotonic()))
            self.changed.notify_all()

    def events(self, ident):
        with self.changed:
            return [event for event, _ in self.seen.get(ident, [])]

    def wait_for(self, ident, event, timeout):
        with self.changed:
            return self.changed.wait_for(
                lambda: any(e == event for e, _ in self.seen.get(ident, [])),
                timeout)

    def gate(self, ident):
        return self.gates.setdefault(ident, threading.Event())

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(connection)
        try:
            while True:
                request = Request(reader)
                name = request.path.strip("/").split("/")[0]
                if name == "deaf":
                    self.on_deaf(connection, request, [])
                    return
                try:
                    request.read_body(reader)
                except (EOFError, ConnectionError):
                    self.note(request, "body broken")
                    return
                if request.query.get("id"):
                    self.note(request, "request")
                handler = getattr(self, "on_" + name, None) or self.on_echo
                rest = request.path.strip("/").split("/")[1:]
                if handler(connection, request, rest) is False:
                    return
        except (EOFError, ConnectionError, ValueError):
            pass
        finally:
            connection.close()

    @staticmethod
    def answer(connection, request, body=b"", status="200 OK", fields=(),
               kind="text/plain", length=True):
        head = ["HTTP/1.1 " + status, "Date: Sun, 06 Nov 1994 08:49:37 GMT"]
        if kind:
            head.append("Content-Type: " + kind)
        head += ["%s: %s" % f for f in fields]
        if length:
            head.append("Content-Length: %d" % len(body))
        text = "\r\n".join(head).encode("latin-1") + b"\r\n\r\n"
        connection.sendall(text if request.method == "HEAD" else text + body)

    # Well behaved.

    def on_echo(self, connection, request, rest):
        cookie = request.query.get("cookie")
        self.answer(connection, request, request.echo(),
                    kind="application/json",
                    fields=[("Set-Cookie", cookie)] if cookie else [])

    def on_bytes(self, connection, request, rest):
        size, fields, status = int(rest[0]), [("Accept-Ranges", "bytes")], "200 OK"
        body = pattern(size)
        span = request.get("Range")
        if span and span.startswith("bytes="):
            first, last = (int(x) for x in span[6:].split("-"))
            body = body[first:last + 1]
            status = "206 Partial Content"
            fields.append(("Content-Range",
                           "bytes %d-%d/%d" % (first, last, size)))
        self.answer(connection, request, body, status, fields,
                    "application/octet-stream")

    def on_chunked(self, connection, request, rest):
        body = pattern(int(rest[0]))
        self.answer(connection, request, b"", length=False,
                    kind="application/octet-stream",
                    fields=[("Transfer-Encoding", "chunked")])
        for at in range(0, len(body), 10007):
            piece = body[at:at + 10007]
            connection.sendall(b"%X;x=y\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\nX-Trailer: t\r\n\r\n")

    def on_close(self, connection, request, rest):
        self.answer(connection, request, pattern(int(rest[0])), length=False,
                    kind="application/octet-stream",
                    fields=[("Connection", "close")])
        return False

    def on_text(self, connection, request, rest):
        self.answer(connection, request, TEXT[:int(rest[0])],
                    fields=[("ETag", '"strong"'), ("Accept-Ranges", "bytes")])

    def on_png(self, connection, request, rest):
        self.answer(connection, request, TEXT[:20000], kind="image/png")

    def on_notransform(self, connection, request, rest):
        self.answer(connection, request, TEXT[:20000],
                    fields=[("Cache-Control", "max-age=60, no-transform")])

    def on_gzipped(self, connection, request, rest):
        self.answer(connection, request, gzip.compress(TEXT[:20000], mtime=0),
                    fields=[("Content-Encoding", "gzip"),
                            ("Vary", "Accept-Encoding")])

    def on_status(self, connection, request, rest):
        code = int(rest[0])
        body = b"" if code in (204, 205, 304) else b"status %d\n" % code
        fields = [("ETag", '"e"')]
        if code in (204, 304):
            self.answer(connection, request, b"", "%d Because" % code, fields,
                        kind=None, length=False)
        else:
            self.answer(connection, request, body, "%d Because" % code, fields)

    def on_given(self, connection, request, rest):
        """What the test has put into `given`: {path: (status, fields,
        body)}; a body that is a list is sent in pieces, in chunks."""
        status, fields, body = self.given["/".join(rest)]
        span = request.get("Range")
        if isinstance(body, list):
            self.answer(connection, request, b"", status, [
                *fields, ("Transfer-Encoding", "chunked")], None, False)
            if request.method != "HEAD":
                for piece in body + [b""]:
                    connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            return
        if span and span.startswith("bytes="):
            first, last = (int(x) for x in span[6:].split("-"))
            fields = [*fields, ("Content-Range", "bytes %d-%d/%d" % (
                first, last, len(body)))]
            status, body = "206 Partial Content", body[first:last + 1]
        self.answer(connection, request, body, status, fields, None)

    def on_redirect(self, connection, request, rest):
        self.answer(connection, request, b"moved\n", "302 Found",
                    [("Location", "https://elsewhere.example/a%20b?x=1&y=2")])

    def on_answer(self, connection, request, rest):
        """The status and the fields that the query's `f` name."""
        query = urllib.parse.urlsplit(request.target).query
        fields = [tuple(value.split(": ", 1)) for name, value in
                  urllib.parse.parse_qsl(query) if name == "f"]
        self.answer(connection, request, b"answer\n",
                    "%s Because" % (rest or ["200"])[0], fields)

    def on_below(self, connection, request, rest):
        """The same where a component's root is no server's root."""
        if rest[:1] == ["answer"]:
            self.on_answer(connection, request, rest[1:])
        else:
            self.on_echo(connection, request, rest)

    on_kept = on_below

    def on_fields(self, connection, request, rest):
        self.answer(connection, request, b"fields\n", fields=[
            ("Set-Cookie", "a=1; Path=/; HttpOnly"),
            ("X-Twin", "one"), ("X-Twin", "two"),
            ("Set-Cookie", "b=2; Expires=Wed, 21 Oct 2065 07:28:00 GMT"),
            ("Connection", "X-Private"), ("X-Private", "secret"),
            ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "close"),
            ("Upgrade", "h2c"), ("Trailer", "X-Trailer"),
            ("Status", "500 Not this"), ("X-Latin", "caf\xe9"),
            ("X-Empty", ""), ("Cache-Control", "max-age=60"),
            ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")])

    def on_events(self, connection, request, rest):
        """Server-sent events; each waits until the gate is opened, so that
        no clock decides whether the first came before the last."""
        self.answer(connection, request, b"", length=False,
                    kind="text/event-stream",
                    fields=[("Transfer-Encoding", "chunked"),
                            ("Cache-Control", "no-cache")])

        def event(n):
            data = b"data: event %d\n\n" % n
            connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))

        event(0)
        opened = self.gate(request.query["id"]).wait(
            float(request.query.get("wait", 20)))
        self.note(request, "gate opened" if opened else "gate timed out")
        for n in (1, 2):
            event(n)
        connection.sendall(b"0\r\n\r\n")

    def on_forever(self, connection, request, rest):
        """Writes until the other side closes; `kind` and size may be set."""
        self.answer(connection, request, b"", length=False,
                    kind="text/event-stream",
                    fields=[("Connection", "close")])
        try:
            while True:
                connection.sendall(b"data: %d\n\n" % time.monotonic_ns())
                ready, _, _ = select.select([connection], [], [], 0.05)
                if ready and not connection.recv(1):
                    break
        except OSError:
            pass
        self.note(request, "closed")
        return False

    def on_slow(self, connection, request, rest):
        """Waits for its gate before the head, or for `s` seconds."""
        self.gate(request.query.get("id")).wait(float(request.query["s"]))
        self.answer(connection, request, b"slow\n")

    def on_hold(self, connection, request, rest):
        """Never answers; notes when the other side gives up."""
        select.select([connection], [], [], 60)
        self.note(request, "closed")
        return False

    # Misbehaving.

    def on_interim(self, connection, request, rest):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                           b"HTTP/1.1 102 Processing\r\nX-Interim: 1\r\n\r\n")
        self.answer(connection, request, b"final\n")

    def on_short(self, connection, request, rest):
        """Says 100000 bytes, sends fewer, closes."""
        size = int(rest[0])
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: "
                           b"application/octet-stream\r\n"
                           b"Content-Length: 100000\r\n\r\n" + pattern(size))
        return False

    def on_shorttext(self, connection, request, rest):
        """The same, of a type that is compressed on the way."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                           b"Content-Length: 100000\r\n\r\n" + TEXT[:50000])
        return False

    def on_shortchunks(self, connection, request, rest):
        """Chunked, without the last chunk."""
        size = int(rest[0])
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: "
                           b"application/octet-stream\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n"
                           b"%x\r\n%s\r\n" % (size, pattern(size)))
        # The front server must have begun its answer: let it.
        time.sleep(float(request.query.get("pause", 0)))
        return False

    def on_reset(self, connection, request, rest):
        """The head, some of the body, then a TCP reset."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n"
                           b"\r\nsome")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              b"\1\0\0\0\0\0\0\0")
        return False

    def on_nothing(self, connection, request, rest):
        """Reads the request and closes without a word."""
        return False

    def on_malformed(self, connection, request, rest):
        connection.sendall(b"ceci n'est pas HTTP\r\n\r\n")
        return False

    def on_badfield(self, connection, request, rest):
        connection.sendall(b"HTTP/1.1 200 OK\r\nbad field\r\n"
                           b"Content-Length: 2\r\n\r\nok")
        return False

    def on_endlesshead(self, connection, request, rest):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        try:
            n = 0
            while n < 100000:
                connection.sendall(b"X-Field-%d: %s\r\n" % (n, b"v" * 1000))
                n += 1
        except OSError:
            self.note(request, "closed")
        return False

    def on_twolengths(self, connection, request, rest):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
                           b"Content-Length: 6\r\n\r\nfoobar")
        return False

    def on_halfhead(self, connection, request, rest):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Ty")
        return False

    def on_stall(self, connection, request, rest):
        """Half a body, then silence."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n"
                           b"\r\n" + pattern(50000))
        select.select([connection], [], [], 60)
        self.note(request, "closed")
        return False

    def on_forgetful(self, connection, request, rest):
        """Answers as if it would keep the connection, then closes it."""
        self.answer(connection, request, b"kept?\n")
        return False

    def on_once(self, connection, request, rest):
        """Answers, and resets the connection when it is used again."""
        self.answer(connection, request, b"once\n")
        select.select([connection], [], [], 30)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              b"\1\0\0\0\0\0\0\0")
        return False

    def on_deaf(self, connection, request, rest):
        """Refuses a body without reading it, and closes."""
        self.answer(connection, request, b"too much\n",
                    "413 Content Too Large", [("Connection", "close")])
        try:
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(10)
            while connection.recv(262144):
                pass
        except OSError:
            pass


class RefusingPort:
    """A port that is ours but nobody listens on: refuses for certain."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


class SilentPort:
    """Connections succeed (the kernel's queue), and nobody ever answers."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = "http://127.0.0.1:%d" % self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


class FullPort:
    """The queue of connections is full: a further one is never set up."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=0)
        address = self.socket.getsockname()
        self.url = "http://127.0.0.1:%d" % address[1]
        self.fill = []
        for _ in range(4):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(address)
            self.fill.append(s)

    def close(self):
        for s in self.fill:
            s.close()
        self.socket.close()
