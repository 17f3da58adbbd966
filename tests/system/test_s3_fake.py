"""The fake bucket and the fake metadata service by themselves: what one
proves that lets everything pass?"""

import re
import time

import pytest

import client
import s3_client
import s3_fake
import s3_keys


@pytest.fixture
def bucket(fake_s3):
    fake_s3.put("b", b"a b", b"content")
    return s3_client.Bucket(fake_s3, "b")


def test_accepts_what_botocore_signs(bucket):
    for key in s3_keys.KEYS.values():
        bucket.put(key, key)
    for key in s3_keys.KEYS.values():
        assert bucket.get(key).body == key
    r = bucket.ask("GET", "/b?" + s3_client.encode_query(
        [("list-type", "2"), ("prefix", "year=")]))
    assert b"<Key>year=2024/month=01/part-0.csv</Key>" in r.body


def change(name, pattern, by):
    def changed(method, target, fields):
        return method, target, [
            (n, re.sub(pattern, by, v, 1) if n.lower() == name else v)
            for n, v in fields]
    return changed


def without(name):
    return lambda method, target, fields: (
        method, target, [f for f in fields if f[0].lower() != name])


TAMPERED = {
    "signature": (change("authorization", "Signature=.{5}",
                         "Signature=00000"), "SignatureDoesNotMatch"),
    "key": (change("authorization", "AKFAKE", "AKFAKF"),
            "InvalidAccessKeyId"),
    "region": (change("authorization", "us-east-1", "us-east-2"),
               "AuthorizationHeaderMalformed"),
    "service": (change("authorization", "/s3/", "/sts/"),
                "SignatureDoesNotMatch"),
    "day": (change("authorization", "/20[0-9]{6}/", "/20200101/"),
            "SignatureDoesNotMatch"),
    "time": (change("x-amz-date", "Z", "0Z"), "AccessDenied"),
    "hash": (change("x-amz-content-sha256", "^.{8}", "00000000"),
             "SignatureDoesNotMatch"),
    "host": (change("host", "127.0.0.1", "localhost"),
             "SignatureDoesNotMatch"),
    "host is not signed": (change("authorization", "host;", ""),
                           "AccessDenied"),
    "date is not signed": (change("authorization", ";x-amz-date", ""),
                           "AccessDenied"),
    "range": (change("range", "0-1", "0-9"), "SignatureDoesNotMatch"),
    "unsigned": (without("authorization"), "AccessDenied"),
    "without a hash": (without("x-amz-content-sha256"), "InvalidRequest"),
    "one more of Amazon's": (lambda m, t, f: (m, t, [
        *f, ("X-Amz-Acl", "public-read")]), "AccessDenied"),
    "method": (lambda m, t, f: ("DELETE", t, f), "SignatureDoesNotMatch"),
    "path": (lambda m, t, f: (m, t + "c", f), "SignatureDoesNotMatch"),
    "path, otherwise encoded": (lambda m, t, f: (m, t.replace("a", "%61"), f),
                                "InvalidURI"),
    "path, lower case": (lambda m, t, f: (m, "/b/a%2b", f), "InvalidURI"),
    "query": (lambda m, t, f: (m, t + "?acl=", f), "SignatureDoesNotMatch"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_refuses_what_is_tampered_with(bucket, fake_s3, name):
    tamper, code = TAMPERED[name]
    method, target = "GET", bucket.path(b"a b")
    fields = bucket.sign(method, target, [("Range", "bytes=0-1")])
    r = client.request(bucket.address, method, target, fields)
    assert (r.status, r.body) == (206, b"co")
    method, target, fields = tamper(method, target, fields)
    r = client.request(bucket.address, method, target, fields)
    assert b"<Code>%s<" % code.encode() in r.body, r
    assert fake_s3.count(code=code) == 1


def test_refuses_another_content(bucket):
    target = bucket.path(b"x")
    fields = bucket.sign("PUT", target, body=b"one")
    r = client.request(bucket.address, "PUT", target, fields, b"two")
    assert b"XAmzContentSHA256Mismatch" in r.body


@pytest.mark.parametrize("offset_s, code", [
    (0, None), (14 * 60, None), (-14 * 60, None),
    (16 * 60, "RequestTimeTooSkewed"), (-16 * 60, "RequestTimeTooSkewed")])
def test_clock(bucket, fake_s3, offset_s, code):
    fake_s3.clock_offset_s = offset_s
    bucket.get(b"a b")
    assert fake_s3.seen[-1].code == code


def test_session_token(fake_s3):
    fake_s3.put("b", b"k", b"content")
    fake_s3.access_key_id = "ASIA1"
    try:
        fake_s3.know("ASIA1", "s", "token", time.time() + 60)
        for token, code in (("token", None), ("other", "InvalidToken"),
                            (None, "InvalidToken")):
            s3_client.Bucket(fake_s3, "b", "s", token).get(b"k")
            assert fake_s3.seen[-1].code == code
        fake_s3.know("ASIA1", "s", "token", time.time() - 1)
        s3_client.Bucket(fake_s3, "b", "s", "token").get(b"k")
        assert fake_s3.seen[-1].code == "ExpiredToken"
    finally:
        del fake_s3.access_key_id


def test_conditions(bucket, fake_s3):
    tag = bucket.head(b"a b").get("ETag")
    modified = bucket.head(b"a b").get("Last-Modified")
    for name, value, status in (
            ("If-None-Match", tag, 304), ("If-None-Match", "W/" + tag, 200),
            ("If-None-Match", '"x", ' + tag, 304), ("If-Match", tag, 200),
            ("If-Match", '"x"', 412), ("If-Modified-Since", modified, 304),
            ("Range", "bytes=0-0", 206), ("Range", "bytes=-3", 206),
            ("Range", "bytes=7-", 416)):
        assert bucket.get(b"a b", [(name, value)]).status == status, value


def test_script(bucket, fake_s3):
    fake_s3.script[b"a b"] = [s3_fake.SLOW_DOWN, s3_fake.moved_to("eu-1")]
    assert [bucket.get(b"a b").status for n in range(3)] == [503, 301, 200]
    fake_s3.may_list = False
    assert bucket.get(b"missing").status == 403


def call(metadata, method, path, fields=()):
    return client.request(("127.0.0.1", metadata.port), method, path,
                          [("Content-Length", "0"), *fields])


def test_instance_metadata(fake_metadata):
    m = fake_metadata
    assert call(m, "GET", m.ROLES).status == 401
    assert call(m, "PUT", m.TOKEN).status == 400
    ttl = ("X-aws-ec2-metadata-token-ttl-seconds", "60")
    token = call(m, "PUT", m.TOKEN, [ttl]).body.decode()
    session = [("X-aws-ec2-metadata-token", token)]
    assert call(m, "GET", m.ROLES, session).body.decode() == m.ROLE
    first = call(m, "GET", m.ROLES + m.ROLE, session).json()
    assert first == call(m, "GET", m.ROLES + m.ROLE, session).json()
    m.fake.put("b", b"k", b"content")
    m.fake.access_key_id = first["AccessKeyId"]
    try:
        b = s3_client.Bucket(m.fake, "b", first["SecretAccessKey"],
                             first["Token"])
        assert b.get(b"k").body == b"content"
    finally:
        del m.fake.access_key_id
    m.sessions[token] = 0
    assert call(m, "GET", m.ROLES, session).status == 401
    assert (m.calls[m.TOKEN], m.calls[m.ROLES]) == (2, 3)


def test_container_metadata(fake_metadata):
    m = fake_metadata
    assert call(m, "GET", m.CONTAINER).status == 401
    who = [("Authorization", m.container_token)]
    first = call(m, "GET", m.CONTAINER, who).json()
    m.renew_s = m.lifetime_s + 1
    assert call(m, "GET", m.CONTAINER, who).json() != first
    m.refusing = True
    assert call(m, "GET", m.CONTAINER, who).status == 503
    m.down = True
    with pytest.raises((EOFError, ConnectionError)):
        call(m, "GET", m.CONTAINER, who)
