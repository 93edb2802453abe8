"""What a server's process takes of the machine's memory."""

import re
from pathlib import Path


def resident_mib(server):
    """The server's resident MiB; none of a sanitizer's, which keeps what was freed."""
    maps = Path(f"/proc/{server.process.pid}/maps").read_text(encoding="utf-8")
    if re.search(r"/lib(a|t|ub)san\.", maps):
        return 0
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii"))[1]) / 1024
