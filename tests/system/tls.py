"""Certificates made with the openssl program, and origins that show them."""

import os
import socket
import ssl
import subprocess
import threading

import origins

DAY_S = 86400


def openssl(*argv):
    subprocess.run(["openssl", *[str(a) for a in argv]], check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


class Authority:
    """Signs certificates; every file stands in its folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.file = self.path(name + ".pem")
        self.key = self.path(name + ".key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", 2, "-subj",
                "/CN=" + name, "-keyout", self.key, "-out", self.file)

    def path(self, name):
        return os.path.join(self.folder, name)

    def sign(self, name, names, days=2):
        """Certificate and key for the subjectAltName; `days` below zero: it
        has expired."""
        cert, key = self.path(name + ".pem"), self.path(name + ".key")
        request, extra = self.path(name + ".csr"), self.path(name + ".ext")
        with open(extra, "w") as f:
            f.write("subjectAltName=%s\nbasicConstraints=CA:FALSE\n" % names)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
                "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey",
                self.key, "-CAcreateserial", "-days", days, "-extfile", extra,
                "-out", cert)
        os.chmod(key, 0o600)
        return cert, key


class TlsOrigin(origins.Origin):
    """Origin behind TLS.  Counts handshakes, whole and resumed, notes the
    names asked for, and tells in /peer what it knows of its client."""

    def __init__(self, cert, key, version=None, client_ca=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.context.set_alpn_protocols(["h2", "http/1.1"])
        self.context.sni_callback = self._named
        if version is not None:
            self.context.minimum_version = version
            self.context.maximum_version = version
        if client_ca is not None:
            self.context.verify_mode = ssl.CERT_OPTIONAL
            self.context.load_verify_locations(client_ca)
        self.names, self.whole, self.resumed, self.failed = [], 0, 0, 0
        super().__init__()
        self.url = "https://127.0.0.1:%d" % self.port

    def _named(self, connection, name, context):
        self.names.append(name)

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            tls = self.context.wrap_socket(connection, server_side=True)
        except (OSError, ValueError):
            self.failed += 1
            connection.close()
            return
        if tls.session_reused:
            self.resumed += 1
        else:
            self.whole += 1
        super()._serve(tls)

    def on_peer(self, connection, request, rest):
        subject = dict(pair[0] for pair in
                       (connection.getpeercert() or {}).get("subject", ()))
        self.answer(connection, request, "\n".join([
            subject.get("commonName", "nobody"), connection.version(),
            connection.selected_alpn_protocol() or "",
            request.get("Host")]).encode())

    def on_last(self, connection, request, rest):
        """An answer after which the connection is closed, as TLS wants it:
        a session whose connection was cut is not resumed by OpenSSL."""
        self.answer(connection, request, b"last", fields=[
            ("Connection", "close")])
        connection.settimeout(5)
        connection.unwrap()
        return False

    def on_gate(self, connection, request, rest):
        """Answers once the test opens the gate of the query's id."""
        self.gate(request.query["id"]).wait(20)
        self.answer(connection, request, b"open")


class SilentTls(threading.Thread):
    """Takes connections and says no word of TLS: `reply` instead."""

    def __init__(self, reply):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = "https://127.0.0.1:%d" % self.socket.getsockname()[1]
        self.reply = reply
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(self.reply)

    def close(self):
        self.socket.close()
