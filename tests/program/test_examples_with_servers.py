"""The examples that need another server, each with the real one."""

import json
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.http_client import call
from support.mosquitto import Mosquitto
from support.ports import reserve_port
from support.postgres import Postgres
from support.program import Server
from support.waiting import until


class Upstream(BaseHTTPRequestHandler):
    LETTERS = bytes(range(256)) * 20_000

    def do_GET(self):
        self.send_response(200 if self.path == "/letters" else 404)
        self.send_header("Content-Length", str(len(self.LETTERS)))
        self.end_headers()
        self.wfile.write(self.LETTERS)

    def log_message(self, *_):
        pass


def test_curl(program, examples):
    def relayed(url, calls=1):
        with program.serve(examples / "curl" / "relay.cc", "relay", environment={"UPSTREAM": url}, flags=["--cxxflags", "-lcurl"]) as server:
            with ThreadPoolExecutor(calls) as callers:
                return list(callers.map(lambda _: call(server.url), range(calls)))

    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as upstream:
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{upstream.server_port}"
        try:
            for answer in relayed(f"{url}/letters", calls=30):
                assert (answer.status, answer.body) == (200, Upstream.LETTERS)
            assert relayed(f"{url}/nothing")[0].status == 500
        finally:
            upstream.shutdown()
    assert relayed(f"http://127.0.0.1:{reserve_port()}/")[0].status == 500


def test_postgres(program, examples):
    flags = ["--cxxflags", "-I/usr/include/postgresql -lpq"]
    with Postgres() as database:
        database.run("CREATE TABLE items (id bigserial PRIMARY KEY, name text NOT NULL, cents bigint NOT NULL)")
        tested = ["test", "--source", examples / "postgres" / "function.cc", "--sanitize", "none", *flags]
        done = program.run_to_end(tested, {"DATABASE": database.address})
        assert done.code == 0 and "2 tests: 2 passed" in done.stdout, done.stdout + done.stderr
        with program.serve(examples / "postgres" / "function.cc", None, environment={"DATABASE": database.address}, flags=flags) as server:

            def get(path):
                answer = call(server.url, path, method="GET")
                return answer.status, json.loads(answer.body)

            made = call(server.url, "/items", method="POST", body=b'{"name":"tea","cents":500}', headers={"Content-Type": "application/json"})
            tea = json.loads(made.body)
            assert (made.status, get(made.headers["Location"])) == (201, (200, tea))
            # While the table is locked, the calls wait without a thread each, and then they all go on. Pieces of them may run on workers.
            threads = Path(f"/proc/{server.process.pid}/task")
            with ThreadPoolExecutor(200) as callers:
                with database.locked("items"):
                    waiting = [callers.submit(get, made.headers["Location"]) for _ in range(200)]
                    until(lambda: database.waiting() >= 15, "queries to wait for the lock")
                    assert len(list(threads.iterdir())) < 100
                assert [each.result() for each in waiting] == [(200, tea)] * 200


def test_mqtt(program, examples, tmp_path):
    """A message that cannot succeed is not delivered again; an alarm goes out for one that is too hot."""
    folder = tmp_path / "mqtt"
    shutil.copytree(examples / "mqtt", folder)
    with Mosquitto(tmp_path, settings="log_type all\n") as broker:
        for component in (folder / "components").iterdir():
            component.write_text(component.read_text().replace("mqtt://127.0.0.1:1883", broker.url))
        environment = {"OFN_LOCAL_SIDECAR": "on"}
        arguments = ["--source", "function.cc", "--target", "watch", "--context", "func_context.json", "--host", "127.0.0.1", "--port", "0"]
        with broker.subscribed("alarms") as alarms, Server(program.run(arguments, environment, cwd=folder)):
            broker.process.line(re.compile("Sending SUBACK to watch-measurements").search, "the subscription")
            for message in [b"no JSON", b'{"place":"hall","celsius":20}', b'{"place":"oven","celsius":250}']:
                broker.publish("measurements", message)
            assert alarms.next() == b'{"place":"oven","celsius":250}'
