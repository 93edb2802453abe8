"""The manifests that the golden files hold: their functions and flags."""

from pathlib import Path

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"

_IMAGE = ("--image", "registry.example/functions/{name}:1.2")
_GREETER = ("--context", HERE / "greeter" / "context.yaml", "--components", HERE / "greeter" / "components")
_ORDERS = ("--context", HERE / "orders" / "context.json", "--components", HERE / "orders" / "components")
_NUMBERS = ("--timeout", "60s", "--concurrency", "80", "--max-body-size", "20MiB", "--drain-delay", "3s", "--drain-timeout", "25s")

# The name of the golden file, and the flags.
WRITTEN = {
    "plain knative": ("--knative", "--name", "plain"),
    "plain deployment": ("--deployment", "--name", "plain", "--h2c"),
    "plain openfunction": ("--openfunction", "--name", "plain"),
    "greeter openfunction": ("--openfunction", *_GREETER, "--concurrency", "80", "--timeout", "10m"),
    "greeter openfunction v1beta1": ("--openfunction=v1beta1", *_GREETER),
    "greeter knative": ("--knative", *_GREETER, *_NUMBERS, "--min-replicas", "1", "--namespace", "shop", "--metrics", "9464"),
    "greeter deployment": ("--deployment", *_GREETER, *_NUMBERS, "--min-replicas", "2", "--namespace", "shop", "--metrics", "9464"),
    "greeter keda": ("--keda", *_GREETER, "--hostname", "greeter.example"),
    "greeter dapr": ("--dapr", *_GREETER),
    "greeter compose": ("--compose", *_GREETER),
    "greeter explain": ("--explain", *_GREETER),
    "orders openfunction": ("--openfunction", *_ORDERS),
    "orders openfunction v1beta1": ("--openfunction=v1beta1", *_ORDERS),
    "orders deployment": ("--deployment", *_ORDERS, "--log-format", "gcp"),
    "orders keda": ("--keda", *_ORDERS),
    "orders dapr": ("--dapr", *_ORDERS),
    "orders compose": ("--compose", *_ORDERS),
    "orders explain": ("--explain", *_ORDERS),
}


def arguments(name):
    image = [word.format(name=name.split()[0]) for word in _IMAGE]
    return ["manifest", *image, *(str(word) for word in WRITTEN[name])]


def kustomize_arguments(folder):
    image = [word.format(name="greeter") for word in _IMAGE]
    return ["manifest", *image, "--kustomize", str(folder), *(str(word) for word in _GREETER)]
