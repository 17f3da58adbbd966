"""Fingerpost before buckets: rules with credentials in them, and a client
that looks for what must not come out."""

import os
import shutil

import fcgi
import fronts

HIDDEN = ("x-amz-", "x-rgw-", "x-trans-", "x-openstack-")


def rules_of(server, text, credentials=True):
    """The routes of `text` before what all of them need."""
    head = """\
[defaults]
connect_timeout = 2s
s3_region = %s
s3_endpoint = %s
""" % (server.region, server.endpoint)
    if credentials:
        head += """
[credentials]
access_key_id = %s
secret_access_key = "%s"
""" % (server.access_key_id, server.secret_access_key)
    return head + text


def write_private(path, text):
    """For us and for the web server's user."""
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o640),
              "w") as f:
        f.write(text)
    make_private(path)
    return path


def make_private(path):
    os.chmod(path, 0o640)
    if fronts.ROOT:
        shutil.chown(path, group=fronts.WEB_USER)


class Gate:
    """`fingerpost serve`, asked over FastCGI.  `secret`: words that no field
    of an answer may hold, nor the content of an error."""

    def __init__(self, site, folder, rules, env=None, workers=1, secret=()):
        self.folder = folder
        self.secret = [s.encode() for s in secret]
        self.rules = write_private(os.path.join(folder, "rules.ini"), rules)
        self.serve = fronts.Serve(
            site, folder, "unix:" + os.path.join(folder, "s"),
            workers=workers, rules=self.rules,
            env=None if env is None else clean_environment(env))

    @property
    def pid(self):
        return self.serve.process.pid

    def log(self):
        return self.serve.process.output()

    def stop(self):
        return self.serve.stop()

    def ask(self, method, target, fields=(), body=b""):
        more = {}
        for name, value in fields:
            name = name.upper().replace("-", "_")
            if name != "CONTENT_TYPE":
                name = "HTTP_" + name
            more[name] = value
        if method == "PUT" and not body:
            more["CONTENT_LENGTH"] = "0"
        answer = fcgi.fetch(self.serve.address, target, method=method,
                            body=body, more=more)
        check_hidden(answer.fields, answer.status, answer.body, self.secret)
        return answer

    def get(self, target, *fields):
        return self.ask("GET", target, fields)


def check_hidden(fields, status, body, secret):
    for name, value in fields:
        assert not name.lower().startswith(HIDDEN), (name, value)
        for word in secret:
            assert word not in value.encode("latin-1"), (name, value)
    if status >= 300:
        assert b"<Error>" not in body and b"<Code>" not in body, body
        for word in secret:
            assert word not in body, body


def clean_environment(env):
    """Ours without what AWS' tools may have left there."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("AWS_")}
    kept.update(HOME="/nonexistent", **env)
    return kept


class PrivateSite:
    """For a Front: the same binary, rules of our own."""

    def __init__(self, site, rules):
        self.binary, self.wrapper = site.binary, site.wrapper
        self.folder, self.rules = site.folder, rules


def start_front(name, site, folder, rules):
    """A deployment whose rules, where it copies them, stay private."""
    class Private(fronts.FRONTS[name]):
        def place_binary(self, where):
            path = super().place_binary(where)
            make_private(os.path.join(os.path.dirname(path),
                                      "fingerpost.ini"))
            return path
    return Private(PrivateSite(site, rules), folder)
