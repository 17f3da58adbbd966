"""The demonstration's private bucket: Ceph's S3 gateway, where it is installed.

bucket.py FOLDER FILES READY
    Starts a monitor, a store in memory and the gateway in FOLDER, on free
    ports of the loopback interface, creates the private bucket "cars-site",
    puts FILES below "public/" in it, writes the gateway's address to READY,
    and serves until it is ended.  Exit code 3 where the programs are missing.
"""

import datetime
import hashlib
import hmac
import http.client
import mimetypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid

PROGRAMS = ("radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd",
            "monmaptool", "ceph-authtool")
BUCKET = "cars-site"
KEY = os.environ.get("AWS_ACCESS_KEY_ID", "")
SECRET = os.environ.get("AWS_SECRET_ACCESS_KEY", "")
REGION = "us-east-1"
START_S = 60

CONF = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon2},v1:127.0.0.1:{mon1}]
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
run dir = {folder}
admin socket = {folder}/$name.$pid.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
crash dir = {folder}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
mon data = {folder}/mon
osd data = {folder}/osd
keyring = {folder}/keyring
osd objectstore = memstore
memstore device bytes = 268435456
ms bind ipv6 = false
ms bind port min = {first}
ms bind port max = {last}
mon data avail crit = 1
mon data avail warn = 2
[client.rgw.demo]
ms mon client mode = crc
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
rgw thread pool size = 8
"""

children = []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(*argv):
    subprocess.run(argv, check=True, timeout=START_S,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def start(*argv):
    children.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL))


def leave(code):
    for child in reversed(children):
        child.terminate()
    end = time.monotonic() + 3
    for child in children:
        try:
            child.wait(max(0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    sys.exit(code)


def gateway(folder):
    """Starts it; its port."""
    for name in ("mon", "osd", "rgw"):
        os.makedirs(os.path.join(folder, name))
    mon2, mon1, port = free_port(), free_port(), free_port()
    first = random.randrange(20000, 30000)
    fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
    conf = os.path.join(folder, "ceph.conf")
    keyring = os.path.join(folder, "keyring")
    monmap = os.path.join(folder, "monmap")
    with open(conf, "w") as f:
        f.write(CONF.format(fsid=fsid, folder=folder, mon2=mon2, mon1=mon1,
                            port=port, first=first, last=first + 500))
    run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n",
        "mon.", "--cap", "mon", "allow *")
    for name, may in (("client.admin", "allow *"),
                      ("client.rgw.demo", "allow rwx")):
        run("ceph-authtool", keyring, "--gen-key", "-n", name,
            "--cap", "mon", may, "--cap", "osd", may)
    run("monmaptool", "--create", "--fsid", fsid, "--addv", "a",
        "[v2:127.0.0.1:%d,v1:127.0.0.1:%d]" % (mon2, mon1), monmap)
    run("ceph-mon", "-c", conf, "--mkfs", "-i", "a", "--monmap", monmap,
        "--keyring", keyring)
    start("ceph-mon", "-c", conf, "-i", "a", "-f")
    run("ceph", "-c", conf, "--connect-timeout", str(START_S), "osd",
        "create", osd)
    run("ceph-osd", "-c", conf, "-i", "0", "--mkfs", "--osd-uuid", osd)
    start("ceph-osd", "-c", conf, "-i", "0", "-f")
    run("radosgw-admin", "-c", conf, "-n", "client.rgw.demo", "user",
        "create", "--uid=demo", "--display-name=demo",
        "--access-key=" + KEY, "--secret-key=" + SECRET)
    start("radosgw", "-c", conf, "-n", "client.rgw.demo", "-f")
    return port


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def put(port, path, content=b"", kind=None):
    """PUT, signed (AWS Signature Version 4); the path needs no encoding."""
    now = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
    scope = "%s/%s/s3/aws4_request" % (now[:8], REGION)
    digest = hashlib.sha256(content).hexdigest()
    fields = {"host": "127.0.0.1:%d" % port, "x-amz-content-sha256": digest,
              "x-amz-date": now}
    names = ";".join(fields)
    request = "\n".join(["PUT", path, ""] +
                        ["%s:%s" % f for f in fields.items()] +
                        ["", names, digest])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope,
                         hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in scope.split("/"):
        key = mac(key, part)
    fields["Authorization"] = (
        "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" %
        (KEY, scope, names, mac(key, to_sign).hex()))
    if kind:
        fields["Content-Type"] = kind
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        c.request("PUT", path, content, fields)
        answer = c.getresponse()
        answer.read()
        return answer.status
    finally:
        c.close()


def create_bucket(port):
    """Asks until the gateway is there."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if any(child.poll() is not None for child in children):
            break
        try:
            if put(port, "/" + BUCKET) == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.2)
    raise RuntimeError("the S3 gateway does not answer")


def upload(port, files):
    for folder, _, names in os.walk(files):
        for name in names:
            path = os.path.join(folder, name)
            key = os.path.relpath(path, files).replace(os.sep, "/")
            with open(path, "rb") as f:
                status = put(port, "/%s/public/%s" % (BUCKET, key), f.read(),
                             mimetypes.guess_type(name)[0])
            if status != 200:
                raise RuntimeError("%s: status %d" % (key, status))


def main(folder, files, ready):
    if not all(shutil.which(program) for program in PROGRAMS):
        sys.exit(3)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *ignored: leave(0))
    try:
        port = gateway(folder)
        create_bucket(port)
        upload(port, files)
    except (OSError, RuntimeError, subprocess.SubprocessError) as e:
        print("bucket.py:", e, file=sys.stderr)
        leave(1)
    with open(ready + ".new", "w") as f:
        f.write("http://127.0.0.1:%d" % port)
    os.rename(ready + ".new", ready)
    while all(child.poll() is None for child in children):
        time.sleep(0.5)
    leave(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
