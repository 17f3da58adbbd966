"""A bucket's server and a metadata service in the test's own process.

FakeS3 checks every signature with botocore's code, which computes the
canonical request anew from the request line and the fields as they came.  It
answers as S3 documents it, or as the test scripts it, and remembers what it
saw.  FakeMetadata gives out keys that end: IMDSv2 and the container endpoint.
"""

import calendar
import contextlib
import datetime
import email.utils
import gzip
import hashlib
import hmac
import json
import re
import socket
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import origins

SKEW_S = 15 * 60
UNSIGNED = "UNSIGNED-PAYLOAD"


class Refusal(Exception):
    """An error of S3's own, with the elements of its XML."""

    def __init__(self, status, code, message="", fields=(), **elements):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message
        self.fields, self.elements = list(fields), elements


class Signature(S3SigV4Auth):
    """botocore's computations over what came, all of what is named."""

    def headers_to_sign(self, request):
        return request.headers


def canonical_path(path):
    return urllib.parse.quote(urllib.parse.unquote_to_bytes(path),
                              safe="-._~/")


def canonical_query(query):
    pairs = []
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        pairs.append(tuple(
            urllib.parse.quote(urllib.parse.unquote_to_bytes(
                text.replace("+", " ")), safe="-._~")
            for text in (name, value)))
    return "&".join("%s=%s" % pair for pair in sorted(pairs))


def server_time(offset_s=0):
    return time.time() + offset_s


class Object:
    def __init__(self, body, fields=(), modified_s=None):
        self.body, self.fields = body, list(fields)
        self.etag = '"%s"' % hashlib.md5(body).hexdigest()
        self.modified_s = int(modified_s or time.time())


class Seen:
    """A request, and what became of it."""

    def __init__(self, request):
        self.method, self.target = request.method, request.target
        self.fields, self.body = request.fields, request.body
        self.path, _, self.query = self.target.partition("?")
        self.bucket = self.key = None
        self.access_key_id = None
        self.status = self.code = None
        self.at_s = time.monotonic()

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def names(self):
        return {n.lower() for n, _ in self.fields}

    def __repr__(self):
        return "<%s %s: %s %s>" % (self.method, self.target, self.status,
                                   self.code)


class Listener:
    """Accepts connections, a thread each, until it is closed."""

    def __init__(self):
        self.connections = set()
        self.lock = threading.RLock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.socket.close()
        self.cut()

    def cut(self):
        """Closes what is open."""
        with self.lock:
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = origins.Reader(connection)
        try:
            while True:
                request = origins.Request(reader)
                request.read_body(reader)
                if self.serve(connection, request) is False:
                    return
        except (EOFError, OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.connections.discard(connection)
            connection.close()


class FakeS3(Listener):
    """`objects`: {bucket: {key: Object}}.  `script`: {key: answer}, where an
    answer is a Refusal or a function of (fake, connection, seen), or a list
    of these, one for each request and then the object.  `domain`: buckets are
    also BUCKET.domain."""

    access_key_id = "AKFAKE"
    secret_access_key = "fake/secret+with/all=of=it"

    def __init__(self, region="us-east-1", domain="s3.localhost"):
        self.region, self.domain = region, domain
        self.objects = {}
        self.keys = {}  # access key id: (secret, token, its end or None)
        self.may_list = True
        self.public = False  # who signs nothing may read
        self.clock_offset_s = 0
        self.script = {}
        self.seen = []
        self.know(self.access_key_id, self.secret_access_key)
        super().__init__()

    @property
    def endpoint(self):
        return self.url

    # What a test sets.

    def know(self, access_key_id, secret, token=None, ends_s=None):
        self.keys[access_key_id] = (secret, token, ends_s)

    def put(self, bucket, key, body=b"", fields=()):
        key = key if isinstance(key, bytes) else key.encode()
        return self.objects.setdefault(bucket, {}).setdefault(
            key, Object(body, fields))

    def clear(self):
        """As new, but for the port."""
        with self.lock:
            self.objects, self.script, self.seen = {}, {}, []
            self.keys = {}
        self.may_list, self.public, self.clock_offset_s = True, False, 0
        self.know(self.access_key_id, self.secret_access_key)

    def count(self, **wanted):
        """Requests like that: count(code="AccessDenied", method="GET")."""
        with self.lock:
            return sum(all(getattr(seen, n) == v for n, v in wanted.items())
                       for seen in self.seen)

    # Who asks?

    def verify(self, seen):
        """Refuses what is not signed as it should be."""
        now_s = server_time(self.clock_offset_s)
        if self.public and not any(
                n.startswith("x-amz-") or n == "authorization"
                for n in seen.names()):
            return
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^, ]+), *"
            r"SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})",
            seen.get("Authorization") or "")
        if not found:
            raise Refusal(403, "AccessDenied", "Access Denied")
        credential, names, signature = found.groups()
        access_key_id, day, region, service, last = credential.rsplit("/", 4)
        seen.access_key_id = access_key_id
        names = names.split(";")
        if access_key_id not in self.keys:
            raise Refusal(403, "InvalidAccessKeyId", "Unknown key",
                          AWSAccessKeyId=access_key_id)
        secret, token, ends_s = self.keys[access_key_id]
        self.verify_names(seen, names)
        self.verify_time(seen, day, now_s)
        if (service, last) != ("s3", "aws4_request"):
            raise Refusal(403, "SignatureDoesNotMatch", "scope")
        if region != self.region:
            raise Refusal(400, "AuthorizationHeaderMalformed",
                          "the region '%s' is wrong; expecting '%s'" % (
                              region, self.region), Region=self.region)
        if not hmac.compare_digest(
                self.signature(seen, names, secret, region), signature):
            raise Refusal(403, "SignatureDoesNotMatch",
                          "The request signature we calculated does not "
                          "match", AWSAccessKeyId=access_key_id,
                          StringToSign="...")
        self.verify_hash(seen)
        if token and seen.get("X-Amz-Security-Token") != token:
            raise Refusal(403, "InvalidToken", "no such token")
        if ends_s is not None and time.time() > ends_s:
            raise Refusal(400, "ExpiredToken",
                          "The provided token has expired.")

    @staticmethod
    def verify_names(seen, names):
        """Host and all of Amazon's own have to be among what is signed, once
        each, and sorted."""
        must = {"host"} | {n for n in seen.names() if n.startswith("x-amz-")}
        if names != sorted(set(names)) or not must <= set(names):
            raise Refusal(403, "AccessDenied", "not all of %s is signed: %s"
                          % (sorted(must), names))
        for name in ("host", "authorization", "x-amz-date",
                     "x-amz-content-sha256"):
            if len(seen.all(name)) != 1:
                raise Refusal(400, "InvalidRequest", "%s: %d times" % (
                    name, len(seen.all(name))))

    @staticmethod
    def verify_time(seen, day, now_s):
        stamp = seen.get("X-Amz-Date")
        try:
            signed_s = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
        except ValueError:
            raise Refusal(403, "AccessDenied", "no time") from None
        if stamp[:8] != day:
            raise Refusal(403, "SignatureDoesNotMatch", "another day")
        if abs(now_s - signed_s) > SKEW_S:
            at = datetime.datetime.utcfromtimestamp(now_s)
            raise Refusal(403, "RequestTimeTooSkewed",
                          "The difference between the request time and the "
                          "current time is too large.",
                          RequestTime=stamp,
                          ServerTime=at.strftime("%Y-%m-%dT%H:%M:%SZ"))

    @staticmethod
    def signature(seen, names, secret, region):
        target = canonical_path(seen.path)
        if seen.query:
            target += "?" + canonical_query(seen.query)
        request = AWSRequest(seen.method, "http://" + seen.get("Host") +
                             target)
        for name in names:
            for value in seen.all(name):
                request.headers[name] = value
        request.context["timestamp"] = seen.get("X-Amz-Date")
        by = Signature(Credentials("unused", secret), "s3", region)
        text = by.string_to_sign(request, by.canonical_request(request))
        return by.signature(text, request)

    @staticmethod
    def verify_hash(seen):
        said = seen.get("X-Amz-Content-SHA256")
        if said not in (UNSIGNED, hashlib.sha256(seen.body).hexdigest()):
            raise Refusal(400, "XAmzContentSHA256Mismatch", "another content")

    # What is asked for?

    def place(self, seen):
        """Finds bucket and key; what S3 sent is to be what S3 would sign."""
        path = seen.path
        if path != canonical_path(path):
            raise Refusal(400, "InvalidURI", "not as it is signed: " + path)
        if seen.query != canonical_query(seen.query):
            raise Refusal(400, "InvalidURI", "not as it is signed: " +
                          seen.query)
        host = (seen.get("Host") or "").rsplit(":", 1)[0]
        raw = urllib.parse.unquote_to_bytes(path)
        if host.endswith("." + self.domain):
            seen.bucket, seen.key = host[:-len(self.domain) - 1], raw[1:]
        else:
            name, _, seen.key = raw[1:].partition(b"/")
            seen.bucket = name.decode("latin-1")

    def serve(self, connection, request):
        seen = Seen(request)
        with self.lock:
            self.seen.append(seen)
        try:
            self.place(seen)
            answer = self.scripted(seen)
            self.verify(seen)
            if callable(answer):
                return answer(self, connection, seen)
            if answer:
                raise answer
            if seen.bucket not in self.objects:
                raise Refusal(404, "NoSuchBucket",
                              "The specified bucket does not exist",
                              BucketName=seen.bucket)
            return self.serve_object(connection, seen)
        except Refusal as refusal:
            return self.refuse(connection, seen, refusal)

    def scripted(self, seen):
        with self.lock:
            answer = self.script.get(seen.key)
            if isinstance(answer, list):
                return answer.pop(0) if answer else None
            return answer

    def serve_object(self, connection, seen):
        objects = self.objects[seen.bucket]
        if seen.method == "PUT":
            for n, v in seen.fields:
                if n.lower() == "content-encoding" and "aws-chunked" in v:
                    raise Refusal(501, "NotImplemented", v)
            kept = [(n, v) for n, v in seen.fields if n.lower() in (
                "content-type", "content-encoding", "cache-control")]
            objects[seen.key] = Object(seen.body, kept)
            return self.answer(connection, seen, 200, [
                ("ETag", objects[seen.key].etag)])
        if seen.method == "DELETE":
            objects.pop(seen.key, None)
            return self.answer(connection, seen, 204)
        if seen.method not in ("GET", "HEAD"):
            raise Refusal(405, "MethodNotAllowed", "no")
        if not seen.key:
            return self.serve_list(connection, seen)
        if seen.key not in objects:
            if self.may_list:
                raise Refusal(404, "NoSuchKey",
                              "The specified key does not exist.",
                              Key=seen.key.decode("utf-8", "replace"))
            raise Refusal(403, "AccessDenied", "Access Denied")
        return self.serve_found(connection, seen, objects[seen.key])

    def serve_list(self, connection, seen):
        if not self.may_list:
            raise Refusal(403, "AccessDenied", "Access Denied")
        query = dict(urllib.parse.parse_qsl(seen.query,
                                            keep_blank_values=True))
        prefix = query.get("prefix", "").encode()
        rows = "".join(
            "<Contents><Key>%s</Key><Size>%d</Size></Contents>" % (
                escape(key.decode("utf-8", "replace")), len(found.body))
            for key, found in sorted(self.objects[seen.bucket].items())
            if key.startswith(prefix))
        return self.answer(
            connection, seen, 200, [("Content-Type", "application/xml")],
            ('<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>'
             "<Name>%s</Name>%s</ListBucketResult>" % (
                 seen.bucket, rows)).encode())

    def serve_found(self, connection, seen, found):
        fields = [("ETag", found.etag),
                  ("Last-Modified", email.utils.formatdate(
                      found.modified_s, usegmt=True)),
                  ("Accept-Ranges", "bytes"), *found.fields]
        match, none = seen.get("If-Match"), seen.get("If-None-Match")
        since = seen.get("If-Modified-Since")
        if match and match != "*" and found.etag not in match:
            raise Refusal(412, "PreconditionFailed", "At least one of the "
                          "pre-conditions you specified did not hold",
                          Condition="If-Match")
        if none and (none == "*" or found.etag in tags(none)):
            return self.answer(connection, seen, 304, fields)
        if since and not none and found.modified_s <= calendar.timegm(
                email.utils.parsedate(since)):
            return self.answer(connection, seen, 304, fields)
        span = re.fullmatch(r"bytes=(\d*)-(\d*)", seen.get("Range") or "")
        if not span or span.group(0) == "bytes=-":
            return self.answer(connection, seen, 200, fields, found.body)
        size = len(found.body)
        first, last = span.groups()
        if first:
            begin, end = int(first), min(int(last or size), size - 1)
        else:
            begin, end = max(size - int(last), 0), size - 1
        if begin >= size:
            raise Refusal(416, "InvalidRange",
                          "The requested range is not satisfiable",
                          [("Content-Range", "bytes */%d" % size)],
                          ActualObjectSize=str(size))
        return self.answer(
            connection, seen, 206,
            [*fields, ("Content-Range", "bytes %d-%d/%d" % (
                begin, end, size))], found.body[begin:end + 1])

    # How it is said.

    def own_fields(self, seen):
        """What S3 adds to all its answers, and a gateway takes off."""
        return [("x-amz-id-2", "id2/of=" + (seen.bucket or "none")),
                ("x-amz-request-id", "REQUEST0ID"),
                ("x-amz-bucket-region", self.region),
                ("x-amz-meta-owner", "meta of " + (seen.bucket or "none")),
                ("Server", "AmazonS3")]

    def answer(self, connection, seen, status, fields=(), body=b"",
               length=True):
        seen.status = status
        head = ["HTTP/1.1 %d Because" % status,
                "Date: " + email.utils.formatdate(
                    server_time(self.clock_offset_s), usegmt=True)]
        names = {n.lower() for n, _ in fields}
        if body and "content-type" not in names:
            head.append("Content-Type: binary/octet-stream")
        if length and status not in (204, 304):
            head.append("Content-Length: %d" % len(body))
        own = [f for f in self.own_fields(seen) if f[0].lower() not in names]
        head += ["%s: %s" % f for f in [*own, *fields]]
        if seen.method == "HEAD" or status in (204, 304):
            body = b""
        connection.sendall("\r\n".join(head).encode("latin-1") +
                           b"\r\n\r\n" + body)

    def refuse(self, connection, seen, refusal):
        seen.code = refusal.code
        text = "".join("<%s>%s</%s>" % (n, escape(str(v)), n) for n, v in [
            ("Code", refusal.code), ("Message", refusal.message),
            *refusal.elements.items(), ("BucketName", seen.bucket),
            ("RequestId", "REQUEST0ID"), ("HostId", "id2/of=it")])
        return self.answer(
            connection, seen, refusal.status,
            [("Content-Type", "application/xml"), *refusal.fields],
            ('<?xml version="1.0" encoding="UTF-8"?>\n<Error>%s</Error>'
             % text).encode())


def tags(value):
    """Entity tags that are equal in S3's strong comparison: a weak one is
    equal to none."""
    return re.findall(r'(?:^|,)\s*("[^"]*")', value)


# Answers to script.

NO_SUCH_BUCKET = Refusal(404, "NoSuchBucket", "none")
ACCESS_DENIED = Refusal(403, "AccessDenied", "Access Denied")
SLOW_DOWN = Refusal(503, "SlowDown", "Please reduce your request rate.",
                    [("Retry-After", "7")])
INTERNAL_ERROR = Refusal(500, "InternalError", "We encountered an internal "
                         "error. Please try again.")
EXPIRED = Refusal(400, "ExpiredToken", "The provided token has expired.")


def moved_to(region):
    return Refusal(301, "PermanentRedirect", "another endpoint",
                   [("x-amz-bucket-region", region)],
                   Endpoint="fake.s3.%s.amazonaws.com" % region)


def verbatim(status, body, fields=()):
    """These bytes, whatever they are."""
    def answer(fake, connection, seen):
        return fake.answer(connection, seen, status, fields, body)
    return answer


def endless(status, head=b"<Error><Code>", piece=b"A" * 65536):
    """An error whose content never ends; until the other side has enough."""
    def answer(fake, connection, seen):
        fake.answer(connection, seen, status, [
            ("Content-Type", "application/xml"), ("Connection", "close")],
            head, length=False)
        connection.settimeout(20)
        try:
            while True:
                connection.sendall(piece)
        except OSError:
            seen.code = "closed"
        return False
    return answer


def cut_off(status=200, said_bytes=100000, body=b"x" * 1000):
    """Less than was said."""
    def answer(fake, connection, seen):
        fake.answer(connection, seen, status, [
            ("Content-Length", str(said_bytes))], body, length=False)
        return False
    return answer


def gzipped(body):
    return gzip.compress(body, mtime=0)


class FakeMetadata(Listener):
    """Keys for `fake`, good for lifetime_s; new ones are given out once what
    is there has less than renew_s left.

    `down`: connections end without an answer.  `refusing`: 503.  `delay_s`:
    before each answer.  `calls`: {path: how often it was asked for}."""

    ROLE = "web-role"
    ROLES = "/latest/meta-data/iam/security-credentials/"
    TOKEN = "/latest/api/token"
    CONTAINER = "/container/credentials"

    def __init__(self, fake, lifetime_s=3600, renew_s=None):
        self.fake, self.lifetime_s = fake, lifetime_s
        self.renew_s = lifetime_s / 2 if renew_s is None else renew_s
        self.down, self.refusing, self.delay_s = False, False, 0
        self.container_token = "container-secret"
        self.calls, self.seen = {}, []
        self.issued = []  # access key ids
        self.sessions = {}  # IMDSv2's tokens: their ends
        self.current = None
        super().__init__()

    def environment(self, kind):
        """For a program that is to ask us."""
        if kind == "instance":
            return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url}
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                self.url + self.CONTAINER,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": self.container_token}

    def credentials(self):
        now_s = time.time()
        with self.lock:
            if (self.current is None or
                    self.current["ends_s"] - now_s < self.renew_s):
                n = len(self.issued) + 1
                self.current = {
                    "id": "ASIAFAKE%04d" % n, "secret": "secret/%d+" % n,
                    "token": "token/%d+/==" % n,
                    # Whole seconds, as they are written.
                    "ends_s": int(now_s + self.lifetime_s)}
                self.issued.append(self.current["id"])
                self.fake.know(self.current["id"], self.current["secret"],
                               self.current["token"], self.current["ends_s"])
            return self.current

    def document(self):
        c = self.credentials()

        def stamp(at_s):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))
        return json.dumps({
            "Code": "Success", "LastUpdated": stamp(time.time()),
            "Type": "AWS-HMAC", "AccessKeyId": c["id"],
            "SecretAccessKey": c["secret"], "Token": c["token"],
            "Expiration": stamp(c["ends_s"])}).encode()

    def serve(self, connection, request):
        seen = Seen(request)
        with self.lock:
            self.seen.append(seen)
            self.calls[seen.path] = self.calls.get(seen.path, 0) + 1
        if self.down:
            return False
        if self.delay_s:
            time.sleep(self.delay_s)
        status, kind, body = self.respond(seen)
        seen.status = status
        fields = [("Content-Type", kind), ("Content-Length", len(body))]
        if seen.path == self.TOKEN and status == 200:
            fields.append(("X-aws-ec2-metadata-token-ttl-seconds",
                           seen.get("X-aws-ec2-metadata-token-ttl-seconds")))
        head = ["HTTP/1.1 %d Because" % status]
        head += ["%s: %s" % f for f in fields]
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return None

    def respond(self, seen):
        if self.refusing:
            return 503, "text/html", b"<h1>down</h1>"
        if seen.path == self.CONTAINER and seen.method == "GET":
            if seen.get("Authorization") != self.container_token:
                return 401, "text/plain", b"who?"
            return 200, "application/json", self.document()
        if seen.path == self.TOKEN:
            return self.respond_token(seen)
        if not seen.path.startswith(self.ROLES) or seen.method != "GET":
            return 404, "text/plain", b"no"
        # No session: IMDSv1, which a careful administrator switches off.
        session = seen.get("X-aws-ec2-metadata-token")
        if self.sessions.get(session, 0) < time.time():
            return 401, "text/html", b"<h1>unauthorized</h1>"
        if seen.path == self.ROLES:
            return 200, "text/plain", self.ROLE.encode()
        if seen.path == self.ROLES + self.ROLE:
            return 200, "text/plain", self.document()
        return 404, "text/plain", b"no"

    def respond_token(self, seen):
        ttl = seen.get("X-aws-ec2-metadata-token-ttl-seconds") or ""
        if seen.method != "PUT":
            return 405, "text/plain", b"PUT it"
        if not ttl.isdigit() or not 1 <= int(ttl) <= 21600:
            return 400, "text/plain", b"how long?"
        # What came through a proxy is not the machine's own.
        if seen.get("X-Forwarded-For"):
            return 403, "text/plain", b"no"
        with self.lock:
            session = "session-%d==" % (len(self.sessions) + 1)
            self.sessions[session] = time.time() + int(ttl)
        return 200, "text/plain", session.encode()
