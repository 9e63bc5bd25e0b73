"""One deadline for the whole of a test, and a way to end the test from another thread.

Everything that waits in this library asks the deadline how long it may. A timer signal stands behind
it, so that code which does not ask cannot hang either.
"""
import signal
import threading
import time

import pytest


class Deadline:
    def __init__(self, seconds):
        self.seconds = seconds
        self.end = time.monotonic() + seconds
        self.reason = None
        self.armed = False
        self.lock = threading.Lock()

    def left(self):
        """Seconds that are left; fails the test when there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            pytest.fail(f"the test's deadline of {self.seconds} s has passed")
        return left

    def arm(self):
        self.armed = True
        signal.signal(signal.SIGALRM, self._fire)
        signal.setitimer(signal.ITIMER_REAL, self.seconds + 1)

    def disarm(self):
        with self.lock:
            self.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def abort(self, reason):
        """Called by a watching thread: fail the test now, whatever it waits for."""
        with self.lock:
            if self.armed and self.reason is None:
                self.reason = reason
                signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)

    def _fire(self, _signal, _frame):
        if self.armed:
            self.armed = False
            pytest.fail(self.reason or f"the test's deadline of {self.seconds} s has passed")
