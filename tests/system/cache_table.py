"""The conformance of the cache as a table: every requirement on a shared
cache that this one could break, one row each, in our own words, with what is
done and what must come of it (cache_player.py says how that is written).

    python3 tests/system/cache_table.py

writes the rows as doc/cache-conformance has them.
"""

import importlib
import textwrap

MODULES = ("cache_rows_store", "cache_rows_fresh", "cache_rows_select",
           "cache_rows_validate", "cache_rows_request", "cache_rows_more")

# What a row may need of its rule, by the first segment of the path; further
# rules for the path stand behind it.
ROUTES = {
    "plain": "",
    "off": "cache = no",
    "ttl": "cache_ttl = 10m, 404:30s, 500-504:5s",
    "overrides": "cache_ttl = 10m\ncache_ttl_overrides = yes",
    "grace": "stale_if_error = 1m",
    "behind": "stale_while_revalidate = 1m",
    "deaf": "cache_reload = no",
    "surrogate": "cache_surrogate = yes",
    "bypass": "cache_bypass = cookie:session*, header:X-Preview, query:preview",
    "hostless": "cache_key = scheme, query",
    "told": "request_header X-Client = $client_address\n"
            "request_header Forwarded = host=$host",
    "linked": "rewrite_links = yes",
    "zip": "compress = yes\ncompress_min_size = 1",
    "reads": "match = method:GET\n[writes]\npath = /reads\n"
             "origin = {origin}\ncache = no",
    "keyed": "match = method:GET\ncache_key = query\n[unkeyed]\n"
             "path = /keyed\norigin = {origin}",
}


class Row:
    def __init__(self, level, text, answers, *steps, route="plain",
                 siblings=None, everywhere=False, apache="", explained=""):
        self.level, self.text, self.steps = level, text, steps
        self.answers = answers if isinstance(answers, list) else [answers]
        self.route, self.siblings = route, siblings or {}
        self.everywhere, self.explained = everywhere, explained
        self.apache = apache  # what lighttpd does that Apache does not
        assert level in ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY",
                         "choice") and route in ROUTES and steps

    def sleeps(self):
        return any(hasattr(step, "seconds") for step in self.steps) or \
            any(answer.slow for answer in self.answers)


class Section:
    """Rows are numbered as they stand: a new one goes to the end."""

    def __init__(self, number, name, *rows):
        rfc, _, part = number.partition("-")
        self.heading = "RFC %s%s  %s" % (
            rfc, ", section " + part if part else "", name)
        self.rows = rows
        for n, row in enumerate(rows, 1):
            row.ident = "%s-%d" % (number, n)


row, section = Row, Section


def sections():
    for name in MODULES:
        yield from importlib.import_module(name).SECTIONS


def rows():
    return [row for section in sections() for row in section.rows]


def document():
    out = []
    for section in sections():
        out += [section.heading, "-" * len(section.heading), ""]
        for row in section.rows:
            outcome = "explained" if row.explained else "kept"
            text = row.text
            if row.apache:
                text += "  Played through Apache: " + row.apache
            if row.explained:
                text += "  Explained: " + row.explained
            head = "%-15s %-10s %s" % (row.ident, row.level, outcome)
            out += [head, *textwrap.wrap(
                text, 72, initial_indent="    ", subsequent_indent="    ",
                break_long_words=False, break_on_hyphens=False), ""]
    return "\n".join(out)


if __name__ == "__main__":
    print(document(), end="")
