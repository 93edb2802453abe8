"""A function that throws: the same result from source, from a shared object and from a linked program."""

import json

import pytest

from support.http_client import call

SECRET = "the secret of the exception"
THROWN = [
    # query, exception, its text
    ("", "std::runtime_error", SECRET),
    ("?throw=int", "int", ""),
]


@pytest.fixture(scope="module", params=["source", "shared object", "linked program"])
def start(request, program, source, functions, linked):
    """start(*flags): a server of the function `crash`."""
    if request.param == "linked program":
        return lambda *flags: linked("linked_functions").serve("none is needed", "crash", flags=flags)
    if request.param == "source":
        # A supervisor would show it in other words: tests/dev.
        return lambda *flags: program.serve(source, "crash", flags=[*flags, "--no-watch"])
    return lambda *flags: program.serve(functions, "crash", flags=flags)


def test_the_caller_sees_its_id_and_the_log_sees_why(start):
    with start() as server:
        for number, (query, exception, text) in enumerate(THROWN):
            answer = call(server.url, "/" + query, headers={"X-Request-Id": f"request-{number}"})
            assert answer.status == 500
            assert answer.headers["X-OpenFunction-Status"] == answer.headers["X-Google-Status"] == "crash"
            assert answer.headers["X-Request-Id"] == f"request-{number}" and f"request-{number}" in answer.text
            assert "secret" not in answer.text and "std::" not in answer.text
            record = json.loads(server.logged("function crashed", f"request-{number}"))
            assert record["level"] == "error" and record["function"] == "crash"
            assert (record["exception"], record.get("error", "")) == (exception, text)
        server.process.terminate()
        assert server.process.exit_code() == 0
        assert server.process.output.count("function crashed") == len(THROWN), "one line each"


def test_in_debug_the_caller_sees_why(start):
    with start("--debug") as server:
        for query, exception, text in THROWN:
            answer = call(server.url, "/" + query)
            assert answer.status == 500 and exception in answer.text and text in answer.text
