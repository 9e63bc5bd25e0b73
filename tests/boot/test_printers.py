"""scripts/gdb: gdb shows the kernel's structures and its threads, whole and broken (printers*.c)."""
import re
import subprocess
from pathlib import Path

import pytest
from clients.programs import GDBS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PRINTERS = [ROOT / "scripts/gdb" / name for name in ("trapline.py", "tasks.py")]
INCLUDES = [f"-I{ROOT / folder}" for folder in ("kernel/demo", "kernel", "arch/x86_64", "arch/x86_64/debug")]

REST = "pinned = 0, ticks = 0, wake_at = 0, stack = 0, process = 0x0}"
# Expression, what gdb prints. Without inferior and serial line: gdb reads the data in the file.
SHOWN = {
    "map": r'hash map of 3 in 4 buckets = {[apple] = 3, [pear] = 4, [fig\xff"] = 5}',
    "map_empty": "hash map of 0 in 2 buckets",
    "map_miscounted": r'hash map of 7 in 4 buckets = {[apple] = 3, [pear] = 4, [fig\xff"] = 5, '
                      "count = trouble: 3 found}",
    "map_circle": "hash map of 2 in 1 bucket = {[one] = 1, [two] = 2, "
                  "trouble 1 = a circle: back at @circle_first}",
    "map_wild_entry": "hash map of 0 in 1 bucket = {trouble 1 = 0x10 cannot be read}",
    "map_wild_buckets": "hash map of 0 in 2 buckets = "
                        "{trouble 1 = the buckets at 0x10 cannot be read}",
    "map_huge": "hash map of 0 in 1073741824 buckets = {trouble 1 = 1073741824 buckets cannot be}",
    "list": "sorted list of 3 = {10, 20, 30}",
    "list_empty": "sorted list of 0",
    "list_miscounted": "sorted list of 3 = {20, 30, trouble: 2 found}",
    "list_unsorted": "sorted list of 2 = {50, trouble: 5 after 50, 5}",
    "list_circle": "sorted list of 1 = {1, trouble: a circle: back at @lonely}",
    "list_wild": "sorted list of 1 = {trouble: 0x10 cannot be read}",
    "ring": "event ring, 2 of 256 slots taken = {{sequence = 41, stage = 0, checksum = 0}, "
            "{sequence = 42, stage = 0, checksum = 0}}",
    "ring_empty": "event ring, 0 of 256 slots taken",
    "ring_torn": "event ring, 4294967289 of 256 slots taken = "
                 "{trouble: head and tail are 4294967289 apart}",
    "tree": "(4 + -5) * 4",
    "tree_wild": "4 / <trouble: 0x10 cannot be read>",
    "tree_odd": "<trouble: kind 300>",
    "waiter_1": 'thread 3 "waiter/1" (blocked on mutex held) = {cpu = 0, priority = low, ' + REST,
    "owner": 'thread 2 "owner" (ready) = {cpu = 1, priority = high, ' + REST,
    "sleeper": 'thread 5 "sleeper" (sleeping) = {cpu = 0, priority = low, ' + REST.replace("at = 0", "at = 77"),
    "current": 'thread 6 "a name of all the 32 characters!" (running) = {cpu = 0, priority = low, ' + REST,
    "lost": r'thread 7 "lost\xff" (blocked on 0x10, which cannot be read) = {cpu = 0, priority = low, ' + REST,
    "held": 'mutex held, held by thread 2 "owner", 2 waits = {thread 3 "waiter/1", thread 4 "waiter/2"}',
    "open": "mutex open, free, 0 waits",
    "stolen": "mutex ?, held by a thread at 0x10, which cannot be read, 0 waits",
    "filled": "condition filled",
    "turning": 'queue turning = {thread 8 "round/1", thread 9 "round/2", trouble: a circle: back at @round_1}',
    "torn": 'queue torn = {thread 4 "waiter/2", trouble: the last is @waiter_2, not @waiter_1}',
    "queue": 'run queue = {thread 2 "owner", high, thread 5 "sleeper", low}',
    "runs": 'process 3 (thread 2 "owner") = {program = 0x0, parent = 0x0, next = 0x0}',
    "over": "process 4 (ended with -11) = {program = 0x0, parent = 0x0, next = 0x0}",
}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    binary = tmp_path_factory.mktemp("printers") / "printers"
    subprocess.run(["gcc", "-g", "-O0", "-no-pie", "-Wall", "-Werror", *INCLUDES, HERE / "printers.c",
                    HERE / "printers_tasks.c", "-o", binary], check=True)
    return binary


def run_gdb(program, *commands, gdb="gdb"):
    """What gdb prints for each command."""
    arguments = [gdb, "-nx", "-q", "-batch", program, "-ex", "set width 0"]
    for script in PRINTERS:
        arguments += ["-ex", f"source {script}"]
    for command in commands:
        arguments += ["-ex", r"echo \n@@\n", "-ex", command]
    result = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert not result.stderr
    return [part.strip() for part in result.stdout.split("\n@@\n")[1:]]


@pytest.fixture(scope="module", params=GDBS, ids=lambda gdb: Path(gdb).name)
def shown(request, program):
    names = [*SHOWN, "heap", "heap_disordered", "heap_overfull", "tree_endless"]
    return dict(zip(names, run_gdb(program, *(f"output {name}" for name in names), gdb=request.param)))


def test_shown(program, shown):
    symbols = sorted(set(re.findall(r"@(\w+)", " ".join(SHOWN.values()))))
    addresses = dict(zip(symbols, run_gdb(program, *(f"output/x (long) &{name}" for name in symbols))))
    expected = {name: re.sub(r"@(\w+)", lambda found: addresses[found[1]], text) for name, text in SHOWN.items()}
    assert {name: shown[name] for name in SHOWN} == expected


def test_heap_is_shown_in_the_order_in_which_jobs_leave(shown):
    assert shown["heap"].startswith("heap of 4 jobs = {{due = 1, id = 10, ")
    assert re.findall(r"id = (\d+)", shown["heap"]) == ["10", "13", "12", "11"]
    assert "trouble" not in shown["heap"]


def test_broken_heap(shown):
    assert "{trouble: jobs[1] goes before its parent, {due = 1, " in shown["heap_disordered"]
    assert re.search(r"{trouble: only \d+ fit, {due = 0, ", shown["heap_overfull"])


def test_tree_without_end(shown):
    assert "<trouble: too large>" in shown["tree_endless"] and len(shown["tree_endless"]) < 2000


def test_raw_and_limited_output(program):
    raw, few = run_gdb(program, "output/r list", "print -elements 2 -- list")
    assert re.fullmatch(r"{first = 0x[0-9a-f]+ <first>, length = 3}", raw)
    assert few == "$1 = sorted list of 3 = {10, 20...}"


def test_variable_objects(program):
    """As VS Code asks: elements of a map and a list as children with values."""
    commands = ["-enable-pretty-printing", f'-interpreter-exec console "source {PRINTERS[0]}"',
                "-var-create m * map", "-var-list-children --all-values m",
                "-var-create l * list", "-var-list-children --all-values l", "-gdb-exit"]
    result = subprocess.run(["gdb", "-nx", "-q", "--interpreter=mi", program], check=True,
                            input="\n".join(commands) + "\n", capture_output=True, text=True)
    _, entries, _, nodes = [line for line in result.stdout.splitlines()
                            if line.startswith("^done,n")]
    assert elements(entries) == {
        "[apple]": "3", "[pear]": "4", r'[fig\\xff\"]': "5"}
    assert elements(nodes) == {"[0]": "10", "[1]": "20", "[2]": "30"}


def elements(reply):
    """Name and value of each child in MI's reply."""
    return dict(re.findall(r'exp="(.*?)",numchild="0",value="(.*?)"', reply))


def test_scripts_inside_the_program(tmp_path):
    """With autoload.S linked in, gdb loads the printers by itself from a file that it may trust."""
    binary = tmp_path / "program"
    subprocess.run(["gcc", "-g", "-no-pie", *INCLUDES, HERE / "printers.c", HERE / "printers_tasks.c",
                    ROOT / "scripts/gdb/autoload.S", "-o", binary], check=True, cwd=ROOT)
    command = ["gdb", "-nx", "-q", "-batch", "-iex", f"add-auto-load-safe-path {tmp_path}", binary,
               "-ex", "output tree"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == (SHOWN["tree"], "")


@pytest.mark.parametrize("program", GDBS, ids=lambda program: Path(program).name)
def test_the_kernel_brings_them_along_for_its_own(boot, settings, program):
    """No script is sourced, no file is named: printers come with the kernel that gdb finds by itself."""
    machine = boot(append=f"gdb=wait workload=full gdb.file={settings.elf.path}").serving()
    gdb = machine.gdb(attach=False, file="", program=program)
    gdb.execute(f"add-auto-load-safe-path {settings.elf.path}", f"target remote {machine.remote}",
                "break demo_stage_hot", "continue")
    words = gdb.execute("output demo_state.words.map")
    assert re.match(r'hash map of \d+ in \d+ buckets = {\[\w+\] = \d+, ', words)
    for name in ("words.map", "timers.list", "jobs.heap", "events.ring"):
        assert "trouble" not in gdb.execute(f"output demo_state.{name}")
    gdb.execute("set var demo_state.events.ring.head += 1000")
    assert "trouble" in gdb.execute("output demo_state.events.ring")
    gdb.execute("set var demo_state.events.ring.head -= 1000")

    assert gdb.execute("output *thread_first").startswith('thread 1 "main" (running) = {cpu = 0, ')
    listed = re.findall(r'^[ *]+\d+ +Thread 1\.(\d+) ("[^"]+" \(.*?\)) ', gdb.execute("info threads"), re.M)
    gdb.execute("set $t = thread_first")
    for number, said in listed:
        assert gdb.execute("output *$t").startswith(f"thread {number} {said} = "), (number, said)
        gdb.execute("set $t = $t->next")
    assert len(listed) > 10 and gdb.int("$t") == 0
    assert re.match(r"mutex accounts_lock, (free|held by thread \d+)", gdb.execute("output accounts_lock"))
    ready = gdb.execute("output ready_threads")
    assert "trouble" not in ready and re.match("run queue = {thread ", ready)


def test_the_file_of_the_initrd_has_them_too(settings):
    for file in (settings.elf.path, settings.initrd.with_name("initrd") / "kernel.elf"):
        command = ["gdb", "-nx", "-q", "-batch", "-iex", "set auto-load safe-path /", file,
                   "-ex", "info auto-load python-scripts", "-ex", "info pretty-printer"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert re.search(r"^Yes +trapline\.py *$", output, re.M) and "hash_map" in output, output
        assert re.search(r"^Yes +tasks\.py *$", output, re.M) and "wait_queue" in output, output
