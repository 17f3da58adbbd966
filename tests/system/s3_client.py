"""Objects put, read and removed straight at a bucket's server.

Signed by botocore, which shares no line with our own signer; sent over the
tests' raw client, so that a key is the bytes the test says.
"""

import re
import urllib.parse

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import client

KEY_SAFE = "-._~/"  # what S3 leaves as it is in a path


def encode(key, safe=KEY_SAFE):
    return urllib.parse.quote(key if isinstance(key, bytes)
                              else key.encode(), safe=safe)


def encode_query(pairs):
    return "&".join("%s=%s" % (encode(n, "-._~"), encode(v, "-._~"))
                    for n, v in pairs)


def read_list(xml):
    """Keys and common prefixes of a list with encoding-type=url, as bytes.
    radosgw escapes for XML what is escaped for URLs."""
    text = xml.decode().replace("&apos;", "'")
    prefixes = re.findall("<CommonPrefixes><Prefix>([^<]*)</Prefix>", text)
    keys = re.findall("<Key>([^<]*)</Key>", text)
    return [[urllib.parse.unquote_to_bytes(k.replace("+", " "))
             for k in found] for found in (keys, prefixes)]


class Signer(S3SigV4Auth):
    """botocore's, but that the content's hash may be what we say."""

    hash = None

    def payload(self, request):
        return self.hash or super().payload(request)


class Bucket:
    """One bucket of a server, path style."""

    def __init__(self, server, name, secret=None, token=None):
        self.server, self.name = server, name
        self.address = ("127.0.0.1", server.port)
        self.host = "127.0.0.1:%d" % server.port
        self.credentials = Credentials(
            server.access_key_id, secret or server.secret_access_key, token)

    def path(self, key):
        return "/%s/%s" % (self.name, encode(key))

    def sign(self, method, target, fields=(), body=b"", hash=None):
        """All fields to send, Host and Authorization among them."""
        request = AWSRequest(method, "http://" + self.host + target,
                             data=body or None)
        for name, value in fields:
            request.headers[name] = value
        signer = Signer(self.credentials, "s3", self.server.region)
        signer.hash = hash
        signer.add_auth(request)
        return [("Host", self.host), *request.headers.items()]

    def ask(self, method, target, fields=(), body=b""):
        sent = self.sign(method, target, fields, body)
        return client.request(self.address, method, target, sent,
                              body if body or method in ("PUT", "POST")
                              else None)

    def create(self):
        r = self.ask("PUT", "/" + self.name)
        assert r.status in (200, 409), r
        return self

    def put(self, key, body=b"", fields=()):
        """Returns the bucket's strong entity tag."""
        r = self.ask("PUT", self.path(key), fields, body)
        assert r.status == 200, (key, r)
        return r.get("ETag")

    def put_pieces(self, key, size_bytes, pieces, patience=300):
        """Content that is made while it is sent."""
        target = self.path(key)
        fields = self.sign("PUT", target, hash="UNSIGNED-PAYLOAD")
        with client.Connection(self.address, patience) as c:
            c.send_head("PUT", target, [
                *fields, ("Content-Length", str(size_bytes))])
            for piece in pieces:
                c.socket.sendall(piece)
            r = c.read_response("PUT")
        assert r.status == 200, r

    def get(self, key, fields=()):
        return self.ask("GET", self.path(key), fields)

    def head(self, key, fields=()):
        return self.ask("HEAD", self.path(key), fields)

    def delete(self, key):
        r = self.ask("DELETE", self.path(key))
        assert r.status == 204, r

    def list(self, prefix=b"", page=1000):
        """All keys, as bytes."""
        keys, token = [], None
        while True:
            query = [("encoding-type", "url"), ("list-type", "2"),
                     ("max-keys", str(page)), ("prefix", prefix)]
            if token:
                query.insert(0, ("continuation-token", token))
            r = self.ask("GET", "/%s?%s" % (self.name, encode_query(query)))
            assert r.status == 200, r
            keys += read_list(r.body)[0]
            text = r.body.decode()
            more = re.search("<NextContinuationToken>([^<]*)<", text)
            if not more:
                return keys
            assert more[1] != token
            token = more[1]

    def allow_reading(self):
        """Anybody may read objects; nobody but the owner may list them."""
        policy = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
                  '"Principal":"*","Action":"s3:GetObject",'
                  '"Resource":"arn:aws:s3:::%s/*"}]}' % self.name)
        r = self.ask("PUT", "/%s?policy=" % self.name, body=policy.encode())
        assert r.status in (200, 204), r
