"""OCI layouts with layers that umoci refuses: pack and the lifecycle use Docker's media types in OCI's manifest."""

import json

from image.container import check


class Layout:
    def __init__(self, folder):
        self._blobs = folder / "blobs"
        self._manifest = self._read(json.loads((folder / "index.json").read_text())["manifests"][0])
        self.config = self._read(self._manifest["config"])["config"]

    def _file(self, descriptor):
        return self._blobs / descriptor["digest"].replace(":", "/")

    def _read(self, descriptor):
        return json.loads(self._file(descriptor).read_text())

    def unpack(self, bundle):
        """Writes what `Container` reads."""
        root = bundle / "rootfs"
        root.mkdir(parents=True)
        for layer in self._manifest["layers"]:
            check("tar", "-C", root, "-xzf", self._file(layer))
        uid, gid = self.config["User"].split(":")
        process = {"args": self.config.get("Entrypoint", []), "env": self.config["Env"], "cwd": self.config.get("WorkingDir", "/"),
                   "user": {"uid": int(uid), "gid": int(gid)}}  # fmt: skip
        (bundle / "config.json").write_text(json.dumps({"process": process}))
        return root
