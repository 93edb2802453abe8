#include "metrics/protobuf_format.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>
#include <vector>

#include "otlp/protobuf_writer.h"

namespace ofn::metrics {

namespace {

using otlp::ProtobufWriter;

// Writes a number of the types sint32 and sint64.
void signed_number(ProtobufWriter& out, std::uint32_t field, std::int64_t value) {
  out.varint(field,
             (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63));
}

void label_pair(ProtobufWriter& out, std::string_view name, std::string_view value) {
  out.message(1, [&] {
    out.bytes(1, name);
    out.bytes(2, value);
  });
}

void exemplar_fields(ProtobufWriter& out, const Exemplar& exemplar) {
  label_pair(out, "trace_id", exemplar.trace_id);
  label_pair(out, "span_id", exemplar.span_id);
  out.real(2, exemplar.value);
  const auto nanoseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(exemplar.at.time_since_epoch()).count());
  out.message(3, [&] {
    out.varint(1, nanoseconds / 1'000'000'000);
    out.varint(2, nanoseconds % 1'000'000'000);
  });
}

// A span is a run of neighbours: how many buckets lie between it and the one before it, and its length.
void native_span(ProtobufWriter& out, std::int32_t offset, std::size_t length) {
  out.message(12, [&] {
    signed_number(out, 1, offset);
    out.varint(2, length);
  });
}

void native_fields(ProtobufWriter& out, const Distribution& distribution) {
  signed_number(out, 5, distribution.layout().schema);
  out.real(6, distribution.layout().zero_threshold);
  out.varint(7, distribution.zeros());
  const std::vector<Distribution::Native> buckets = distribution.native();
  std::int32_t next = 0;
  for (std::size_t i = 0; i < buckets.size();) {
    std::size_t end = i + 1;
    while (end < buckets.size() && buckets[end].index == buckets[end - 1].index + 1) ++end;
    native_span(out, buckets[i].index - next, end - i);
    next = buckets[end - 1].index + 1;
    i = end;
  }
  // A histogram without observations says by an empty span that it is a native one.
  if (buckets.empty()) native_span(out, 0, 0);
  std::int64_t before = 0;
  for (const Distribution::Native& bucket : buckets) {
    const auto count = static_cast<std::int64_t>(bucket.count);
    signed_number(out, 13, count - before);
    before = count;
  }
}

void histogram_fields(ProtobufWriter& out, const Distribution& distribution) {
  out.varint(1, distribution.count());
  out.real(2, distribution.sum());
  const std::vector<std::uint64_t> buckets = distribution.classic();
  const auto bounds = distribution.layout().bounds;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    all += buckets[i];
    out.message(3, [&] {
      out.varint(1, all);
      out.real(2, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity());
      if (const Exemplar* exemplar = distribution.exemplar(i))
        out.message(3, [&] { exemplar_fields(out, *exemplar); });
    });
  }
  native_fields(out, distribution);
}

// The values of MetricType, and the field of Metric that has a value of the type.
struct WireType {
  std::uint32_t number;
  std::uint32_t field;
};
WireType wire_type_of(Type type) {
  switch (type) {
    case Type::kCounter:
      return {.number = 0, .field = 3};
    case Type::kHistogram:
      return {.number = 4, .field = 7};
    case Type::kUpDownCounter:
    case Type::kGauge:
    case Type::kInfo:
      break;
  }
  return {.number = 1, .field = 2};
}

void metric_fields(ProtobufWriter& out, const Sample& sample, WireType type) {
  for (const Label& label : sample.labels) label_pair(out, label_name(label.name), label.value);
  out.message(type.field, [&] {
    if (const auto* number = std::get_if<double>(&sample.value)) {
      out.real(1, *number);
    } else {
      histogram_fields(out, std::get<Distribution>(sample.value));
    }
  });
}

void family_fields(ProtobufWriter& out, const Family& family) {
  const Definition& definition = *family.definition;
  const WireType type = wire_type_of(definition.type);
  out.bytes(1, prometheus_name(definition));
  out.bytes(2, definition.help);
  out.varint(3, type.number);
  for (const Sample& sample : family.samples)
    out.message(4, [&] { metric_fields(out, sample, type); });
}

}  // namespace

std::string protobuf_exposition(const Snapshot& snapshot) {
  std::string stream;
  std::string message;
  for (const Family& family : snapshot.families()) {
    if (family.samples.empty()) continue;
    message.clear();
    ProtobufWriter out(message);
    family_fields(out, family);
    ProtobufWriter(stream).append(otlp::protobuf::kMaxVarint, [&](char* at) {
      return otlp::protobuf::put_varint(at, message.size());
    });
    stream += message;
  }
  return stream;
}

}  // namespace ofn::metrics
