#include "otlp/json_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "document/json.h"
#include "otlp/attributes.h"
#include "otlp/protobuf_reader.h"

namespace ofn::otlp {
namespace {

using protobuf::WireType;

enum class Kind : std::uint8_t {
  kText,
  kBytes,
  kId,       // bytes, in hexadecimal
  kInt32,    // also an enum, uint32 and sint32's unsigned form
  kInt64,    // as a text
  kUint64,   // as a text
  kFixed64,  // as a text
  kSint32,   // zigzag
  kReal,
  kBool,
  kMessage,
};
enum class Count : std::uint8_t { kOne, kMany };

struct FieldShape;
struct MessageShape {
  std::span<const FieldShape> fields;
};
struct FieldShape {
  std::uint32_t number;
  std::string_view name;
  Kind kind;
  Count count = Count::kOne;
  const MessageShape* message = nullptr;
};

// The messages of common/v1, resource/v1, trace/v1 and metrics/v1, whose fields are in the order of their numbers.
extern const MessageShape kAnyValue;
extern const MessageShape kKeyValue;

constexpr auto kMany = Count::kMany;

const FieldShape kArrayValueFields[] = {{1, "values", Kind::kMessage, kMany, &kAnyValue}};
const MessageShape kArrayValue{kArrayValueFields};
const FieldShape kKeyValueListFields[] = {{1, "values", Kind::kMessage, kMany, &kKeyValue}};
const MessageShape kKeyValueList{kKeyValueListFields};
const FieldShape kAnyValueFields[] = {
    {1, "stringValue", Kind::kText},
    {2, "boolValue", Kind::kBool},
    {3, "intValue", Kind::kInt64},
    {4, "doubleValue", Kind::kReal},
    {5, "arrayValue", Kind::kMessage, Count::kOne, &kArrayValue},
    {6, "kvlistValue", Kind::kMessage, Count::kOne, &kKeyValueList},
    {7, "bytesValue", Kind::kBytes},
};
const MessageShape kAnyValue{kAnyValueFields};
const FieldShape kKeyValueFields[] = {{1, "key", Kind::kText},
                                      {2, "value", Kind::kMessage, Count::kOne, &kAnyValue}};
const MessageShape kKeyValue{kKeyValueFields};
const FieldShape kResourceFields[] = {{1, "attributes", Kind::kMessage, kMany, &kKeyValue},
                                      {2, "droppedAttributesCount", Kind::kInt32}};
const MessageShape kResource{kResourceFields};
const FieldShape kScopeFields[] = {{1, "name", Kind::kText},
                                   {2, "version", Kind::kText},
                                   {3, "attributes", Kind::kMessage, kMany, &kKeyValue},
                                   {4, "droppedAttributesCount", Kind::kInt32}};
const MessageShape kScope{kScopeFields};

const FieldShape kEventFields[] = {{1, "timeUnixNano", Kind::kFixed64},
                                   {2, "name", Kind::kText},
                                   {3, "attributes", Kind::kMessage, kMany, &kKeyValue},
                                   {4, "droppedAttributesCount", Kind::kInt32}};
const MessageShape kEvent{kEventFields};
const FieldShape kLinkFields[] = {{1, "traceId", Kind::kId},
                                  {2, "spanId", Kind::kId},
                                  {3, "traceState", Kind::kText},
                                  {4, "attributes", Kind::kMessage, kMany, &kKeyValue},
                                  {5, "droppedAttributesCount", Kind::kInt32},
                                  {6, "flags", Kind::kInt32}};
const MessageShape kLink{kLinkFields};
const FieldShape kStatusFields[] = {{2, "message", Kind::kText}, {3, "code", Kind::kInt32}};
const MessageShape kStatus{kStatusFields};
const FieldShape kSpanFields[] = {
    {1, "traceId", Kind::kId},
    {2, "spanId", Kind::kId},
    {3, "traceState", Kind::kText},
    {4, "parentSpanId", Kind::kId},
    {5, "name", Kind::kText},
    {6, "kind", Kind::kInt32},
    {7, "startTimeUnixNano", Kind::kFixed64},
    {8, "endTimeUnixNano", Kind::kFixed64},
    {9, "attributes", Kind::kMessage, kMany, &kKeyValue},
    {10, "droppedAttributesCount", Kind::kInt32},
    {11, "events", Kind::kMessage, kMany, &kEvent},
    {12, "droppedEventsCount", Kind::kInt32},
    {13, "links", Kind::kMessage, kMany, &kLink},
    {14, "droppedLinksCount", Kind::kInt32},
    {15, "status", Kind::kMessage, Count::kOne, &kStatus},
    {16, "flags", Kind::kInt32},
};
const MessageShape kSpan{kSpanFields};

const FieldShape kExemplarFields[] = {{2, "timeUnixNano", Kind::kFixed64},
                                      {3, "asDouble", Kind::kReal},
                                      {4, "spanId", Kind::kId},
                                      {5, "traceId", Kind::kId},
                                      {6, "asInt", Kind::kInt64},
                                      {7, "filteredAttributes", Kind::kMessage, kMany, &kKeyValue}};
const MessageShape kExemplar{kExemplarFields};
const FieldShape kNumberPointFields[] = {{2, "startTimeUnixNano", Kind::kFixed64},
                                         {3, "timeUnixNano", Kind::kFixed64},
                                         {4, "asDouble", Kind::kReal},
                                         {5, "exemplars", Kind::kMessage, kMany, &kExemplar},
                                         {6, "asInt", Kind::kInt64},
                                         {7, "attributes", Kind::kMessage, kMany, &kKeyValue},
                                         {8, "flags", Kind::kInt32}};
const MessageShape kNumberPoint{kNumberPointFields};
const FieldShape kHistogramPointFields[] = {
    {2, "startTimeUnixNano", Kind::kFixed64},
    {3, "timeUnixNano", Kind::kFixed64},
    {4, "count", Kind::kFixed64},
    {5, "sum", Kind::kReal},
    {6, "bucketCounts", Kind::kFixed64, kMany},
    {7, "explicitBounds", Kind::kReal, kMany},
    {8, "exemplars", Kind::kMessage, kMany, &kExemplar},
    {9, "attributes", Kind::kMessage, kMany, &kKeyValue},
    {10, "flags", Kind::kInt32},
    {11, "min", Kind::kReal},
    {12, "max", Kind::kReal},
};
const MessageShape kHistogramPoint{kHistogramPointFields};
const FieldShape kBucketsFields[] = {{1, "offset", Kind::kSint32},
                                     {2, "bucketCounts", Kind::kUint64, kMany}};
const MessageShape kBuckets{kBucketsFields};
const FieldShape kExponentialPointFields[] = {
    {1, "attributes", Kind::kMessage, kMany, &kKeyValue},
    {2, "startTimeUnixNano", Kind::kFixed64},
    {3, "timeUnixNano", Kind::kFixed64},
    {4, "count", Kind::kFixed64},
    {5, "sum", Kind::kReal},
    {6, "scale", Kind::kSint32},
    {7, "zeroCount", Kind::kFixed64},
    {8, "positive", Kind::kMessage, Count::kOne, &kBuckets},
    {9, "negative", Kind::kMessage, Count::kOne, &kBuckets},
    {10, "flags", Kind::kInt32},
    {11, "exemplars", Kind::kMessage, kMany, &kExemplar},
    {12, "min", Kind::kReal},
    {13, "max", Kind::kReal},
    {14, "zeroThreshold", Kind::kReal},
};
const MessageShape kExponentialPoint{kExponentialPointFields};
const FieldShape kGaugeFields[] = {{1, "dataPoints", Kind::kMessage, kMany, &kNumberPoint}};
const MessageShape kGauge{kGaugeFields};
const FieldShape kSumFields[] = {{1, "dataPoints", Kind::kMessage, kMany, &kNumberPoint},
                                 {2, "aggregationTemporality", Kind::kInt32},
                                 {3, "isMonotonic", Kind::kBool}};
const MessageShape kSum{kSumFields};
const FieldShape kHistogramFields[] = {{1, "dataPoints", Kind::kMessage, kMany, &kHistogramPoint},
                                       {2, "aggregationTemporality", Kind::kInt32}};
const MessageShape kHistogram{kHistogramFields};
const FieldShape kExponentialFields[] = {
    {1, "dataPoints", Kind::kMessage, kMany, &kExponentialPoint},
    {2, "aggregationTemporality", Kind::kInt32}};
const MessageShape kExponential{kExponentialFields};
const FieldShape kMetricFields[] = {
    {1, "name", Kind::kText},
    {2, "description", Kind::kText},
    {3, "unit", Kind::kText},
    {5, "gauge", Kind::kMessage, Count::kOne, &kGauge},
    {7, "sum", Kind::kMessage, Count::kOne, &kSum},
    {9, "histogram", Kind::kMessage, Count::kOne, &kHistogram},
    {10, "exponentialHistogram", Kind::kMessage, Count::kOne, &kExponential},
    {12, "metadata", Kind::kMessage, kMany, &kKeyValue},
};
const MessageShape kMetric{kMetricFields};

const FieldShape kScopeSpansFields[] = {{1, "scope", Kind::kMessage, Count::kOne, &kScope},
                                        {2, "spans", Kind::kMessage, kMany, &kSpan},
                                        {3, "schemaUrl", Kind::kText}};
const MessageShape kScopeSpans{kScopeSpansFields};
const FieldShape kResourceSpansFields[] = {{1, "resource", Kind::kMessage, Count::kOne, &kResource},
                                           {2, "scopeSpans", Kind::kMessage, kMany, &kScopeSpans},
                                           {3, "schemaUrl", Kind::kText}};
const MessageShape kResourceSpans{kResourceSpansFields};
const FieldShape kTracesFields[] = {{1, "resourceSpans", Kind::kMessage, kMany, &kResourceSpans}};
const MessageShape kTraces{kTracesFields};
const FieldShape kScopeMetricsFields[] = {{1, "scope", Kind::kMessage, Count::kOne, &kScope},
                                          {2, "metrics", Kind::kMessage, kMany, &kMetric},
                                          {3, "schemaUrl", Kind::kText}};
const MessageShape kScopeMetrics{kScopeMetricsFields};
const FieldShape kResourceMetricsFields[] = {
    {1, "resource", Kind::kMessage, Count::kOne, &kResource},
    {2, "scopeMetrics", Kind::kMessage, kMany, &kScopeMetrics},
    {3, "schemaUrl", Kind::kText}};
const MessageShape kResourceMetrics{kResourceMetricsFields};
const FieldShape kMetricsFields[] = {
    {1, "resourceMetrics", Kind::kMessage, kMany, &kResourceMetrics}};
const MessageShape kMetrics{kMetricsFields};

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[32];
  out.append(std::begin(digits), std::to_chars(std::begin(digits), std::end(digits), value).ptr);
}

void append_text(std::string& out, std::string_view text) {
  document::append_json_string(out, as_utf8(text));
}

void append_hexadecimal(std::string& out, std::string_view bytes) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xfU];
  }
  out += '"';
}

// JSON has no such numbers; protobuf's mapping writes them as texts.
void append_real(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    append_number(out, value);
  }
}

void append_message(std::string& out, const MessageShape& shape, std::string_view bytes);

void append_value(std::string& out, const FieldShape& shape, const ProtobufField& field) {
  switch (shape.kind) {
    case Kind::kText:
      return append_text(out, field.bytes);
    case Kind::kBytes:
      return append_text(out, base64_encode(field.bytes));
    case Kind::kId:
      return append_hexadecimal(out, field.bytes);
    case Kind::kInt32:
      return append_number(out, static_cast<std::int64_t>(field.value));
    case Kind::kSint32:
      return append_number(out, static_cast<std::int64_t>(field.value >> 1U) ^
                                    -static_cast<std::int64_t>(field.value & 1U));
    case Kind::kInt64:
      out += '"';
      append_number(out, static_cast<std::int64_t>(field.value));
      out += '"';
      return;
    case Kind::kUint64:
    case Kind::kFixed64:
      out += '"';
      append_number(out, field.value);
      out += '"';
      return;
    case Kind::kReal:
      return append_real(out, std::bit_cast<double>(field.value));
    case Kind::kBool:
      out += field.value != 0 ? "true" : "false";
      return;
    case Kind::kMessage:
      return append_message(out, *shape.message, field.bytes);
  }
}

bool is_number(Kind kind) {
  return kind != Kind::kText && kind != Kind::kBytes && kind != Kind::kId && kind != Kind::kMessage;
}

// Calls `use` for each number of a field that is packed: they stand one behind the other, without tags.
template <class Use>
void unpack(const FieldShape& shape, std::string_view bytes, Use use) {
  const bool is_fixed = shape.kind == Kind::kReal || shape.kind == Kind::kFixed64;
  while (const auto value = is_fixed ? take_fixed(bytes, 8) : take_varint(bytes)) {
    use(ProtobufField{.number = shape.number, .value = *value});
  }
}

void append_message(std::string& out, const MessageShape& shape, std::string_view bytes) {
  // A message has few fields of few kinds, so the fields of one kind are gathered by a look at all of them.
  std::vector<ProtobufField> fields;
  ProtobufReader in(bytes);
  while (const auto field = in.next()) fields.push_back(*field);
  out += '{';
  bool is_first = true;
  for (const FieldShape& each : shape.fields) {
    bool has_begun = false;
    const auto append = [&](const ProtobufField& field) {
      if (!std::exchange(is_first, false)) out += ',';
      if (!std::exchange(has_begun, true)) {
        append_text(out, each.name);
        out += each.count == Count::kMany ? ":[" : ":";
      }
      append_value(out, each, field);
    };
    const ProtobufField* last = nullptr;
    for (const ProtobufField& field : fields) {
      if (field.number != each.number) continue;
      const bool is_packed = is_number(each.kind) && field.type == WireType::kBytes;
      if (each.count == Count::kOne) {
        if (!is_packed) last = &field;
      } else if (is_packed) {
        unpack(each, field.bytes, append);
      } else {
        append(field);
      }
    }
    if (last != nullptr) append(*last);  // of several the last one counts, as protobuf has it
    if (has_begun && each.count == Count::kMany) out += ']';
  }
  out += '}';
}

}  // namespace

std::string to_otlp_json(Signal signal, std::string_view request) {
  std::string text;
  append_message(text, signal == Signal::kTraces ? kTraces : kMetrics, request);
  return text;
}

}  // namespace ofn::otlp
