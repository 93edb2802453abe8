#include "tracing/span.h"

#include <chrono>
#include <span>

#include "base/utf8.h"

namespace ofn::tracing {
namespace {

using otlp::protobuf::put_fixed;
using otlp::protobuf::put_tag;
using otlp::protobuf::put_varint;
using otlp::protobuf::WireType;

// The fields of Span.
constexpr std::uint32_t kTraceId = 1;
constexpr std::uint32_t kSpanId = 2;
constexpr std::uint32_t kTraceState = 3;
constexpr std::uint32_t kParentSpanId = 4;
constexpr std::uint32_t kName = 5;
constexpr std::uint32_t kKind = 6;
constexpr std::uint32_t kStart = 7;
constexpr std::uint32_t kEnd = 8;
constexpr std::uint32_t kDroppedAttributes = 10;
constexpr std::uint32_t kEvents = 11;
constexpr std::uint32_t kDroppedEvents = 12;
constexpr std::uint32_t kLinks = 13;
constexpr std::uint32_t kDroppedLinks = 14;
constexpr std::uint32_t kStatus = 15;
constexpr std::uint32_t kFlags = 16;
// The fields of Span.Event, Span.Link and Status.
constexpr std::uint32_t kEventTime = 1;
constexpr std::uint32_t kEventName = 2;
constexpr std::uint32_t kEventAttributes = 3;
constexpr std::uint32_t kLinkTraceId = 1;
constexpr std::uint32_t kLinkSpanId = 2;
constexpr std::uint32_t kLinkFlags = 6;
constexpr std::uint32_t kStatusMessage = 2;
constexpr std::uint32_t kStatusCode = 3;
constexpr std::uint64_t kStatusError = 2;
// Bits of the flags above those of W3C.
constexpr std::uint32_t kKnowsWhoseParent = 0x100;
constexpr std::uint32_t kParentIsElsewhere = 0x200;

template <std::size_t kSize>
std::string_view bytes_of(const std::array<std::uint8_t, kSize>& id) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as characters
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

char* put_text(char* at, std::uint32_t field, std::string_view text) {
  return otlp::protobuf::put_bytes(put_varint(put_tag(at, field, WireType::kBytes), text.size()),
                                   text);
}

std::uint64_t nanoseconds(SystemTime at) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch());
  return static_cast<std::uint64_t>(since.count());
}

// The first characters of a text.
std::string_view cut(std::string_view text, std::size_t characters) {
  if (text.size() <= characters) return text;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (begins && characters-- == 0) break;
  }
  return text.substr(0, at);
}

}  // namespace

void write_span_head(otlp::ProtobufWriter& out, const SpanHead& head) {
  if (!is_utf8(head.name)) {
    const std::string name = otlp::as_utf8(head.name);
    SpanHead readable = head;
    readable.name = name;
    return write_span_head(out, readable);
  }
  constexpr std::size_t kFixed = 128;  // all fields but the texts
  out.append(kFixed + head.tracestate.size() + head.name.size(), [&](char* at) {
    at = put_text(at, kTraceId, bytes_of(head.own.trace_id));
    at = put_text(at, kSpanId, bytes_of(head.own.span_id));
    if (!head.tracestate.empty()) at = put_text(at, kTraceState, head.tracestate);
    std::uint32_t flags = head.own.flags | kKnowsWhoseParent;
    if (head.parent != SpanId{}) {
      at = put_text(at, kParentSpanId, bytes_of(head.parent));
      if (head.parent_is == ParentIs::kElsewhere) flags |= kParentIsElsewhere;
    }
    at = put_text(at, kName, head.name);
    at = put_varint(put_tag(at, kKind, WireType::kVarint), static_cast<std::uint64_t>(head.kind));
    at = put_fixed(put_tag(at, kStart, WireType::kFixed64), nanoseconds(head.began));
    at = put_fixed(put_tag(at, kEnd, WireType::kFixed64), nanoseconds(head.ended));
    return put_fixed(put_tag(at, kFlags, WireType::kFixed32), flags);
  });
}

void SpanFields::limited(std::uint32_t field, std::string_view name, otlp::AttributeValue value) {
  if (limits_.attribute_value_length) {
    if (auto* text = std::get_if<std::string_view>(&value))
      *text = cut(*text, *limits_.attribute_value_length);
  }
  otlp::write_attribute(out_, field, name, value);
}

void SpanFields::named(std::string_view name, const otlp::AttributeValue& value) {
  if (++attributes_ > limits_.attributes) return;
  limited(kAttributes, name, value);
}

void SpanFields::encoded_attributes(std::string_view bytes, std::size_t count) {
  attributes_ += count;
  if (attributes_ > limits_.attributes) return;
  out_.append(bytes.size(), [bytes](char* at) { return otlp::protobuf::put_bytes(at, bytes); });
}

void SpanFields::link(const SpanContext& to) {
  if (++links_ > limits_.links) return;
  out_.message(kLinks, [&] {
    out_.bytes(kLinkTraceId, bytes_of(to.trace_id));
    out_.bytes(kLinkSpanId, bytes_of(to.span_id));
    out_.fixed32(kLinkFlags, to.flags | kKnowsWhoseParent | kParentIsElsewhere);
  });
}

void SpanFields::exception(SystemTime at, std::string_view type, std::string_view message,
                           std::string_view stack) {
  if (++events_ > limits_.events) return;
  out_.message(kEvents, [&] {
    out_.fixed64(kEventTime, nanoseconds(at));
    out_.bytes(kEventName, "exception");
    std::size_t left = limits_.event_attributes;
    const auto add = [&](std::string_view name, std::string_view value) {
      if (value.empty() || left == 0) return;
      --left;
      limited(kEventAttributes, name, value);
    };
    add("exception.type", type);
    add("exception.message", message);
    add("exception.stacktrace", stack);
  });
}

void SpanFields::failed(std::string_view text) {
  out_.message(kStatus, [&] {
    if (!text.empty()) otlp::write_text(out_, kStatusMessage, text);
    out_.varint(kStatusCode, kStatusError);
  });
}

void SpanFields::end() {
  const auto dropped = [this](std::uint32_t field, std::size_t count, std::size_t limit) {
    if (count > limit) out_.varint(field, count - limit);
  };
  dropped(kDroppedAttributes, attributes_, limits_.attributes);
  dropped(kDroppedEvents, events_, limits_.events);
  dropped(kDroppedLinks, links_, limits_.links);
}

}  // namespace ofn::tracing
