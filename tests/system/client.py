"""An HTTP/1.1 client on a raw socket.

It shows what came over the wire: repeated fields in their order, the framing
of the body, the time of each piece, and whether the message was whole.  It
corrects and hides nothing.
"""

import json
import socket
import time

PATIENCE_S = 30


class Response:
    def __init__(self):
        self.version = self.status = self.reason = None
        self.fields = []
        self.body = b""
        self.framing = None  # "length", "chunked", "close", "none"
        self.complete = False
        self.arrivals = []  # (monotonic time, bytes of body so far)
        self.interim = []  # status codes of 1xx responses

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "<%s %s %s whole=%s %r>" % (
            self.status, self.fields, self.framing, self.complete,
            self.body[:200])


class Connection:
    """One connection; `exchange` may be called several times."""

    def __init__(self, address, patience=PATIENCE_S):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(patience)
        self.socket.connect(address)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def close(self):
        self.socket.close()

    def send_head(self, method, target, fields):
        lines = [b"%s %s HTTP/1.1" % (_bytes(method), _bytes(target))]
        lines += [b"%s: %s" % (_bytes(n), _bytes(v)) for n, v in fields]
        self.socket.sendall(b"\r\n".join(lines) + b"\r\n\r\n")

    def _more(self):
        data = self.socket.recv(262144)
        self.pending += data
        return data

    def _line(self):
        while b"\n" not in self.pending:
            if not self._more():
                raise EOFError(self.pending)
        line, self.pending = self.pending.split(b"\n", 1)
        return line.rstrip(b"\r")

    def read_head(self):
        while True:
            response = Response()
            parts = self._line().split(b" ", 2)
            response.version = parts[0].decode("latin-1")
            response.status = int(parts[1])
            response.reason = parts[2].decode("latin-1") if parts[2:] else ""
            while True:
                line = self._line()
                if not line:
                    break
                name, value = line.decode("latin-1").split(":", 1)
                response.fields.append((name, value.strip()))
            if response.status >= 200 or response.status == 101:
                return response

    def pieces(self, response, method):
        """The body as it arrives; sets `framing` and, at the end,
        `complete`.  A broken body ends the pieces early."""
        coding = (response.get("Transfer-Encoding") or "").lower()
        length = response.get("Content-Length")
        if method == "HEAD" or response.status in (204, 304):
            response.framing, response.complete = "none", True
            return
        try:
            if coding == "chunked":
                response.framing = "chunked"
                yield from self._chunks(response)
            elif length is not None:
                response.framing = "length"
                yield from self._counted(int(length))
                response.complete = True
            else:
                response.framing = "close"
                while self.pending or self._more():
                    data, self.pending = self.pending, b""
                    yield data
                response.complete = True
        except (EOFError, ConnectionError):
            response.complete = False

    def _counted(self, left):
        while left:
            if not self.pending and not self._more():
                raise EOFError
            data, self.pending = self.pending[:left], self.pending[left:]
            left -= len(data)
            yield data

    def _chunks(self, response):
        while True:
            size = int(self._line().split(b";")[0], 16)
            if not size:
                while self._line():
                    pass
                response.complete = True
                return
            yield from self._counted(size)
            if self._line():
                raise EOFError("chunk of another size than it says")

    def read_response(self, method="GET"):
        response = self.read_head()
        body, so_far = [], 0
        for data in self.pieces(response, method):
            body.append(data)
            so_far += len(data)
            response.arrivals.append((time.monotonic(), so_far))
        response.body = b"".join(body)
        return response

    def exchange(self, method, target, fields=(), body=None, host="site.test",
                 close=True):
        """`body`: bytes go with a Content-Length, an iterable goes chunked."""
        fields = list(fields)
        if not any(n.lower() == "host" for n, _ in fields):
            fields.insert(0, ("Host", host))
        if close:
            fields.append(("Connection", "close"))
        if isinstance(body, bytes):
            fields.append(("Content-Length", str(len(body))))
        elif body is not None:
            fields.append(("Transfer-Encoding", "chunked"))
        self.send_head(method, target, fields)
        try:
            if isinstance(body, bytes):
                self.socket.sendall(body)
            elif body is not None:
                for piece in body:
                    self.socket.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.socket.sendall(b"0\r\n\r\n")
        except ConnectionError:
            pass  # the answer may have come before the body's end
        return self.read_response(method)


def request(address, method, target, fields=(), body=None, **options):
    with Connection(address, options.pop("patience", PATIENCE_S)) as c:
        return c.exchange(method, target, fields, body, **options)


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")
