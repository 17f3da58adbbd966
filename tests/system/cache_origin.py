"""An origin that says what a test has written down for it: a URL has a list
of answers, the first for the first question, the last for all that follow.
What it was asked is remembered.

Answers are written by hand to the socket, so that each byte is a test's."""

import re
import socket
import threading
import time
from email.utils import formatdate

from origins import Reader, Request

TEXT = b"abcdefghijklmnopqrstuvwxyz"


def field_pair(text, now=None):
    """`Name: value`; without a name it is Cache-Control.  @+10 is the date
    ten seconds after `now`."""
    name, colon, value = text.partition(": ")
    if not colon:
        name, value = "Cache-Control", text
    if now is not None:
        value = re.sub(r"@([+-]?\d+)", lambda m: formatdate(
            now + int(m.group(1)), usegmt=True), value)
    return name, value


class Answer:
    def __init__(self, *fields, status=200, body=None, length=None,
                 chunked=False, until_close=False, date=True, cut=None,
                 drop=False, interim=None, slow=0, kind="text/plain"):
        self.fields, self.status, self.body = fields, status, body
        self.length = length        # what Content-Length says
        self.chunked = chunked
        self.until_close = until_close
        self.date = date            # with a Date of its own, if it has none
        self.cut = cut              # so many bytes of the body, and no more
        self.drop = drop            # no answer: the connection is closed
        self.interim = interim      # a status before the real one
        self.slow = slow            # seconds of thought
        self.kind = kind

    def has_body(self):
        return self.status >= 200 and self.status not in (204, 304)


class Asked:
    """A question and what was given for it."""

    def __init__(self, request, answer, body):
        self.request, self.answer, self.body = request, answer, body


class Script:
    def __init__(self, answers, now, here):
        self.answers, self.now, self.here = answers, now, here
        self.asked = []


class ScriptedOrigin:
    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % self.port
        self.scripts = {}
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.socket.close()

    def script(self, path, answers, now, here):
        """`here` is what {here} in a field stands for."""
        with self.lock:
            self.scripts[path] = Script(answers, now, here)

    def asked(self, path):
        with self.lock:
            return list(self.scripts[path].asked)

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(connection)
        try:
            while True:
                request = Request(reader)
                request.read_body(reader)
                if not self._answer(connection, request):
                    return
        except (EOFError, ConnectionError, ValueError):
            pass
        finally:
            connection.close()

    def _next(self, request):
        """The answer that is due, its number in its body."""
        with self.lock:
            script = self.scripts.get(request.path)
            if script is None:
                return None, None
            number = len(script.asked) + 1
            answer = script.answers[min(number, len(script.answers)) - 1]
            body = answer.body
            if body is None:
                body = b"%s, number %d\n" % (request.path.encode(), number)
            asked = Asked(request, answer, body if answer.has_body() else b"")
            script.asked.append(asked)
            return asked, script

    def _answer(self, connection, request):
        asked, script = self._next(request)
        if asked is None:
            connection.sendall(b"HTTP/1.1 599 Nothing written down\r\n"
                               b"Content-Length: 0\r\n\r\n")
            return True
        answer, body = asked.answer, asked.body
        if answer.slow:
            time.sleep(answer.slow)
        if answer.drop:
            return False
        connection.sendall(self._head(answer, body, script))
        if request.method == "HEAD":
            return not answer.until_close
        if answer.cut is not None:
            body = body[:answer.cut]
        if answer.chunked:
            body = b"%x\r\n%s\r\n" % (len(body), body)
            if answer.cut is None:
                body += b"0\r\n\r\n"
        connection.sendall(body)
        return answer.cut is None and not answer.until_close

    @staticmethod
    def _head(answer, body, script):
        fields = [field_pair(f.replace("{here}", script.here), script.now)
                  for f in answer.fields]
        names = {name.lower() for name, _ in fields}
        lines = ["HTTP/1.1 %d Because" % answer.status]
        if answer.interim:
            lines = ["HTTP/1.1 %d Early" % answer.interim,
                     "Link: </early>; rel=preload", "", *lines]
        if answer.date and "date" not in names:
            lines.append("Date: " + formatdate(usegmt=True))
        if answer.has_body():
            if "content-type" not in names:
                lines.append("Content-Type: " + answer.kind)
            if answer.chunked:
                lines.append("Transfer-Encoding: chunked")
            elif not answer.until_close:
                lines.append("Content-Length: %d" % (
                    len(body) if answer.length is None else answer.length))
        lines += ["%s: %s" % f for f in fields]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
