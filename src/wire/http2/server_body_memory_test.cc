// What large bodies take of their connection's memory: who waits for it, in which order, until when.
#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http2/server_session_for_test.h"

namespace ofn::wire::http2 {
namespace {

using namespace server_bench;
using namespace std::chrono_literals;

class Http2BodyMemory : public ServerSessionTest {
 protected:
  using Streams = std::set<std::uint32_t>;

  // A request whose body follows. `length` 0: it does not say how long that is.
  static RawFrames head(std::uint32_t stream, std::size_t length = 0) {
    std::vector<Field> fields = {
        {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
    const std::string text = std::to_string(length);
    if (length > 0) fields.push_back({"content-length", text});
    return RawFrames().headers(stream, fields, kMore);
  }
  // Of a body, in frames of a usual size.
  static RawFrames part(std::uint32_t stream, std::size_t size, Then then = kMore) {
    constexpr std::size_t kFrame = 10'000;
    RawFrames frames;
    for (; size > kFrame; size -= kFrame) frames.data(stream, std::string(kFrame, 'x'), kMore);
    return frames.data(stream, std::string(size, 'x'), then);
  }
  // Which streams' windows these frames open: those that get memory.
  Streams granted_by(const RawFrames& frames) { return windows(talk(frames)); }
  Streams granted_now() { return windows(parse_frames(server_->take())); }

 private:
  static Streams windows(const std::vector<SeenFrame>& seen) {
    Streams streams;
    for (const SeenFrame& frame : seen)
      if (frame.type == 8 && frame.stream != 0) streams.insert(frame.stream);
    return streams;
  }
};

// Bodies of unknown length: while they grow, each may become as large as any.
TEST_F(Http2BodyMemory, WhatEndsAClaim) {
  limits_.body_bytes = 150'000;
  struct Case {
    std::string name;
    RawFrames frames;
    int handled;
  };
  const std::vector<Case> cases = {
      {"the body is complete", part(1, 5'000, kEnd), 2},
      {"it is too large", part(1, 100'000), 1},
      {"it is reset", RawFrames().rst(1, 8), 1},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    connect_raw();
    handler_.handled = 0;
    for (const std::uint32_t stream : {1U, 3U, 5U}) {
      talk(head(stream));
      EXPECT_EQ(granted_by(part(stream, 60'000)).contains(stream), stream != 5);
    }
    EXPECT_FALSE(granted_by(part(3, 5'000, kEnd)).contains(5));  // its function runs on
    EXPECT_TRUE(granted_by(c.frames).contains(5));
    EXPECT_EQ(handler_.handled, c.handled);
    TearDown();
  }
}

TEST_F(Http2BodyMemory, ABodyThatIsCompleteInItsFreeWindowClaimsNothing) {
  connect_raw();
  for (const std::uint32_t stream : {1U, 3U}) talk(head(stream).raw(part(stream, 40'000).bytes()));
  talk(head(5));
  EXPECT_EQ(granted_by(part(5, 40'000, kEnd)), Streams());
  EXPECT_EQ(handler_.handled, 1);
  talk(RawFrames().rst(1, 8));
  talk(head(7));
  EXPECT_EQ(granted_by(part(7, 40'000)), Streams({7}));
}

TEST_F(Http2BodyMemory, FirstComeFirstServed) {
  limits_.body_bytes = 1'000'000;
  connect_raw();
  EXPECT_EQ(granted_by(head(1, 900'000)), Streams({1}));
  EXPECT_EQ(granted_by(head(3, 700'000)), Streams({3}));
  EXPECT_EQ(granted_by(head(5, 200'000)), Streams({5}));
  EXPECT_EQ(granted_by(head(7, 1'000'000)), Streams());
  EXPECT_EQ(granted_by(head(9, 100'000)), Streams());  // there is room for it, but not its turn
  EXPECT_EQ(granted_by(head(11, 100'000)), Streams());
  EXPECT_EQ(granted_by(RawFrames().rst(5, 8)), Streams());
  EXPECT_EQ(granted_by(RawFrames().rst(3, 8)), Streams({7, 9}));
  EXPECT_EQ(granted_by(RawFrames().rst(9, 8)), Streams({11}));
}

TEST_F(Http2BodyMemory, WhoLeavesTheQueueMakesRoomBehindIt) {
  limits_.body_bytes = 1'000'000;
  connect_raw();
  for (const std::uint32_t stream : {1U, 3U}) talk(head(stream, 900'000));
  EXPECT_EQ(granted_by(head(5, 1'000'000)), Streams());
  EXPECT_EQ(granted_by(head(7, 100'000)), Streams());
  EXPECT_EQ(granted_by(RawFrames().rst(5, 8)), Streams({7}));
}

// Also when nothing else happens on the connection.
TEST_F(Http2BodyMemory, WhoIsGrantedItLateHasTheUsualTime) {
  limits_.body_bytes = 100'000;
  connect_raw();
  for (const std::uint32_t stream : {1U, 3U}) {
    talk(head(stream, 100'000));
    talk(part(stream, 100'000, kEnd));
  }
  ASSERT_EQ(handler_.handled, 2);
  EXPECT_EQ(granted_by(head(5, 100'000)), Streams());
  talk(RawFrames().rst(1, 8));
  wait(60s);
  EXPECT_TRUE(server_->take().empty());
  handler_.kept.erase(handler_.kept.begin());
  EXPECT_EQ(granted_now(), Streams({5}));
  wait(10s - 1ms);
  EXPECT_TRUE(server_->take().empty());
  wait(1ms);
  const auto seen = parse_frames(server_->take());
  EXPECT_TRUE(std::ranges::any_of(
      seen, [](const SeenFrame& frame) { return frame.type == kHeaders && frame.stream == 5; }));
}

}  // namespace
}  // namespace ofn::wire::http2
