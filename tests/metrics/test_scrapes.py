"""The second port: what it answers, and when; and the other places of --metrics."""

import os
import socket
import threading

import grpc
import pytest

from metrics.measured import samples
from support.http_client import Caller, call, start_call
from support.ports import reserve_port
from support.raw import Raw
from support.waiting import PATIENCE


def test_requests_are_counted_by_route_status_and_method(measure):
    measured = measure()
    for _ in range(3):
        assert call(measured.url, "/hello/ada?secret=1", method="GET").status == 200
    assert call(measured.url, "/crash", method="GET").status == 500
    assert call(measured.url, "/echo", method="BREW", body=b"x" * 300).status == 200
    assert call(measured.url, "/nowhere/at/all").status == 404
    assert call(measured.url, "/", headers={"User-Agent": "kube-probe/1.30"}).status == 200
    count = "http_server_request_duration_seconds_count"
    assert measured.value(count, http_route="/hello/{name}", http_response_status_code="200", http_request_method="GET") == 3
    assert measured.value(count, http_route="/crash", error_type="crash") == 1
    assert measured.value(count, http_request_method="_OTHER") == 1
    assert measured.value("http_server_request_body_size_bytes_sum", http_request_method="_OTHER") == 300
    assert measured.value(count, http_response_status_code="404") == 1
    assert measured.value("ofn_refused_requests_total", ofn_reason="no_route") == 1
    assert measured.value("ofn_probes_total") == 1
    text = measured.scrape().text
    assert "secret" not in text and "ada" not in text and "nowhere" not in text


def test_a_grpc_call_of_a_function_is_a_request_without_a_route(measure):
    """Unless a sidecar may call the function over gRPC: then it is a call of a sidecar."""
    measured = measure("--dapr-invocation", "off")
    with grpc.insecure_channel(f"127.0.0.1:{measured.server.port}") as channel:
        with pytest.raises(grpc.RpcError) as raised:
            channel.unary_unary("/shop.Cart/Add")(b"", timeout=PATIENCE)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
    count = "http_server_request_duration_seconds_count"
    assert measured.value(count, http_request_method="POST", http_response_status_code="200", network_protocol_version="2") == 1
    assert measured.value("ofn_refused_requests_total", ofn_reason="no_route") == 1
    assert measured.value("ofn_refused_requests_total", ofn_reason="broken") is None


def test_the_second_port_has_only_metrics(measure):
    measured = measure()
    for method, path, status, body in [
        ("GET", "/", 404, b"metrics are at /metrics\n"),
        ("GET", "/hello/ada", 404, b"metrics are at /metrics\n"),
        ("POST", "/metrics", 405, b"allowed here: GET, HEAD\n"),
        ("HEAD", "/metrics", 200, b""),
    ]:
        answer = call(measured.metrics_url, path, method=method)
        assert (answer.status, answer.body) == (status, body)
    answer = call(measured.metrics_url, "/metrics", method="HEAD")
    assert int(answer.headers["content-length"]) > 1000
    assert call(measured.metrics_url, "/metrics", method="GET", headers={"x": "y" * 9000}).status == 431
    assert call(measured.metrics_url, "/metrics", method="GET", body=b"x" * 5000).status == 413
    assert call(measured.url, "/metrics", method="GET").status == 404, "the function's port has none"


def test_off_is_the_default(program, functions):
    with program.serve(functions, None) as server:
        assert call(server.url, "/metrics", method="GET").status == 404
        assert "metrics are served" not in server.process.output


def test_a_port_that_is_taken_is_a_warning(program, functions):
    port = reserve_port()
    with socket.create_server(("127.0.0.1", port)) as holder:
        with program.serve(functions, None, flags=["--metrics", str(port)]) as server:
            server.logged("no metrics yet", f"127.0.0.1:{port}")
            assert call(server.url, "/hello/a", method="GET").status == 200
            holder.close()
            server.logged("metrics are served", f"127.0.0.1:{port}")
            assert call(f"http://127.0.0.1:{port}/", "/metrics", method="GET").status == 200


def test_a_wrong_place_is_an_error(program, functions):
    done = program.run_to_end(["--source", functions, "--metrics", "everywhere"])
    assert done.code == 2
    assert "--metrics: expected off, same, PORT or HOST:PORT" in done.stderr


def test_opentelemetrys_variables(program, functions):
    port = reserve_port()
    environment = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": str(port), "OTEL_SERVICE_NAME": "shop"}
    with program.serve(functions, None, environment=environment) as server:
        server.logged("metrics are served", f"127.0.0.1:{port}")
        assert 'service_name="shop"' in call(f"http://127.0.0.1:{port}/", "/metrics", method="GET").text


def test_on_the_functions_own_port(program, functions, shared_from):
    with program.serve(functions, None, flags=["--metrics", "same"]) as server:
        server.logged("every client of the function can read the metrics")
        assert "ofn_build_info" in call(server.url, "/metrics", method="GET").text
        assert call(server.url, "/metrics", method="POST").status == 404, "any other request is the function's"
    everywhere = shared_from('#include <ofn/function.h>\nstd::string f() { return "mine"; }\nOFN_FUNCTION(f)\n')
    with program.serve(everywhere, "f", flags=["--metrics", "same"]) as server:
        assert "ofn_build_info" in call(server.url, "/metrics", method="GET").text
        assert call(server.url, "/other", method="GET").text == "mine"
    route = shared_from('#include <ofn/function.h>\nstd::string f() { return "mine"; }\nOFN_ROUTE("/metrics", f)\n')
    with program.serve(route, None, flags=["--metrics", "same"]) as server:
        server.logged("no metrics", "a route of the function has the path")
        assert call(server.url, "/metrics", method="GET").text == "mine"


def test_answers_while_it_drains(measure, shared_from, tmp_path):
    source = shared_from("""
        #include <fstream>
        #include <ofn/function.h>
        std::string wait(const ofn::Request& request) {
          std::ifstream file{std::string(request.body())};
          return std::string(std::istreambuf_iterator<char>(file), {});
        }
        OFN_FUNCTION(wait)
    """)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    measured = measure(source=source, target="wait")
    answer = start_call(measured.url, body=str(fifo).encode())
    with open(fifo, "w", encoding="utf-8") as writer:
        assert measured.value("ofn_gate_in_use") == 1
        measured.server.process.terminate()
        measured.server.logged("draining")
        assert measured.value("http_server_active_requests", http_request_method="POST") == 1
        writer.write("done")
    assert answer.result().text == "done"
    assert measured.server.process.exit_code() == 0


def test_random_requests_make_a_bounded_number_of_series(measure):
    measured = measure("--max-header-fields", "20")
    with Caller(measured.url) as caller:
        for i in range(3000):
            headers = {"Host": f"h{i}.example", "User-Agent": f"u{i}"}
            caller.call(f"/p{i}/x?{i}", method=f"M{i}" if i % 2 else "GET", headers=headers)
    found = dict(samples(measured.scrape().text))
    series = [each for each in found if each[0] == "http_server_request_duration_seconds_count"]
    assert len(series) == 2, series  # GET and _OTHER
    assert sum(found[each] for each in series) == 3000
    assert measured.value("ofn_refused_requests_total", ofn_reason="no_route") == 3000


def test_a_function_with_many_statuses_makes_a_bounded_number_of_series(measure):
    measured = measure()
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    with Caller(measured.url) as caller:
        for code in range(200, 1000):
            for method in methods:
                caller.call(f"/status/{code}", method=method)
    found = dict(samples(measured.scrape().text))
    series = [each for each in found if each[0] == "http_server_request_duration_seconds_count"]
    assert len(series) <= 2001
    assert measured.value("http_server_request_duration_seconds_count", otel_metric_overflow="true") > 0
    assert sum(found[each] for each in series) == len(methods) * 800


def test_a_scrape_during_load_is_answered_at_once(measure):
    measured = measure()
    stop = threading.Event()

    def load():
        with Raw(measured.server.port) as connection:
            request = b"GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n"
            while not stop.is_set():
                connection.send(request * 32)
                for _ in range(32):
                    assert connection.answer().status == 200

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    counts = []
    try:
        for _ in range(20):
            counts.append(measured.value("http_server_request_duration_seconds_count", http_route="/hello/{name}") or 0)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert counts == sorted(counts) and counts[-1] > counts[0]
