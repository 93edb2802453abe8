"""Makes the wheel `ofn` of an installation: make_wheel.py INSTALLED VERSION TO. It needs Python's standard library only.

pip puts the scripts of a wheel into bin/, and its data into the folder above, so the program is bin/ofn and finds the headers in
../include, as in any installation. There is no module: nothing of Python runs when the program starts.
"""

import base64
import hashlib
import os
import platform
import sys
import time
import zipfile
from pathlib import Path


def record(name, data):
    """A line of RECORD, as the wheel format wants it."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def main(installed, version, to):
    installed = Path(installed)
    # The program runs where the C library is at least as new as here.
    libc, libc_version = platform.libc_ver()
    assert libc == "glibc", f"the wheel needs glibc, and this system has {libc or 'another C library'}"
    tag = f"py3-none-manylinux_{libc_version.replace('.', '_')}_{platform.machine()}"

    info, data = f"ofn-{version}.dist-info", f"ofn-{version}.data"
    metadata = (
        f"Metadata-Version: 2.1\nName: ofn\nVersion: {version}\nSummary: OpenFunction Functions Framework for C++: serves a C++ function\n"
        "License: not chosen yet; nobody may use, change or distribute the code without its owner's permission\n"
        "Home-page: https://openfunction.dev\nRequires-Python: >=3.7\nDescription-Content-Type: text/markdown\n\n"
    )
    files = {f"{data}/scripts/ofn": (installed / "bin/functions-framework").read_bytes()}
    for header in sorted((installed / "include/ofn").rglob("*.h")):
        files[f"{data}/data/{header.relative_to(installed)}"] = header.read_bytes()
    (sbom,) = installed.glob("share/doc/*/ofn.spdx.json")
    files[f"{info}/sboms/ofn.spdx.json"] = sbom.read_bytes()
    files[f"{info}/licenses/copyright"] = sbom.with_name("copyright").read_bytes()
    files[f"{info}/METADATA"] = metadata.encode() + (Path(__file__).parent / "description.md").read_bytes()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: ofn\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    lines = "".join(record(name, content) for name, content in files.items())
    files[f"{info}/RECORD"] = f"{lines}{info}/RECORD,,\n".encode()

    # A zip file cannot have times before 1980.
    moment = time.gmtime(max(int(os.environ["SOURCE_DATE_EPOCH"]), 315532800))[:6]
    with zipfile.ZipFile(Path(to) / f"ofn-{version}-{tag}.whl", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
            wheel.writestr(entry, content)


if __name__ == "__main__":
    main(*sys.argv[1:])
