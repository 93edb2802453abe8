"""An image's program runs where nothing can be written, without rights, and without this machine's files."""

import json
import os
import signal
import socket
import struct
import subprocess
import threading

import pytest

from image.container import Container, terminate
from support.http_client import call


def test_it_answers(hello_bundle):
    with Container(hello_bundle).serve() as server:
        answer = call(server.url, "/?name=image", method="GET")
        assert (answer.status, answer.body) == (200, b"hello, image\n")
        assert terminate(server) == 0


def test_it_runs_as_the_image_s_user_or_any_other(container):
    whoami = container(_WHOAMI)
    for user, shown in ((None, b"65532:65532 nonroot\n"), (12345, b"12345:0 (unknown)\n")):
        with whoami.serve(user=user) as server:
            assert call(server.url).body == shown


def test_it_writes_nothing(container):
    """Its root is read-only, and no folder of it is there to be written to."""
    with container(_WRITES).serve() as server:
        for path in ("/tmp/x", "/function/x", "/x", "/home/x"):
            assert call(server.url, body=path.encode()).body in (b"Read-only file system\n", b"No such file or directory\n")


def test_it_needs_no_rights_to_check_itself(hello_bundle):
    with Container(hello_bundle).start(["--dry-run"]) as process:
        assert process.exit_code() == 0
        assert "Function: hello\n" in process.output


def test_names_of_the_hosts_file_and_of_dns_are_resolved(container, tmp_path):
    """The C library resolves names without a library of its own (NSS)."""
    resolves = container(_RESOLVES)
    hosts = tmp_path / "hosts"
    hosts.write_text("192.0.2.7 from-hosts.test\n")
    with DnsServer() as dns:
        resolv = tmp_path / "resolv.conf"
        resolv.write_text(f"nameserver {dns.address}\n")
        with resolves.serve(mounts=[(hosts, "/etc/hosts"), (resolv, "/etc/resolv.conf")]) as server:
            assert call(server.url, body=b"from-hosts.test").body == b"192.0.2.7\n"
            assert call(server.url, body=b"from-dns.test").body == b"192.0.2.53\n"


def test_libraries_of_the_function_come_along(container, tmp_path):
    """Also if they are in a folder that only this machine's loader knows, and also the libraries that they need."""
    for name, text, needs in (("deep", "int deep() { return 42; }", []), ("near", "int deep(); int near() { return deep(); }", ["-ldeep"])):
        source = tmp_path / f"{name}.cc"
        source.write_text(text)
        library = tmp_path / f"lib{name}.so.1"
        flags = ["-shared", "-fPIC", f"-Wl,-soname,lib{name}.so.1", f"-L{tmp_path}", f"-Wl,-rpath,{tmp_path}"]
        subprocess.run(["g++", *flags, source, *needs, "-o", library], check=True)
        (tmp_path / f"lib{name}.so").symlink_to(library)
    source = tmp_path / "function.cc"
    source.write_text(_NEEDS_A_LIBRARY)
    server = container(None, "--cxxflags", f"-L{tmp_path} -lnear -Wl,-rpath,{tmp_path}", source=source)
    assert {each.name for each in server.root.rglob("*.so.1") if each.name.startswith(("libnear", "libdeep"))} == {"libnear.so.1", "libdeep.so.1"}
    with server.serve() as running:
        assert call(running.url).body == b"42\n"


def test_libraries_that_are_opened_by_name_come_if_they_are_asked_for(container):
    opens = container(_OPENS, "--with", "libmosquitto.so.1")
    with opens.serve() as server:
        assert call(server.url, body=b"libmosquitto.so.1").body == b"opened\n"
        assert b"libcurl.so.4" in call(server.url, body=b"libcurl.so.4").body


def test_plugins_and_hooks_run(container, repository, shared, tmp_path):
    plugins = shared(repository / "examples/plugin-sum/plugins.cc", tmp_path / "sum.so")
    numbers = container(None, "--plugin", plugins, "--target", "numbers", source=repository / "examples/plugin-sum/function.cc")
    context = json.dumps({"name": "sum", "version": "v2.0.0", "runtime": "Knative", "preHooks": ["even", "odd"], "postHooks": ["sum"]})
    with numbers.serve(["--context", "/context.json"], mounts=[_file(tmp_path, "context.json", context)]) as server:
        assert call(server.url, body=b"1 2 3 4").body == b"1 2 3 4 = 10"


def test_a_crash_still_names_the_author_s_function(container):
    """The program in an image has no symbols, but the function has."""
    with container(_CRASHES).serve() as server:
        with pytest.raises(OSError):
            call(server.url)
        crash = server.logged("process crashed")
        assert "crash" in json.loads(crash)["stack"]
        assert server.process.exit_code() == 128 + signal.SIGSEGV


def test_a_program_with_linked_functions(make, unpack, linked_program):
    layout, _ = make(None, program=linked_program)
    with Container(unpack(layout)).serve(["--target", "app::hello"]) as server:
        assert call(server.url, "/?name=Ada").body == b"hello, Ada\n"


def _file(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path, f"/{name}"


class DnsServer:
    """Answers each question for an IPv4 address with 192.0.2.53, on port 53 of an address of this machine's loopback."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = f"127.53.{os.getpid() >> 8 & 0xff}.{os.getpid() & 0xff or 1}"
        try:
            self._socket.bind((self.address, 53))
        except PermissionError:
            pytest.skip("only root may listen on port 53")

    def __enter__(self):
        threading.Thread(target=self._answer, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _answer(self):
        try:
            while True:
                question, client = self._socket.recvfrom(512)
                end = question.index(b"\0", 12) + 5
                is_ipv4 = question[end - 4 : end - 2] == b"\0\1"
                # RFC 1035, 4.1: the same id and question; one answer, whose name is that of the question.
                head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, is_ipv4, 0, 0)
                answer = struct.pack(">HHHIH4s", 0xC00C, 1, 1, 60, 4, socket.inet_aton("192.0.2.53")) if is_ipv4 else b""
                self._socket.sendto(head + question[12:end] + answer, client)
        except OSError:
            return  # closed


_WHOAMI = """
#include <pwd.h>
#include <unistd.h>
#include <ofn/function.h>
std::string whoami(const ofn::Request&) {
  const passwd* user = getpwuid(getuid());
  return std::to_string(getuid()) + ":" + std::to_string(getgid()) + " " + (user ? user->pw_name : "(unknown)") + "\\n";
}
OFN_FUNCTION(whoami)
"""
_WRITES = """
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <ofn/function.h>
std::string writes(const ofn::Request& request) {
  const int fd = open(std::string(request.body()).c_str(), O_CREAT | O_WRONLY, 0600);
  return fd < 0 ? std::strerror(errno) + std::string("\\n") : "written\\n";
}
OFN_FUNCTION(writes)
"""
_RESOLVES = """
#include <arpa/inet.h>
#include <netdb.h>
#include <ofn/function.h>
std::string resolves(const ofn::Request& request) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  if (int error = getaddrinfo(std::string(request.body()).c_str(), nullptr, &hints, &found)) return gai_strerror(error);
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(found->ai_addr)->sin_addr, text, sizeof text);
  freeaddrinfo(found);
  return std::string(text) + "\\n";
}
OFN_FUNCTION(resolves)
"""
_NEEDS_A_LIBRARY = """
#include <ofn/function.h>
int near();
std::string function(const ofn::Request&) { return std::to_string(near()) + "\\n"; }
"""
_OPENS = """
#include <dlfcn.h>
#include <ofn/function.h>
std::string opens(const ofn::Request& request) {
  return dlopen(std::string(request.body()).c_str(), RTLD_NOW) ? "opened\\n" : dlerror();
}
OFN_FUNCTION(opens)
"""
_CRASHES = """
#include <csignal>
#include <ofn/function.h>
std::string crash(const ofn::Request&) { std::raise(SIGSEGV); return ""; }
OFN_FUNCTION(crash)
"""
