// Reads protobuf's wire format field by field: a collector's answers, and our own messages when they become JSON.
//
//   ProtobufReader in(bytes);
//   while (const auto field = in.next()) say(field->number, field->bytes);
//   if (in.failed()) complain("this is not protobuf");
//
// Spec: https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "otlp/protobuf_writer.h"

namespace ofn::otlp {

struct ProtobufField {
  std::uint32_t number = 0;
  protobuf::WireType type = protobuf::WireType::kVarint;
  std::uint64_t value = 0;      // of the types that are numbers
  std::string_view bytes = {};  // of WireType::kBytes; points into what is read
};

// Takes a number from the beginning of the bytes. Returns nullopt, and takes nothing, if they are cut, or are no number.
std::optional<std::uint64_t> take_varint(std::string_view& bytes);
// The same for a number of 4 or 8 bytes.
std::optional<std::uint64_t> take_fixed(std::string_view& bytes, std::size_t size);

// The bytes outlive it. Errors: a field that is cut, of an unknown type or with a wrong number ends the reading.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view bytes) : rest_(bytes) {}

  // Returns nullopt at the end of the message, or at a mistake.
  std::optional<ProtobufField> next();
  bool failed() const { return failed_; }

 private:
  std::optional<ProtobufField> fail();

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace ofn::otlp
