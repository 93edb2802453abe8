// Attributes as OTLP has them: a name and a value, of spans, metrics, links and the resource.
//
//   ProtobufWriter out(bytes);
//   write_attribute(out, 9, "http.request.method", "GET");
//   write_attribute(out, 9, "http.response.status_code", 200);
//
// Spec: opentelemetry-proto, common/v1/common.proto (KeyValue, AnyValue).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "otlp/protobuf_writer.h"

namespace ofn::otlp {

// The texts belong to the caller.
using AttributeValue =
    std::variant<std::string_view, std::int64_t, double, bool, std::span<const std::string_view>>;

// Writes a KeyValue as a field of the message that is being written: field 9 of a span, 1 of a resource, 4 of a span's link. Each
// byte of a text that is not UTF-8 becomes U+FFFD, because a collector refuses a whole message for it.
// Cost: some ten nanoseconds; allocates only when the text grows.
void write_attribute(ProtobufWriter& out, std::uint32_t field, std::string_view name,
                     const AttributeValue& value);

// Writes a string as a field, as above: the name of a span, a status' description.
void write_text(ProtobufWriter& out, std::uint32_t field, std::string_view text);

// Returns the text with U+FFFD for each byte that is not part of a character in UTF-8.
std::string as_utf8(std::string_view text);

}  // namespace ofn::otlp
