"""Reads the protobuf format: a stream of io.prometheus.client.MetricFamily, each behind its length.

The message types are made here from their definition (prometheus/client_model, io/prometheus/client/metrics.proto), because no
package has them with native histograms.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal.decoder import _DecodeVarint32

_TYPES = {
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "double": descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
    "uint64": descriptor_pb2.FieldDescriptorProto.TYPE_UINT64,
    "uint32": descriptor_pb2.FieldDescriptorProto.TYPE_UINT32,
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "int32": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
    "sint32": descriptor_pb2.FieldDescriptorProto.TYPE_SINT32,
    "sint64": descriptor_pb2.FieldDescriptorProto.TYPE_SINT64,
}
# "*" means repeated.
_MESSAGES = {
    "LabelPair": {1: "string name", 2: "string value"},
    "Timestamp": {1: "int64 seconds", 2: "int32 nanos"},
    "Gauge": {1: "double value"},
    "Counter": {1: "double value"},
    "Exemplar": {1: "*LabelPair label", 2: "double value", 3: "Timestamp timestamp"},
    "Bucket": {1: "uint64 cumulative_count", 2: "double upper_bound", 3: "Exemplar exemplar"},
    "BucketSpan": {1: "sint32 offset", 2: "uint32 length"},
    "Histogram": {
        1: "uint64 sample_count",
        2: "double sample_sum",
        3: "*Bucket bucket",
        5: "sint32 schema",
        6: "double zero_threshold",
        7: "uint64 zero_count",
        12: "*BucketSpan positive_span",
        13: "*sint64 positive_delta",
    },
    "Metric": {1: "*LabelPair label", 2: "Gauge gauge", 3: "Counter counter", 7: "Histogram histogram"},
    "MetricFamily": {1: "string name", 2: "string help", 3: "int32 type", 4: "*Metric metric"},
}


def _family_class():
    file = descriptor_pb2.FileDescriptorProto(name="metrics.proto", package="io.prometheus.client", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, text in fields.items():
            type_name, field_name = text.lstrip("*").split()
            field = message.field.add(name=field_name, number=number)
            field.label = field.LABEL_REPEATED if text.startswith("*") else field.LABEL_OPTIONAL
            if type_name in _TYPES:
                field.type = _TYPES[type_name]
            else:
                field.type = field.TYPE_MESSAGE
                field.type_name = f".io.prometheus.client.{type_name}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("io.prometheus.client.MetricFamily"))


_MetricFamily = _family_class()


def families(body):
    """Returns the families by their names."""
    found = {}
    at = 0
    while at < len(body):
        size, at = _DecodeVarint32(body, at)
        family = _MetricFamily.FromString(body[at : at + size])
        assert family.name not in found
        found[family.name] = family
        at += size
    assert at == len(body)
    return found
