"""Load generators, and the CPU time that a run of them costs the server."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time

from .servers import ROOT, peer


class Load:
    """One run of wrk: its counts, and the server's CPU time. If `body` is not 0, each request is a POST of that many bytes."""

    def __init__(self, server, seconds, connections, path="/", body=0):
        script = ["-s", ROOT / "bench/harness/post.lua"] if body else []
        before = server.cpu_seconds()
        text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *script, f"http://127.0.0.1:{server.port}{path}"],
                              env={**os.environ, "BODY": str(body)}, check=True, stdout=subprocess.PIPE, text=True, timeout=seconds + 60).stdout
        cpu = server.cpu_seconds() - before
        if "Non-2xx" in text or "Socket errors" in text:
            raise RuntimeError(f"not every request was answered:\n{text}\n{server.log()[-2000:]}")
        self.requests = int(re.search(r"(\d+) requests in", text)[1])
        self.per_second = float(re.search(r"Requests/sec:\s*([\d.]+)", text)[1])
        self.cpu_us = cpu * 1e6 / self.requests
        number, unit = re.search(r"requests in .*, ([\d.]+)([KMGT]?)B read", text).groups()
        # wrk rounds the number of bytes that it read.
        if float(number) * 1024 ** " KMGT".index(unit or " ") < 0.98 * self.requests * body:
            raise RuntimeError(f"bodies did not come back:\n{text}")


class Upload:
    """One upload of that many bytes after the other over one connection: the server's CPU time for each GiB, and its resident MiB behind them."""

    def __init__(self, server, seconds, size):
        piece = memoryview(bytes(1 << 20))
        before, end, self.uploads = server.cpu_seconds(), time.monotonic() + seconds, 0
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            while time.monotonic() < end or not self.uploads:
                connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size)
                for begin in range(0, size, len(piece)):
                    connection.sendall(piece[:size - begin])
                answer = b""
                while not answer.endswith(b"\n%d\n" % size):
                    answer += (received := connection.recv(4096))
                    if not received or not answer.startswith(b"HTTP/1.1 200"[:len(answer)]):
                        raise RuntimeError(f"not every upload was answered:\n{answer}\n{server.log()[-2000:]}")
                self.uploads += 1
        self.cpu_ms = (server.cpu_seconds() - before) * 1000 * (1 << 30) / (size * self.uploads)
        self.resident_mib = server.resident_mib()[0]


class Http2Load:
    """One run of h2load over cleartext HTTP/2: its counts, and the server's CPU time."""

    def __init__(self, server, seconds, connections, streams):
        before = server.cpu_seconds()
        text = subprocess.run(["h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}", f"http://127.0.0.1:{server.port}/"],
                              check=True, stdout=subprocess.PIPE, text=True, timeout=seconds + 60).stdout
        cpu = server.cpu_seconds() - before
        done, failed, errored, timed_out = (
            int(re.search(rf"^requests:.* (\d+) {what}", text, re.MULTILINE)[1]) for what in ("succeeded", "failed", "errored", "timeout"))
        if failed or errored or timed_out or not done:
            raise RuntimeError(f"not every request was answered:\n{text}\n{server.log()[-2000:]}")
        self.requests = done
        self.per_second = done / seconds
        self.cpu_us = cpu * 1e6 / done


class Attack:
    """One run of vegeta: its counts. `load` has its flags for the rate and the workers."""

    def __init__(self, url, seconds, *load):
        vegeta = subprocess.run([ROOT / "tests/tools/build", "vegeta"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        attack = subprocess.run([vegeta, "attack", f"-duration={seconds}s", *load], input=f"GET {url}\n".encode(),
                                check=True, stdout=subprocess.PIPE, timeout=seconds + 60).stdout
        lines = subprocess.run([vegeta, "encode", "-to=json"], input=attack, check=True, stdout=subprocess.PIPE).stdout.splitlines()
        results = [json.loads(line) for line in lines]
        unexpected = {(result["code"], result["error"]) for result in results if result["code"] not in (200, 503)}
        if unexpected:
            raise RuntimeError(f"answers other than 200 and 503: {sorted(unexpected)[:3]}")
        self.goodput = sum(result["code"] == 200 for result in results) / seconds
        self.per_second = len(results) / seconds
        self.refusal_ms = sorted(result["latency"] / 1e6 for result in results if result["code"] == 503)


class Deliveries:
    """Delivers `count` events as daprd does, and measures the subscriber's CPU time."""

    def __init__(self, server, count):
        before = server.cpu_seconds()
        done = subprocess.run([peer("deliver"), "-port", str(server.port), "-count", str(count)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600, check=False)
        cpu = server.cpu_seconds() - before
        if done.returncode:
            raise RuntimeError(f"not every event was acknowledged: {done.stderr}\n{server.log()[-2000:]}")
        self.count = count
        self.per_second = count / float(re.search(r"in ([\d.]+) s", done.stdout)[1])
        self.cpu_us = cpu * 1e6 / count
