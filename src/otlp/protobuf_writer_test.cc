#include "otlp/protobuf_writer.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace ofn::otlp {
namespace {

using namespace std::string_view_literals;

template <class Write>
std::string written(Write write) {
  std::string bytes = "before";
  ProtobufWriter out(bytes);
  write(out);
  EXPECT_TRUE(bytes.starts_with("before")) << "what was there stays";
  return bytes.substr(6);
}

// The bytes are those of the encoding page of the specification, or of protoc --encode.
TEST(ProtobufWriter, WritesEachKindOfField) {
  struct Case {
    std::string_view name;
    std::string bytes;
    std::string_view expected;
  };
  const std::array<std::uint64_t, 2> fixed = {1, 0x0102030405060708};
  const std::array<double, 1> reals = {1.5};
  for (const Case& c : {
           Case{"the specification's 150", written([](auto& out) { out.varint(1, 150); }),
                "\x08\x96\x01"sv},
           Case{"zero", written([](auto& out) { out.varint(1, 0); }), "\x08\x00"sv},
           Case{"minus one",
                written([](auto& out) { out.varint(3, static_cast<std::uint64_t>(-1)); }),
                "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv},
           Case{"a large field number", written([](auto& out) { out.varint(536870911, 1); }),
                "\xf8\xff\xff\xff\x0f\x01"sv},
           Case{"true", written([](auto& out) { out.boolean(2, true); }), "\x10\x01"sv},
           Case{"fixed64", written([](auto& out) { out.fixed64(7, 0x0102030405060708); }),
                "\x39\x08\x07\x06\x05\x04\x03\x02\x01"sv},
           Case{"fixed32", written([](auto& out) { out.fixed32(16, 257); }),
                "\x85\x01\x01\x01\x00\x00"sv},
           Case{"real", written([](auto& out) { out.real(4, 1.5); }),
                "\x21\x00\x00\x00\x00\x00\x00\xf8\x3f"sv},
           Case{"the specification's \"testing\"",
                written([](auto& out) { out.bytes(2, "testing"); }), "\x12\x07testing"sv},
           Case{"no bytes", written([](auto& out) { out.bytes(2, ""); }), "\x12\x00"sv},
           Case{"packed fixed64", written([&](auto& out) { out.packed_fixed64(6, fixed); }),
                "\x32\x10\x01\x00\x00\x00\x00\x00\x00\x00\x08\x07\x06\x05\x04\x03\x02\x01"sv},
           Case{"packed reals", written([&](auto& out) { out.packed_real(7, reals); }),
                "\x3a\x08\x00\x00\x00\x00\x00\x00\xf8\x3f"sv},
           Case{"an empty message", written([](auto& out) { out.message(3, [] {}); }),
                "\x1a\x00"sv},
           Case{"the specification's message",
                written([](auto& out) { out.message(3, [&] { out.varint(1, 150); }); }),
                "\x1a\x03\x08\x96\x01"sv},
           Case{"a message in a message", written([](auto& out) {
                  out.message(1, [&] { out.message(2, [&] { out.bytes(3, "x"); }); });
                }),
                "\x0a\x05\x12\x03\x1a\x01x"sv},
           Case{"the head of a message", written([](auto& out) { out.message_head(2, 300); }),
                "\x12\xac\x02"sv},
       }) {
    EXPECT_EQ(c.bytes, c.expected) << c.name;
  }
}

TEST(ProtobufWriter, MessagesOfEverySizeHaveTheirShortestSize) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 128U, 16381U, 16384U, 3'000'000U}) {
    const std::string text(size, 'x');
    std::string by_size;
    ProtobufWriter(by_size).bytes(1, text);
    const std::string by_message = written([&](ProtobufWriter& out) {
      out.message(
          1, [&] { out.append(size, [&](char* at) { return protobuf::put_bytes(at, text); }); });
    });
    EXPECT_TRUE(by_message == by_size) << size;
    EXPECT_EQ(by_size.size(), 1 + protobuf::varint_size(size) + size);
  }
}

TEST(ProtobufWriter, AVarintHasItsSize) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t value : {std::uint64_t{1} << bits, (std::uint64_t{1} << bits) - 1,
                                      std::numeric_limits<std::uint64_t>::max() >> bits}) {
      std::array<char, protobuf::kMaxVarint> place{};
      const char* end = protobuf::put_varint(place.data(), value);
      EXPECT_EQ(static_cast<std::size_t>(end - place.data()), protobuf::varint_size(value))
          << value;
    }
  }
}

}  // namespace
}  // namespace ofn::otlp
