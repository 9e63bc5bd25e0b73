"""pytest plugin: every test of raw packets runs on each line, COM1 and the virtio console.

Such a test takes the fixture rsp or shared_rsp, or opens clients of ours itself (machine.rsp()) and no gdb
or lldb beside: that is read off its code, and off the functions and fixtures of its file that it uses, so
that a new test is in it without a word. Where one line only makes sense, a marker says which and why:

    @pytest.mark.com1("the line's own interrupt")
    @pytest.mark.virtio("2 MiB, which take 20 s over COM1")
"""
import functools
import inspect
import types

LINES = ("com1", "virtio")
PACKETS, DEBUGGERS = {"rsp", "shared_rsp"}, {"gdb", "lldb", "shared_gdb"}


def pytest_addoption(parser):
    parser.addoption("--line", choices=LINES, help="leave out the tests of raw packets on the other line")


def pytest_configure(config):
    for line in LINES:
        config.addinivalue_line("markers", f"{line}(why): a test of raw packets that runs on this line only")


@functools.cache
def words(code):
    """The names in a function's code, and in the functions and comprehensions within."""
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*map(words, inner))


def vocabulary(metafunc):
    """The names that a test uses: its fixtures, and what it and the tests' functions that it calls say."""
    names, todo, seen = set(metafunc.fixturenames), [metafunc.function], set()
    todo += [getattr(metafunc.module, name, None) for name in metafunc.fixturenames]
    while todo:
        function = inspect.unwrap(todo.pop())
        if not isinstance(function, types.FunctionType) or function in seen:
            continue
        seen.add(function)
        said = words(function.__code__)
        names |= said
        todo += [found for name in said if getattr(found := function.__globals__.get(name), "__module__", "")
                 .startswith("test_")]
    return names


def is_of_packets(metafunc):
    names = vocabulary(metafunc)
    return bool(PACKETS & set(metafunc.fixturenames)) or "rsp" in names and not DEBUGGERS & names


def chooses_its_line(metafunc):
    """By a parametrize mark, or an option of the machine."""
    definition = metafunc.definition
    return (any(marker.args[0] == "transport" for marker in definition.iter_markers("parametrize"))
            or any({"transport", *LINES} & set(marker.kwargs) for marker in definition.iter_markers("machine")))


def pytest_generate_tests(metafunc):
    marked = [line for line in LINES if metafunc.definition.get_closest_marker(line)]
    if marked or is_of_packets(metafunc) and not chooses_its_line(metafunc):
        metafunc.parametrize("transport", marked or LINES, scope="module")


def pytest_collection_modifyitems(config, items):
    """--line=com1 leaves out what runs on the other one."""
    chosen = config.getoption("line")
    others = [item for item in items if chosen and hasattr(item, "callspec")
              and item.callspec.params.get("transport", chosen) != chosen]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
