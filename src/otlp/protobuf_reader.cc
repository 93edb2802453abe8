#include "otlp/protobuf_reader.h"

#include <cstring>

namespace ofn::otlp {
namespace {

constexpr std::uint64_t kMaxNumber = (std::uint64_t{1} << 29U) - 1;

}  // namespace

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < protobuf::kMaxVarint && i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> take_fixed(std::string_view& bytes, std::size_t size) {
  if (bytes.size() < size) return std::nullopt;
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), size);  // little-endian: see put_fixed()
  bytes.remove_prefix(size);
  return value;
}

std::optional<ProtobufField> ProtobufReader::fail() {
  failed_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<ProtobufField> ProtobufReader::next() {
  if (rest_.empty()) return std::nullopt;
  const auto tag = take_varint(rest_);
  if (!tag || (*tag >> 3U) == 0 || (*tag >> 3U) > kMaxNumber) return fail();
  ProtobufField field{.number = static_cast<std::uint32_t>(*tag >> 3U),
                      .type = static_cast<protobuf::WireType>(*tag & 7U)};
  std::optional<std::uint64_t> value;
  switch (field.type) {
    case protobuf::WireType::kVarint:
    case protobuf::WireType::kBytes:
      value = take_varint(rest_);
      break;
    case protobuf::WireType::kFixed64:
      value = take_fixed(rest_, 8);
      break;
    case protobuf::WireType::kFixed32:
      value = take_fixed(rest_, 4);
      break;
  }
  if (!value) return fail();
  field.value = *value;
  if (field.type != protobuf::WireType::kBytes) return field;
  if (field.value > rest_.size()) return fail();
  field.bytes = rest_.substr(0, static_cast<std::size_t>(field.value));
  rest_.remove_prefix(field.bytes.size());
  return field;
}

}  // namespace ofn::otlp
