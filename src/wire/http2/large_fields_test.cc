// A field that is too large for nghttp2 is read if the limit allows it. Otherwise only its own request is refused.
#include "wire/http2/large_fields.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http2/huffman.h"
#include "wire/http2/server_session_for_test.h"

namespace ofn::wire::http2 {
namespace {

using namespace server_bench;
using namespace std::string_literals;

TEST(Huffman, Reads) {
  struct Case {
    std::string code;
    std::optional<std::string> text;
  };
  // RFC 7541, Appendix C.
  const std::vector<Case> cases = {
      {"", ""},
      {"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff", "www.example.com"},
      {"\xa8\xeb\x10\x64\x9c\xbf", "no-cache"},
      {"\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f", "custom-key"},
      {"\x64\x02", "302"},
      {"\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff",
       "Mon, 21 Oct 2013 20:13:21 GMT"},
      {"\x9d\x29\xad\x17\x18\x63\xc7\x8f\x0b\x97\xc8\xe9\xae\x82\xae\x43\xd3",
       "https://www.example.com"},
      {"\x18\xc6\x31\x8c\x63", "aaaaaaaa"},
      {"\xff\xff\xff\xff", std::nullopt},  // the end-of-string symbol inside the string
      {"\xff\xff\xff\xff\xff", std::nullopt},
      {"\x18\xc6\x31\x8c\x63\xff", std::nullopt},  // eight bits of padding
      {"\xa8\xeb\x10\x64\x9c\xbe", std::nullopt},  // padding that is not ones
  };
  for (const Case& c : cases) EXPECT_EQ(huffman_decode(c.code, 1000), c.text);
  EXPECT_EQ(huffman_decode("\x18\xc6\x31\x8c\x63", 3), "aaaa");
}

const std::vector<Field> kHead = {
    {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};

std::string number(std::size_t value, std::uint8_t first) {
  std::string text(1, static_cast<char>(first | 0x7fU));
  for (value -= 127; value >= 128; value /= 128) text += static_cast<char>(value % 128 + 128);
  return text + static_cast<char>(value);
}

// A Huffman-encoded string of 8 * `count` letters "a".
std::string huffman(std::size_t count) {
  std::string code;
  for (std::size_t i = 0; i < count; ++i) code += "\x18\xc6\x31\x8c\x63";
  return number(code.size(), 0x80) + code;
}

// A literal field. `kind`: 0: without indexing, 0x40: with incremental indexing, 0x10: never indexed (RFC 7541 §6.2).
std::string field(std::string_view name, const std::string& coded_value, char kind = 0) {
  std::string text(1, kind);
  text += static_cast<char>(name.size());
  return text.append(name) + coded_value;
}

std::string plain(const std::string& value) { return number(value.size(), 0) + value; }

RawFrames& add_block(RawFrames& frames, std::uint32_t stream, std::string_view block) {
  constexpr std::size_t kFrame = 16384;
  frames.frame(kHeaders, block.size() <= kFrame ? 5 : 1, stream, block.substr(0, kFrame));
  for (std::size_t at = kFrame; at < block.size(); at += kFrame)
    frames.frame(kContinuationFrame, at + kFrame >= block.size() ? 4 : 0, stream,
                 block.substr(at, kFrame));
  return frames;
}

class LargeFieldsTest : public ServerSessionTest {
 protected:
  // Sends the block on stream 1 and an ordinary request on stream 3, cut after `cut` bytes. Returns the outcome of stream 1: the
  // fields that its handler saw, "refused", "reset", or "GOAWAY" for the end of the connection.
  std::string say(std::string_view block, std::size_t cut, std::size_t piece) {
    std::string seen;
    int handled = 0;
    handler_.answer = [&](Exchange& exchange) {
      ++handled;
      if (exchange.request().target == "/after") return exchange.respond(Response("ok"));
      for (const Field& one : exchange.request().fields) {
        if (one.name == "host") continue;
        seen.append(one.name).append("=").append(std::to_string(one.value.size()));
        seen.append(one.value.substr(0, 1)).append(" ");
      }
      exchange.respond(Response("ok"));
    };
    server_ = std::make_unique<MemoryTransport>(loop_, make_server_session(handler_, limits_));
    std::vector<Field> after = kHead;
    after[2].value = "/after";
    RawFrames frames = RawFrames().preface().settings();
    const std::string bytes = add_block(frames, 1, block).headers(3, after, kEnd).bytes();
    cut = std::min(cut, bytes.size());
    server_->feed(std::string_view(bytes).substr(0, cut), piece);
    server_->feed(std::string_view(bytes).substr(cut), piece);
    for (const SeenFrame& frame : parse_frames(server_->take())) {
      if (frame.type == kGoaway) return "GOAWAY";
      if (frame.type == kRstStream && frame.stream == 1) seen = "reset";
      if (frame.type == kHeaders && frame.stream == 1 && seen.empty()) seen = "refused";
    }
    EXPECT_GE(handled, 1) << "the other request is served";
    return seen;
  }
  void expect(std::string_view block, const std::string& expected) {
    EXPECT_EQ(say(block, 0, MemoryTransport::kWhole), expected);
    EXPECT_EQ(say(block, 0, 1), expected) << "byte by byte";
    for (std::size_t cut = 1; cut < 150; ++cut)
      ASSERT_EQ(say(block, cut, MemoryTransport::kWhole), expected) << "cut at " << cut;
    // Behind the preface and an empty SETTINGS frame: everywhere in the head of each frame, and here and there in its payload.
    constexpr std::size_t kBefore = 24 + 9;
    constexpr std::size_t kFrame = 9 + 16384;
    for (std::size_t cut = 150; cut < block.size() + 200;) {
      ASSERT_EQ(say(block, cut, MemoryTransport::kWhole), expected) << "cut at " << cut;
      const std::size_t at = (cut - kBefore) % kFrame;
      cut += at < 12 ? 1 : std::min<std::size_t>(997, kFrame - at);
    }
  }
};

TEST_F(LargeFieldsTest, OneTooLargeIsRefusedAlone) {
  const std::string head = RawFrames::block(kHead);
  const std::string large(70'000, 'v');
  expect(head + field("x", plain(large)), "refused");
  expect(head + field("x", plain(large), 0x40), "refused");
  expect(head + field("x", plain(large), 0x10), "refused");
  expect(head + field("x", plain(std::string(100'000, 'v'))), "refused");
  expect(head + field("x", huffman(14'000)), "refused");
  expect(head + field("a", "\1b") + field("x", plain(large)) + field("c", "\1d"), "refused");
  expect(head + std::string(1, '\0') + plain(large) + "\1v", "refused");  // a name
  expect(head + field("cookie", plain(large)), "refused");
}

TEST_F(LargeFieldsTest, TheLimitCounts) {
  limits_.head_bytes = std::size_t{256} * 1024;
  const std::string head = RawFrames::block(kHead);
  expect(head + field("x", plain(std::string(65'536, 'v'))), "x=65536v ");
  expect(head + field("x", plain(std::string(65'537, 'v'))), "x=65537v ");
  expect(head + field("a", "\1b") + field("x", plain(std::string(100'000, 'v')), 0x40) +
             field("c", "\1d"),
         "a=1b x=100000v c=1d ");
  expect(head + field("x", huffman(14'000)) + field("y", plain(std::string(80'000, 'y'))),
         "x=112000a y=80000y ");
  expect(head + field("x", plain(std::string(270'000, 'v'))), "refused");
  // Characters that no value may contain are refused in a large value as well.
  for (const char bad : {'\x01', '\0', '\n', '\x7f'}) {
    std::string value(70'000, 'v');
    value[35'000] = bad;
    EXPECT_EQ(say(head + field("x", plain(value)), 0, MemoryTransport::kWhole), "reset");
  }
  EXPECT_EQ(
      say(head + field("x", plain(" " + std::string(70'000, 'v'))), 0, MemoryTransport::kWhole),
      "reset");
}

TEST_F(LargeFieldsTest, ThePeersTableStaysTheSame) {
  limits_.head_bytes = std::size_t{256} * 1024;
  const std::string head = RawFrames::block(kHead);
  const std::string kept = field("k", "\1w", 0x40);
  const std::string large = plain(std::string(70'000, 'v'));
  // 0xbe refers to the newest entry of the table. A field that is larger than the table leaves the table empty.
  expect(head + kept + field("x", large) + "\xbe", "k=1w x=70000v k=1w ");
  EXPECT_EQ(say(head + kept + field("x", large, 0x40) + "\xbe", 0, MemoryTransport::kWhole),
            "GOAWAY");
  expect(head + kept + field("x", large, 0x40) + kept + "\xbe", "k=1w x=70000v k=1w k=1w ");
}

TEST_F(LargeFieldsTest, PaddingAndPriorityAreNoPartOfTheBlock) {
  limits_.head_bytes = std::size_t{256} * 1024;
  const std::string block = RawFrames::block(kHead) + field("x", plain(std::string(70'000, 'v')));
  handler_.answer = [](Exchange& exchange) {
    exchange.respond(Response(exchange.request().fields.back().name == "x" ? "ok" : "no"));
  };
  server_ = std::make_unique<MemoryTransport>(loop_, make_server_session(handler_, limits_));
  const std::string first = "\x03"s + "\0\0\0\0\x0f"s + block.substr(0, 100) + "\0\0\0"s;
  RawFrames frames = RawFrames().preface().settings().frame(kHeaders, 0x29, 1, first);
  for (std::size_t at = 100; at < block.size(); at += 16384)
    frames.frame(kContinuationFrame, at + 16384 >= block.size() ? 4 : 0, 1,
                 std::string_view(block).substr(at, 16384));
  const auto seen = talk(frames);
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().payload, "ok");
}

TEST_F(LargeFieldsTest, WhatIsMalformedIsRefusedAsEver) {
  const std::string head = RawFrames::block(kHead);
  const std::string large = head + field("x", plain(std::string(70'000, 'v')));
  // Inside the block: a frame of another type, and one of another stream. After that: a block that is cut.
  for (const RawFrames& inside : {RawFrames().frame(kPing, 0, 0, "12345678"),
                                  RawFrames().frame(kContinuationFrame, 0, 5, "x")}) {
    connect_raw();
    RawFrames frames = RawFrames().frame(kHeaders, 1, 1, head).raw(inside.bytes());
    const auto seen = talk(frames);
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.back().type, kGoaway);
    TearDown();
  }
  EXPECT_EQ(say(large.substr(0, large.size() - 1), 0, MemoryTransport::kWhole), "GOAWAY");
  EXPECT_EQ(say(large + "\x80", 0, MemoryTransport::kWhole), "GOAWAY");  // there is no field 0
}

}  // namespace
}  // namespace ofn::wire::http2
