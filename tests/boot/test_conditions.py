"""Conditions and commands of breakpoints, evaluated in the kernel (agent expressions)."""
import random
import re

import pytest


HOT = "demo_hot"


def to_turn_0(gdb):
    """Stop in the first of the demo's 100000 turns over demo_hot(n), and leave no breakpoint behind: a
    test counts on from there without coming to the end of them. Returns n, which is 0."""
    gdb.execute("tbreak demo_stage_hot", "continue", f"tbreak {HOT}", "continue")
    assert gdb.int("n") == 0
    return 0


def test_a_false_condition_costs_not_a_byte(gdb):
    turn = to_turn_0(gdb) + 3000
    gdb.execute("set breakpoint always-inserted on", f"break {HOT} if n == {turn}")
    before = len(gdb.packet_log())
    gdb.execute("continue")
    assert gdb.int("n") == turn
    packets = gdb.packet_log()[before:]
    assert sum("vCont;c" in line for line in packets) <= 2, packets
    assert any(re.search(r"Z0,\w+,1;X", line) for line in gdb.packet_log())


def test_any_of_several_conditions_stops(gdb):
    n = to_turn_0(gdb)
    gdb.execute(f"break {HOT} if n == {n + 40}", f"break {HOT} if n == {n + 20}")
    for turn in (20, 40):
        gdb.execute("continue")
        assert gdb.int("n") == n + turn


def test_a_condition_that_cannot_be_evaluated_stops_and_says_why(gdb):
    gdb.execute(f"break {HOT} if 1 / (demo_counter - demo_counter)")
    output = gdb.execute("continue")
    assert "division by zero, at byte" in gdb.log.read_text() + output
    gdb.execute("delete", f"break {HOT} if *(int *) 0xffff900000000000")
    gdb.execute("continue")
    assert "memory that cannot be read" in gdb.log.read_text()


def test_dprintf_prints_and_the_kernel_runs_on(gdb):
    gdb.execute("set dprintf-style agent", "tbreak demo_turn", "continue")
    turn = gdb.int("demo_statistics.turns")
    gdb.execute('dprintf demo_add,"%d and %d in turn %lu\\n", a, b, demo_statistics.turns',
                f"tbreak demo_turn if demo_statistics.turns == {turn + 3}")
    output = gdb.execute("continue") + gdb.log.read_text()
    seen = [int(number) for number in re.findall(r"^2 and 3 in turn (\d+)$", output, re.M)]
    assert set(seen) == {turn, turn + 1, turn + 2}, output
    assert gdb.int("demo_statistics.turns") == turn + 3


def test_hardware_breakpoint_and_watchpoint(gdb):
    n = to_turn_0(gdb)
    gdb.execute(f"hbreak {HOT}", "continue")
    assert gdb.int("n") == n + 1
    gdb.execute("delete", f"hbreak {HOT} if n == {n + 50}", "continue")
    assert gdb.int("n") == n + 50
    gdb.execute("delete")
    counter = gdb.int("demo_counter")
    gdb.execute(f"watch demo_counter if demo_counter > {counter + 100}", "continue")
    assert gdb.int("demo_counter") == counter + 101


def test_a_condition_by_packets_is_replaced_and_taken_back(rsp, machine):
    hot = machine.elf[HOT].address
    rsp.run_to("demo_stage_hot")
    rdi = rsp.registers["rdi"].number
    target = 1000
    code = f"26{rdi:04x}25{target:016x}1327"
    assert rsp.ask(f"Z0,{hot:x},1;X{len(code) // 2:x},{code}") == "OK"
    rsp.go()
    assert rsp.register("rdi") == target and rsp.pc == hot
    assert rsp.ask(f"Z0,{hot:x},1;X1,27;X1,27") == "OK"
    assert rsp.ask(f"Z0,{hot:x},1;X2,27") == "E01"
    assert rsp.ask(f"Z0,{hot:x},1") == "OK"
    rsp.go()
    assert rsp.pc == hot
    rsp.remove(hot)


def continue_to(gdb, condition):
    """gdb asks a condition again whenever the kernel stops, and goes on in silence if it is false: what
    the kernel itself makes of it is seen on the line. The bytecode has to be there, and one stop."""
    before = len(gdb.packet_log())
    output = gdb.execute(f"tbreak {HOT} if {condition}", "continue")
    packets = gdb.packet_log()[before:]
    assert any(re.search(r"^w .*Z0,\w+,1;X", line) for line in packets), condition
    assert sum("vCont;c" in line for line in packets) == 1, (condition, output)
    return gdb.int("n")


def opinions(gdb, condition, turns):
    """What gdb itself makes of it in each turn, all in one command."""
    values = ", ".join(re.sub(r"\bn\b", f"((unsigned long) {turn})", condition) for turn in turns)
    return gdb.execute(f'printf "{"%d " * len(turns)}\\n", {values}').split()


def test_conditions_made_of_dice_are_what_gdb_thinks_of_them(gdb):
    """gdb evaluates each on the host for every turn up to the stop that the kernel has chosen."""
    dice = random.Random(7)
    n = to_turn_0(gdb)
    for _ in range(40):
        a, b, c = dice.randrange(1, 60), dice.randrange(2, 9), dice.randrange(64)
        condition = dice.choice((
            f"n % {a} == {dice.randrange(a)}", f"(n & {c}) == {c & dice.randrange(64)}",
            f"(char) n == {dice.randrange(-128, 128)}", f"n * {b} % 101 < {a // 8 + 1} && n > {n + a}",
            f"((int) n << {b}) / {a} % 7 == {dice.randrange(7)}", f"(short) (n * {a * 1000}) < -{a * 300}",
            f"n > {n + a} || n == {n + b}", f"~n % {a + 1} == 0", f"(n ^ {c}) >= {n + a}"))
        stopped = continue_to(gdb, condition)
        turns = range(n + 1, stopped + 1)
        thinks = [word for i in range(0, len(turns), 50) for word in opinions(gdb, condition, turns[i:i + 50])]
        assert thinks == ["0"] * (len(turns) - 1) + ["1"], (condition, n, stopped)
        n = stopped


SAMPLE = ("tiny", "small", "negative", "large", "letter", "colour", "colours", "one_bit", "five_bits", "three_bits",
          "point.x", "point.y", "matrix[1][2]", "matrix[0][1]", "text[2]", "string[1]", "yes")
TYPES = "char", "unsigned char", "short", "unsigned short", "int", "unsigned int", "long", "unsigned long"


def expression(dice, depth):
    """C over the demo's variables. Nothing that C leaves undefined: shifts are short, divisors are not 0.
    Nothing that gdb does not compile: ! of a bool, & of an enum."""
    if depth == 0:
        return dice.choice((f"(({dice.choice(TYPES)}) demo_sample.{dice.choice(SAMPLE)})", str(dice.randrange(-300, 300)),
                            f"{dice.randrange(1 << 40)}ul"))
    a, b = expression(dice, depth - 1), expression(dice, dice.randrange(depth))
    form = dice.choice(("({a} + {b})", "({a} - {b})", "({a} * {b})", "({a} & {b})", "({a} | {b})", "({a} ^ {b})",
                        "({a} < {b})", "({a} >= {b})", "({a} == {b})", "({a} != {b})", "(({type}) {a})", "(~{a})",
                        "(- {a})", "(!(long) {a})", "((unsigned long) {a} << {n})", "((long) {a} >> {n})",
                        "((unsigned int) {a} >> {n})", "((long) {a} / {odd})", "((unsigned long) {a} % {odd})",
                        "({a} && {b})", "({a} || {b})", "({a} ? {b} : {c})"))
    return form.format(a=a, b=b, c=expression(dice, 0), type=dice.choice(TYPES), n=dice.randrange(8),
                       odd=dice.randrange(1, 500, 2))


@pytest.mark.deadline(240)
def test_1000_conditions_of_c_have_the_values_that_gdb_gives_them(gdb):
    """50 at a time: if one of them is not what gdb says, the kernel stops in a turn that it has to pass."""
    dice = random.Random(11)
    n = to_turn_0(gdb)
    for _ in range(20):
        chosen = [expression(dice, 1 + n % 4) for n in range(50)]
        longs = [f"(long) ({text})" for text in chosen]
        values = gdb.execute(f'printf "{"%ld " * len(longs)}\\n", {", ".join(longs)}').split()
        differs = " || ".join(f"{text} != {value}" for text, value in zip(longs, values, strict=True))
        n += 2
        assert continue_to(gdb, f"{differs} || n == {n}") == n, differs
