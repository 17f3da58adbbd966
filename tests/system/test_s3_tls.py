"""A private bucket over https: as easy as over http, and its server is known
by its certificate."""

import os
import ssl

import pytest

import s3_fake
import s3_gate
from tls import Authority

pytestmark = pytest.mark.short

BUCKET = "fp-tls-bucket"

RULES = """\
[defaults]
s3_region = us-east-1

[credentials]
access_key_id     = {key}
secret_access_key = {secret}

[path]
path        = /path
origin      = s3://{bucket}/site
s3_endpoint = https://127.0.0.1:{port}
tls_ca_file = {ca}
methods     = GET, HEAD, PUT

[host]
path          = /host
origin        = s3://{bucket}/site
s3_endpoint   = https://s3.localhost:{port}
s3_path_style = no
tls_ca_file   = {ca}

[stranger]
path        = /stranger
origin      = s3://{bucket}/site
s3_endpoint = https://127.0.0.1:{port}
"""


class TlsS3(s3_fake.FakeS3):
    def __init__(self, cert, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.names = []
        self.context.sni_callback = (
            lambda connection, name, context: self.names.append(name))
        super().__init__()

    def _serve(self, connection):
        try:
            secured = self.context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return
        super()._serve(secured)


@pytest.fixture(scope="module")
def bucket(site):
    folder = os.path.join(site.folder, "s3-tls")
    os.makedirs(folder)
    authority = Authority(folder, "storage")
    fake = TlsS3(*authority.sign(
        "s3", "DNS:s3.localhost,DNS:*.s3.localhost,IP:127.0.0.1"))
    fake.ca = authority.file
    fake.put(BUCKET, "site/index.html", b"<title>home</title>")
    fake.put(BUCKET, "site/a b", b"content")
    yield fake
    fake.close()


@pytest.fixture
def gate(site, folder, bucket):
    gate = s3_gate.Gate(site, folder, RULES.format(
        bucket=BUCKET, port=bucket.port, ca=bucket.ca,
        key=bucket.access_key_id, secret=bucket.secret_access_key), {},
        secret=(BUCKET,))
    yield gate
    gate.stop()


@pytest.mark.parametrize("route", ["/path", "/host"])
def test_a_private_bucket(gate, bucket, route):
    for target, body in (("/", b"<title>home</title>"), ("/a%20b", b"content")):
        r = gate.get(route + target)
        assert (r.status, r.body) == (200, body)
    assert bucket.count(code=None) >= 2  # every signature was right


def test_the_bucket_is_part_of_the_name(gate, bucket):
    bucket.names.clear()
    assert gate.get("/host/a%20b").status == 200
    assert bucket.names == [BUCKET + ".s3.localhost"]


def test_writing(gate, bucket):
    assert gate.ask("PUT", "/path/new", body=b"news").status == 200
    assert gate.get("/path/new").body == b"news"


def test_a_strange_authority(gate, bucket):
    before = len(bucket.seen)
    r = gate.get("/stranger/")
    assert r.status == 502
    assert "tls_certificate_error" in r.get("Proxy-Status")
    assert len(bucket.seen) == before
    assert "tls_ca_file" in gate.log()
