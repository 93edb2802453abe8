"""One table of raw calls with daprd's answers: the local sidecar gives the same answers, with the same messages.

The calls come from a client with another gRPC implementation, which shows that ours understands it.
"""

import http.server
import json
import threading
import uuid

import grpc
import pytest
from dapr.proto.runtime.v1 import dapr_pb2

from support.sidecars import Daprd, LocalSidecar

LIMIT = 4 << 20  # the largest message in gRPC's default configuration


class Web(http.server.BaseHTTPRequestHandler):
    """Answers with the status at the end of the path, and with the request in the body."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        last = self.path.rpartition("/")[2]
        status = int(last) if last.isdigit() else 200
        text = b"" if status == 204 else f"{self.command} {self.path} ".encode() + body
        self.send_response(status)
        self.send_header("X-Answer", "yes")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def web():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/web"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module", params=["local", "daprd"])
def asked(request, program, web, tmp_path_factory):
    """A running sidecar and a client of it. Its `archive` has a file `there` and a folder `folder` with a file `inside`."""
    folder = tmp_path_factory.mktemp("parity") / "sidecar"
    with LocalSidecar(program, folder, web=web) if request.param == "local" else Daprd(folder, web=web) as sidecar:
        sidecar.start()
        (sidecar.root("archive") / "folder").mkdir()
        (sidecar.root("archive") / "folder" / "inside").write_bytes(b"deep\0")
        (sidecar.root("archive") / "there").write_bytes(b"\0\xff")
        with sidecar.stub() as stub:
            yield sidecar, stub


def invoke(component, operation, data=b"", **metadata):
    return dapr_pb2.InvokeBindingRequest(name=component, operation=operation, data=data, metadata=metadata)


def publish(component, topic, data=b"data", type="", **metadata):
    return dapr_pb2.PublishEventRequest(
        pubsub_name=component, topic=topic, data=data, data_content_type=type, metadata=metadata
    )


def ask(asked, request, **options):
    """Returns ("OK", data) or (code, message), in which ROOT replaces the sidecar's folder."""
    sidecar, stub = asked
    method = stub.InvokeBinding if isinstance(request, dapr_pb2.InvokeBindingRequest) else stub.PublishEvent
    try:
        answer = method(request, timeout=20, **options)
    except grpc.RpcError as error:
        return error.code().name, error.details().replace(str(sidecar.folder), "ROOT")
    return "OK", getattr(answer, "data", b"").replace(str(sidecar.folder).encode(), b"ROOT")


def internal(component, words):
    return "INTERNAL", f"error invoking output binding {component}: {words}"


FILES = "create get list delete"
VERBS = "create get head post put patch delete options trace"
A = "ROOT/archive"

# A row leaves the folder as it was, or writes only files that no other row reads.
TABLE = {
    "unknown binding": (invoke("nobody", "create"), internal("nobody", "couldn't find output binding nobody")),
    "binding without a name": (invoke("", "create"), internal("", "couldn't find output binding ")),
    "a topic is no binding": (invoke("events", "create"), internal("events", "couldn't find output binding events")),
    "no operation": (invoke("archive", ""), internal("archive", "operation field is missing from request")),
    "no operation, unknown binding": (invoke("nobody", ""), internal("nobody", "operation field is missing from request")),
    "unknown operation": (
        invoke("archive", "frobnicate"),
        internal("archive", f"binding archive does not support operation frobnicate. supported operations:{FILES}"),
    ),
    "operations are case-sensitive": (
        invoke("archive", "Create"),
        internal("archive", f"binding archive does not support operation Create. supported operations:{FILES}"),
    ),
    # --- bindings.localstorage
    "create": (invoke("archive", "create", b"\0", fileName="new/a"), ("OK", b'{"fileName":"new/a"}')),
    "create again": (invoke("archive", "create", b"\1", fileName="new/a"), ("OK", b'{"fileName":"new/a"}')),
    "create, odd name": (invoke("archive", "create", b"\0", fileName='new/"<ü'), ("OK", '{"fileName":"new/\\"\\u003cü"}'.encode())),
    "create leaves the folder not": (invoke("archive", "create", b"\0", fileName="../../new/b"), ("OK", b'{"fileName":"new/b"}')),
    "create at an absolute path": (invoke("archive", "create", b"\0", fileName="/new/c"), ("OK", b'{"fileName":"new/c"}')),
    "create over a folder": (
        invoke("archive", "create", b"\0", fileName="folder"),
        internal("archive", f"error creating file {A}/folder: open {A}/folder: is a directory"),
    ),
    "create the folder itself": (
        invoke("archive", "create", b"\0", fileName=".."),
        internal("archive", f"error creating file {A}: open {A}: is a directory"),
    ),
    "create below a file": (
        invoke("archive", "create", b"\0", fileName="there/x/y"),
        internal("archive", f"error creating directory {A}/there/x: mkdir {A}/there: not a directory"),
    ),
    "create beside nothing, below a file": (
        invoke("archive", "create", b"\0", fileName="there/x"),
        internal("archive", f"error creating directory {A}/there: mkdir {A}/there: not a directory"),
    ),
    "get": (invoke("archive", "get", fileName="there"), ("OK", b"\0\xff")),
    "get in a folder": (invoke("archive", "get", fileName="folder/inside"), ("OK", b"deep\0")),
    "get what is not there": (invoke("archive", "get", fileName="none"), internal("archive", f"file not found: {A}/none")),
    "get leaves the folder not": (
        invoke("archive", "get", fileName="../../etc/passwd"),
        internal("archive", f"file not found: {A}/etc/passwd"),
    ),
    "get a folder": (
        invoke("archive", "get", fileName="folder"),
        internal("archive", f"error reading file {A}/folder: read {A}/folder: is a directory"),
    ),
    "get without a name": (
        invoke("archive", "get"),
        internal("archive", f"error reading file {A}: read {A}: is a directory"),
    ),
    "list": (invoke("archive", "list", fileName="folder"), ("OK", b'["ROOT/archive/folder/inside"]')),
    "list of nothing": (invoke("second", "list"), ("OK", b"null")),
    "list leaves the folder not": (invoke("second", "list", fileName="../.."), ("OK", b"null")),
    "list a file": (
        invoke("archive", "list", fileName="there"),
        internal("archive", f"unable to list files as the file specified is not a directory: {A}/there"),
    ),
    "list what is not there": (
        invoke("archive", "list", fileName="none"),
        internal("archive", f"error getting stats for path {A}/none: stat {A}/none: no such file or directory"),
    ),
    "delete what is not there": (
        invoke("archive", "delete", fileName="none"),
        internal("archive", f"error deleting file {A}/none: remove {A}/none: no such file or directory"),
    ),
    "delete a folder that is not empty": (
        invoke("archive", "delete", fileName="folder"),
        internal("archive", f"error deleting file {A}/folder: remove {A}/folder: directory not empty"),
    ),
    # --- pubsub.in-memory
    "unknown topic component": (publish("nobody", "t"), ("INVALID_ARGUMENT", "pubsub nobody is not found")),
    "a binding is no topic component": (publish("archive", "t"), ("INVALID_ARGUMENT", "pubsub archive is not found")),
    "topic component without a name": (publish("", "t"), ("INVALID_ARGUMENT", "pubsub name is empty")),
    "no topic": (publish("events", ""), ("INVALID_ARGUMENT", "topic is empty in pubsub events")),
    "no topic, unknown component": (publish("nobody", ""), ("INVALID_ARGUMENT", "pubsub nobody is not found")),
    "publish": (publish("events", "t"), ("OK", b"")),
    "publish nothing": (publish("events", "t", b""), ("OK", b"")),
    "publish JSON": (publish("events", "t", b"{}", "application/json"), ("OK", b"")),
    "publish what is no JSON": (publish("events", "t", b"{", "application/json"), ("OK", b"")),
    "publish a picture": (publish("events", "t", b"\xff\xd8", "image/jpeg"), ("OK", b"")),
    "publish bytes": (publish("events", "t", b"\xff", "application/octet-stream"), ("OK", b"")),
    "publish an event": (
        publish("events", "t", b'{"specversion":"1.0","id":"1","source":"s","type":"t"}', "application/cloudevents+json"),
        ("OK", b""),
    ),
    "publish hardly an event": (publish("events", "t", b"{}", "application/cloudevents+json"), ("OK", b"")),
    "publish what is no event": (
        publish("events", "t", b"nope", "application/cloudevents+json"),
        ("INVALID_ARGUMENT", "cannot create cloudevent"),
    ),
    "publish a list as event": (
        publish("events", "t", b"[]", "application/cloudevents+json; charset=utf-8"),
        ("INVALID_ARGUMENT", "cannot create cloudevent"),
    ),
    "publish raw": (publish("events", "t", rawPayload="true"), ("OK", b"")),
    "publish raw what is no event": (publish("events", "t", b"nope", "application/cloudevents+json", rawPayload="1"), ("OK", b"")),
    "publish maybe raw": (
        publish("events", "t", rawPayload="maybe"),
        (
            "INVALID_ARGUMENT",
            "failed deserializing metadata. Error: rawPayload value must be a valid boolean: actual is 'maybe'",
        ),
    ),
    # --- bindings.http
    "web: get": (invoke("web", "get"), ("OK", b"GET /web ")),
    "web: create is a POST": (invoke("web", "create", b"\0\xff"), ("OK", b"POST /web \0\xff")),
    "web: put": (invoke("web", "put", b"data"), ("OK", b"PUT /web data")),
    "web: patch": (invoke("web", "patch", b"data"), ("OK", b"PATCH /web data")),
    "web: delete": (invoke("web", "delete"), ("OK", b"DELETE /web ")),
    "web: options": (invoke("web", "options"), ("OK", b"OPTIONS /web ")),
    "web: head": (invoke("web", "head"), ("OK", b"")),
    "web: path": (invoke("web", "get", path="/a/b"), ("OK", b"GET /web/a/b ")),
    "web: no content": (invoke("web", "get", path="/204"), ("OK", b"")),
    "web: not found": (invoke("web", "get", path="/404"), internal("web", "received status code 404")),
    "web: server error": (invoke("web", "post", b"x", path="/503"), internal("web", "received status code 503")),
    "web: an error that is wanted": (invoke("web", "get", path="/404", errorIfNot2XX="false"), ("OK", b"GET /web/404 ")),
    "web: unknown operation": (
        invoke("web", "fetch"),
        internal("web", f"binding web does not support operation fetch. supported operations:{VERBS}"),
    ),
}


@pytest.mark.parametrize(("request_", "expected"), TABLE.values(), ids=TABLE.keys())
def test_same_code_and_words(asked, request_, expected):
    assert ask(asked, request_) == expected


def test_nothing_was_written_outside(asked):
    sidecar, _ = asked
    ask(asked, invoke("second", "create", b"\0", fileName="../../../../../../../../outside"))
    found = {str(path.relative_to(sidecar.folder)) for path in sidecar.folder.parent.rglob("outside*")}
    assert found == {"second/outside"}
    assert ask(asked, invoke("second", "delete", fileName="outside")) == ("OK", b"")


# Sent and stored data: a quoted text is unquoted, then valid base64 is decoded.
STORED = {
    "bytes": (bytes(range(256)), bytes(range(256))),
    "nothing": (b"", b""),
    "base64": (b"test", b"\xb5\xeb-"),
    "base64 with padding": (b"aGVsbG8=", b"hello"),
    "base64 with line ends": (b"aGVs\nbG8=\r\n", b"hello"),
    "base64 of the other alphabet": (b"__--", b"__--"),
    "almost base64": (b"tes", b"tes"),
    "almost base64, padded": (b"tes=\0", b"tes=\0"),
    "padding bits that are not zero": (b"aGVsbG9=", b"hello"),
    "quoted": (b'"quoted\\n\\u00fc\\x41"', "quoted\nüA".encode()),
    "quoted base64": (b'"dGVzdA=="', b"test"),
    "quoted with back quotes": (b"`a\\n`", b"a\\n"),
    "a quoted character": (b"'a'", b"a"),
    "an open quote": (b'"open', b'"open'),
    "JSON": (b'{"a":1}', b'{"a":1}'),
}


@pytest.mark.parametrize(("sent", "stored"), STORED.values(), ids=STORED.keys())
def test_stored_bytes(asked, sent, stored):
    sidecar, _ = asked
    assert ask(asked, invoke("archive", "create", sent, fileName="new/stored"))[0] == "OK"
    assert (sidecar.root("archive") / "new/stored").read_bytes() == stored
    assert ask(asked, invoke("archive", "get", fileName="new/stored")) == ("OK", stored)


def largest(make):
    """Returns the size of the data with which a request of this kind has exactly LIMIT bytes."""
    size = LIMIT - make(bytes(LIMIT - 1000)).ByteSize() + LIMIT - 1000
    assert make(bytes(size)).ByteSize() == LIMIT
    return size


@pytest.mark.parametrize("kind", ["binding", "topic"])
def test_largest_message(asked, kind):
    def make(data):
        if kind == "topic":
            return publish("events", "t", data, "application/octet-stream")
        return invoke("archive", "create", data, fileName="new/large")

    size = largest(make)
    assert ask(asked, make(bytes(size)))[0] == "OK"
    words = f"grpc: received message larger than max ({LIMIT + 1} vs. {LIMIT})"
    assert ask(asked, make(bytes(size + 1))) == ("RESOURCE_EXHAUSTED", words)
    # The connection still works.
    assert ask(asked, publish("events", "t")) == ("OK", b"")


def test_largest_answer(asked):
    sidecar, _ = asked
    file = sidecar.root("archive") / "large"
    # The message has one byte for the field, four for its length, and the data.
    file.write_bytes(bytes(LIMIT - 5))
    status, data = ask(asked, invoke("archive", "get", fileName="large"))
    assert (status, len(data)) == ("OK", LIMIT - 5)
    file.write_bytes(bytes(LIMIT - 4))
    words = f"grpc: trying to send message larger than max ({LIMIT + 1} vs. {LIMIT})"
    status, said = ask(asked, invoke("archive", "get", fileName="large"))
    assert (status, said[:100]) == ("RESOURCE_EXHAUSTED", words)


def test_a_name_is_made_up_where_none_is_given(asked):
    status, data = ask(asked, invoke("archive", "create", b"\0"))
    assert status == "OK"
    name = json.loads(data)["fileName"]
    assert str(uuid.UUID(name)) == name
    assert ask(asked, invoke("archive", "delete", fileName=name)) == ("OK", b"")


@pytest.mark.parametrize("method", ["InvokeBinding", "PublishEvent"])
@pytest.mark.parametrize("bytes_", [b"\xff\xff", b"\x0a\x02\xff\xfe", b"\x0a\x7f"], ids=["no message", "no UTF-8", "cut"])
def test_what_is_no_message_is_internal(asked, method, bytes_):
    sidecar, _ = asked
    with grpc.insecure_channel(f"127.0.0.1:{sidecar.port}") as channel:
        with pytest.raises(grpc.RpcError) as raised:
            channel.unary_unary(f"/dapr.proto.runtime.v1.Dapr/{method}")(bytes_, timeout=20)
    assert raised.value.code() == grpc.StatusCode.INTERNAL
    assert raised.value.details().startswith("grpc: error unmarshalling")


def test_metadata_names_the_components(asked):
    sidecar, stub = asked
    info = stub.GetMetadata(dapr_pb2.GetMetadataRequest(), timeout=20)
    assert {(each.name, each.type, each.version) for each in info.registered_components} == {
        ("archive", "bindings.localstorage", "v1"),
        ("second", "bindings.localstorage", "v1"),
        ("events", "pubsub.in-memory", "v1"),
        ("web", "bindings.http", "v1"),
    }


def test_compressed_call(asked):
    sidecar, _ = asked
    request = invoke("archive", "create", bytes(10_000), fileName="new/compressed")
    code, words = ask(asked, request, compression=grpc.Compression.Gzip)
    assert code == "OK", words
    assert (sidecar.root("archive") / "new/compressed").exists()
