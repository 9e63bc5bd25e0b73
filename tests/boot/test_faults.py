"""What happens when the kernel faults: each exception in each place, in words, with a backtrace; and who
deals with it, the client or the kernel."""
import re

import pytest
from test_doors import stop_in_task, wait_until_it_runs

RSP, RIP = 7, 16
INT, ILL, TRAP, ABRT, FPE, BUS, SEGV = 2, 4, 5, 6, 8, 10, 11

# kind: (signal, text). From kernel/demo/fault_kinds.h.
FAULTS = {
    "divide": (FPE, "divide error at rip {rip} by the kernel"),
    "invalid_opcode": (ILL, "invalid opcode at rip {rip} by the kernel"),
    "gp_selector": (SEGV, "general protection fault at rip {rip} by the kernel: GDT selector 0x1000"),
    "gp_noncanonical": (SEGV, "general protection fault at rip {rip} by the kernel"),
    "ss_noncanonical": (BUS, "stack fault at rip {rip} by the kernel"),
    "np_gate": (BUS, "segment not present at rip {rip} by the kernel: IDT gate 0x81"),
    "page_null_read": (SEGV, "page fault: read of 0x0 at rip {rip} by the kernel: not mapped"),
    "page_null_write": (SEGV, "page fault: write to 0x0 at rip {rip} by the kernel: not mapped"),
    "page_nx_exec": (SEGV, "page fault: execute {rip} at rip {rip} by the kernel: the page is not "
                           "executable there"),
    "page_rodata_write": (SEGV, "page fault: write to {rodata} at rip {rip} by the kernel: the page is "
                                "read-only there"),
    "null_call": (SEGV, "page fault: execute 0x0 at rip 0x0 by the kernel: not mapped"),
    "x87": (FPE, "x87 floating point error at rip {rip} by the kernel"),
    "no_fpu": (FPE, "device not available at rip {rip} by the kernel"),
    "nmi": (INT, "non-maskable interrupt at rip {rip} by the kernel"),
    "overflow": (SEGV, "overflow at rip {rip} by the kernel"),
    "bound": (SEGV, "bound range exceeded at rip {rip} by the kernel"),
    "machine_check": (BUS, "machine check at rip {rip} by the kernel"),
    "virtualization": (ABRT, "virtualization exception at rip {rip} by the kernel"),
    "reserved": (ABRT, "reserved exception at rip {rip} by the kernel"),
    "invalid_tss": (SEGV, "invalid TSS at rip {rip} by the kernel: GDT selector 0x28"),
    "simd_vector": (FPE, "SIMD floating point error at rip {rip} by the kernel"),
    "hypervisor_injection": (ABRT, "hypervisor injection exception at rip {rip} by the kernel"),
    # Raised by hand: QEMU has no #CP, #VC and #SX, and ring 0 gets no #AC from any processor.
    "alignment_check": (BUS, "alignment check at rip {rip} by the kernel"),
    "control_protection": (SEGV, "control protection exception at rip {rip} by the kernel: an indirect "
                                 "branch led to no ENDBRANCH"),
    "vmm_communication": (ABRT, "VMM communication exception at rip {rip} by the kernel: error code 0x72"),
    "security": (ABRT, "security exception at rip {rip} by the kernel: error code 0x1"),
    "breakpoint": (TRAP, None),
    # No frame can be pushed where these fault: they arrive as a double fault on a stack of its own.
    "stack_overflow": (BUS, "double fault at rip {rip} by the kernel: the stack has overflowed: no frame "
                            "can be pushed at {rsp}"),
    "bad_stack": (BUS, "double fault at rip {rip} by the kernel: rsp points where nothing is mapped: {rsp}"),
    "noncanonical_rsp": (BUS, "double fault at rip {rip} by the kernel: rsp is no address: "
                              "0x8000000000000000"),
    "bad_gate": (BUS, "double fault at rip {rip} by the kernel: an exception whose own gate or stack does "
                      "not work; cr2 is 0x0"),
}
# Where QEMU 7.2 does something else than the manual says: #GP for the stack segment as for any other; and
# twice the vector in the error code of a gate (its 64-bit gates are 16 bytes, the code counts in 8).
QEMU = {"ss_noncanonical": FAULTS["gp_noncanonical"],
        "np_gate": (BUS, FAULTS["np_gate"][1].replace("0x81", "0x102"))}


def check_stop(kind, rsp, settings):
    """The stop is the one that the fault makes, by the manual or in QEMU's way."""
    registers = rsp.stop.registers
    values = {"rip": hex(registers[16]), "rsp": hex(registers[7]),
              "rodata": hex(settings.elf["__rodata_start"].address)}
    known = [(signal, text.format(**values) + "\n" if text else "")
             for signal, text in (FAULTS[kind], QEMU.get(kind, FAULTS[kind]))]
    assert (rsp.stop.signal, rsp.output) in known, kind
    if rsp.output:
        assert rsp.monitor("fault") == rsp.output, kind
    assert not rsp.register("eflags") & 0x100, kind


CORE = ("rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip eflags").split()


class Trigger:
    """Makes the stopped kernel call a fault function, and puts its registers back afterwards."""

    def __init__(self, rsp, settings):
        self.rsp, self.elf = rsp, settings.elf

    def call(self, kind, packet="vCont;c"):
        """The stop reply to the fault; what was said before it is in rsp.output."""
        self.saved = {name: self.rsp.register(name) for name in CORE}
        stack = (self.rsp.register("rsp") - 256) & ~15
        self.back = self.rsp.pc
        self.rsp.write(stack - 8, self.back.to_bytes(8, "little"))
        self.rsp.set_register("rsp", stack - 8)
        self.rsp.set_register("rip", self.elf[f"fault_{kind}"].address)
        self.rsp.output = ""
        return self.rsp.go(packet)

    def restore(self):
        for name, value in self.saved.items():
            assert self.rsp.set_register(name, value) == "OK", name


def mend_tables(rsp):
    """The kernel does it: a client may not write to the IDT or the GDT."""
    assert "as they were" in rsp.monitor("mend")


def stop_in_interrupt(rsp, settings):
    tick = settings.elf["demo_tick"].address
    rsp.insert(tick)
    rsp.go()
    rsp.remove(tick)


@pytest.mark.parametrize("place", [stop_in_task, stop_in_interrupt])
def test_each_fault_stops_by_the_sdm_or_as_qemu_has_it_and_the_kernel_goes_on(machine, settings, place):
    rsp = machine.rsp()
    place(rsp, settings)
    trigger = Trigger(rsp, settings)
    for kind in FAULTS:
        trigger.call(kind)
        check_stop(kind, rsp, settings)
        trigger.restore()
        mend_tables(rsp)
    for _ in range(3):
        place(rsp, settings)


def test_each_fault_inside_the_debugger_is_an_error_and_the_session_lives(rsp, settings):
    """All but those that the debugger takes for its own, and those that are refused."""
    stop_in_task(rsp, settings)
    registers = {name: rsp.register(name) for name in CORE}
    for kind in FAULTS.keys() - {"breakpoint", "nmi", "no_fpu"}:
        reply = rsp.ask("qRcmd," + f"break-me {kind}".encode().hex())
        assert reply.startswith("E") and "fault" in reply or reply == "E14", (kind, reply)
        mend_tables(rsp)
        assert {name: rsp.register(name) for name in CORE} == registers, kind
    for kind in ("spin_cli", "spin_poll", "spinlock", "deadlock"):
        assert "would wait for ever" in rsp.monitor(f"break-me {kind}")
    assert "CR0.TS would stay behind" in rsp.monitor("break-me no_fpu")
    stop_in_task(rsp, settings)
    assert int(re.search(r"faults of the debugger itself: (\d+)", rsp.monitor("comm"))[1]) > 10


def test_a_panic_inside_the_debugger_is_none_of_the_kernels(machine, settings):
    rsp = machine.rsp()
    stop_in_task(rsp, settings)
    for _ in range(4):
        assert rsp.ask("qRcmd," + b"break-me panic".hex()).startswith("E")
    assert "given up" not in rsp.monitor("analyze")
    stop_in_task(rsp, settings)
    assert "given up" not in rsp.monitor("analyze")


EARLY = ["page_null_read", "page_null_write", "null_call", "divide", "invalid_opcode", "gp_selector",
         "gp_noncanonical", "ss_noncanonical", "noncanonical_rsp", "nmi", "overflow", "bound", "machine_check",
         "virtualization", "reserved", "simd_vector", "hypervisor_injection"]


def at_boot(machine):
    """The kernel said this right before, and could say nothing later."""
    machine.console.wait_for("^boot: by ")
    return machine


@pytest.mark.com1("nobody has read yet that it is to be another line")
def test_each_fault_before_the_kernel_has_an_idt(boot, settings):
    """Under the tables that debugger_early_init() made."""
    rsp = at_boot(boot(append="fault=breakpoint@boot")).rsp()
    assert rsp.stop.signal == TRAP
    trigger = Trigger(rsp, settings)
    for kind in EARLY:
        trigger.call(kind)
        check_stop(kind, rsp, settings)
        trigger.restore()
    stop_in_task(rsp, settings)


def backtrace(kind, *callers):
    return [f"fault_{kind}", "fault_here", *callers]


TASK = ["kernel_main", "kernel_start", "boot_main", "boot_high"]
PLACES = {
    "boot": TASK[1:],
    "task": TASK,
    "irq": ["interrupt", "trap_interrupt", "<signal handler called>", "apic_interrupt_self",
            "fault_in_interrupt", *TASK],
}


@pytest.fixture
def gdb_at_fault(boot):
    """At the fault that the command line asks for. A client that attached before it would stop the kernel
    somewhere on its way there: but at boot, this one is there from the first line on, and continues."""
    def attach(fault):
        if fault.endswith("@boot"):
            return at_boot(boot(append=f"fault={fault}")).gdb()
        gdb = boot(append=f"gdb=wait fault={fault}").serving().gdb()
        gdb.execute("continue")
        return gdb
    return attach


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["divide", "gp_noncanonical"])
def test_backtrace_of_a_fault_on_the_command_line(gdb_at_fault, kind, place):
    assert gdb_at_fault(f"{kind}@{place}").frames() == backtrace(kind, *PLACES[place])


@pytest.mark.parametrize("place", ["task", "boot"])
def test_null_call_shows_the_caller(gdb_at_fault, place):
    """At pc 0 there is no function to look up: gdb takes the word at rsp for the return address."""
    gdb = gdb_at_fault(f"null_call@{place}")
    assert gdb.int("$rip") == 0
    assert gdb.frames()[1:] == backtrace("null_call", *PLACES[place])


@pytest.mark.parametrize("fault", ["stack_overflow", "stack_overflow@irq", "stack_overflow@boot"])
def test_stack_overflow_is_a_clean_stop_with_its_whole_backtrace(gdb_at_fault, fault):
    """Elsewhere: a triple fault and a reboot. There are 500 frames of it, and a tick's where that has found no room."""
    gdb = gdb_at_fault(fault)
    frames = gdb.frames(1000)
    first, depth = frames.index("recurse"), frames.count("recurse")
    assert depth > 100 and (first == 0 or frames[first - 1] == "<signal handler called>")
    assert frames[first + depth:] == backtrace("stack_overflow", *PLACES[fault.partition("@")[2] or "task"])
    assert "the stack has overflowed" in gdb.execute("monitor fault")


def test_a_stray_rsp_is_no_overflow_but_one_next_to_its_stack_is(rsp, settings):
    """The guard page of this stack has writable memory above it; others have nothing, or constants."""
    stop_in_task(rsp, settings)
    trigger = Trigger(rsp, settings)
    assert trigger.call("stack_overflow").signal == BUS
    full = rsp.register("rsp")
    trigger.restore()
    push = settings.elf["fault_page_null_write"].address  # faults, and has no stack for it
    for stray, said in [(full, "the stack has overflowed: no frame can be pushed at"),
                        (full - 0x800, "the stack has overflowed: no frame can be pushed at"),
                        (0x1234000, "rsp points where nothing is mapped:"),
                        (0xffffe80000000000, "rsp points where nothing is mapped:"),
                        (0x40, "rsp points where nothing is mapped:"),
                        (settings.elf["__rodata_start"].address + 0x800, "rsp points where nothing can be written:")]:
        rsp.set_register("rsp", stray)
        rsp.set_register("rip", push)
        rsp.output = ""
        assert rsp.go().signal == BUS, said
        assert f": {said} {stray:#x}\n" in rsp.output, rsp.output
        verdict = "stack-overflow" if "overflow" in said else "stack-pointer"
        assert f'"verdict":"{verdict}"' in rsp.monitor("-j analyze").replace(": ", ":"), said
        trigger.restore()
    stop_in_task(rsp, settings)


def test_bad_idt_is_a_clean_stop_with_its_backtrace(gdb_at_fault):
    gdb = gdb_at_fault("bad_gate")
    assert gdb.frames() == backtrace("bad_gate", *TASK)
    assert gdb.execute("monitor fault").startswith("double fault at rip 0x")


@pytest.mark.parametrize("place", ["task", "boot"])
@pytest.mark.parametrize("kind", ["bad_stack", "noncanonical_rsp"])
def test_rsp_that_leads_nowhere_still_shows_the_line(gdb_at_fault, kind, place):
    """The stack pointer is gone, and with it the return address; the frame pointer is not."""
    gdb = gdb_at_fault(f"{kind}@{place}")
    assert gdb.frames()[0] == f"fault_{kind}"
    assert "fault_kinds.c" in gdb.execute("info line *$pc")


@pytest.mark.machine(qmp=True)
def test_machine_check_by_the_hardware(machine, rsp):
    rsp.resume()
    wait_until_it_runs(machine)
    machine.monitor("mce 0 1 0xbd00000000000134 0x5 0x1234 0x8c")
    assert rsp.wait_stop().signal == BUS
    assert rsp.output.startswith("machine check at rip 0x")


def raise_each(rsp, settings):
    """An "int n" for each n of the processor's own, in place of a ud2: many have an error code, which it lacks."""
    trigger = Trigger(rsp, settings)
    place = settings.elf["fault_invalid_opcode"].address
    before = rsp.read(place, 2)
    assert before == b"\x0f\x0b"
    for vector in range(32):
        rsp.write(place, bytes([0xcd, vector]))
        stop = trigger.call("invalid_opcode")
        rsp.output = ""
        assert stop.registers[RIP] == place + 2, (vector, rsp.output)
        assert stop.registers[RSP] % 16 == 8 and rsp.read_u64(stop.registers[RSP]) == trigger.back, vector
        rsp.insert(trigger.back)
        assert rsp.go("vCont;c").signal == TRAP and rsp.pc == trigger.back, vector
        rsp.remove(trigger.back)
        changed = {name for name, value in trigger.saved.items() if rsp.register(name) != value} - {"eflags"}
        assert changed <= {"rsp"}, (vector, changed)
        trigger.restore()
    rsp.write(place, before)


def test_int_of_each_exception_stops_behind_it_and_goes_on(rsp, settings):
    stop_in_task(rsp, settings)
    raise_each(rsp, settings)
    stop_in_interrupt(rsp, settings)
    raise_each(rsp, settings)
    stop_in_task(rsp, settings)


@pytest.mark.com1("nobody has read yet that it is to be another line")
def test_int_of_each_exception_before_the_kernel_has_an_idt(boot, settings):
    rsp = at_boot(boot(append="fault=breakpoint@boot")).rsp()
    raise_each(rsp, settings)
    stop_in_task(rsp, settings)


def test_int_of_each_exception_inside_the_debugger_is_an_error_and_the_session_lives(rsp, settings):
    """All but the debugger's own: #DB and #BP are passed over there, an NMI without a cause is none."""
    stop_in_task(rsp, settings)
    place = settings.elf["fault_invalid_opcode"].address
    before, registers = rsp.read(place, 2), {name: rsp.register(name) for name in CORE}
    for vector in range(32):
        rsp.write(place, bytes([0xcd, vector]))
        reply = rsp.ask("qRcmd," + b"break-me invalid_opcode".hex())
        if vector in (1, 2, 3):
            print(vector, reply)
        else:
            assert reply.startswith("E"), (vector, reply)
        while not reply.startswith("E") and reply != "OK":
            reply = rsp.receive().decode()
        assert {name: rsp.register(name) for name in CORE} == registers, vector
        assert rsp.ask("vMustReplyEmpty") == "", vector
    rsp.write(place, before)
    assert rsp.register("dr7") == 0x400
    stop_in_task(rsp, settings)


@pytest.mark.machine(panic_expected=True, append="gdb=wait fault=divide")
def test_int_of_an_exception_with_a_code_in_words_and_to_the_kernel(machine, settings):
    rsp = machine.rsp()
    assert rsp.go().signal == FPE
    place = rsp.pc
    for vector, name in ((8, "double fault"), (13, "general protection fault"), (14, "page fault")):
        rsp.write(place, bytes([0xcd, vector]))
        rsp.output = ""
        rsp.set_register("rip", place)
        assert rsp.go().signal in (BUS, SEGV)
        assert rsp.output == f"{name} at rip {place + 2:#x} by the kernel: raised by an int instruction\n"
        assert '"verdict":"int-instruction"' in rsp.monitor("-j analyze").replace(": ", ":")
    rsp.close()
    gdb = machine.gdb()
    assert gdb.frames()[:3] == ["fault_divide", "fault_here", "kernel_main"]
    assert "SIGABRT" in gdb.execute("signal SIGSEGV")
    assert "fault_divide" in gdb.frames()


# Who deals with it


def in_demand(rsp, settings, packet="vCont;c"):
    """Touch a page that is made on demand; returns the stop, which is the breakpoint behind it unless the
    fault stops first."""
    trigger = Trigger(rsp, settings)
    rsp.insert(rsp.pc)
    stop = trigger.call("demand", packet)
    rsp.remove(trigger.back)
    return trigger, stop


def pages_made(rsp, settings):
    return rsp.read_u64(settings.elf["demand_pages_made"].address)


def test_page_fault_that_the_kernel_resolves_does_not_stop(rsp, settings):
    stop_in_task(rsp, settings)
    before = pages_made(rsp, settings)
    trigger, stop = in_demand(rsp, settings)
    assert stop.signal == TRAP and rsp.pc == trigger.back and rsp.output == ""
    assert pages_made(rsp, settings) == before + 1


@pytest.mark.parametrize("packet", ["vCont;C0b:p1.1;c", "C0b", "vCont;S0b:p1.1;c", "S0b"])
def test_signal_hands_the_fault_to_the_kernel_which_resolves_it(rsp, settings, packet):
    stop_in_task(rsp, settings)
    rsp.monitor("catch pf first")
    before = pages_made(rsp, settings)
    trigger, stop = in_demand(rsp, settings)
    assert stop.signal == SEGV and "not mapped" in rsp.output
    fault_at = rsp.pc
    rsp.insert(trigger.back)
    stop = rsp.go(packet)
    rsp.remove(trigger.back)
    assert stop.signal == TRAP
    assert rsp.pc == trigger.back if "C" in packet.replace("vCont", "") else rsp.pc > fault_at
    assert pages_made(rsp, settings) == before + 1
    assert not rsp.register("eflags") & 0x100
    trigger.restore()
    stop_in_task(rsp, settings)


def test_continue_without_the_signal_tries_the_instruction_again(rsp, settings):
    stop_in_task(rsp, settings)
    rsp.monitor("catch pf first")
    trigger, stop = in_demand(rsp, settings)
    assert stop.signal == SEGV
    for _ in range(3):
        assert rsp.go("vCont;c").signal == SEGV
    trigger.restore()
    stop_in_task(rsp, settings)


def test_signal_after_a_repair_tries_the_instruction_again(rsp, settings):
    """The client has moved rip behind the fault: the kernel's handler is not asked."""
    stop_in_task(rsp, settings)
    before = pages_made(rsp, settings)
    rsp.monitor("catch pf first")
    trigger, stop = in_demand(rsp, settings)
    assert stop.signal == SEGV
    rsp.insert(trigger.back)
    trigger.restore()
    assert rsp.go("vCont;C0b").signal == TRAP
    assert pages_made(rsp, settings) == before


@pytest.mark.machine(panic_expected=True)
def test_signal_for_a_fault_that_the_kernel_cannot_resolve_ends_in_its_panic(rsp, settings):
    stop_in_task(rsp, settings)
    trigger = Trigger(rsp, settings)
    assert trigger.call("page_null_write").signal == SEGV
    rsp.output = ""
    assert rsp.go("vCont;C0b").signal == ABRT
    assert rsp.output == "page fault: kernel cannot write 0x0000000000000000: not mapped\n"


@pytest.mark.machine(panic_expected=True)
@pytest.mark.parametrize("policy, told", [("ignore", ""), ("notify", "divide error at rip 0x")])
def test_policy_that_leaves_it_to_the_kernel(rsp, settings, policy, told):
    stop_in_task(rsp, settings)
    rsp.monitor(f"catch de {policy}")
    assert Trigger(rsp, settings).call("divide").signal == ABRT
    assert rsp.output.startswith(told) and rsp.output.endswith("divide error, error code 0x0\n")


def test_second_chance_of_a_fault_that_nobody_resolves_stops_at_it(rsp, settings):
    stop_in_task(rsp, settings)
    assert rsp.monitor("catch 6 second") == " 6 ud   second  invalid opcode\n"
    assert Trigger(rsp, settings).call("invalid_opcode").signal == ILL
    function = settings.elf["fault_invalid_opcode"]
    assert function.address <= rsp.pc < function.end


def test_catch_lists_and_sets_by_name_and_number(rsp):
    rows = dict(re.findall(r"^ *(\d+) \w+ +(\S+) ", rsp.monitor("catch"), re.MULTILINE))
    assert rows["14"] == "second" and rows["13"] == "first" and rows["3"] == "-"
    assert rsp.monitor("catch gp notify") == "13 gp   notify  general protection fault\n"
    assert rsp.monitor("catch 13") == "13 gp   notify  general protection fault\n"
    after = dict(re.findall(r"^ *(\d+) \w+ +(\S+) ", rsp.monitor("catch all first"), re.MULTILINE))
    changed = {number: policy for number, policy in after.items() if policy != "first"}
    assert changed == {"1": rows["1"], "3": "-"}  # #DB is no mistake, #BP is the debugger's own


@pytest.mark.parametrize("args", ["xx", "32", "9", "-1", "pf third", "pf first second", "999999999999",
                                  "all never", "1e"])
def test_catch_with_a_bad_argument_says_how_and_changes_nothing(shared_rsp, args):
    before = shared_rsp.monitor("catch")
    assert shared_rsp.monitor(f"catch {args}").startswith("usage: monitor catch")
    assert shared_rsp.monitor("catch") == before


@pytest.mark.parametrize("name", ["bp", "3"])
def test_catch_leaves_the_debuggers_own_alone(shared_rsp, name):
    assert "the debugger's own" in shared_rsp.monitor(f"catch {name} ignore")


def test_fault_says_so_if_there_was_none(shared_rsp):
    assert shared_rsp.monitor("fault") == "no fault so far\n"
    assert shared_rsp.monitor("fault 1") == "usage: monitor fault\n"


@pytest.mark.parametrize("value", ["nothing", "divide@home", "divide@", "@boot", ""])
def test_bad_fault_on_the_command_line_is_named(boot, value):
    machine = boot(append=f"fault={value}")
    machine.console.wait_for("^debugger: serving")
    assert machine.console.find(f"^fault={re.escape(value)}: not a kind of fault")


def test_gdb_signal_resolves_a_demand_zero_page_and_the_program_goes_on(gdb):
    gdb.execute("break demo_hot", "continue", "monitor catch pf first")
    made = gdb.int("demand_pages_made")
    assert "signaled while in a function" in gdb.refused("call fault_demand()")
    assert gdb.frames()[0] == "fault_demand"
    gdb.execute("signal SIGSEGV")
    assert gdb.int("demand_pages_made") == made + 1
    assert gdb.frames()[0] == "demo_hot"
    gdb.execute("delete", "tbreak demo_stage_hash", "continue")


def test_gdb_function_call_between_the_fault_and_its_signal_changes_nothing(gdb):
    gdb.execute("break demo_hot", "continue", "monitor catch pf first")
    made = gdb.int("demand_pages_made")
    gdb.refused("call fault_demand()")
    gdb.execute("print demo_factorial(5)", "signal SIGSEGV")
    assert gdb.int("demand_pages_made") == made + 1


# Two that nest


def test_of_two_faults_that_nest_the_first_is_kept(rsp, settings):
    """The kernel's own page fault handler divides by zero."""
    stop_in_task(rsp, settings)
    handler = settings.elf["demand_resolve"].address
    rsp.insert(handler)
    assert Trigger(rsp, settings).call("demand").signal == TRAP and rsp.pc == handler
    rsp.remove(handler)
    rsp.set_register("rip", settings.elf["fault_divide"].address)
    assert rsp.go().signal == FPE
    last, first = rsp.output.splitlines()
    assert last.startswith("divide error at rip 0x")
    assert first.startswith("while the kernel dealt with: page fault: read of 0xffffe00000000000 at rip")
    assert rsp.monitor("fault").splitlines() == [first.replace("while the kernel dealt with", "first"),
                                                 "then:  " + last]


def test_fault_after_one_that_was_resolved_is_alone(rsp, settings):
    stop_in_task(rsp, settings)
    in_demand(rsp, settings)[0].restore()
    assert Trigger(rsp, settings).call("divide").signal == FPE
    assert len(rsp.output.splitlines()) == 1


def test_gdb_stepi_hands_the_fault_over_as_continue_does_and_retries_without_the_signal(gdb):
    gdb.execute("break demo_hot", "continue", "monitor catch pf first")
    made = gdb.int("demand_pages_made")
    gdb.refused("call fault_demand()")
    fault_at = gdb.int("$rip")
    gdb.execute("handle SIGSEGV nopass", "stepi")
    assert gdb.int("$rip") == fault_at and gdb.int("demand_pages_made") == made
    gdb.execute("handle SIGSEGV pass", "stepi")
    assert gdb.int("$rip") > fault_at and gdb.int("demand_pages_made") == made + 1
    assert gdb.frames()[0] == "fault_demand"


def test_gdb_continue_retries_and_signal_hands_over_with_nopass(gdb):
    """By itself gdb sends the same packet for both (docs/faults.md)."""
    gdb.execute("tbreak demo_hot", "continue", "monitor catch pf first", "handle SIGSEGV nopass")
    made = gdb.int("demand_pages_made")
    gdb.refused("call fault_demand()")
    fault_at = gdb.int("$rip")
    for _ in range(3):
        assert "SIGSEGV" in gdb.execute("continue")
        assert gdb.int("$rip") == fault_at and gdb.int("demand_pages_made") == made
    gdb.execute("signal SIGSEGV")
    assert gdb.int("demand_pages_made") == made + 1
