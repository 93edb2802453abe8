"""What `#include <ofn/function.h>` costs, counted in what the compiler reads: the same on every machine."""

# What the author's types are made of; whoever writes C++ has most of them anyway.
_STANDARD = "".join(
    f"#include <{name}>\n" for name in ("chrono", "functional", "optional", "span", "stop_token", "string", "vector")
)
# Our own declarations, and the rest of the standard library that they need, may add this much.
_BUDGET = 1.15


def size(compiler, source):
    done = compiler(source, "-E", "-P")
    assert done.returncode == 0, done.stderr
    return len(done.stdout)


def test_the_first_header_stays_within_its_budget(compiler):
    ours = size(compiler, "#include <ofn/function.h>\n")
    standard = size(compiler, _STANDARD)
    print(f"<ofn/function.h>: {ours} bytes, {ours / standard:.3f} times its standard headers (at most {_BUDGET})")
    assert ours <= _BUDGET * standard
