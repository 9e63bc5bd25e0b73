"""gdb pretty-printers for the kernel's tasks: threads, the queues that they stand in, processes.

    (gdb) print *thread_first
    $1 = thread 1 "main" (running) = {cpu = 0, priority = PRIORITY_NORMAL, ticks = 71, ...}
    (gdb) print accounts_lock
    $2 = mutex accounts_lock, held by thread 9 "teller/1" = {thread 8 "teller/0"}

gdb runs this file behind trapline.py, in the same namespace, and it uses what that one has for both.
"""
import gdb
from __main__ import ListPrinter, Printer, is_trouble, plural, register_printers, walk

NAME_MAX = 32  # THREAD_NAME_MAX; of a wait queue's texts so much is shown
PRIORITIES = ("low", "normal", "high")


def text_at(pointer):
    """A C string, which may be anywhere and without an end."""
    try:
        array = gdb.lookup_type("char").array(NAME_MAX - 1).pointer()
        return pointer.cast(array).dereference().string(errors="backslashreplace")
    except gdb.MemoryError:
        return "?"


def identity(pointer):
    """A thread by its pointer, in few words."""
    if not pointer:
        return "nobody"
    try:
        thread = pointer.dereference()
        return f'thread {int(thread["id"])} "{thread["name"].string(errors="backslashreplace")}"'
    except gdb.MemoryError:
        return f"a thread at {int(pointer):#x}, which cannot be read"


def runs(address):
    """It is the current thread of a CPU, whatever its state says already (thread.h)."""
    symbol = gdb.lookup_global_symbol("cpus")
    cpus = symbol and symbol.value()
    return bool(cpus) and any(int(cpus[number]["current"]) == address
                              for number in range(cpus.type.range()[1] + 1))


class Thread(Printer):
    """As "info threads" has it, and what is known of it besides."""

    FIELDS = ("cpu", "priority", "pinned", "ticks", "wake_at", "stack", "process")

    def to_string(self):
        return f"{identity(self.value.address)} ({self._state()})"

    def _state(self):
        if runs(int(self.value.address)):
            return "running"
        pointer = self.value["waits_for"]
        state = str(self.value["state"]).removeprefix("THREAD_").lower()
        if state != "blocked" or not pointer:
            return state
        try:
            queue = pointer.dereference()
            queue.fetch_lazy()
        except gdb.MemoryError:
            return f"blocked on {int(pointer):#x}, which cannot be read"
        return f"blocked on {text_at(queue['kind'])} {text_at(queue['name'])}"

    def children(self):
        for name in self.FIELDS:
            field = self.value[name]
            yield name, PRIORITIES[int(field)] if name == "priority" and int(field) < 3 else field


def waiting(queue):
    """Names of those in a queue, and what is wrong with its links."""
    last = 0
    for number, thread in enumerate(walk(queue["first"], "queue_next")):
        if is_trouble(thread):
            yield f"[{number}]", f"trouble: {thread}"
            return
        last = int(thread.address)
        yield f"[{number}]", identity(thread.address)
    if last and last != int(queue["last"]):
        yield "last", f"trouble: the last is {last:#x}, not {int(queue['last']):#x}"


class WaitQueue(ListPrinter):
    """Who waits, the next one first."""

    def to_string(self):
        return f"{text_at(self.value['kind'])} {text_at(self.value['name'])}"

    def children(self):
        yield from waiting(self.value)


class Mutex(WaitQueue):
    def __init__(self, value):
        super().__init__(value["waiters"])
        self.owner, self.contended = value["owner"], int(value["contended"])

    def to_string(self):
        held = f"held by {identity(self.owner)}" if self.owner else "free"
        return f"{super().to_string()}, {held}, {plural(self.contended, 'wait')}"


class Condition(WaitQueue):
    def __init__(self, value):
        super().__init__(value["waiters"])


class RunQueue(ListPrinter):
    """Who is ready, in the order in which they run."""

    def to_string(self):
        return "run queue"

    def children(self):
        for priority in reversed(range(len(PRIORITIES))):
            for name, thread in waiting(self.value["lists"][priority]):
                yield f"{PRIORITIES[priority]} {name}", f"{thread}, {PRIORITIES[priority]}"


class Process(Printer):
    def to_string(self):
        ended = f"ended with {int(self.value['status'])}" if self.value["ended"] else identity(self.value["thread"])
        return f"process {int(self.value['pid'])} ({ended})"

    def children(self):
        for name in ("program", "parent", "next"):
            yield name, self.value[name]


register_printers("trapline tasks", {"thread": Thread, "wait_queue": WaitQueue, "mutex": Mutex,
                                     "condition": Condition, "run_queue": RunQueue, "process": Process})
