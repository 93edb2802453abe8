"""Middleware (<ofn/middleware.h>) as clients see it: tokens, CORS, compression both ways, ETags, code around functions."""

import gzip
import zlib

import pytest

from support.http_client import call
from support.waiting import until

SOURCE = """
#include <ofn/errors.h>
#include <ofn/function.h>
#include <ofn/middleware.h>
#include <ofn/route.h>

OFN_TOKENS(.bearer_variable = "TOKENS", .basic_variable = "PAIRS", .realm = "shop", .exempt = {"/health"})
OFN_CORS(.origins = {"https://a.example"}, .credentials = true)
OFN_COMPRESSION(.least = 100)
OFN_DECOMPRESSION()
OFN_ETAGS()

std::optional<ofn::Response> before(ofn::Context& context, const ofn::Request& request) {
  if (request.query("before") == "throw") throw ofn::HttpError(418, "before");
  if (request.query("before") == "answer") return ofn::Response(std::string(context.function()) + "\\n").status(403);
  return std::nullopt;
}
OFN_BEFORE("/echo", before)
OFN_AFTER([](const ofn::Request&, ofn::Response& response) { response.header("Stamp", std::to_string(response.status())); })

std::string echo(ofn::Request request) { return std::move(request).body(); }
std::string large() { return std::string(100000, 'x'); }
ofn::task<> pieces(ofn::Request, ofn::Writer& writer) {
  writer.content_type("text/plain");
  for (int i = 0; i < 100; ++i) {
    const bool open = co_await writer.async_write("piece " + std::to_string(i) + "\\n");
    if (!open) co_return;
  }
}
ofn::Response part() { return ofn::Response(std::string(1000, 'x')).status(206).header("Content-Range", "bytes 0-999/2000"); }
std::string health() { return "ok"; }
OFN_FUNCTION(echo)
OFN_FUNCTION(large)
OFN_FUNCTION(pieces)
OFN_FUNCTION(part)
std::string small(ofn::Request request) { return std::move(request).body(); }
OFN_FUNCTION(health)
OFN_FUNCTION(small, ofn::max_body(1000))
"""
LARGE = b"x" * 100000
PIECES = "".join(f"piece {i}\n" for i in range(100)).encode()
TOKEN = {"Authorization": "Bearer second"}
GZIP = {"Accept-Encoding": "gzip"}
SECRETS = {"TOKENS": "first second", "PAIRS": "ada:pass word"}


@pytest.fixture(scope="module")
def source(shared_from):
    return shared_from(SOURCE)


@pytest.fixture(scope="module")
def guarded(program, source):
    server = program.serve(source, None, environment=SECRETS, flags=["--max-body-size", "1MiB"])
    yield server
    server.process.end()


@pytest.fixture
def ask(guarded):
    def ask(path, method="GET", body=b"", **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return call(guarded.url, path, method=method, body=body, headers=TOKEN | fields)

    return ask


@pytest.mark.parametrize(("path", "headers", "status"), [
    ("/large", {}, 401),
    ("/nowhere", {}, 401),
    ("/large", {"Authorization": "Bearer third"}, 401),
    ("/large", {"Authorization": "Bearer a b"}, 400),
    ("/large", {"Authorization": "Basic YWRhOnBhc3Mgd29yZA=="}, 200),
    ("/large", {"Authorization": "Basic YWRhOnBhc3M="}, 401),
    ("/health", {}, 200),
    ("/", {"User-Agent": "kube-probe/1.30"}, 200),
    ("/health", {"User-Agent": "Envoy/HC"}, 200),
    ("/large", {"User-Agent": "Envoy/HC"}, 200),  # answered as a probe, without the function
])
def test_tokens(guarded, path, headers, status):
    answer = call(guarded.url, path, method="GET", headers=headers)
    assert answer.status == status
    assert ("www-authenticate" in answer.headers) == (status in (400, 401))


@pytest.mark.parametrize("path", ["/large", "/nowhere", "/pieces"])
def test_a_preflight_needs_no_token_and_no_route(guarded, path):
    ask = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT"}
    answer = call(guarded.url, path, method="OPTIONS", headers=ask)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert call(guarded.url, path, method="OPTIONS", headers=ask | {"Origin": "https://b.example"}).status == 403


@pytest.mark.parametrize(("path", "token", "status"), [("/large", TOKEN, 200), ("/large", {}, 401), ("/nowhere", TOKEN, 404), ("/pieces", TOKEN, 200)])
def test_every_answer_has_the_fields_of_cors(guarded, path, token, status):
    answer = call(guarded.url, path, method="GET", headers=token | {"Origin": "https://a.example"})
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in answer.headers.get_all("vary")


def test_compressed_answers(ask):
    small = ask("/large", Accept_Encoding="gzip")
    assert gzip.decompress(small.body) == LARGE
    assert len(small.body) < 1000
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) == len(small.body)
    assert small.headers["stamp"] == "200"
    head = ask("/large", method="HEAD", Accept_Encoding="gzip")
    assert (head.body, head.headers["content-length"]) == (b"", str(len(small.body)))
    plain = ask("/large", Accept_Encoding="gzip;q=0, br")
    assert plain.body == LARGE
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers.get_all("vary")
    part = ask("/part", Accept_Encoding="gzip")
    assert (part.status, len(part.body)) == (206, 1000)
    assert ask("/large", Accept_Encoding=("gzip;q=0.001," * 1000)[:7000]).status == 200


def test_pieces_are_compressed(ask):
    answer = ask("/pieces", Accept_Encoding="gzip")
    assert gzip.decompress(answer.body) == PIECES
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["stamp"] == "200"
    assert ask("/pieces").body == PIECES
    assert ask("/pieces", method="HEAD", Accept_Encoding="gzip").body == b""


BODIES = [
    # the coding, the body, the status, the answer
    ("gzip", gzip.compress(b"tea"), 200, b"tea"),
    ("deflate", zlib.compress(b"tea"), 200, b"tea"),
    ("gzip", gzip.compress(b"x" * 2**20), 200, b"x" * 2**20),
    ("gzip", gzip.compress(b"x" * (2**20 + 1)), 413, None),
    ("deflate", zlib.compress(b"x" * 2**24), 413, None),
    ("gzip", gzip.compress(bytes(2**29 // 8), 9), 413, None),
    ("gzip", gzip.compress(b"tea")[:-1], 400, None),
    ("gzip", b"tea", 400, None),
    ("br", b"tea", 415, None),
]


@pytest.mark.parametrize(("coding", "body", "status", "answer"), BODIES, ids=range(len(BODIES)))
def test_compressed_bodies(ask, coding, body, status, answer):
    got = ask("/echo", method="POST", body=body, Content_Encoding=coding)
    assert got.status == status
    if answer is not None:
        assert got.body == answer
    assert got.headers["stamp"] == str(status)


def test_conditions(ask):
    first = ask("/large")
    tag = first.headers["etag"]
    assert ask("/large").headers["etag"] == tag
    same = ask("/large", If_None_Match=tag)
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
    assert "content-type" not in same.headers
    compressed = ask("/large", Accept_Encoding="gzip").headers["etag"]
    assert compressed == tag[:-1] + '-gzip"'
    assert ask("/large", Accept_Encoding="gzip", If_None_Match=compressed).status == 304
    assert ask("/large", If_Match='"other"').status == 412
    assert ask("/large", If_Match=tag).status == 200
    assert ask("/large", method="HEAD", If_None_Match=f'"a", {tag}').status == 304


@pytest.mark.parametrize(("how", "status", "text"), [("throw", 418, b"before\n"), ("answer", 403, b"echo\n"), ("none", 200, b"body")])
def test_code_before_and_after(ask, how, status, text):
    answer = ask(f"/echo?before={how}", method="POST", body=b"body")
    assert (answer.status, answer.body, answer.headers["stamp"]) == (status, text, str(status))


WRONG = [
    ('OFN_CORS(.origins = {"*"}, .credentials = true)', "f.cc:3: OFN_CORS: \"*\" has no meaning together with credentials"),
    ("OFN_TOKENS()", "f.cc:3: OFN_TOKENS: it does not say where the tokens are"),
]


def test_wrong_rules_stop_the_start(program, tmp_path):
    rules = "\n".join(rule for rule, _ in WRONG) + "\n"
    file = tmp_path / "f.cc"
    head = "#include <ofn/function.h>\n#include <ofn/middleware.h>\n"
    file.write_text(head + rules.replace("\n", " ") + '\nconst char* hello() { return ""; }\n')
    done = program.run_to_end(["--source", str(file), "--target", "hello", "--dry-run"], {})
    assert done.code == 3
    assert all(words in done.stderr for _, words in WRONG), done.stderr


def test_missing_secrets_stop_the_start_but_not_a_dry_run(program, source):
    done = program.run_to_end(["--source", source], {"TOKENS": "a"})
    assert done.code == 3
    assert "OFN_TOKENS: the variable PAIRS is not set" in done.stderr
    assert program.run_to_end(["--source", source, "--dry-run"], {}).code == 0


@pytest.mark.parametrize(("path", "size", "status"), [("/small", 1000, 200), ("/small", 1001, 413), ("/echo", 1001, 200)])
def test_the_limit_of_a_route_counts_after_decompression(guarded, path, size, status):
    answer = call(guarded.url, path, body=gzip.compress(b"x" * size), headers=TOKEN | {"Content-Encoding": "gzip"})
    assert answer.status == status
    assert answer.body == (b"x" * size if status == 200 else b"the decompressed body is larger than 1000 bytes\n")


def test_a_rotated_secret_needs_no_restart(program, shared_from, tmp_path):
    """As kubelet does it: the mounted folder has a link to the folder of the current version."""

    def mount(version, text):
        (tmp_path / version).mkdir()
        (tmp_path / version / "tokens").write_text(text)
        (tmp_path / "next").symlink_to(version)
        (tmp_path / "next").rename(tmp_path / "data")

    mount("v1", "first\n")
    server = program.serve(shared_from(f"""
#include <ofn/function.h>
#include <ofn/middleware.h>
OFN_TOKENS(.bearer_file = "{tmp_path}/data/tokens")
std::string hello() {{ return "hello"; }}
OFN_FUNCTION(hello)
"""), None)

    def status(token):
        return call(server.url, "/", method="GET", headers={"Authorization": f"Bearer {token}"}).status

    try:
        assert (status("first"), status("second")) == (200, 401)
        mount("v2", "second\n")
        until(lambda: status("second") == 200, "the new token to be valid")
        assert status("first") == 401
        (tmp_path / "data").unlink()
        until(lambda: status("second") == 200 and "tokens cannot be read again" in server.process.output, "the warning")
        assert status("second") == 200
    finally:
        server.process.end()
