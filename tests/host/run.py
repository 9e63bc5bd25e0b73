"""Run test programs and add up what they say.

Each argument is a command. A program prints "run NAME" before a test and "ok NAME" or "not ok NAME:
why" after it, and whatever else it likes. A test that was begun and not ended is one that crashed.
"""
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from glob import glob


def words(command):
    """The command's words, with file patterns expanded."""
    return [match for word in shlex.split(command)
            for match in (sorted(glob(word)) if "*" in word else [word])]


def run(command):
    """Run one program; return its name, the numbers passed and failed, and its lines to show."""
    process = subprocess.run(words(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, errors="backslashreplace")
    passed, failed, begun, show = 0, 0, None, []
    for line in process.stdout.splitlines():
        if line.startswith("run "):
            begun = line[4:]
        elif line.startswith("ok "):
            passed, begun = passed + 1, None
        elif line.startswith("not ok "):
            failed, begun = failed + 1, None
            show.append(line)
        else:
            show.append(line)
    if begun or (process.returncode and not failed) or passed + failed == 0:
        failed += 1
        show += [f"not ok {begun or command}: ended with {process.returncode}",
                 *process.stderr.splitlines()[:60]]
    return os.path.basename(words(command)[0]), passed, failed, show


def main():
    passed = failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, good, bad, show in pool.map(run, sys.argv[1:]):
            for line in show:
                print(line if line.startswith("not ok") else f"  {line}")
            print(f"  {name}: {good} passed, {bad} failed")
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
