"""Images that are made once, unpacked by umoci, and run by bubblewrap."""

import pytest

from image.container import Container, check, need
from support.program import Program
from support.registry import Registry
from support.tools import missing


@pytest.fixture(scope="session")
def make(program, tmp_path_factory):
    """make(source, *flags): the folder of an image, and what the program has printed."""

    def make_image(source, *flags, layout=None, environment=None, cwd=None, program=program):
        layout = layout or tmp_path_factory.mktemp("layout") / "function.oci"
        done = program.run_to_end(["image", "--oci", layout, *flags, *([source] if source else [])], environment, cwd=cwd)
        assert done.code == 0, done.stderr
        return layout, done.stdout

    return make_image


@pytest.fixture(scope="session")
def unpack(tmp_path_factory):
    """unpack(layout): its root folder and its configuration, as a container runtime has them."""

    def unpack_image(layout, tag="latest"):
        bundle = tmp_path_factory.mktemp("bundle") / "bundle"
        check(need("umoci"), "unpack", "--rootless", "--image", f"{layout}:{tag}", bundle)
        return bundle

    return unpack_image


@pytest.fixture(scope="session")
def hello(make, repository):
    """The image of examples/hello."""
    return make(repository / "examples/hello/hello.cc", "--target", "hello")


@pytest.fixture(scope="session")
def hello_bundle(hello, unpack):
    return unpack(hello[0])


@pytest.fixture(scope="session")
def container(make, unpack, shared_from):
    """container(text, *flags): the image of a function of this text, or of a source, unpacked."""

    def make_container(text, *flags, source=None):
        layout, _ = make(source or shared_from(text), *flags)
        return Container(unpack(layout))

    return make_container


@pytest.fixture(scope="session")
def linked_program(program, tmp_path_factory):
    """A program that the build has linked with ofn::framework."""
    path = program.path.parent / "linked_example"
    if not path.exists():
        missing(f"{path} is missing: build everything (./dev test)")
    return Program(path, tmp_path_factory.mktemp("linked"))


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    """Its address."""
    with Registry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry.address
