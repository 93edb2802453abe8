// Writes protobuf's wire format at the end of a text: OTLP needs some twenty messages, and a hand that knows them writes them
// without an object for each.
//
//   ProtobufWriter out(bytes);
//   out.message(1, [&] {              // a message within the message
//     out.bytes(1, "service.name");
//     out.varint(2, 7);
//   });
//
// Spec: https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace ofn::otlp {

// Functions that fill memory which the caller has: each writes at `at`, and returns the end of what it wrote.
namespace protobuf {

enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

inline constexpr std::size_t kMaxVarint = 10;
inline constexpr std::size_t kMaxTag = 5;

constexpr std::size_t varint_size(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}
constexpr std::uint64_t tag(std::uint32_t field, WireType type) {
  return (std::uint64_t{field} << 3U) | static_cast<std::uint64_t>(type);
}
inline char* put_varint(char* at, std::uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80);
    value >>= 7U;
  }
  *at++ = static_cast<char>(value);
  return at;
}
inline char* put_tag(char* at, std::uint32_t field, WireType type) {
  return put_varint(at, tag(field, type));
}
template <class Fixed>
  requires(sizeof(Fixed) == 4 || sizeof(Fixed) == 8)
inline char* put_fixed(char* at, Fixed value) {
  static_assert(std::endian::native == std::endian::little, "the wire format is little-endian");
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}
inline char* put_bytes(char* at, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());  // an empty one may be null
  return at + bytes.size();
}

}  // namespace protobuf

// A value that refers to the text, which outlives it. Fields are written as they are called, also those that have their default.
// Cost: allocates only when the text grows.
class ProtobufWriter {
 public:
  explicit ProtobufWriter(std::string& out) : out_(out) {}

  // Writes a field of type uint32, uint64, int64 or enum; a negative number as its two's complement.
  void varint(std::uint32_t field, std::uint64_t value) {
    append(protobuf::kMaxTag + protobuf::kMaxVarint, [&](char* at) {
      return protobuf::put_varint(protobuf::put_tag(at, field, protobuf::WireType::kVarint), value);
    });
  }
  void boolean(std::uint32_t field, bool value) { varint(field, value ? 1 : 0); }
  // Writes a field of type fixed64 or sfixed64.
  void fixed64(std::uint32_t field, std::uint64_t value) {
    fixed(field, protobuf::WireType::kFixed64, value);
  }
  void fixed32(std::uint32_t field, std::uint32_t value) {
    fixed(field, protobuf::WireType::kFixed32, value);
  }
  void real(std::uint32_t field, double value) {
    fixed(field, protobuf::WireType::kFixed64, value);
  }
  // Writes a field of type bytes or string. A string is UTF-8: readers refuse the whole message if it is not.
  void bytes(std::uint32_t field, std::string_view value) {
    append(protobuf::kMaxTag + protobuf::kMaxVarint + value.size(), [&](char* at) {
      at = put_head(at, field, value.size());
      return protobuf::put_bytes(at, value);
    });
  }

  void packed_fixed64(std::uint32_t field, std::span<const std::uint64_t> values) {
    packed(field, values);
  }
  void packed_real(std::uint32_t field, std::span<const double> values) { packed(field, values); }

  // Writes a message as a field: `write` writes its fields. `kSizeBytes`: how many bytes the message's size takes, usually: 2 are for
  // 128 to 16383 bytes. Cost: if the size takes more or fewer bytes, the message is moved once.
  template <std::size_t kSizeBytes = 1, std::invocable Write>
  void message(std::uint32_t field, Write&& write) {
    append(protobuf::kMaxTag + kSizeBytes, [&](char* at) {
      return protobuf::put_tag(at, field, protobuf::WireType::kBytes) + kSizeBytes;
    });
    const std::size_t begin = out_.size();
    write();
    const std::size_t size = out_.size() - begin;
    if (protobuf::varint_size(size) == kSizeBytes) {
      protobuf::put_varint(out_.data() + begin - kSizeBytes, size);
    } else {
      replace_size(begin - kSizeBytes, kSizeBytes, size);
    }
  }
  // Writes only what comes before a message of `size` bytes, which the caller then writes.
  void message_head(std::uint32_t field, std::size_t size) {
    append(protobuf::kMaxTag + protobuf::kMaxVarint,
           [&](char* at) { return put_head(at, field, size); });
  }

  // Appends what `put` writes: at most `most` bytes from the place that it gets. It returns the end of them.
  template <class Put>
  void append(std::size_t most, Put&& put) {
    const std::size_t old = out_.size();
    out_.resize_and_overwrite(old + most, [&](char* data, std::size_t) {
      return static_cast<std::size_t>(put(data + old) - data);
    });
  }

 private:
  static char* put_head(char* at, std::uint32_t field, std::size_t size) {
    return protobuf::put_varint(protobuf::put_tag(at, field, protobuf::WireType::kBytes), size);
  }
  template <class Fixed>
  void fixed(std::uint32_t field, protobuf::WireType type, Fixed value) {
    append(protobuf::kMaxTag + sizeof value, [&](char* at) {
      return protobuf::put_fixed(protobuf::put_tag(at, field, type), value);
    });
  }
  template <class Fixed>
  void packed(std::uint32_t field, std::span<const Fixed> values) {
    append(protobuf::kMaxTag + protobuf::kMaxVarint + values.size_bytes(), [&](char* at) {
      at = put_head(at, field, values.size_bytes());
      for (const Fixed value : values) at = protobuf::put_fixed(at, value);
      return at;
    });
  }
  // The size does not take the `kept` bytes that were kept for it at `place`.
  void replace_size(std::size_t place, std::size_t kept, std::size_t size) {
    std::array<char, protobuf::kMaxVarint> head{};
    const char* end = protobuf::put_varint(head.data(), size);
    const std::string_view text(head.data(), static_cast<std::size_t>(end - head.data()));
    out_.replace(place, kept, text);
  }

  std::string& out_;
};

}  // namespace ofn::otlp
