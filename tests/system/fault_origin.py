"""Origins that do one thing wrong, each in its own way.

A way to misbehave is a function of a Peer: one connection, with what it takes
to break off, to hold on and to lie.  Ways are put together from smaller ones:
`after_request(sends(b"HTTP/1."), closes)`.
"""

import collections
import contextlib
import select
import socket
import ssl
import threading

import origins

BODY = origins.pattern(50000)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
# How long the web server is given to pass on what it has of a response.
PASSED_ON_S = 0.3
# The longest that a connection is held.
HOLD_S = 60


class Gone(Exception):
    """The other side closed, or the test is over."""


class Peer:
    def __init__(self, origin, connection):
        self.origin, self.connection = origin, connection
        self.reader = origins.Reader(connection)

    def request(self):
        """Reads one whole.  It counts once its head is there: from then on
        it may be done."""
        request = origins.Request(self.reader)
        self.origin.note(request)
        request.read_body(self.reader)
        return request

    def send(self, data):
        self.connection.sendall(data)

    def hold(self, seconds=HOLD_S):
        """Keeps still, whatever comes in; raises Gone when nobody listens
        any more."""
        poll = select.poll()
        poll.register(self.connection, select.POLLRDHUP)
        poll.register(self.origin.over, select.POLLIN)
        if poll.poll(seconds * 1000):
            raise Gone

    def await_byte(self):
        """Something comes in, and is left there."""
        select.select([self.connection, self.origin.over], [], [], HOLD_S)
        if not self.connection.recv(1, socket.MSG_PEEK):
            raise EOFError

    def close(self):
        """In the middle of TLS it is not said that this is the end."""
        self.connection.close()
        raise Gone

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   b"\1\0\0\0\0\0\0\0")
        self.close()

    def answer(self, request, body=b"whole\n", status="200 OK", fields=()):
        origins.Origin.answer(self.connection, request, body, status, fields)


class Server:
    """Listens, and behaves as `way` does.

    requests: how often each query's id was asked for, over all connections
    connections: how many were made
    held: how many there are
    struck: how often the way was gone to its end, where that is rare
    """

    def __init__(self, way, context=None, scheme=None, receive_bytes=None):
        self.way, self.context = way, context
        self.requests = collections.Counter()
        self.connections = self.held = self.struck = 0
        self.lock = threading.Lock()
        self.over, self.end = socket.socketpair()
        self.receive_bytes, self.port = receive_bytes, 0
        self.open()
        self.url = "%s://127.0.0.1:%d" % (
            scheme or ("https" if context else "http"), self.port)

    def open(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                   self.receive_bytes)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.listen(512)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.socket,),
                         daemon=True).start()

    def close(self):
        self.end.close()
        self.refuse()

    def refuse(self):
        # Wakes the thread that accepts, which closing alone does not.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def note(self, request):
        with self.lock:
            self.requests[request.query.get("id")] += 1

    def _accept(self, listening):
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.held += 1
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def _serve(self, connection):
        try:
            connection.settimeout(HOLD_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context is not None:
                connection = self.context.wrap_socket(connection,
                                                      server_side=True)
            self.way(Peer(self, connection))
        except (Gone, EOFError, OSError, ValueError):
            pass
        finally:
            connection.close()
            with self.lock:
                self.held -= 1


def server_context(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


# Ways.

def steps(*ways):
    def way(peer):
        for one in ways:
            one(peer)
    return way


def closes(peer):
    peer.close()


def resets(peer):
    peer.reset()


def goes_away(peer):
    """Nobody is let in from now on."""
    peer.origin.refuse()
    peer.reset()


def holds(peer):
    peer.hold()


def reads(peer):
    peer.request()


def awaits_byte(peer):
    peer.await_byte()


def pauses(peer):
    peer.hold(PASSED_ON_S)


def sends(data):
    return lambda peer: peer.send(data)


def trickles(data, seconds):
    """A byte each time."""
    def way(peer):
        for at in range(len(data)):
            peer.send(data[at:at + 1])
            peer.hold(seconds)
    return way


def forever(data):
    def way(peer):
        while True:
            peer.send(data)
    return way


def after_request(*ways):
    return steps(reads, *ways)


def answers(peer):
    """What a healthy one does, for as long as it is asked."""
    while True:
        peer.answer(peer.request())


def unwell(times):
    """So many answers are 503, then it is well."""
    left = [times]

    def way(peer):
        while True:
            request = peer.request()
            with peer.origin.lock:
                ill = left[0] > 0
                left[0] -= ill
            if ill:
                peer.answer(request, b"ill\n", "503 Service Unavailable",
                            [("Retry-After", "7")])
            else:
                peer.answer(request)
    way.falls_ill = lambda: left.__setitem__(0, times)
    return way


def answers_and_adds(surplus, late_s=None):
    """One answer as it should be, with more bytes behind it, at once or when
    the connection is idle."""
    def way(peer):
        while True:
            request = peer.request()
            if late_s is None:
                peer.send(OK + b"Content-Length: 6\r\n\r\nwhole\n" + surplus)
            else:
                peer.answer(request)
                peer.hold(late_s)
                peer.send(surplus)
            with peer.origin.lock:
                peer.origin.struck += 1
    return way


def kept(*then):
    """One answer on a connection that seems to be kept, and then..."""
    def way(peer):
        peer.answer(peer.request())
        peer.await_byte()
        with peer.origin.lock:
            peer.origin.struck += 1
        steps(*then)(peer)
    return way


def frail(crowd):
    """Answers when so many ask at once, over as many connections.  A
    "poison" in the query costs the connection that it comes on, a "late" one
    that was used before."""
    together = threading.Barrier(crowd)

    def way(peer):
        used = False
        while True:
            request = peer.request()
            if "poison" in request.query or (used and
                                             "late" in request.query):
                peer.close()
            if "late" not in request.query:
                together.wait(HOLD_S)
            peer.answer(request)
            used = True
    return way


def leaves_with_the_answer(peer):
    """The last byte and the end come together."""
    request = peer.request()
    answer = OK + b"Content-Length: 6\r\n\r\n"
    if request.method != "HEAD":
        answer += b"whole\n"
    peer.connection.send(answer, socket.MSG_MORE)
    peer.connection.shutdown(socket.SHUT_WR)
    with peer.origin.lock:
        peer.origin.struck += 1
    peer.hold(1)
