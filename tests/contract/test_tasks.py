"""Coroutines and answers in pieces, with both sidecars."""

import http.client
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.http_client import call
from support.program import binding
from support.sidecars import write_component

SOURCE = r"""
#include <ofn/function.h>

// Each way to wait, one behind the other and side by side, and one that holds its thread.
ofn::task<ofn::SendReport> send(ofn::Context& context, std::string output, std::string data) {
  const ofn::SendOptions options{.metadata = {{"fileName", output + "-" + data}}};
  co_return co_await context.async_send("archive", data, options);
}
ofn::task<ofn::Out> waits(ofn::Context& context, ofn::Bytes data) {
  const std::string name(data);
  const auto [one, two] = co_await ofn::when_all(send(context, "one", name), send(context, "two", name));
  const ofn::StateItems saved{.store = "state", .items = {{.key = name, .value = name}}};
  if (!co_await context.async_ask(saved)) co_return ofn::Out::error("not saved");
  const ofn::GetState get{.store = "state", .key = name};
  const ofn::Reply<ofn::StateValue> value = co_await context.async_ask(get);
  const ofn::SendOptions no_such{.operation = "no"};
  const ofn::SendReport unknown = co_await context.async_send("archive", data, no_such);
  const ofn::SendReport three = context.send("archive", data, {.metadata = {{"fileName", "three-" + name}}});
  if (!one || !two || !three || unknown || !value) co_return ofn::Out::error("something went wrong");
  co_return ofn::Out::success(value->data).with("forward", "false");
}
void pieces(const ofn::Request& request, ofn::Writer& writer) {
  if (request.path() == "/early") writer.send_early();
  for (int i = 0; i < 3; ++i) writer.write(request.body());
}
OFN_FUNCTION(waits)
OFN_FUNCTION(pieces)
"""


@pytest.fixture(scope="module")
def functions(shared_from):
    return shared_from(SOURCE)


def test_a_coroutine_waits_for_the_sidecar(absent_sidecar, serve):
    write_component(absent_sidecar.components, "state", "state.in-memory")
    absent_sidecar.start()
    server = serve(absent_sidecar, binding("archive"), target="waits")
    names = [f"name…{number}" for number in range(40)]
    with ThreadPoolExecutor(20) as callers:
        answers = list(callers.map(lambda name: call(server.url, body=name.encode()), names))
    assert [(answer.status, answer.body.decode()) for answer in answers] == [(200, name) for name in names]
    for name in names:
        for which in ("one", "two", "three"):
            assert (absent_sidecar.root("archive") / f"{which}-{name}").read_bytes() == name.encode()


def test_what_is_written_goes_out_as_one_body(sidecar, serve):
    server = serve(sidecar, binding("archive", metadata={"fileName": "written"}), target="pieces")
    for path in ("/", "/early"):
        answer = call(server.url, path, body="…".encode())
        assert (answer.status, answer.body.decode()) == (200, "………")
        assert (sidecar.root("archive") / "written").read_text() == "………"
        (sidecar.root("archive") / "written").unlink()


def test_without_the_sidecar_nothing_is_acknowledged(sidecar, serve):
    server = serve(sidecar, binding("archive"), target="pieces", flags=["--sidecar-timeout", "200ms"])
    sidecar.kill()
    assert call(server.url, body=b"x").status == 503
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        call(server.url, "/early", body=b"x")
