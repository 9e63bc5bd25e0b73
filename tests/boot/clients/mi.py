"""gdb behind its machine interface (GDB manual, "GDB/MI"): records in, commands out."""
import codecs
import os
import queue
import re
import subprocess
import threading

import pytest

RECORD = re.compile(r"(\d*)([\^*+=])([\w-]+),?")
NAME = re.compile(r"([\w-]+)=")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Refused(Exception):
    """gdb's answer was ^error; the text is its own."""


class Results:
    """Reads what stands behind a record's class: name=value, and values of strings, tuples, lists."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def _match(self, pattern):
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def _take(self, char):
        taken = self.text.startswith(char, self.at)
        self.at += taken
        return taken

    def string(self):
        """Escapes are those of C; octal ones are bytes of UTF-8."""
        raw = self._match(STRING)[1].encode()
        return codecs.escape_decode(raw)[0].decode("utf-8", "replace")

    def value(self):
        if self._take("{"):
            return dict(self.items("}"))
        if self._take("["):
            return [value for _, value in self.items("]")]
        return self.string()

    def items(self, end):
        """Pairs of name and value up to what closes them; None where no name is."""
        while self.at < len(self.text) and not self._take(end):
            name = self._match(NAME)
            yield name and name[1], self.value()
            self._take(",")


class Mi:
    """A gdb started as front ends do. It may print at any time; a thread reads it."""

    def __init__(self, command, folder, deadline):
        folder.mkdir(parents=True)
        self.deadline = deadline
        self.seen = []
        self.output = ""
        self.answers = {}
        self.stops = queue.Queue()
        self.notes = []
        self.token = 1000
        self.changed = threading.Condition()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, process_group=0, text=True,
                                        cwd=folder, env={**os.environ, "HOME": str(folder)})
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.seen.append(line.rstrip())
                self._sort(line)
                self.changed.notify_all()

    def _sort(self, line):
        if line[0] in "~@&":
            self.output += Results(line[1:]).string()
        elif record := RECORD.match(line):
            token, kind, name = record.groups()
            results = dict(Results(line[record.end():]).items("\n"))
            if kind == "^":
                self.answers[int(token)] = name, results
            elif (kind, name) == ("*", "stopped"):
                self.stops.put(results)
            else:
                self.notes.append((name, results))

    def send(self, command):
        """A command whose answer comes later; its number."""
        self.token += 1
        self.seen.append(f"{self.token}{command}")
        self.process.stdin.write(f"{self.token}{command}\n")
        self.process.stdin.flush()
        return self.token

    def answer(self, token):
        with self.changed:
            while token not in self.answers:
                if self.process.poll() is not None:
                    pytest.fail(f"gdb ended: {self.report()}")
                self.changed.wait(min(1, self.deadline.left()))
        name, results = self.answers.pop(token)
        if name == "error":
            raise Refused(results.get("msg", ""))
        return results

    def ask(self, command):
        return self.answer(self.send(command))

    def stop(self):
        """What the next *stopped says."""
        try:
            return self.stops.get(timeout=min(40, self.deadline.left()))
        except queue.Empty:
            raise Refused("no *stopped within 40 s") from None

    def report(self):
        return "\n".join(line[:300] for line in self.seen[-60:])

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
