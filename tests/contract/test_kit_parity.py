"""One table of a function's calls: the test kit, the local sidecar and daprd give the same answers."""

import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from support.sidecars import Daprd, LocalSidecar, write_component

_HERE = Path(__file__).parent
_BUILD = Path(os.environ.get("OFN_BUILD_DIR", _HERE.parents[1] / "build"))
_CONTEXT = {
    "name": "parity",
    "version": "1",
    "runtime": "Knative",
    "outputs": {
        "files": {"componentName": "archive", "componentType": "bindings.localstorage", "operation": "create"},
        "news": {"componentName": "events", "componentType": "pubsub.in-memory", "uri": "news"},
        "strange": {"componentName": "archive", "componentType": "bindings.localstorage", "operation": "create"},
    },
    "states": {"cart": {"componentName": "state", "componentType": "state.in-memory"}},
}
_MISMATCH = "possible etag mismatch. error from state store"
# A call → its answer. They run in this order, in one call of the function.
TABLE = [
    ("get cart none", "OK absent "),
    ("save cart k one", "OK "),
    ("get cart k", "OK stored one"),
    ("get state k", "OK stored one"),
    ("save cart k two no", f"ABORTED: failed saving state in state store state: {_MISMATCH}: state etag not match for key=KEYk: current=UUID, expect=no"),
    ("save cart new one no", f"ABORTED: failed saving state in state store state: {_MISMATCH}: state not exist or expired for key=KEYnew"),
    ("save-first cart k two", f"ABORTED: failed saving state in state store state: {_MISMATCH}: item already exists and no etag was passed"),
    ("save cart k two own", "OK "),
    ("get-both cart k none", "OK k=two;none=;"),
    ("save cart a||b one", "INVALID_ARGUMENT: input key/keyPrefix 'a||b' can't contain '||'"),
    ("transact cart t upsert", "OK "),
    ("get cart t2", "OK stored done"),
    ("transact cart t replace", "UNIMPLEMENTED: operation type replace not supported"),
    ("delete cart k no", f"ABORTED: failed deleting state with key k: {_MISMATCH}: state etag not match for key=KEYk: current=UUID, expect=no"),
    ("delete cart k own", "OK "),
    ("delete cart k -", "OK "),
    ("get cart k", "OK absent "),
    ("get nobody k", "INVALID_ARGUMENT: state store nobody is not found"),
    ("secret vault plain", "OK plain=1;"),
    ("secret vault none", "INTERNAL: failed getting secret with key none from secret store vault: secret none not found"),
    ("secret nobody plain", "INVALID_ARGUMENT: failed finding secret store with key nobody"),
    ("send files data", "OK"),
    ("send news data", "OK"),
    ("send fils data", 'NOT_FOUND: no output is named "fils"; the outputs are "files", "news", "strange"'),
]
_CALLS = "".join(call + "\n" for call, _ in TABLE)


def plain(answers):
    """The answers without what differs from run to run: etags, and the prefix of keys, which the kit's stores do not have."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", answers).replace("key=parity||", "key=").replace("key=contract||", "key=")
    return re.sub(r"key=(k|new)\b(?=[:\n,]|$)", r"key=KEY\1", text).splitlines()


def from_kit(tmp_path):
    file = tmp_path / "context.json"
    file.write_text(json.dumps(_CONTEXT))
    done = subprocess.run([_BUILD / "bin/kit_parity", file], input=_CALLS, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def from_sidecar(sidecar, program):
    with sidecar:
        secrets = sidecar.folder / "secrets.json"
        secrets.write_text(json.dumps({"plain": "1"}))
        write_component(sidecar.components, "state", "state.in-memory")
        write_component(sidecar.components, "vault", "secretstores.local.file", secretsFile=secrets)
        sidecar.start()
        with program.serve(_HERE / "parity_functions.cc", "parity", _CONTEXT, sidecar.environment) as server:
            with urllib.request.urlopen(urllib.request.Request(server.url, _CALLS.encode()), timeout=60) as response:
                return response.read().decode()


@pytest.mark.parametrize("where", ["kit", "local", "daprd"])
def test_the_same_answers(where, program, tmp_path):
    if where == "kit":
        answers = from_kit(tmp_path)
    else:
        folder = tmp_path / "sidecar"
        answers = from_sidecar(LocalSidecar(program, folder) if where == "local" else Daprd(folder), program)
    assert plain(answers) == [answer for _, answer in TABLE]
