// One span as OTLP's message, written at the end of a text.
//
//   write_span(bytes, {.own = context, .name = "GET /users/{id}", .kind = SpanKind::kServer, .began = began, .ended = ended}, {},
//              [&](SpanFields& fields) { fields.attribute("http.response.status_code", std::int64_t{200}); });
//
// Spec: opentelemetry-proto, trace/v1/trace.proto (Span).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/span_context.h"
#include "otlp/attributes.h"
#include "otlp/protobuf_writer.h"
#include "otlp/request.h"
#include "otlp/settings.h"

namespace ofn::tracing {

// OTLP's numbers.
enum class SpanKind : std::uint8_t {
  kInternal = 1,
  kServer = 2,
  kClient = 3,
  kProducer = 4,
  kConsumer = 5
};

// Whose id SpanHead::parent is.
enum class ParentIs : std::uint8_t { kHere, kElsewhere };

// Borrows its texts.
struct SpanHead {
  SpanContext own{};
  SpanId parent{};  // zeros: the span is its trace's first
  ParentIs parent_is = ParentIs::kHere;
  std::string_view tracestate{};
  std::string_view name{};
  SpanKind kind = SpanKind::kInternal;
  SystemTime began{};
  SystemTime ended{};
};

// What a span has beside its head, within the limits that the user has set: what is above them is counted, not written.
// Cost: allocates only when the text grows, or if a text is not UTF-8.
class SpanFields {
 public:
  SpanFields(otlp::ProtobufWriter& out, const otlp::SpanLimits& limits)
      : out_(out), limits_(limits) {}

  void attribute(std::string_view name, otlp::AttributeValue value);
  // Unless the text is empty.
  void attribute_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) attribute(name, value);
  }
  // Adds attributes that write_attributes() has encoded.
  void encoded_attributes(std::string_view bytes, std::size_t count);
  void link(const SpanContext& to);
  void exception(SystemTime at, std::string_view type, std::string_view message,
                 std::string_view stack);
  // The span's status is Error.
  void failed();
  std::size_t attributes() const { return attributes_; }
  // Writes how much was left out.
  void end();

 private:
  void limited(std::uint32_t field, std::string_view name, otlp::AttributeValue value);

  otlp::ProtobufWriter& out_;
  const otlp::SpanLimits& limits_;
  std::size_t attributes_ = 0;
  std::size_t events_ = 0;
  std::size_t links_ = 0;
};

void write_span_head(otlp::ProtobufWriter& out, const SpanHead& head);

// `body` gets the SpanFields.
template <class Body>
void write_span(std::string& bytes, const SpanHead& head, const otlp::SpanLimits& limits,
                Body body) {
  otlp::ProtobufWriter out(bytes);
  out.message(otlp::kItem, [&] {
    write_span_head(out, head);
    SpanFields fields(out, limits);
    body(fields);
    fields.end();
  });
}

}  // namespace ofn::tracing
