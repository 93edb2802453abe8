"""Several functions in one program: their paths, from every kind of source."""

import pytest

from support.http_client import call

FUNCTIONS = """
#include <ofn/function.h>

namespace app {
ofn::Response get(const ofn::Request& request) { return "get " + std::string(request.param("id").value_or("?")); }
std::string plain() { return "plain"; }
}  // namespace app

OFN_ROUTE("GET /users/{id}", app::get)
OFN_ROUTE("GET /people/{id}", app::get)
OFN_FUNCTION(app::plain)
"""
MORE = """
#include <ofn/function.h>

std::string put(const ofn::Request& request) { return "put " + std::string(request.param("id").value()); }
OFN_ROUTE("PUT /users/{id}", put)
"""


@pytest.fixture(scope="module")
def several(shared, tmp_path_factory):
    """The same functions as a source file, as a directory of two files, and as a shared object."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "directory").mkdir()
    (folder / "file.cc").write_text(FUNCTIONS + MORE)
    (folder / "directory" / "functions.cc").write_text(FUNCTIONS)
    (folder / "directory" / "more.cc").write_text(MORE)
    shared(folder / "file.cc", folder / "built.so")
    return folder


REQUESTS = [
    ("GET", "/users/7", 200, b"get 7"),
    ("GET", "/users/a%2Fb%20c", 200, b"get a/b c"),
    ("GET", "/people/7?id=8", 200, b"get 7"),
    ("PUT", "/users/7", 200, b"put 7"),
    ("POST", "/app/plain", 200, b"plain"),
    ("GET", "/users", 404, b"not found\n"),
    ("GET", "/", 404, b"not found\n"),
    ("DELETE", "/users/7", 405, b"allowed here: GET, HEAD, PUT\n"),
]


@pytest.mark.parametrize("source", ["file.cc", "directory", "built.so"])
def test_without_a_target_all_are_served(program, several, source):
    with program.serve(several / source, None) as server:
        for method, path, status, body in REQUESTS:
            answer = call(server.url, path, method=method)
            assert (answer.status, answer.body) == (status, body), (method, path)
            assert answer.headers.get("allow") == ("GET, HEAD, PUT" if status == 405 else None)
        head = call(server.url, "/users/7", method="HEAD")
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "5")
        output = server.process.output
    for route in ("GET /users/{id}", "GET /people/{id}", "PUT /users/{id}", "/app/plain"):
        assert f'"route":"{route}"' in output


def test_linked(linked):
    with linked("linked_example").serve("none is needed", None) as server:
        assert call(server.url, "/app/goodbye").body == b"goodbye\n"
        assert call(server.url, "/").status == 404


def test_a_target_is_served_at_its_routes(program, several):
    with program.serve(several / "built.so", "app::get") as server:
        assert call(server.url, "/people/1", method="GET").body == b"get 1"
        assert call(server.url, "/app/plain").status == 404
        assert call(server.url, "/users/1", method="PUT").status == 405


def test_a_target_without_a_route_is_served_everywhere(program, several):
    with program.serve(several / "built.so", "app::plain") as server:
        assert call(server.url, "/any/path").body == b"plain"
        assert call(server.url, "/robots.txt").status == 404


def test_the_dry_run_names_them_in_its_three_lines(program, several):
    done = program.run_to_end(["--source", several / "built.so", "--dry-run"])
    assert done.code == 0
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == ["Function", "URL"] and len(lines) == 3
    assert lines[0] == "Function: app::get,app::plain,put"


def test_the_environment_names_them(serve, functions):
    server = serve(None, source=functions)
    text = call(server.url, "/environment").text
    assert "FUNCTION_TARGET=environment,from_file,app::echo,app::give_back,crash,wait,counted,relay\n" in text
    assert "FUNCTION_SIGNATURE_TYPE=http\n" in text  # http, because one of them is a cloudevent function


PATTERNS = [
    # httpPattern, a path that is served, a path that is not served
    ("/", "/any/path", "/robots.txt"),
    ("/api/", "/api/x/y", "/apis"),
    ("/api/{id}", "/api/x", "/api/x/y"),
]


@pytest.mark.parametrize(("pattern", "served", "unknown"), PATTERNS)
def test_the_contexts_pattern_is_the_route_of_a_function_without_one(serve, pattern, served, unknown):
    context = {"name": "f", "version": "v1", "runtime": "Knative", "httpPattern": pattern}
    server = serve("app::echo", function_context=context)
    assert call(server.url, served).status == 200
    assert call(server.url, unknown).status == 404


def test_a_pattern_that_is_none(program, functions):
    context = '{"name": "f", "version": "v1", "runtime": "Knative", "httpPattern": "users"}'
    arguments = ["--source", functions, "--target", "app::echo", "--dry-run"]
    done = program.run_to_end(arguments, {"FUNC_CONTEXT": context})
    assert done.code == 4
    assert 'FUNC_CONTEXT $.httpPattern: expected a route' in done.stderr and 'found "users"' in done.stderr
