// Calls of an app over real sockets of this machine, on a loop that the test runs. The test plays
// the app.
#include "localdapr/app/grpc_app_channel.h"

#include <arpa/inet.h>
#include <chrono>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <testing/manual_clock.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "wire/limits.h"

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;

// The app's reaction to a call.
struct Act {
  enum { kAnswers, kHangsUp, kSaysNothing } what = kAnswers;
  Code status = Code::kOk;
};

class GrpcAppChannelTest : public ::testing::Test {
 protected:
  GrpcAppChannelTest() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const bytes = reinterpret_cast<sockaddr*>(&address);
    OFN_CHECK(::bind(listener_, bytes, size) == 0 && ::listen(listener_, 8) == 0 &&
              ::getsockname(listener_, bytes, &size) == 0);
    app_ = {.host = "127.0.0.1", .port = ntohs(address.sin_port), .unix_path = {}};
  }
  ~GrpcAppChannelTest() override {
    hang_up();
    ::close(listener_);
  }

  void until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    bool is_met = condition();
    while (!is_met && std::chrono::steady_clock::now() < give_up) {
      loop_.poll();
      is_met = condition();
    }
    ASSERT_TRUE(is_met);
  }

  // Returns a channel that has not been connected to the app before.
  GrpcAppChannel& channel() {
    return *channels_.emplace_back(std::make_unique<GrpcAppChannel>(loop_, app_, limits_, ""));
  }

  // Plays the app.
  void play(const Act& act) {
    until([this] {
      peer_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      return peer_ >= 0;
    });
    std::string heard;
    until([&] {
      char buffer[4096];
      const auto count = ::recv(peer_, buffer, sizeof(buffer), 0);
      if (count > 0) heard.append(buffer, static_cast<std::size_t>(count));
      return holds_a_call(heard);
    });
    if (act.what == Act::kHangsUp) return hang_up();
    if (act.what == Act::kSaysNothing) {
      clock_.advance(3s);
      return testing::settle(loop_);
    }
    const std::string words = answer(act.status);
    ASSERT_EQ(::send(peer_, words.data(), words.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(words.size()));
  }
  void hang_up() {
    if (peer_ >= 0) ::close(std::exchange(peer_, -1));
  }
  // Returns true if the bytes after HTTP/2's preface contain a DATA frame that ends its stream (RFC
  // 9113 §4.1, §6.1).
  static bool holds_a_call(std::string_view heard) {
    for (std::size_t at = 24; at + 9 <= heard.size();) {
      const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(heard[at + i]); };
      if (byte(3) == 0 && (byte(4) & 1) != 0) return true;
      at += 9 + (std::size_t{byte(0)} << 16) + (std::size_t{byte(1)} << 8) + byte(2);
    }
    return false;
  }
  // Returns the settings and a head with trailers only; its fields are literals (RFC 7541 §6.2.2).
  static std::string answer(Code status) {
    const auto literal = [](std::string_view name, const std::string& value) {
      return std::string(1, '\0') + static_cast<char>(name.size()) + std::string(name) +
             static_cast<char>(value.size()) + value;
    };
    const std::string head = "\x88" + literal("content-type", "application/grpc") +
                             literal("grpc-status", std::to_string(static_cast<int>(status)));
    return std::string("\0\0\0\4\0\0\0\0\0", 9) + std::string("\0\0", 2) +
           static_cast<char>(head.size()) + std::string("\1\5\0\0\0\1", 6) + head;
  }

  testing::ManualClock clock_;
  Loop loop_{clock_};
  wire::Limits limits_;
  wire::Endpoint app_;
  int listener_ = -1;
  int peer_ = -1;
  std::vector<std::unique_ptr<GrpcAppChannel>> channels_;
};

// Only the app's own answer counts as its list. An app that disconnects has not answered.
TEST_F(GrpcAppChannelTest, AListIsEmptyOnlyWhenTheAppSaysSo) {
  struct Case {
    Act act;
    bool is_there;
  };
  for (const Case& c : {
           Case{{.status = Code::kOk}, true},  // without a message
           Case{{.status = Code::kUnimplemented}, true},
           Case{{.status = Code::kInternal}, true},
           Case{{.status = Code::kUnavailable}, false},
           Case{{.status = Code::kDeadlineExceeded}, false},
           Case{{.what = Act::kHangsUp}, false},
           Case{{.what = Act::kSaysNothing}, false},
       }) {
    const auto check = [&](const auto& listed) {
      until([&] { return listed.has_value(); });
      EXPECT_EQ((*listed).has_value(), c.is_there) << c.act.what << " " << code_name(c.act.status);
      if (*listed) {
        EXPECT_TRUE((*listed)->empty());
      } else {
        EXPECT_EQ((*listed).error().code(), Code::kUnavailable);
      }
      hang_up();
    };
    std::optional<Result<std::vector<dapr::Subscription>>> topics;
    channel().list_subscriptions([&](auto result) { topics = std::move(result); });
    play(c.act);
    check(topics);
    std::optional<Result<std::vector<std::string>>> inputs;
    channel().list_inputs({"tick"}, [&](auto result) { inputs = std::move(result); });
    play(c.act);
    check(inputs);
  }
}

}  // namespace
}  // namespace ofn::localdapr
