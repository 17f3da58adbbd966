"""Starting, awaiting and ending the processes of a test: only our own, each
by its id, each in a session (and so a process group) of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import time

PATIENCE_S = 20 * float(os.environ.get("FINGERPOST_SLOWNESS", "1"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_true(what, question, timeout=PATIENCE_S):
    """Asks until the answer is true, and returns it."""
    end = time.monotonic() + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError("waited %gs in vain: %s" % (timeout, what))
        time.sleep(0.01)


def accepts(address):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with contextlib.closing(socket.socket(family)) as s:
        s.settimeout(2)
        return s.connect_ex(address) == 0


class Process:
    """A program in the foreground, its output in a file."""

    def __init__(self, argv, log, env=None, cwd=None):
        self.argv, self.log = [str(a) for a in argv], log
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=env, cwd=cwd, start_new_session=True,
                preexec_fn=lambda: os.umask(0))
        self.pid = self.popen.pid

    def await_ready(self, address):
        def ready():
            if self.popen.poll() is not None:
                raise AssertionError("%s ended with %d: %s" % (
                    self.argv, self.popen.returncode, self.output()))
            return accepts(address)
        await_true("%s listens on %s" % (self.argv[0], address), ready)
        return self

    def output(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, timeout=PATIENCE_S):
        return self.popen.wait(timeout)

    def stop(self):
        """Politely, then not; returns the exit code."""
        try:
            if self.popen.poll() is None:
                self.popen.terminate()
                self.popen.wait(PATIENCE_S / 2)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        return self.popen.returncode


def children(pid):
    """Ids of a process's living children, oldest first."""
    out = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry) as f:
                state, parent = f.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            out.append(int(entry))
    return sorted(out)


def descendants(pid):
    out = []
    for child in children(pid):
        out += [child] + descendants(child)
    return out


def memory_kib(pid, key="VmRSS"):
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    raise LookupError(key)
