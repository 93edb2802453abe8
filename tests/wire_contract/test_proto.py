"""proto/*.proto compared with the descriptors in the public packages `dapr`, `grpcio-health-checking` and `googleapis-common-protos`.

Every message, field and method of ours must exist there with the same number, type and label: what we
state may be less than the published contract, never something else.
"""

import pathlib
import subprocess

import pytest
from dapr.proto.common.v1 import common_pb2
from dapr.proto.runtime.v1 import appcallback_pb2, dapr_pb2
from google.protobuf import any_pb2, descriptor_pb2, duration_pb2, empty_pb2, struct_pb2, timestamp_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"

# Ours → theirs: Google's types live in packages of our own, see proto/well_known.proto and proto/status.proto.
GOOGLES = {".ofn.well_known.": ".google.protobuf.", ".ofn.rpc.": ".google.rpc."}


def files(protos):
    for source in protos:
        file = descriptor_pb2.FileDescriptorProto()
        source.CopyToProto(file)
        yield file


def messages(file):
    """All messages of a file by full name, nested ones (map entries) too."""

    def walk(prefix, message):
        name = f"{prefix}.{message.name}"
        yield name, message
        for nested in message.nested_type:
            yield from walk(name, nested)

    for message in file.message_type:
        yield from walk(f".{file.package}", message)


def theirs(name):
    for ours, google in GOOGLES.items():
        if name.startswith(ours):
            return google + name.removeprefix(ours)
    return name


PUBLISHED_FILES = list(
    files(
        module.DESCRIPTOR
        for module in (
            dapr_pb2,
            appcallback_pb2,
            common_pb2,
            any_pb2,
            duration_pb2,
            empty_pb2,
            struct_pb2,
            timestamp_pb2,
            health_pb2,
            status_pb2,
            error_details_pb2,
        )
    )
)
PUBLISHED_MESSAGES = {name: m for file in PUBLISHED_FILES for name, m in messages(file)}
PUBLISHED_METHODS = {
    f".{file.package}.{service.name}/{method.name}": method
    for file in PUBLISHED_FILES
    for service in file.service
    for method in service.method
}


def our_files():
    sources = sorted(path.name for path in PROTO.glob("*.proto"))
    encoded = subprocess.run(
        ["protoc", f"-I{PROTO}", "--descriptor_set_out=/dev/stdout", *sources],
        check=True,
        capture_output=True,
    ).stdout
    return list(descriptor_pb2.FileDescriptorSet.FromString(encoded).file)


OUR_FILES = our_files()
OUR_MESSAGES = [(name, m) for file in OUR_FILES for name, m in messages(file)]
OUR_FIELDS = [(name, field) for name, m in OUR_MESSAGES for field in m.field]
OUR_METHODS = [
    (f".{file.package}.{service.name}/{method.name}", method)
    for file in OUR_FILES
    for service in file.service
    for method in service.method
]
OUR_ENUMS = [(f".{file.package}.{e.name}", e) for file in OUR_FILES for e in file.enum_type] + [
    (f"{name}.{e.name}", e) for name, m in OUR_MESSAGES for e in m.enum_type
]


def published_enums():
    for file in PUBLISHED_FILES:
        for enum in file.enum_type:
            yield f".{file.package}.{enum.name}", enum
        for name, message in messages(file):
            for enum in message.enum_type:
                yield f"{name}.{enum.name}", enum


def test_there_is_something_to_compare():
    assert OUR_MESSAGES and OUR_FIELDS and OUR_METHODS


@pytest.mark.parametrize(("name", "message"), OUR_MESSAGES, ids=[n for n, _ in OUR_MESSAGES])
def test_message(name, message):
    real = PUBLISHED_MESSAGES[theirs(name)]
    assert message.options.map_entry == real.options.map_entry


@pytest.mark.parametrize(
    ("owner", "field"), OUR_FIELDS, ids=[f"{n}.{f.name}" for n, f in OUR_FIELDS]
)
def test_field(owner, field):
    real = {f.name: f for f in PUBLISHED_MESSAGES[theirs(owner)].field}[field.name]
    assert field.number == real.number
    assert field.type == real.type
    assert field.label == real.label
    assert theirs(field.type_name) == real.type_name
    assert field.HasField("oneof_index") == real.HasField("oneof_index")
    assert field.proto3_optional == real.proto3_optional


@pytest.mark.parametrize(("name", "method"), OUR_METHODS, ids=[n for n, _ in OUR_METHODS])
def test_method(name, method):
    real = PUBLISHED_METHODS[name]
    assert theirs(method.input_type) == real.input_type
    assert theirs(method.output_type) == real.output_type
    assert method.client_streaming == real.client_streaming
    assert method.server_streaming == real.server_streaming


def test_enums():
    real = dict(published_enums())
    for name, enum in OUR_ENUMS:
        values = {v.name: v.number for v in real[theirs(name)].value}
        for value in enum.value:
            assert values[value.name] == value.number, f"{name}.{value.name}"


def test_syntax_is_proto3():
    # Presence and UTF-8 rules follow the syntax.
    assert all(file.syntax == "proto3" for file in OUR_FILES)
