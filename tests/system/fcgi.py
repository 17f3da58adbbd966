"""A FastCGI 1.0 client, a record at a time."""

import socket
import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA = range(1, 9)
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP_CONN = 1
REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = range(4)


def record(kind, request_id, content=b"", padding=0):
    return struct.pack("!BBHHBx", 1, kind, request_id, len(content),
                       padding) + content + b"\xff" * padding


def stream(kind, request_id, content, size=65535, padding=0):
    """The records of a whole stream, its end included."""
    parts = [record(kind, request_id, content[at:at + size], padding)
             for at in range(0, len(content), size)]
    return b"".join(parts) + record(kind, request_id)


def begin(request_id, role=RESPONDER, flags=0, padding=0):
    return record(BEGIN, request_id, struct.pack("!HB5x", role, flags),
                  padding)


def length(n, long_form=False):
    if n < 128 and not long_form:
        return bytes([n])
    return struct.pack("!I", n | 0x80000000)


def pairs(params, long_form=False):
    out = b""
    for name, value in params:
        name = name if isinstance(name, bytes) else name.encode("latin-1")
        value = value if isinstance(value, bytes) else value.encode("latin-1")
        out += length(len(name), long_form) + length(len(value), long_form)
        out += name + value
    return out


def read_pairs(data):
    out = {}
    while data:
        sizes = []
        for _ in range(2):
            if data[0] < 128:
                sizes.append(data[0])
                data = data[1:]
            else:
                sizes.append(struct.unpack("!I", data[:4])[0] & 0x7fffffff)
                data = data[4:]
        name, data = data[:sizes[0]], data[sizes[0]:]
        out[name.decode()], data = data[:sizes[1]].decode(), data[sizes[1]:]
    return out


def params(target, method="GET", size=None, **more):
    path, _, query = target.partition("?")
    out = {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "test", "SERVER_NAME": "site.test",
        "SERVER_PORT": "80", "SERVER_ADDR": "127.0.0.1",
        "REMOTE_ADDR": "192.0.2.7", "REMOTE_PORT": "4711",
        "REQUEST_METHOD": method, "REQUEST_URI": target,
        "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
        "DOCUMENT_ROOT": "/nowhere", "HTTP_HOST": "site.test",
    }
    if size is not None:
        out["CONTENT_LENGTH"] = str(size)
    out.update(more)
    return out


def whole_request(target, method="GET", body=b"", request_id=1, flags=0,
                  role=RESPONDER, more=None, padding=0, size=65535,
                  long_form=False, declare=True):
    p = params(target, method, len(body) if body and declare else None)
    p.update(more or {})
    return (begin(request_id, role, flags, padding) +
            stream(PARAMS, request_id, pairs(p.items(), long_form), size,
                   padding) +
            stream(STDIN, request_id, body, size, padding))


class Answer:
    """What came back for one request."""

    def __init__(self):
        self.stdout, self.stderr = bytearray(), bytearray()
        self.end = None  # (application status, protocol status)

    def parse(self):
        self.stdout = bytes(self.stdout)
        head, _, self.body = self.stdout.partition(b"\r\n\r\n")
        self.fields = [tuple(line.split(": ", 1)) for line in
                       head.decode("latin-1").split("\r\n")]
        self.status = int(self.get("Status").split()[0])
        return self

    def get(self, name):
        for field in self.fields:
            if field[0].lower() == name.lower():
                return field[1]
        return None


class Broken(ConnectionError):
    """What follows is no record: the response was broken off."""


class Connection:
    def __init__(self, address, patience=20):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(patience)
        self.socket.connect(address)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.socket.close()

    def send(self, data, piece=None):
        """In pieces of so many bytes, each written on its own."""
        if piece is None:
            return self.socket.sendall(data)
        for at in range(0, len(data), piece):
            self.socket.sendall(data[at:at + piece])

    def read_exactly(self, size):
        while len(self.pending) < size:
            data = self.socket.recv(262144)
            if not data:
                raise EOFError(self.pending)
            self.pending += data
        data, self.pending = self.pending[:size], self.pending[size:]
        return data

    def read_record(self):
        """(type, request id, content), or None at the connection's end."""
        try:
            head = self.read_exactly(8)
        except EOFError as e:
            if e.args[0]:
                raise Broken("the connection ends inside a record") from e
            return None
        version, kind, request_id, size, padding = struct.unpack(
            "!BBHHBx", head)
        if version != 1:
            raise Broken((version, kind))
        content = self.read_exactly(size)
        self.read_exactly(padding)
        return kind, request_id, content

    def read_answer(self, request_id=1):
        answer = Answer()
        while answer.end is None:
            got = self.read_record()
            if got is None:
                raise EOFError(answer.stdout)
            kind, ident, content = got
            assert ident == request_id, got
            if kind == STDOUT:
                answer.stdout += content
            elif kind == STDERR:
                answer.stderr += content
            elif kind == END:
                answer.end = struct.unpack("!IB3x", content)
            else:
                raise Broken(got)
        return answer

    def at_end(self):
        """Whether the other side closes without saying more."""
        return self.read_record() is None


def fetch(address, target, **options):
    with Connection(address) as c:
        c.send(whole_request(target, **options))
        return c.read_answer(options.get("request_id", 1)).parse()
