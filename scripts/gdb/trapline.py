"""gdb pretty-printers for the kernel's data structures.

    (gdb) source scripts/gdb/trapline.py
    (gdb) print demo_state.words.map
    $1 = hash map of 2 in 16 buckets = {[apple] = 3, [pear] = 4}
    (gdb) print/r demo_state.words.map          without them

Those for threads are in tasks.py. They read a kernel that may be broken: a circle, an unreadable pointer or a
wrong count is shown as an element called "trouble" and never hangs gdb.
"""
import struct

import gdb
import gdb.printing

BUCKETS_MAX = 1 << 20  # more are not looked at: the count is wrong
NODES_MAX = 64  # of an expression, as in expression.h


def walk(first, link="next"):
    """The nodes of a list, each as a structure, which has the link to the next one; ends with a text
    if something is wrong with it."""
    seen = set()
    node = first
    while node:
        address = int(node)
        if address in seen:
            yield f"a circle: back at {address:#x}"
            return
        seen.add(address)
        try:
            structure = node.dereference()
            structure.fetch_lazy()
        except gdb.MemoryError:
            yield f"{address:#x} cannot be read"
            return
        yield structure
        node = structure[link]


def is_trouble(node):
    return isinstance(node, str)


def plural(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


class Printer:
    """Of one structure; subclasses have to_string() and children()."""

    def __init__(self, value):
        self.value = value


class ListPrinter(Printer):
    """Its children have no names, only places."""

    def display_hint(self):
        return "array"


def register_printers(collection, printers):
    """printers has a class for each structure's name."""
    named = gdb.printing.RegexpCollectionPrettyPrinter(collection)
    for structure, printer in printers.items():
        named.add_printer(structure, f"^{structure}$", printer)
    gdb.printing.register_pretty_printer(gdb.current_objfile(), named, replace=True)


class HashMap(Printer):
    """[key] = value for each entry, in the order of the buckets. Not gdb's display hint "map": its
    keys would be elements of their own in VS Code, and [6] for a text of five letters."""

    def to_string(self):
        buckets = plural(int(self.value["bucket_count"]), "bucket")
        return f"hash map of {int(self.value['entry_count'])} in {buckets}"

    def children(self):
        count = troubles = 0
        for entry in self._entries():
            if is_trouble(entry):
                troubles += 1
                yield f"trouble {troubles}", entry
                continue
            yield f"[{entry['key'].string(errors='backslashreplace')}]", entry["value"]
            count += 1
        if count != int(self.value["entry_count"]):
            yield "count", f"trouble: {count} found"

    def _entries(self):
        """All buckets in one read: over a serial line each one costs a round trip."""
        buckets, count = self.value["buckets"], int(self.value["bucket_count"])
        if count > BUCKETS_MAX:
            yield f"{count} buckets cannot be"
            return
        try:
            memory = gdb.selected_inferior().read_memory(buckets, 8 * count) if count else b""
        except gdb.MemoryError:
            yield f"the buckets at {int(buckets):#x} cannot be read"
            return
        for address in filter(None, struct.unpack(f"<{count}Q", memory)):
            yield from walk(gdb.Value(address).cast(buckets.type.target()))


class SortedList(ListPrinter):
    """The keys, smallest first."""

    def to_string(self):
        return f"sorted list of {int(self.value['length'])}"

    def children(self):
        count, last = 0, 0
        for node in walk(self.value["first"]):
            if is_trouble(node):
                yield "trouble", f"trouble: {node}"
                return
            key = int(node["key"])
            if key < last:
                yield "order", f"trouble: {key} after {last}"
            yield f"[{count}]", node["key"]
            count, last = count + 1, key
        if count != int(self.value["length"]):
            yield "trouble", f"trouble: {count} found"


class EventRing(ListPrinter):
    """The events that wait to be taken, oldest first."""

    def __init__(self, value):
        super().__init__(value)
        first, last = value["slots"].type.range()
        self.slots = last - first + 1
        self.tail = int(value["tail"])
        self.count = (int(value["head"]) - self.tail) % (1 << 32)

    def to_string(self):
        return f"event ring, {self.count} of {self.slots} slots taken"

    def children(self):
        if self.count > self.slots:
            yield "trouble", f"trouble: head and tail are {self.count} apart"
            return
        for number in range(self.tail, self.tail + self.count):
            yield f"[{number}]", self.value["slots"][number % self.slots]


class BinaryHeap(ListPrinter):
    """The jobs in the order in which they would leave, which is not the order of the array."""

    def to_string(self):
        return f"heap of {plural(int(self.value['count']), 'job')}"

    def children(self):
        first, last = self.value["jobs"].type.range()
        count, capacity = int(self.value["count"]), last - first + 1
        if count > capacity:
            yield "trouble", f"trouble: only {capacity} fit"
        jobs = [self.value["jobs"][index] for index in range(min(count, capacity))]
        for index in range(1, len(jobs)):
            if self._rank(jobs[index]) < self._rank(jobs[(index - 1) // 2]):
                yield "order", f"trouble: jobs[{index}] goes before its parent"
        for number, job in enumerate(sorted(jobs, key=self._rank)):
            yield f"[{number}]", job

    @staticmethod
    def _rank(job):
        """As job_before() of binary_heap.c has it."""
        return int(job["due"]), -int(job["urgent"]), int(job["id"])


class Expression(Printer):
    """The tree as text, with the brackets that show its form."""

    def __init__(self, value):
        super().__init__(value)
        self.nodes = 0

    def to_string(self):
        self.nodes = 0
        return self._text(self.value)

    def _text(self, node):
        self.nodes += 1
        kind = int(node["kind"])
        if kind == ord("n"):
            return str(int(node["of"]["number"]))
        if kind not in tuple(b"+-*/"):
            return f"<trouble: kind {kind}>"
        if self.nodes > NODES_MAX:
            return "<trouble: too large>"
        operands = node["of"]["operands"]
        return f"{self._operand(operands['left'])} {kind:c} {self._operand(operands['right'])}"

    def _operand(self, pointer):
        try:
            node = pointer.dereference()
            text = self._text(node)
        except gdb.MemoryError:
            return f"<trouble: {int(pointer):#x} cannot be read>"
        return f"({text})" if " " in text and text[0] != "<" else text


class BuildCheck:
    """Says once a connection if the kernel that runs is not of the file that gdb has its symbols from. The
    kernel has a file that says which it is."""

    def __init__(self, objfile):
        self.objfile = objfile
        self.seen = None

    def __call__(self, _event):
        connection = gdb.selected_inferior().connection
        if connection is None or connection.type != "remote" or connection.num == self.seen:
            return
        self.seen = connection.num
        running = self._running(connection)
        ours = self.objfile.build_id if self.objfile.is_valid() else None
        if running and ours and running != ours:
            gdb.write(f"warning: this kernel is of another build than {self.objfile.filename}: lines, variables and "
                      f"breakpoints will be wrong\n  the kernel's build-id is {running}\n  the file's build-id is "
                      f"{ours}\n", gdb.STDERR)

    @staticmethod
    def _running(connection):
        """The text of the file "build-id", by the packets that gdb itself reads files with."""
        reply = connection.send_packet(f"vFile:open:{b'build-id'.hex()},0,0")
        if not reply or not reply.startswith(b"F") or reply.startswith(b"F-"):
            return None
        reply = connection.send_packet(b"vFile:pread:" + reply[1:] + b",80,0")
        return reply.partition(b";")[2].decode(errors="replace")


register_printers("trapline", {"hash_map": HashMap, "sorted_list": SortedList, "event_ring": EventRing,
                               "binary_heap": BinaryHeap, "expression": Expression})
if gdb.current_objfile() is not None and hasattr(gdb, "RemoteTargetConnection"):
    gdb.events.stop.connect(BuildCheck(gdb.current_objfile()))
