"""A function's result arrives unchanged, under the name and with the operation that the context gives."""

import random
import uuid

import pytest

from support.http_client import call
from support.program import binding, topic

# daprd's bindings.localstorage unquotes quoted strings and decodes valid base64, and so does ours. These payloads are neither.
PAYLOADS = {
    "every byte": bytes(range(256)),
    "every byte, backwards": bytes(range(255, -1, -1)),
    "nothing": b"",
    "one zero": b"\0",
    "text with line ends": "grüße\r\n\n".encode(),
    "a lone quote": b'"',
    "what looks like a gRPC frame": b"\0\0\0\0\x05hello",
    "1 MiB": random.Random(3).randbytes(1 << 20),
}


@pytest.fixture(params=PAYLOADS.values(), ids=PAYLOADS.keys())
def payload(request):
    return request.param


def test_caller_file_and_topic_get_the_same_bytes(sidecar, serve, payload):
    server = serve(
        sidecar,
        binding("files", "archive", metadata={"fileName": "landed"}),
        binding("more", "second"),
        topic("news", "events"),
    )
    answer = call(server.url, body=payload, headers={"content-type": "application/octet-stream"})
    assert (answer.status, answer.body) == (200, payload)
    assert (sidecar.root("archive") / "landed").read_bytes() == payload
    assert sidecar.landed("second") == [payload]


def test_file_name(sidecar, serve):
    server = serve(
        sidecar,
        binding("given", "archive", metadata={"fileName": "folder/of its own/Grüße.txt"}),
        binding("made up", "second"),
    )
    for payload in (b"one\0", b"two\0"):
        assert call(server.url, body=payload).status == 200
    assert (sidecar.root("archive") / "folder/of its own/Grüße.txt").read_bytes() == b"two\0"
    assert sorted(sidecar.landed("second")) == [b"one\0", b"two\0"]
    for file in sidecar.root("second").iterdir():
        assert str(uuid.UUID(file.name)) == file.name


@pytest.mark.parametrize("operation", ["", None, "create"])
def test_operation_is_create_unless_given(sidecar, serve, operation):
    assert call(serve(sidecar, binding("archive", operation=operation)).url, body=b"\0").status == 200
    assert sidecar.landed() == [b"\0"]


def test_operation_is_the_contexts(sidecar, serve):
    kept, gone = sidecar.root("archive") / "kept", sidecar.root("archive") / "gone"
    kept.write_bytes(b"\0")
    gone.write_bytes(b"\0")
    server = serve(sidecar, binding("archive", operation="delete", metadata={"fileName": "gone"}))
    assert call(server.url, body=b"not to be stored\0").status == 200
    assert kept.exists() and not gone.exists()
    assert sidecar.landed() == [b"\0"]


def test_what_the_sidecar_finds_too_large_is_refused(sidecar, serve):
    server = serve(sidecar, binding("files", "archive"))
    answer = call(server.url, body=bytes(5 << 20))
    assert answer.status == 502
    assert "files" in answer.text and "RESOURCE_EXHAUSTED" in answer.text
    assert sidecar.landed() == []
    # The connection still works, for data that fits.
    assert call(server.url, body=bytes(4_000_000)).status == 200
    assert sidecar.landed() == [bytes(4_000_000)]


def test_event_functions_reply_is_stored_as_its_data(sidecar, serve):
    server = serve(sidecar, binding("archive"), topic("events"), target="relay")
    event = {"ce-id": "1", "ce-source": "/test", "ce-type": "t", "ce-specversion": "1.0", "content-type": "text/plain"}
    answer = call(server.url, body=b"the data\0", headers=event)
    assert (answer.status, answer.headers["ce-type"]) == (200, "com.example.relayed")
    assert sidecar.landed() == [b"the data\0"]
