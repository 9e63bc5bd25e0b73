"""Conditions and commands by packets: bytecode that no gdb would send, and every kind of breakpoint."""
import itertools
import re

HOT = "demo_hot"

BAD = [  # the bytecode; what is wrong with it, and at which of its bytes
    ("", "no end", 0),
    ("2201", "no end", 2),
    ("2512", "cut short", 0),
    ("210000", "it takes too long", 0),
    ("220129210000", "it takes too long", 2),
    ("21ffff", "a jump out of the expression", 0),
    ("220120000627", "a jump out of the expression", 2),
    ("0227", "stack underflow", 0),
    ("22013327", "stack underflow", 2),
    ("2201320127", "stack underflow", 2),
    ("220128210002", "stack overflow", 2),
    ("0027", "an unknown instruction", 0),
    ("22013127", "an unknown instruction", 2),
    ("2201200104ff27", "a jump out of the expression", 2),
    ("2201ff27", "an unknown instruction", 2),
    ("220122000527", "division by zero", 4),
    ("2201160027", "sign extension of no bits", 2),
    ("22010127", "floating point", 2),
    ("26ffff27", "a register that is not to be had", 0),
    ("25ffff9000000000001a27", "memory that cannot be read", 9),
    ("22010d0827", "an instruction of tracepoints", 2),
    ("220130000827", "an instruction of tracepoints", 2),
    ("220022010c27", "an instruction of tracepoints", 4),
    ("220022012f27", "an instruction of tracepoints", 4),
    ("2e000127", "an instruction of tracepoints", 0),
    ("220022003400000378303027", "a format without an end", 4),
]
RIP = 16  # its number, in stop replies
KINDS = {0: "swbreak", 1: "hwbreak", 2: "watch", 3: "rwatch", 4: "awatch"}


def insert(rsp, place, condition="", command="", kind=0, length=1):
    """... of an address; bytecode is hexadecimal."""
    packet = f"Z{kind},{place:x},{length:x}"
    packet += f";X{len(condition) // 2:x},{condition}" if condition else ""
    packet += f";cmds:0,X{len(command) // 2:x},{command}" if command else ""
    return rsp.ask(packet)


def complaint(rsp, place):
    """What the kernel says, while it goes on to a stop there."""
    rsp.output = ""
    assert rsp.go().registers[RIP] == place and {"swbreak", "hwbreak"} & set(rsp.stop.values)
    return rsp.output


def to_turn_0(rsp):
    """The first of the demo's 100000 turns: a test counts on from there without coming to the end of them."""
    rsp.run_to("demo_stage_hot")
    rsp.run_to(HOT)


def test_bad_code_stops_in_the_next_turn_and_says_where_and_why(rsp):
    to_turn_0(rsp)
    for kind, part in itertools.product((0, 1), ("condition", "command")):
        bad_code_stops(rsp, kind, part)
    rsp.run_to("demo_turn")  # the demo has checked itself


def bad_code_stops(rsp, kind, part):
    hot, counter = rsp.elf[HOT].address, rsp.elf["demo_counter"].address
    for code, why, at in BAD:
        if code == "":
            assert rsp.ask(f"Z{kind},{hot:x},1;" + ("cmds:0," if part == "command" else "") + "X0,") == "OK"
        else:
            assert insert(rsp, hot, kind=kind, **{part: code}) == "OK"
        before = rsp.read_u64(counter)
        assert complaint(rsp, hot) == (f"condition or command of the breakpoint at {hot:#x}: {why},"
                                       f" at byte {at}\n"), code
        assert rsp.read_u64(counter) == before + 1, code
    assert insert(rsp, hot, condition=turn_is(rsp, rsp.register("rdi") + 20), kind=kind) == "OK"
    before = rsp.register("rdi")
    assert complaint(rsp, hot) == "" and rsp.register("rdi") == before + 20
    rsp.remove(hot, kind)


def turn_is(rsp, n):
    """demo_hot's argument is n."""
    return f"26{rsp.registers['rdi'].number:04x}25{n:016x}1327"


def every_instruction(rsp, n):
    """An expression with one of each that is no tracepoint's; it leaves nothing behind, and is true in turn n."""
    counter = rsp.elf["demo_counter"].address
    code = f"25{counter:016x}" + "".join(f"28{ref:02x}29" for ref in range(0x17, 0x1b)) + "29"
    of_two = (*range(0x02, 0x0c), *range(0x0f, 0x12), *range(0x13, 0x16))
    code += "22072203" + "".join(f"32013201{opcode:02x}29" for opcode in of_two)
    code += "220133" "29" "2b" "0e" "12" "1608" "2a08" "29" "29" "231234" "29" "2412345678" "29" "2c0010" "2d0010" "29"
    code += f"21{len(code) // 2 + 3:04x}"
    code += f"220120{len(code) // 2 + 5:04x}"
    code += "22002200" "34" "00" "0001" "00"  # printf("")
    return code + turn_is(rsp, n)


def test_an_expression_cut_short_anywhere_stops_and_whole_it_passes(rsp):
    to_turn_0(rsp)
    hot = rsp.elf[HOT].address
    code = every_instruction(rsp, rsp.register("rdi") + 2 ** 40)
    for n in range(2, len(code), 2):
        assert insert(rsp, hot, condition=code[:n]) == "OK"
        why, at = re.fullmatch(rf"condition or command of the breakpoint at {hot:#x}: ([a-z ]+), at byte (\d+)\n",
                               complaint(rsp, hot)).groups()
        assert why in ("no end", "cut short", "a format without an end", "a jump out of the expression"), code[:n]
        assert int(at) == n // 2 if why == "no end" else int(at) < n // 2, code[:n]
    turn = rsp.register("rdi") + 20
    assert insert(rsp, hot, condition=every_instruction(rsp, turn)) == "OK"
    assert complaint(rsp, hot) == "" and rsp.register("rdi") == turn


# Every kind


PLACES = {0: (HOT, 1), 1: (HOT, 1), 2: ("demo_counter", 8), 3: ("demo_stage", 4), 4: ("demo_counter", 8)}


def counted(variable, comparison, n):
    """++variable < n, or == n"""
    return f"2c{variable:04x}2201022d{variable:04x}22{n:02x}{comparison:02x}27"


LESS, EQUAL = 0x14, 0x13


def witness(rsp, kind):
    """What goes up by one with each hit: for demo_stage that is read by each tick, and the others' calls."""
    return rsp.elf["demo_ticks" if kind == 3 else "demo_counter"].address


def test_the_condition_of_each_kind_decides(rsp):
    """Its fifth hit stops."""
    for kind, (name, length) in PLACES.items():
        rsp.run_to("demo_tick" if kind == 3 else HOT)
        place, before = rsp.elf[name].address, rsp.read_u64(witness(rsp, kind))
        assert insert(rsp, place, counted(16 + kind, EQUAL, 5), kind=kind, length=length) == "OK"
        stop = rsp.go()
        assert KINDS[kind] in stop.values
        if kind > 1:
            assert int(stop.values[KINDS[kind]], 16) == place
        assert rsp.read_u64(witness(rsp, kind)) == before + (4 if kind == 3 else 5), KINDS[kind]
        assert rsp.output == ""
        rsp.remove(place, kind, length)


def test_the_command_of_each_kind_is_run_and_the_kernel_goes_on(rsp):
    """Of its first three hits. A breakpoint of another kind has the last word."""
    text = b"hit at %lu\n\0"
    for kind, (name, length) in PLACES.items():
        rsp.run_to("demo_tick" if kind == 3 else HOT)
        place, end, other = rsp.elf[name].address, rsp.pc, int(kind == 0)
        before = rsp.read_u64(witness(rsp, kind))
        command = f"25{witness(rsp, kind):016x}1a220022003401{len(text):04x}{text.hex()}27"
        assert insert(rsp, place, counted(16 + kind, LESS, 4), command, kind, length) == "OK"
        assert insert(rsp, end, counted(26 + kind, EQUAL, 6), kind=other) == "OK"
        rsp.output = ""
        rsp.go()
        assert rsp.pc == end and rsp.read_u64(witness(rsp, kind)) == before + 6, KINDS[kind]
        first = before + (kind != 3)
        assert rsp.output == "".join(f"hit at {n}\n" for n in range(first, first + 3)), KINDS[kind]
        rsp.remove(place, kind, length)
        rsp.remove(end, other)
