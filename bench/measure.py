"""What the benchmarks share: load and its figures, the rounds, the options,
and tables.  Python's standard library only; wrk makes the load.
"""

import argparse
import http.client
import os
import re
import signal
import statistics
import subprocess
import sys
import time

from servers import HERE, Failure, cpu_s, status_kb, tree


def say(text):
    print(text, file=sys.stderr, flush=True)


class Cell:
    """One measurement of one row at one target."""

    def __init__(self, rate, cpu_us, errors, **more):
        self.rate = rate      # requests a second
        self.cpu_us = cpu_us  # microseconds a request, by component
        self.errors = errors
        self.more = more      # figures by name

    @property
    def cpu(self):
        return sum(self.cpu_us.values())

    def __str__(self):
        return f"{self.rate:10.0f}/s  " + "  ".join(
            f"{k} {v:.0f} us" for k, v in self.cpu_us.items()) + \
            "  ".join([""] + self.errors)


def median_cell(cells):
    return Cell(
        statistics.median(c.rate for c in cells),
        {k: statistics.median(c.cpu_us.get(k, 0) for c in cells)
         for k in cells[0].cpu_us}, [],
        **{k: statistics.median(c.more.get(k, 0) for c in cells)
           for k in cells[0].more})


class Target:
    """One way to reach the origin.  A benchmark's own has verify(row): what
    is wrong with the answer, or None; and measure(row, seconds): a cell."""

    once = False  # measured in the first round only

    def __init__(self, bench, name, title, port, parts):
        self.bench, self.name, self.title = bench, name, title
        self.port = port
        self.parts = parts  # {component: process}; first, what is compared

    def get(self, path, fields=None):
        """(status, fields, content)."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            c.request("GET", path, headers=fields or {})
            answer = c.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException) as e:
            raise Failure(f"{type(e).__name__} {e}") from e
        finally:
            c.close()

    def load(self, path, connections, seconds, fields=None, kind=()):
        """A cell of what wrk finds: more has n, p50_ms, p99_ms and max_ms.
        `kind` is load.lua's arguments."""
        argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                "--timeout", "20s", "-s", os.path.join(HERE, "load.lua")]
        for field, value in (fields or {}).items():
            argv += ["-H", f"{field}: {value}"]
        argv += [f"http://127.0.0.1:{self.port}{path}", "--", *map(str, kind)]
        before = {k: cpu_s(p.pid) for k, p in self.parts.items()}
        out = subprocess.run(argv, capture_output=True, text=True,
                             timeout=seconds + 60).stdout
        after = {k: cpu_s(p.pid) for k, p in self.parts.items()}
        figures = re.search(r"^figures (.*)", out, re.M)
        if not figures:
            return Cell(0, {}, ["wrk gave no figures"])
        n, us, p50, p99, most, bad, broken = map(int, figures[1].split())
        errors = [f"{count} {what}" for count, what in (
            (bad, "answers of 400 or above"), (broken, "socket errors"))
            if count]
        if not n:
            errors.append("no request completed")
        return Cell(
            n * 1e6 / max(us, 1),
            {k: (after[k] - before[k]) * 1e6 / max(n, 1) for k in before},
            errors, n=n, p50_ms=p50 / 1e3, p99_ms=p99 / 1e3,
            max_ms=most / 1e3)


class Memory:
    """The peak resident size of a target's Fingerpost while it is watched."""

    def __init__(self, process):
        self.process = process
        self.peak_kb = 0

    def workers(self):
        return tree(self.process.pid)[1:] or [self.process.pid]

    def begin(self):
        for pid in self.workers():
            try:
                with open(f"/proc/{pid}/clear_refs", "w") as f:
                    f.write("5")
            except OSError:
                pass

    def end(self):
        self.peak_kb = max([self.peak_kb] + [
            status_kb(pid, "VmHWM") for pid in self.workers()])


class Results:
    """What a run found: medians and faults by (row, target's name)."""

    def __init__(self):
        self.targets = []
        self.cells = {}
        self.sick = {}
        self.failed = []

    @property
    def names(self):
        return [t.name for t in self.targets]

    @property
    def clean(self):
        return not self.sick and not self.failed

    def median(self, row, name):
        cells = self.cells.get((row, name))
        return median_cell(cells) if cells else None

    def fault(self, row, name, texts):
        self.sick.setdefault((row, name), []).extend(texts)

    def table(self, title, rows, figure, width=18):
        """Lines: a column a target; figure(cell) is the text of one."""
        def text(row, name):
            cell = self.median(row, name)
            return ((figure(cell) if cell else "-")
                    + ("!" if (row, name) in self.sick else " "))
        return ([title, f"{'row':11}" + "".join(
                    f"{n:>{width}}" for n in self.names)]
                + [f"{row:11}" + "".join(
                    f"{text(row, n):>{width}}" for n in self.names)
                   for row in rows] + [""])

    def ratios(self, rows, pairs, names):
        """Lines: requests a second of each pair, and of each fp- beside the
        best of the other names."""
        mine = [n for n in names if n.startswith("fp-")]
        others = [n for n in names if not n.startswith("fp-")]
        if not mine or not others:
            return []

        def ratio(row, a, b):
            a, b = self.median(row, a), self.median(row, b)
            return f"{a.rate / b.rate:.2f}" if a and b and b.rate else "-"

        lines = ["requests a second as a ratio", f"{'row':11}" + "".join(
            f"{a + '/' + b:>24}" for a, b in pairs) + "".join(
            f"{m + '/best other':>28}" for m in mine)]
        for row in rows:
            best = max((n for n in others if (row, n) in self.cells),
                       key=lambda n: self.median(row, n).rate, default="")
            lines.append(f"{row:11}" + "".join(
                f"{ratio(row, a, b):>24}" for a, b in pairs) + "".join(
                f"{ratio(row, m, best) + f' ({best})':>28}" for m in mine))
        return lines + [""]

    def ending(self, options, also=""):
        lines = []
        for (row, name), what in self.sick.items():
            counts = {w: what.count(w) for w in what}
            lines.append(f"! {row} {name}: " + "; ".join(
                f"{w} (x{n})" for w, n in counts.items()))
        lines += [f"! {text}" for text in self.failed]
        lines.append(
            f"{os.cpu_count()} processors, {also}median of {options.rounds} "
            f"rounds of {options.seconds} s, Linux {os.uname().release}, "
            f"{versions()}")
        return lines


def each_rate(cell):
    return f"{cell.rate:,.0f}"


def each_cpu(cell):
    return "+".join(f"{v:.0f}" for v in cell.cpu_us.values())


def run(bench, options, start):
    """Starts the targets, start(bench, name), and fills their cells; rounds
    are interleaved, so that what else the machine does falls on all alike."""
    results = Results()
    for name in options.targets:
        try:
            results.targets.append(start(bench, name))
        except (Failure, OSError) as e:
            results.failed.append(f"{name}: {e}")
            say(f"{name} does not start: {e}")
    for number in range(1, options.rounds + 1):
        for row in options.rows:
            for t in results.targets:
                if t.once and number > 1:
                    continue
                if bench.origin.popen.poll() is not None:
                    raise Failure("the origin ended by itself")
                try:
                    wrong = t.verify(row)
                    cell = None if wrong else t.measure(row, options.seconds)
                except Failure as e:
                    wrong, cell = str(e), None
                if cell:
                    results.cells.setdefault((row, t.name), []).append(cell)
                errors = [wrong] if wrong else cell.errors
                if errors:
                    results.fault(row, t.name, errors)
                say(f"round {number}/{options.rounds}  {row:10} "
                    f"{t.name:12}{wrong or cell}")
    return results


def versions():
    wanted = ["lighttpd", "apache2", "nginx-light", "varnish", "php-fpm",
              "libcurl4", "wrk"]
    out = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\n"] + wanted,
        capture_output=True, text=True).stdout
    return ", ".join(line for line in out.splitlines() if line.split()[1:])


def parse(part, description, rows, targets):
    p = argparse.ArgumentParser(prog=f"bench/run {part}".strip(),
                                description=description)
    p.add_argument("--quick", action="store_true",
                   help="one round of 1 s a cell")
    p.add_argument("--only", metavar="ROW[,ROW]",
                   help="of " + ", ".join(rows))
    p.add_argument("--targets", metavar="NAME[,NAME]",
                   help="of " + ", ".join(targets))
    p.add_argument("--rounds", type=int)
    p.add_argument("--seconds", type=int, help="of load a cell")
    p.add_argument("--save", action="store_true",
                   help="also write the tables to bench/results/")
    p.add_argument("--fingerpost", metavar="PROGRAM",
                   help="measure this one instead of building")
    p.add_argument("--origin", help=argparse.SUPPRESS)
    o = p.parse_args()

    def chosen(text, known, what):
        names = text.split(",") if text else list(known)
        for name in names:
            if name not in known:
                p.error(f"no {what} {name}; there are {', '.join(known)}")
        return names

    o.rows = chosen(o.only, rows, "row")
    o.targets = chosen(o.targets, targets, "target")
    o.rounds = o.rounds or (1 if o.quick else 3)
    o.seconds = o.seconds or (1 if o.quick else 4)
    return o


def save(text):
    folder = os.path.join(HERE, "results")
    os.makedirs(folder, exist_ok=True)
    name = time.strftime("%Y-%m-%d-%H%M%S.txt")
    with open(os.path.join(folder, name), "w") as f:
        f.write(text + "\n")
    say(f"saved as bench/results/{name}")


def main(part, description, rows, targets, bench_class, start, report):
    """A whole benchmark, from arguments to exit code: 1 where any cell had a
    fault.  report(bench, results, options) is the lines of its tables."""
    try:
        options = parse(part, description, rows, targets)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        os.environ["PATH"] = "/usr/sbin:" + os.environ.get("PATH",
                                                           "/usr/bin:/bin")
        bench = bench_class(options)
        try:
            results = run(bench, options, start)
            text = "\n".join(report(bench, results, options))
        finally:
            bench.close()
        print(text)
        if options.save:
            save(text)
        sys.exit(0 if results.clean else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Failure as e:
        sys.exit(f"bench: {e}")
