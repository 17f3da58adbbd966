"""One of OpenStack Swift's servers, with its files where we say.

    python3 swift_server.py FOLDER rings account=PORT container=PORT ...
    python3 swift_server.py FOLDER {proxy,account,container,object}

The first writes where the servers are: one part on one device, what
`swift-ring-builder` makes of it in a second for each kind.
Swift reads /etc/swift/swift.conf before anything else; FOLDER/swift.conf takes
its place here.  Stays in the foreground.
"""

import os
import sys
import time


class Cache:
    """What memcached would keep for the proxy, in the proxy itself."""

    def __init__(self):
        self.kept = {}

    def get(self, key, **ignored):
        value, ends = self.kept.get(key, (None, 0))
        if ends and ends < time.monotonic():
            del self.kept[key]
            return None
        return value

    def set(self, key, value, time=0, **ignored):
        self.kept[key] = (value, self.end(time))

    def incr(self, key, delta=1, time=0, **ignored):
        value = max(int(self.get(key) or 0) + int(delta), 0)
        self.kept[key] = (value, self.end(time))
        return value

    def decr(self, key, delta=1, time=0, **ignored):
        return self.incr(key, -int(delta), time)

    def delete(self, key, **ignored):
        self.kept.pop(key, None)

    @staticmethod
    def end(seconds):
        return time.monotonic() + seconds if seconds else 0


def cache_filter(global_conf, **local_conf):
    """paste.filter_factory."""
    cache = Cache()

    def with_cache(app):
        def call(env, start_response):
            env["swift.cache"] = cache
            return app(env, start_response)
        return call
    return with_cache


def build_ring(folder, kind, port):
    from swift.common.ring import RingBuilder
    builder = RingBuilder(1, 1, 0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1",
                     "port": port, "replication_ip": "127.0.0.1",
                     "replication_port": port, "device": "d", "weight": 1.0,
                     "meta": ""})
    builder.rebalance(seed=1)
    builder.get_ring().save(os.path.join(folder, kind + ".ring.gz"))


def main(folder, kind, *places):
    from swift.common import utils
    utils.set_swift_dir(folder)
    if kind == "rings":
        for place in places:
            name, port = place.split("=")
            build_ring(folder, name, int(port))
        return 0
    from swift.common.wsgi import run_wsgi
    if kind == "object":
        from swift.obj import server
        return run_wsgi(os.path.join(folder, "object.conf"), "object-server",
                        global_conf_callback=server.global_conf_callback)
    return run_wsgi(os.path.join(folder, kind + ".conf"), kind + "-server")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
