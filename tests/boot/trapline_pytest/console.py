"""The kernel's console: a thread reads it, tests wait for lines of it, bad lines end the test."""
import re
import threading

import pytest

PANIC = re.compile(r"panic", re.IGNORECASE)


class Console:
    """Reads lines from a pipe until its other end closes."""

    def __init__(self, deadline, banner, panic_expected=False):
        self.deadline = deadline
        self.banner = re.compile(banner)
        self.panic_expected = panic_expected
        self.lines = []
        self.closed = False
        self.changed = threading.Condition()
        self.banners = 0
        self.thread = None

    def start(self, pipe):
        self.thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self.thread.start()

    def join(self, timeout):
        if self.thread:
            self.thread.join(timeout)

    def _read(self, pipe):
        with pipe:
            for raw in pipe:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                with self.changed:
                    self.lines.append(line)
                    self.changed.notify_all()
                self._judge(line)
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def _judge(self, line):
        self.banners += bool(self.banner.search(line))
        if self.banners > 1:
            self.deadline.abort(f"the kernel booted a second time: {line}")
        if PANIC.search(line) and not self.panic_expected:
            self.deadline.abort(f"the kernel panicked: {line}")

    def wait_for(self, pattern, start=0):
        """The match of the first line, from number start on, that the pattern is found in."""
        seen = start
        with self.changed:
            while True:
                for line in self.lines[seen:]:
                    if match := re.search(pattern, line):
                        return match
                seen = max(seen, len(self.lines))
                if self.closed:
                    pytest.fail(f"the machine ended before its console said {pattern!r}")
                self.changed.wait(self.deadline.left())

    def find(self, pattern):
        """All lines so far that the pattern is found in."""
        with self.changed:
            return [line for line in self.lines if re.search(pattern, line)]

    def text(self):
        with self.changed:
            return "\n".join(self.lines)
