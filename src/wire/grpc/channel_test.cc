// A call: what goes there, what comes back, its deadline, its cancellation.
#include "wire/grpc/channel.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gzip/gzip.h"
#include "testing/fake_time_limits.h"
#include "wire/grpc/channel_for_test.h"

namespace ofn::wire::grpc {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST_F(GrpcTest, Echo) {
  EXPECT_EQ(network_.attempts, 0);  // lazy
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  const std::string large(3 << 20, 'x');
  Seen& all = call("/echo", bytes);
  Seen& none = call("/echo", "");
  Seen& much = call("/echo", large);
  EXPECT_EQ(all.calls, 0);  // never from inside call()
  network_.run();
  EXPECT_TRUE(all.status.ok()) << all.status.message;
  EXPECT_EQ(all.message, bytes);
  EXPECT_TRUE(none.status.ok());
  EXPECT_EQ(none.message, "");
  EXPECT_TRUE(much.message == large);
  EXPECT_EQ(network_.attempts, 1);
  EXPECT_EQ(channel_->in_flight(), 0U);
}

TEST_F(GrpcTest, EveryCutOfTheBytesIsTheSame) {
  for (std::size_t piece = 1; piece < 40; ++piece) {
    network_.piece = piece;
    open();
    Seen& seen = call("/echo", "message", {.deadline = in(5s)});
    network_.run();
    EXPECT_EQ(seen.message, "message") << piece;
    channel_->close([] {});
    network_.run();
    open();
  }
}

TEST_F(GrpcTest, ARequestMayBeCompressed) {
  const std::string text(5000, 'x');
  Seen& seen = call("/echo", gzip(text), {.encoding = "gzip"});
  Seen& next = call("/echo", "plain");
  network_.run();
  EXPECT_TRUE(seen.message == text) << seen.status.message;
  EXPECT_EQ(next.message, "plain");
}

TEST_F(GrpcTest, MetadataBothWays) {
  server_.add("/meta", [](std::unique_ptr<ServerCall> call) {
    EXPECT_EQ(call->metadata("x-text"), "some text");
    EXPECT_EQ(call->metadata("te"), "trailers");
    EXPECT_EQ(call->metadata("user-agent"), "grpc-cpp-ofn");
    EXPECT_FALSE(call->metadata("absent"));
    EXPECT_FALSE(call->binary_metadata("absent-bin"));
    const auto values = call->binary_metadata("x-bytes-bin");
    ASSERT_TRUE(values);
    EXPECT_EQ(*values, (std::vector<std::string>{std::string("\0\xff", 2), "b"}));
    EXPECT_EQ(call->path(), "/meta");
    EXPECT_EQ(call->peer(), "127.0.0.1:51234");
    const std::vector<Field> trailing = {
        {"x-back", "1"}, {"x-back-bin", "\xff"}, {"Bad Name", "x"}};
    call->respond({.code = Code::kAborted, .message = "grün %\n", .details = "details\xff"},
                  "unused", trailing);
  });
  const std::vector<Field> metadata = {{"x-text", "some text"},
                                       {"x-bytes-bin", std::string_view("\0\xff", 2)},
                                       {"x-bytes-bin", "b"}};
  Seen& seen = call("/meta", "", {.metadata = metadata});
  network_.run();
  EXPECT_EQ(seen.status,
            (Status{.code = Code::kAborted, .message = "grün %\n", .details = "details\xff"}));
  EXPECT_EQ(seen.trailing["x-back"], "1");
  EXPECT_EQ(seen.trailing["x-back-bin"], "/w");
  EXPECT_EQ(seen.trailing.count("bad name"), 0U);
  EXPECT_EQ(seen.reach, Reach::kMaybe);
}

TEST_F(GrpcTest, BadMetadataIsRefusedHere) {
  for (const Field& bad : std::vector<Field>{{"X-Upper", "v"}, {"grpc-status", "0"}, {"x", "\n"}}) {
    const std::vector<Field> metadata = {bad};
    Seen& seen = call("/echo", "", {.metadata = metadata});
    network_.run();
    EXPECT_EQ(seen.status.code, Code::kInvalidArgument) << bad.name;
    EXPECT_EQ(seen.reach, Reach::kNever);
  }
  EXPECT_EQ(network_.attempts, 0);
}

TEST_F(GrpcTest, StatusesOfTheServer) {
  Seen& unknown = call("/nothing");
  Seen& dropped = call("/drop");
  network_.run();
  EXPECT_EQ(unknown.status.code, Code::kUnimplemented);
  EXPECT_THAT(unknown.status.message, HasSubstr("/nothing"));
  EXPECT_EQ(dropped.status.code, Code::kInternal);
}

TEST_F(GrpcTest, Sizes) {
  channel_->close([] {});
  network_.run();
  open({.max_message = 1000});
  Seen& fits = call("/echo", std::string(1000, 'x'));
  Seen& over = call("/echo", std::string(1001, 'x'));
  Seen& far_over = call("/echo", std::string(100000, 'x'));
  Seen& over_there = call("/echo", std::string(kDefaultMaxMessage + 1, 'x'));
  network_.run();
  EXPECT_TRUE(fits.status.ok()) << fits.status.message;
  EXPECT_EQ(over.status.code, Code::kResourceExhausted);
  EXPECT_EQ(far_over.status.code, Code::kResourceExhausted);
  EXPECT_EQ(over_there.status.code, Code::kResourceExhausted);
  EXPECT_EQ(network_.attempts, 2 - 1);
}

TEST_F(GrpcTest, DeadlineIsKeptByBothEnds) {
  Seen& seen = call("/keep", "", {.deadline = in(5s)});
  network_.run();
  ASSERT_EQ(kept_.size(), 1U);
  EXPECT_EQ(kept_[0]->deadline(), in(5s));
  int told = 0;
  kept_[0]->on_cancelled([&] { ++told; });
  network_.silent = true;  // neither can tell the other
  wait(5s - 1ms);
  EXPECT_EQ(seen.calls, 0);
  EXPECT_EQ(told, 0);
  wait(1ms);
  EXPECT_EQ(seen.status.code, Code::kDeadlineExceeded);
  EXPECT_EQ(seen.reach, Reach::kMaybe);
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(kept_[0]->cancelled());
  kept_[0]->respond({}, "too late");
}

TEST_F(GrpcTest, PassedDeadlinesAreNotSent) {
  Seen& seen = call("/echo", "", {.deadline = in(0s)});
  network_.run();
  EXPECT_EQ(seen.status.code, Code::kDeadlineExceeded);
  EXPECT_EQ(seen.reach, Reach::kNever);
  EXPECT_EQ(network_.attempts, 0);
}

TEST_F(GrpcTest, DeadlinesAreNotKeptWhileTimeLimitsAreOff) {
  Seen& before = call("/keep", "", {.deadline = in(5s)});
  network_.run();
  ofn::testing::FakeTimeLimits limits;
  loop_.set_time_limits(&limits);
  Seen& passed = call("/keep", "", {.deadline = in(0s)});
  network_.run();
  wait(1h);
  ASSERT_EQ(kept_.size(), 2U);
  EXPECT_TRUE(kept_[1]->deadline().is_never());
  EXPECT_EQ(before.calls + passed.calls, 0);
  for (const auto& kept : kept_) kept->respond({}, "");
  network_.run();
  EXPECT_TRUE(before.status.ok()) << before.status.message;
  EXPECT_TRUE(passed.status.ok()) << passed.status.message;
}

TEST_F(GrpcTest, CancelTellsThePeer) {
  CallId id{};
  Seen& seen = call("/keep", "", {}, &id);
  network_.run();
  ASSERT_EQ(kept_.size(), 1U);
  bool destroyed = false;
  kept_[0]->on_cancelled([&] {
    destroyed = true;
    kept_.clear();
  });  // which it may
  EXPECT_EQ(channel_->cancel(id), Reach::kMaybe);
  network_.run();
  EXPECT_TRUE(destroyed);
  EXPECT_EQ(seen.calls, 0);
  EXPECT_EQ(channel_->cancel(id), Reach::kMaybe);  // nothing happens

  Seen& queued = call("/echo", "", {}, &id);
  EXPECT_EQ(channel_->cancel(id), Reach::kNever);
  network_.run();
  EXPECT_EQ(queued.calls, 0);
  EXPECT_EQ(channel_->in_flight(), 0U);
}

TEST_F(GrpcTest, APeerThatOnlyFinishedSendingIsAnswered) {
  call("/keep");
  call("/keep");
  network_.run();
  ASSERT_EQ(kept_.size(), 2U);
  int told = 0;
  for (const auto& call : kept_) call->on_cancelled([&] { ++told; });
  MemoryTransport& server = network_.server();
  server.end_input();
  EXPECT_EQ(told, 0);
  EXPECT_FALSE(kept_[0]->cancelled());
  kept_[0]->respond({}, "late");
  EXPECT_THAT(server.take(), HasSubstr("late"));
  server.lose();
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(kept_[1]->cancelled());
}

TEST_F(GrpcTest, MoreCallsThanStreams) {
  for (int i = 0; i < 250; ++i) call("/keep", std::to_string(i));
  network_.run();
  EXPECT_EQ(kept_.size(), 100U);  // what the server allows at once
  // Answers make room for more.
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    kept_[i]->respond({}, kept_[i]->request());
    network_.run();
  }
  ASSERT_EQ(kept_.size(), 250U);
  for (std::size_t i = 0; i < seen_.size(); ++i) EXPECT_EQ(seen_[i].message, std::to_string(i));
  EXPECT_EQ(network_.attempts, 1);
}

}  // namespace
}  // namespace ofn::wire::grpc
