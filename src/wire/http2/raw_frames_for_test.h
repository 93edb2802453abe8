// HTTP/2 frames written and read by hand, for tests that say what no library would.
//
//   RawFrames().preface().settings().headers(1, {{":method", "GET"}}, kEnd).bytes();
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

namespace ofn::wire::http2 {

inline constexpr int kData = 0;
inline constexpr int kHeaders = 1;
inline constexpr int kRstStream = 3;
inline constexpr int kSettings = 4;
inline constexpr int kPing = 6;
inline constexpr int kGoaway = 7;

// What follows on a stream; its number is the frame's flag END_STREAM.
enum class Then { kMore = 0, kEnd = 1 };
using enum Then;

class RawFrames {
 public:
  RawFrames& raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  RawFrames& preface() { return raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); }
  RawFrames& frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
    number(static_cast<std::uint32_t>(payload.size()), 3);
    number(static_cast<std::uint32_t>(type), 1);
    number(static_cast<std::uint32_t>(flags), 1);
    number(stream, 4);
    return raw(payload);
  }
  RawFrames& settings() { return frame(kSettings, 0, 0, ""); }
  RawFrames& settings_ack() { return frame(kSettings, 1, 0, ""); }
  // Fields as literals without indexing, without Huffman coding (RFC 7541 §6.2.2).
  RawFrames& headers(std::uint32_t stream, const std::vector<Field>& fields, Then then) {
    return frame(kHeaders, static_cast<int>(then) | 4, stream, block(fields));
  }
  // The block goes on in CONTINUATION frames.
  RawFrames& begin_headers(std::uint32_t stream, const std::vector<Field>& fields, Then then) {
    return frame(kHeaders, static_cast<int>(then), stream, block(fields));
  }
  RawFrames& data(std::uint32_t stream, std::string_view payload, Then then) {
    return frame(kData, static_cast<int>(then), stream, payload);
  }
  RawFrames& rst(std::uint32_t stream, std::uint32_t code) {
    return frame(kRstStream, 0, stream, four(code));
  }
  RawFrames& window_update(std::uint32_t stream, std::uint32_t size) {
    return frame(8, 0, stream, four(size));
  }
  RawFrames& goaway(std::uint32_t last, std::uint32_t code) {
    return frame(kGoaway, 0, 0, four(last) + four(code));
  }
  const std::string& bytes() const { return bytes_; }

  static std::string block(const std::vector<Field>& fields) {
    std::string text;
    for (const Field& field : fields) {
      text += '\0';
      text += literal(field.name) + literal(field.value);
    }
    return text;
  }

 private:
  static std::string literal(std::string_view text) {
    std::string size;
    if (text.size() < 127) {
      size += static_cast<char>(text.size());
    } else {
      size += '\x7f';
      std::size_t rest = text.size() - 127;
      for (; rest >= 128; rest /= 128) size += static_cast<char>(rest % 128 + 128);
      size += static_cast<char>(rest);
    }
    return size.append(text);
  }
  static std::string four(std::uint32_t value) {
    RawFrames frames;
    frames.number(value, 4);
    return frames.bytes_;
  }
  void number(std::uint32_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
      bytes_ += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xffU);
  }

  std::string bytes_;
};

struct SeenFrame {
  int type = 0;
  int flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
};

// Whole frames; a client's preface is skipped.
inline std::vector<SeenFrame> parse_frames(std::string_view bytes) {
  constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  if (bytes.starts_with(kPreface)) bytes.remove_prefix(kPreface.size());
  const auto number = [&](std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
      value = value * 256 + static_cast<unsigned char>(bytes[at + i]);
    return value;
  };
  std::vector<SeenFrame> frames;
  while (bytes.size() >= 9) {
    const std::size_t size = number(0, 3);
    if (bytes.size() < 9 + size) break;
    frames.push_back({.type = bytes[3],
                      .flags = bytes[4],
                      .stream = number(5, 4),
                      .payload = std::string(bytes.substr(9, size))});
    bytes.remove_prefix(9 + size);
  }
  return frames;
}

}  // namespace ofn::wire::http2
