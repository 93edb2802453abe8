"""The units, judged by systemd's own programs. A socket that systemd-socket-activate makes is served."""

import re
import subprocess
import urllib.request

import pytest

from support.packages import needs
from support.ports import reserve_port
from support.process import Process

_UNITS = ("functions-framework@.service", "functions-framework@.socket")


@pytest.fixture
def units(program, repository, tmp_path):
    """A folder with the units. systemd looks for programs in fixed folders, and the program under test is in none of them."""
    needs("systemd-analyze", "systemd-socket-activate")
    for name in _UNITS:
        text = (repository / "packaging/systemd" / name).read_text()
        (tmp_path / name).write_text(text.replace("\nExecStart=functions-framework\n", f"\nExecStart={program.path}\n"))
    return tmp_path


def test_units_are_understood(units):
    for name in _UNITS:
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", units / name], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_has_few_rights(units):
    """`systemd-analyze security` counts what a service may do, from 0 to 10."""
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", units / _UNITS[0]], capture_output=True, text=True, check=False)
    print(done.stdout)
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)[1]) <= 2.0, done.stdout + done.stderr


def test_a_socket_from_systemd_is_served(units, program, functions_so):
    port = reserve_port()
    command = ["systemd-socket-activate", f"--listen=127.0.0.1:{port}", program.path, "--source", functions_so, "--target", "hello"]
    with Process(command, program.environment) as process:
        process.line(re.compile("Listening on").search, "the line that systemd listens")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as response:
            assert response.read() == b"hello\n"
        process.terminate()
        assert process.exit_code() == 0


@pytest.fixture
def functions_so(shared_from):
    return shared_from('#include <ofn/function.h>\nstd::string hello(const ofn::Request&) { return "hello\\n"; }\nOFN_FUNCTION(hello)\n')


def test_the_variables_of_the_unit_are_enough(repository, program, functions_so):
    """The unit gives no flags."""
    assert "\nExecStart=functions-framework\n" in (repository / "packaging/systemd" / _UNITS[0]).read_text()
    environment = {"FUNCTION_SOURCE": str(functions_so), "FUNCTION_TARGET": "hello", "PORT": "0", "HOST": "127.0.0.1"}
    with program.run([], environment) as process:
        url = process.line(re.compile(r'"message":"listening".*"url":"([^"]+)"').search, "the line that it listens")[1]
        with urllib.request.urlopen(url, timeout=60) as response:
            assert response.read() == b"hello\n"
        process.terminate()
        assert process.exit_code() == 0
