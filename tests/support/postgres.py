"""A real PostgreSQL with an empty database, on a socket in a folder of its own.

    with Postgres() as database:
        serve(…, environment={"DATABASE": database.address})
        database.run("SELECT 1")
"""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from support.process import Process
from support.tools import missing
from support.waiting import PATIENCE, until


class Postgres:
    def __init__(self):
        found = shutil.which("initdb") or next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None)
        if found is None or shutil.which("psql") is None:
            missing("PostgreSQL is missing: ./dev setup test, or apt-get install postgresql")
        self._programs = Path(found).resolve().parent
        # PostgreSQL refuses to run as root, and a socket's path has at most 107 bytes.
        self._user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="ofn-pg-"))

    def __enter__(self):
        if self._user:
            shutil.chown(self._folder, "postgres", "postgres")
        made = [*self._user, self._programs / "initdb", "--auth=trust", "--no-sync", "--username=tester", "-D", self._folder / "data"]
        subprocess.run(made, check=True, capture_output=True, cwd="/", timeout=4 * PATIENCE)
        flags = ["-D", self._folder / "data", "-k", self._folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        self.process = Process([*self._user, self._programs / "postgres", *flags], {"PATH": "/usr/bin:/bin"}, cwd=self._folder)
        until(lambda: self.run("SELECT 1") == "1\n", "PostgreSQL to answer")
        return self

    def __exit__(self, *_):
        self.process.signal(signal.SIGINT)  # it ends its connections, and then itself
        self.process.exit_code()
        self.process.end()
        shutil.rmtree(self._folder)

    @property
    def address(self):
        return f"host={self._folder} user=tester dbname=postgres"

    @contextmanager
    def locked(self, table):
        """Nobody else changes the table meanwhile."""
        locker = subprocess.Popen(["psql", self.address, "--no-psqlrc", "--quiet"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        locker.stdin.write(f"BEGIN; LOCK TABLE {table};\n\\echo locked\n")
        locker.stdin.flush()
        assert locker.stdout.readline() == "locked\n"
        yield
        locker.communicate("COMMIT;\n", timeout=PATIENCE)

    def waiting(self):
        """Returns how many queries wait for a lock."""
        return int(self.run("SELECT count(*) FROM pg_locks WHERE NOT granted") or 0)

    def run(self, sql):
        words = ["psql", self.address, "--no-psqlrc", "--tuples-only", "--no-align", "-c", sql]
        return subprocess.run(words, capture_output=True, text=True, timeout=4 * PATIENCE, check=False).stdout
