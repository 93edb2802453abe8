"""A registry, the real one of the CNCF, keeps an image as it is: what is pulled has the digest that was printed, and runs."""

import json

from image.container import Container, check, need
from support.http_client import call


def test_an_image_is_pushed_and_pulled(hello, registry, unpack, tmp_path):
    layout, printed = hello
    name = f"docker://{registry}/functions/hello:1"
    check(need("skopeo"), "copy", "--dest-tls-verify=false", f"oci:{layout}:latest", name)
    stored = json.loads(check(need("skopeo"), "inspect", "--tls-verify=false", name))
    assert stored["Digest"] in printed
    pulled = tmp_path / "pulled"
    check(need("skopeo"), "copy", "--src-tls-verify=false", name, f"oci:{pulled}:latest")
    assert json.loads((pulled / "index.json").read_text())["manifests"][0]["digest"] == stored["Digest"]
    with Container(unpack(pulled)).serve() as server:
        assert call(server.url, "/?name=registry", method="GET").body == b"hello, registry\n"
