#include "otlp/attributes.h"

#include <cstddef>

#include "base/utf8.h"

namespace ofn::otlp {
namespace {

using protobuf::put_bytes;
using protobuf::put_fixed;
using protobuf::put_varint;
using protobuf::WireType;

// The fields of KeyValue, and those of AnyValue.
constexpr std::uint32_t kKey = 1;
constexpr std::uint32_t kValue = 2;
constexpr std::uint32_t kString = 1;
constexpr std::uint32_t kBool = 2;
constexpr std::uint32_t kInt = 3;
constexpr std::uint32_t kDouble = 4;
constexpr std::uint32_t kArray = 5;
constexpr std::uint32_t kArrayValues = 1;

constexpr char as_byte(std::uint32_t field, WireType type) {
  return static_cast<char>(protobuf::tag(field, type));
}

// Writes a KeyValue whose AnyValue has `size` bytes, which `put` writes.
template <class Put>
void write_key_value(ProtobufWriter& out, std::uint32_t field, std::string_view name,
                     std::size_t size, Put put) {
  const std::size_t key_size = 1 + protobuf::varint_size(name.size()) + name.size();
  const std::size_t pair_size = key_size + 1 + protobuf::varint_size(size) + size;
  out.append(protobuf::kMaxTag + protobuf::kMaxVarint + pair_size, [&](char* at) {
    at = put_varint(protobuf::put_tag(at, field, WireType::kBytes), pair_size);
    *at++ = as_byte(kKey, WireType::kBytes);
    at = put_bytes(put_varint(at, name.size()), name);
    *at++ = as_byte(kValue, WireType::kBytes);
    return put(put_varint(at, size));
  });
}

void write_string(ProtobufWriter& out, std::uint32_t field, std::string_view name,
                  std::string_view value) {
  const std::size_t size = 1 + protobuf::varint_size(value.size()) + value.size();
  write_key_value(out, field, name, size, [value](char* at) {
    *at++ = as_byte(kString, WireType::kBytes);
    return put_bytes(put_varint(at, value.size()), value);
  });
}

void write_array(ProtobufWriter& out, std::uint32_t field, std::string_view name,
                 std::span<const std::string_view> values) {
  out.message(field, [&] {
    write_text(out, kKey, name);
    out.message(kValue, [&] {
      out.message(kArray, [&] {
        for (const std::string_view value : values) {
          out.message(kArrayValues, [&] { write_text(out, kString, value); });
        }
      });
    });
  });
}

// Returns the size of the character in UTF-8 at the beginning of the text, or 0 if there is none.
std::size_t character_at(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    if (is_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

std::string as_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string result;
  while (!text.empty()) {
    const std::size_t size = character_at(text);
    if (size == 0) {
      result += "\xef\xbf\xbd";
      text.remove_prefix(1);
    } else {
      result += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return result;
}

void write_text(ProtobufWriter& out, std::uint32_t field, std::string_view text) {
  if (is_utf8(text)) [[likely]] {
    out.bytes(field, text);
  } else {
    out.bytes(field, as_utf8(text));
  }
}

void write_attribute(ProtobufWriter& out, std::uint32_t field, std::string_view name,
                     const AttributeValue& value) {
  if (!is_utf8(name)) return write_attribute(out, field, as_utf8(name), value);
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    if (!is_utf8(*text)) return write_string(out, field, name, as_utf8(*text));
    return write_string(out, field, name, *text);
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    const auto bits = static_cast<std::uint64_t>(*number);
    return write_key_value(out, field, name, 1 + protobuf::varint_size(bits), [bits](char* at) {
      *at++ = as_byte(kInt, WireType::kVarint);
      return put_varint(at, bits);
    });
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return write_key_value(out, field, name, 1 + sizeof *real, [real](char* at) {
      *at++ = as_byte(kDouble, WireType::kFixed64);
      return put_fixed(at, *real);
    });
  }
  if (const auto* boolean = std::get_if<bool>(&value)) {
    return write_key_value(out, field, name, 2, [boolean](char* at) {
      *at++ = as_byte(kBool, WireType::kVarint);
      *at++ = *boolean ? '\1' : '\0';
      return at;
    });
  }
  write_array(out, field, name, std::get<std::span<const std::string_view>>(value));
}

}  // namespace ofn::otlp
