// One span as OTLP's message, written at the end of a text.
//
//   write_span(bytes, {.own = context, .name = "GET /users/{id}", .kind = SpanKind::kServer, .began = began, .ended = ended}, {},
//              [&](SpanFields& fields) { fields.attribute("http.response.status_code", std::int64_t{200}); });
//
// Spec: opentelemetry-proto, trace/v1/trace.proto (Span).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
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

// Where the span with the id SpanHead::parent was made: in this process or in another one.
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

// Writes the fields of a span that come after its head, within the limits that the user has set. It counts what is above them.
// Cost: allocates only when the text grows, or if a text is not UTF-8.
class SpanFields {
 public:
  SpanFields(otlp::ProtobufWriter& out, const otlp::SpanLimits& limits)
      : out_(out), limits_(limits) {}

  // The name is a literal, so its bytes and its size are constants.
  template <std::size_t kSize>
  void attribute(const char (&name)[kSize], std::string_view value) {
    if (++attributes_ > limits_.attributes) return;
    // Nearly all values are short and ASCII.
    if (value.size() > kShort || limits_.attribute_value_length || !is_ascii(value)) [[unlikely]]
      return limited(kAttributes, {name, kSize - 1}, value);
    put_pair<kSize - 1>(name, 2 + value.size(), [value](char* at) {
      *at++ = kStringValue;
      *at++ = static_cast<char>(value.size());
      return otlp::protobuf::put_bytes(at, value);
    });
  }
  template <std::size_t kSize>
  void attribute(const char (&name)[kSize], std::int64_t value) {
    if (++attributes_ > limits_.attributes) return;
    const auto bits = static_cast<std::uint64_t>(value);
    put_pair<kSize - 1>(name, 1 + otlp::protobuf::varint_size(bits), [bits](char* at) {
      *at++ = kIntValue;
      return otlp::protobuf::put_varint(at, bits);
    });
  }
  template <std::size_t kSize>
  void attribute(const char (&name)[kSize], bool value) {
    if (++attributes_ > limits_.attributes) return;
    put_pair<kSize - 1>(name, 2, [value](char* at) {
      *at++ = kBoolValue;
      *at++ = value ? '\1' : '\0';
      return at;
    });
  }
  template <std::size_t kSize>
  void attribute(const char (&name)[kSize], const char* value) {
    attribute(name, std::string_view(value));
  }
  // Unless the text is empty.
  template <std::size_t kSize>
  void attribute_if_any(const char (&name)[kSize], std::string_view value) {
    if (!value.empty()) attribute(name, value);
  }
  // An attribute whose name is not known here.
  void named(std::string_view name, const otlp::AttributeValue& value);
  // Adds attributes that write_attributes() has encoded.
  void encoded_attributes(std::string_view bytes, std::size_t count);
  void link(const SpanContext& to);
  void exception(SystemTime at, std::string_view type, std::string_view message,
                 std::string_view stack);
  // The span's status is Error. `text`: what was wrong.
  void failed(std::string_view text = {});
  std::size_t attributes() const { return attributes_; }
  // Writes how much was left out.
  void end();

 private:
  static constexpr std::uint32_t kAttributes = 9;  // of Span
  static constexpr std::size_t kShort = 64;
  // The tags of KeyValue's and AnyValue's fields.
  static constexpr char kPairTag = (kAttributes << 3U) | 2U;
  static constexpr char kKeyTag = 1U << 3U | 2U;
  static constexpr char kValueTag = 2U << 3U | 2U;
  static constexpr char kStringValue = 1U << 3U | 2U;
  static constexpr char kBoolValue = 2U << 3U;
  static constexpr char kIntValue = 3U << 3U;

  // Writes a pair whose sizes have one byte each; `put` writes the value of `size` bytes.
  template <std::size_t kName, class Put>
  void put_pair(const char* name, std::size_t size, Put put) {
    static_assert(kName + kShort + 6 < 0x80);
    out_.append(kName + size + 6, [&](char* at) {
      *at++ = kPairTag;
      *at++ = static_cast<char>(kName + size + 4);
      *at++ = kKeyTag;
      *at++ = static_cast<char>(kName);
      at = static_cast<char*>(std::memcpy(at, name, kName)) + kName;
      *at++ = kValueTag;
      *at++ = static_cast<char>(size);
      return put(at);
    });
  }
  // Eight bytes at a time.
  static bool is_ascii(std::string_view text) noexcept {
    std::uint64_t all = 0;
    const auto look = [&](std::size_t at) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, sizeof word);
      all |= word;
    };
    if (text.size() >= sizeof all) {
      for (std::size_t at = 0; at + sizeof all < text.size(); at += sizeof all) look(at);
      look(text.size() - sizeof all);  // may overlap
    } else {
      for (const char c : text) all |= static_cast<unsigned char>(c);
    }
    return (all & 0x8080808080808080U) == 0;
  }
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
  out.message<2>(otlp::kItem, [&] {
    write_span_head(out, head);
    SpanFields fields(out, limits);
    body(fields);
    fields.end();
  });
}

}  // namespace ofn::tracing
