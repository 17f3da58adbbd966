"""The bucket servers by themselves: what the tests of buckets build on.

A real server keeps every key of the table, verifies signatures, and says what
it refuses.
"""

import hashlib

import pytest

import client
import s3_client
import s3_keys

SERVERS = ("radosgw", "swift")


@pytest.fixture(params=SERVERS)
def bucket(request, s3_server):
    return s3_client.Bucket(s3_server(request.param), "by-itself").create()


def content(key):
    return hashlib.sha256(key).hexdigest().encode()


def test_every_key(bucket):
    for key in s3_keys.KEYS.values():
        bucket.put(key, content(key))
    assert set(bucket.list()) >= set(s3_keys.KEYS.values())
    for key in s3_keys.KEYS.values():
        r = bucket.get(key)
        assert (r.status, r.body) == (200, content(key)), (key, r)


def test_delete(bucket):
    bucket.put(b"short-lived", b"1")
    bucket.delete(b"short-lived")
    assert bucket.get(b"short-lived").status == 404


def test_who_signs_otherwise_is_refused(bucket):
    bucket.put(b"refused", b"1")
    wrong = s3_client.Bucket(bucket.server, bucket.name, secret="wrong")
    r = wrong.get(b"refused")
    assert (r.status, b"SignatureDoesNotMatch" in r.body) == (403, True)
    target = bucket.path(b"refused")
    fields = bucket.sign("GET", target)
    other = bucket.path(b"other")
    assert client.request(bucket.address, "GET", other, fields).status == 403
    assert client.request(bucket.address, "GET", target, fields).status == 200


def test_virtual_host(bucket):
    bucket.put(b"by host", b"1")
    bucket.host = "%s.%s:%d" % (bucket.name, bucket.server.domain,
                                bucket.server.port)
    assert bucket.ask("GET", "/by%20host").body == b"1"
