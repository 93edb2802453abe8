"""What the terminal tells of calls: exceptions, no secrets; the key that sends the last request again."""

import os

import pytest

from support.dev_loop import save
from support.http_client import call
from support.waiting import until


def test_an_exception_is_told_once_with_its_place(develop, source, text):
    dev = develop(text("calls.cc", "1"))
    dev.serves(1)
    assert call(dev.url, "/throw", method="GET").status == 500
    dev.says("GET /throw 500")
    dev.says("threw std::runtime_error: went wrong")
    dev.says(f"{source.name}:8 in answer()")
    dev.says('throw std::runtime_error("went wrong");')
    assert call(dev.url, "/after", method="GET").status == 200
    dev.says("GET /after 200")
    assert dev.process.output.count("went wrong") == 2  # the text, and the line of the source
    assert "function crashed" not in dev.process.output


_LOGS = """
#include <ofn/function.h>
#include <ofn/log.h>
std::string answer(const ofn::Request& request) {
  ofn::log_info("charged", {{"cents", request.body().size()}});
  return "ok\\n";
}
OFN_FUNCTION(answer)
"""


def test_lines_of_the_function_are_shown_and_those_of_the_framework_are_not(develop):
    dev = develop(_LOGS)
    dev.serves(1)
    assert call(dev.url, "/pay", body=b"12345", headers={"X-Request-Id": "r1"}).status == 200
    dev.says(" info charged request_id=r1 function=answer ", "function.cc:5 cents=5")
    dev.says("POST /pay 200")
    assert " info listening" not in dev.process.output and " info request " not in dev.process.output


@pytest.mark.parametrize("flags", [(), ("--verbose",), ("--json",)], ids=["plain", "verbose", "json"])
def test_secrets_and_bodies_are_not_shown(develop, text, flags):
    dev = develop(text("calls.cc", "1"), *flags)
    if flags == ("--json",):
        dev.says('"event":"serving"')
    else:
        dev.serves(1)
    secrets = {"Authorization": "Bearer PLANTED", "Cookie": "a=PLANTED", "X-Api-Key": "PLANTED"}
    answer = call(dev.url, "/a?access_token=PLANTED&b=1", body=b"PLANTED body", headers=secrets)
    assert answer.text == "got PLANTED body\n"  # the function gets everything
    dev.says("/a?access_token=(redacted)&b=1")
    assert "PLANTED" not in dev.process.output


def test_the_key_i_sends_the_last_request_again(develop, text, press):
    dev = develop(text("calls.cc", "1"), prefix=press.prefix, environment={"TERM": "dumb"})
    dev.says("serving build 1")
    press(b"i")
    dev.says("no request has come yet that could be sent again")
    call(dev.url, "/a?token=PLANTED", body=b"body", headers={"Authorization": "PLANTED"})
    dev.says("POST /a?token=(redacted) 200")
    press(b"i")
    dev.says("sent again without", "token", "Authorization", "the values of secrets are not recorded")
    dev.says("POST /a 200")
    call(dev.url, "/large", body=b"x" * (256 * 1024 + 1))
    dev.says("POST /large 200")
    press(b"i")
    dev.says("the last request cannot be sent again", "only 262144 of its 262145 bytes")
    press(b"q")
    assert dev.process.exit_code() == 0


def test_the_key_i_waits_for_a_build_under_way(develop, source, text, press, tmp_path):
    dev = develop(text("calls.cc", "1"), prefix=press.prefix, environment={"TERM": "dumb"})
    dev.says("serving build 1")
    call(dev.url, "/a", method="GET")
    dev.says("GET /a 200", "build 1")
    door = tmp_path / "door"
    os.mkfifo(door)
    # The next build starts when somebody opens the other end.
    waits = f'#include <fcntl.h>\n[[maybe_unused]] static const int opened = open("{door}", O_RDONLY);\n'
    save(source, waits + text("calls.cc", "1"))
    until(lambda: len(dev.workers) == 2, "the next worker")
    press(b"i")
    dev.says("waits for build 2 before the last request is sent again")
    with door.open("wb"):
        dev.says("GET /a 200", "build 2")
    press(b"q")
    assert dev.process.exit_code() == 0
