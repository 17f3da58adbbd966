"""The deployments: each a real web server in front of the same binary and
the same rules.

The attributes of a Front say what a web server does to every program that is
called through FastCGI or CGI; they are facts about the server, not about us.
"""

import os
import shutil

import client
from processes import Process, free_port

ROOT = os.geteuid() == 0
WEB_USER = "www-data"


class Serve:
    """`fingerpost serve` behind a web server."""

    def __init__(self, site, folder, listen, workers=2, options=(), env=None,
                 rules=None):
        self.listen = listen
        self.address = (listen[5:] if listen.startswith("unix:") else
                        ("127.0.0.1", int(listen.rpartition(":")[2])))
        self.process = Process(
            [*site.wrapper, site.binary, "serve", "-c", rules or site.rules,
             "--listen", listen, "--workers", workers, *options],
            os.path.join(folder, "serve.log"), env=env)
        self.process.await_ready(self.address)

    def stop(self):
        return self.process.stop()


class Front:
    prefix = ""  # the program's own name, where it is called by it
    # What the client sees as it is produced.
    streams = True
    # Status of an upload in chunks.
    chunked_upload = 200
    # Largest upload the server lets through.
    max_upload = 1 << 40
    # Status of a target with %2F in it.
    encoded_slash = 200
    # Whether our Content-Length reaches the client.
    keeps_length = True
    # A body that breaks off: whether the client can learn it where the
    # length was known; where it was not.
    shows_short = True
    shows_unended = True
    # Whether a client that goes away while we write is noticed.
    tells_abort = True
    # Whether Authorization and Connection reach us.
    passes_authorization = True
    passes_connection = True
    # Repeated response fields stay separate lines.
    keeps_repeated = True
    # Plain CGI: one process a request.
    per_request_process = False

    def __init__(self, site, folder):
        self.site, self.folder = site, folder
        self.parts = []
        os.makedirs(folder, mode=0o755, exist_ok=True)
        try:
            self.setup()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for part in reversed(self.parts):
            part.stop()

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o644)
        return path

    def place_binary(self, name):
        """Copies binary and rules beside each other, as an upload would."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        shutil.copy(self.site.binary, path)
        os.chmod(path, 0o755)
        shutil.copy(self.site.rules, os.path.join(os.path.dirname(path),
                                                  "fingerpost.ini"))
        return path

    def run(self, make_argv):
        """Starts the web server on a free port; another may be faster to
        take it, so there is more than one try."""
        for attempt in range(4):
            self.port = free_port()
            server = Process(make_argv(), self.path("server.log"))
            try:
                server.await_ready(("127.0.0.1", self.port))
            except AssertionError:
                server.stop()
                if attempt == 3:
                    raise
                continue
            self.parts.append(server)
            self.server = server
            self.address = ("127.0.0.1", self.port)
            return

    def serve(self, listen=None, **options):
        listen = listen or "unix:" + self.path("fp.sock")
        part = Serve(self.site, self.folder, listen, **options)
        self.parts.append(part)
        return part

    def connection(self, **options):
        return client.Connection(self.address, **options)

    def request(self, method, target, fields=(), body=None, **options):
        return client.request(self.address, method, self.prefix + target,
                              fields, body, **options)

    def get(self, target, fields=(), **options):
        return self.request("GET", target, fields, **options)


# lighttpd

class Lighttpd(Front):
    stream_request = 0
    stream_response = 2
    modules = ("mod_fastcgi",)

    def lighttpd(self, config):
        def argv():
            for name in ("docroot", "uploads"):
                os.makedirs(self.path(name), mode=0o755, exist_ok=True)
            conf = self.write("lighttpd.conf", """
server.modules = (%s)
server.bind = "127.0.0.1"
server.port = %d
server.document-root = "%s"
server.errorlog = "%s"
server.upload-dirs = ("%s")
server.stream-response-body = %d
server.stream-request-body = %d
%s""" % (", ".join('"%s"' % m for m in self.modules), self.port,
                self.path("docroot"), self.path("error.log"),
                self.path("uploads"), self.stream_response,
                self.stream_request, config))
            return ["/usr/sbin/lighttpd", "-D", "-f", conf]
        self.run(argv)


class LighttpdSpawn(Lighttpd):
    """bin-path: the listening socket on descriptor 0, rules by the
    environment."""

    # Whole bodies only: lighttpd cannot tell a body of unknown length that
    # is broken off at once from a whole one.
    shows_unended = "once begun"
    environment = {}

    def setup(self):
        environment = {"FINGERPOST_RULES": self.site.rules,
                       **self.environment}
        self.lighttpd("""
fastcgi.server = ("/" => ((
    "socket" => "%s", "bin-path" => "%s", "max-procs" => 2,
    "bin-environment" => (%s),
    "bin-copy-environment" => ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"),
    "check-local" => "disable")))
""" % (self.path("spawn.sock"), self.site.binary, ", ".join(
            '"%s" => "%s"' % pair for pair in environment.items())))


class LighttpdSpawnBuffered(Lighttpd):
    """The same as lighttpd has it when nothing is configured: whole
    responses only.  The rules lie beside the binary."""

    streams = False
    stream_response = 0
    tells_abort = False
    shows_unended = False

    def setup(self):
        self.lighttpd("""
fastcgi.server = ("/" => ((
    "socket" => "%s", "bin-path" => "%s", "max-procs" => 1,
    "check-local" => "disable")))
""" % (self.path("spawn.sock"), self.place_binary("bin/fingerpost")))


class LighttpdUnix(Lighttpd):
    shows_unended = "once begun"

    def setup(self):
        self.serve()
        self.lighttpd("""
fastcgi.server = ("/" => ((
    "socket" => "%s", "check-local" => "disable")))
""" % self.path("fp.sock"))


class LighttpdTcp(Lighttpd):
    """Streams uploads too, and then refuses those without a length."""

    stream_request = 2
    chunked_upload = 411
    shows_unended = "once begun"

    def setup(self):
        port = free_port()
        self.serve("127.0.0.1:%d" % port)
        self.lighttpd("""
fastcgi.server = ("/" => ((
    "host" => "127.0.0.1", "port" => %d, "check-local" => "disable")))
""" % port)


class LighttpdCgi(Lighttpd):
    """mod_cgi, by the program's own name."""

    modules = ("mod_access", "mod_cgi")
    prefix = "/cgi-bin/fingerpost.cgi"
    per_request_process = True
    # The end of a CGI program's output is the end of the body.
    shows_unended = False
    rewrite = ""

    def setup(self):
        self.place_binary("docroot/cgi-bin/fingerpost.cgi")
        self.lighttpd("""
cgi.assign = (".cgi" => "")
url.access-deny = (".ini")
""" + self.rewrite)


class LighttpdCgiRewrite(LighttpdCgi):
    modules = ("mod_access", "mod_rewrite", "mod_cgi")
    prefix = ""
    rewrite = """
url.rewrite-once = ("^/(?!cgi-bin/)(.*)$" => "/cgi-bin/fingerpost.cgi/$1")
"""


# nginx

class Nginx(Front):
    keep = ""

    def nginx(self, upstream):
        def argv():
            temps = "\n".join(
                "    %s_temp_path %s;" % (n, self.path("temp-" + n))
                for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            conf = self.write("nginx.conf", """
daemon off;
%s
pid %s;
error_log %s info;
worker_processes 1;
events { worker_connections 1024; }
http {
%s
    access_log off;
    client_max_body_size 0;
    upstream fingerpost { server %s; %s }
    server {
        listen 127.0.0.1:%d;
        location / {
            include /etc/nginx/fastcgi_params;
            fastcgi_pass fingerpost;
            fastcgi_buffering off;
            fastcgi_request_buffering off;
            %s
        }
    }
}
""" % ("user root;" if ROOT else "", self.path("nginx.pid"),
                self.path("error.log"), temps, upstream,
                "keepalive 8;" if self.keep else "", self.port, self.keep))
            return ["/usr/sbin/nginx", "-c", conf, "-p", self.folder,
                    "-e", self.path("error.log")]
        self.run(argv)


class NginxUnix(Nginx):
    """Keeps its connections to us."""

    keep = "fastcgi_keep_conn on;"

    def setup(self):
        self.serve()
        self.nginx("unix:" + self.path("fp.sock"))


class NginxTcp(Nginx):
    def setup(self):
        port = free_port()
        self.serve("127.0.0.1:%d" % port)
        self.nginx("127.0.0.1:%d" % port)


# Apache

class Apache(Front):
    # Since 2.4.59 the length of a response from CGI and its like is not
    # trusted, so it goes in chunks; and HEAD says no length.
    keeps_length = False
    keeps_repeated = False  # joined, but for Set-Cookie
    encoded_slash = 404
    modules = ()

    def apache(self, config):
        def argv():
            os.makedirs(self.path("docroot"), mode=0o755, exist_ok=True)
            load = "\n".join(
                "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so"
                % (m, m) for m in ("mpm_event", "authz_core", "env",
                                   *self.modules))
            conf = self.write("apache.conf", """
ServerRoot "%s"
DefaultRuntimeDir "%s"
PidFile "%s"
Listen 127.0.0.1:%d
ServerName site.test
ErrorLog "%s"
%s
%s
DocumentRoot "%s"
AccessFileName .htaccess
StartServers 1
MinSpareThreads 8
MaxSpareThreads 64
ThreadsPerChild 32
MaxRequestWorkers 64
Timeout 30
<Directory "/">
    Require all granted
</Directory>
%s
""" % (self.folder, self.path("run"), self.path("apache.pid"), self.port,
                self.path("error.log"), load,
                "User %s\nGroup %s" % (WEB_USER, WEB_USER) if ROOT else "",
                self.path("docroot"), config))
            return ["/usr/sbin/apache2", "-DFOREGROUND", "-f", conf]
        os.makedirs(self.path("run"), exist_ok=True)
        if ROOT:
            shutil.chown(self.path("run"), WEB_USER)
        self.run(argv)


class ApacheProxyUnix(Apache):
    modules = ("proxy", "proxy_fcgi")
    encoded_slash = 200
    keeps_length = True

    def setup(self):
        self.serve()
        self.apache("""
AllowEncodedSlashes NoDecode
SetEnv ap_trust_cgilike_cl 1
<Location "/">
    CGIPassAuth On
</Location>
ProxyPass "/" "unix:%s|fcgi://localhost/" enablereuse=on flushpackets=on timeout=30
""" % self.path("fp.sock"))


class ApacheProxyPlain(ApacheProxyUnix):
    """What one gets who adds nothing to the ProxyPass line."""

    encoded_slash = 404
    keeps_length = False
    passes_authorization = False
    streams = False
    tells_abort = False

    def setup(self):
        self.serve()
        self.apache("""
ProxyPass "/" "unix:%s|fcgi://localhost/"
""" % self.path("fp.sock"))


HTACCESS = """
Options +ExecCGI
AddHandler %s .%s
CGIPassAuth On
<Files "fingerpost.ini">
    Require all denied
</Files>
RewriteEngine On
RewriteRule ^fingerpost\\.%s(/|$) - [L]
RewriteRule ^ fingerpost.%s [L]
"""


class ApacheFcgid(Apache):
    """Shared hosting: the owner of the account has his document root and
    .htaccess, nothing else."""

    modules = ("mime", "rewrite", "fcgid")
    streams = False
    tells_abort = False
    max_upload = 131072  # FcgidMaxRequestLen
    passes_connection = False

    def setup(self):
        self.place_binary("docroot/fingerpost.fcgi")
        self.write("docroot/.htaccess", HTACCESS % (
            "fcgid-script", "fcgi", "fcgi", "fcgi"))
        ipc = self.path("ipc")
        os.makedirs(ipc, exist_ok=True)
        if ROOT:
            shutil.chown(ipc, WEB_USER)
        self.apache("""
TypesConfig /dev/null
FcgidIPCDir "%s"
FcgidProcessTableFile "%s/shm"
<Directory "%s">
    AllowOverride All
</Directory>
""" % (ipc, ipc, self.path("docroot")))


class ApacheFcgidName(ApacheFcgid):
    """The same, called by its own name."""

    prefix = "/fingerpost.fcgi"


class ApacheCgi(Apache):
    """cgi-bin, by the program's own name: no rewriting at all."""

    modules = ("alias", "cgid")
    prefix = "/cgi-bin/fingerpost.cgi"
    passes_authorization = False
    streams = False
    tells_abort = False
    per_request_process = True
    shows_short = shows_unended = False

    def setup(self):
        self.place_binary("cgi-bin/fingerpost.cgi")
        self.apache("""
ScriptSock "%s"
ScriptAlias "/cgi-bin/" "%s/"
""" % (self.path("run", "cgisock"), self.path("cgi-bin")))


class ApacheCgiRewrite(ApacheCgi):
    """CGI from the document root, by .htaccess."""

    modules = ("mime", "rewrite", "cgid")
    prefix = ""
    passes_authorization = True

    def setup(self):
        self.place_binary("docroot/fingerpost.cgi")
        self.write("docroot/.htaccess", HTACCESS % (
            "cgi-script", "cgi", "cgi", "cgi"))
        self.apache("""
TypesConfig /dev/null
ScriptSock "%s"
<Directory "%s">
    AllowOverride All
</Directory>
""" % (self.path("run", "cgisock"), self.path("docroot")))


FRONTS = {
    "lighttpd-spawn": LighttpdSpawn,
    "lighttpd-spawn-buffered": LighttpdSpawnBuffered,
    "lighttpd-unix": LighttpdUnix,
    "lighttpd-tcp": LighttpdTcp,
    "nginx-unix": NginxUnix,
    "nginx-tcp": NginxTcp,
    "apache-proxy-unix": ApacheProxyUnix,
    "apache-proxy-plain": ApacheProxyPlain,
    "apache-fcgid": ApacheFcgid,
    "apache-fcgid-name": ApacheFcgidName,
    "apache-cgi": ApacheCgi,
    "apache-cgi-rewrite": ApacheCgiRewrite,
    "lighttpd-cgi": LighttpdCgi,
    "lighttpd-cgi-rewrite": LighttpdCgiRewrite,
}
