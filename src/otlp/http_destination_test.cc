#include "otlp/http_destination.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otlp/answer_for_test.h"
#include "otlp/exporter.h"
#include "otlp/scripted_collector_for_test.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"
#include "wire/grpc/channel_for_test.h"
#include "wire/grpc/compression.h"

namespace ofn::otlp {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kOk =
    "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";

Target target() {
  Target made;
  made.url = *parse_url("http://collector:4318/v1/traces");
  return made;
}

class HttpDestinationTest : public ::testing::Test {
 protected:
  HttpDestinationTest() { make(target()); }
  ~HttpDestinationTest() override { close(); }
  void close() {
    bool closed = false;
    destination_->close([&] { closed = true; });
    EXPECT_FALSE(closed) << "never from inside close()";
    network_.run();
    EXPECT_TRUE(closed);
    EXPECT_EQ(network_.open(), 0U);
  }
  void make(const Target& target) {
    if (destination_ != nullptr) close();
    destination_ =
        std::make_unique<HttpDestination>(loop_, network_.connector(), Signal::kTraces, target);
  }
  void deliver(std::string_view message = "message") {
    answer_.reset();
    ++deliveries_;
    destination_->deliver(message, Deadline::in(10s, clock_), [this](const Answer& answer) {
      EXPECT_FALSE(answer_) << "once";
      answer_ = answer;
    });
    EXPECT_FALSE(answer_) << "never from inside deliver()";
    network_.run();
  }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  Script script_;
  wire::grpc::Network network_{loop_,
                               [this] { return std::make_unique<ScriptedCollector>(script_); }};
  std::unique_ptr<HttpDestination> destination_;
  std::optional<Answer> answer_;
  int deliveries_ = 0;
};

TEST_F(HttpDestinationTest, PostsOverOneConnection) {
  EXPECT_EQ(network_.attempts, 0) << "connects with the first message";
  Target with_headers = target();
  with_headers.headers = {{"api-key", "s"}};
  make(with_headers);
  for (int i = 0; i < 3; ++i) {
    script_.answers.emplace_back(kOk);
    deliver();
    EXPECT_EQ(shown(answer_), "accepted ");
  }
  EXPECT_EQ(network_.attempts, 1);
  EXPECT_EQ(script_.requests[0],
            "POST /v1/traces HTTP/1.1\r\nHost: collector:4318\r\nContent-Length: 7\r\n"
            "api-key: s\r\ncontent-type: application/x-protobuf\r\nuser-agent: " +
                user_agent() + "\r\n\r\nmessage");
}

TEST_F(HttpDestinationTest, PacksAsTheTargetSays) {
  Target packed = target();
  packed.compression = Compression::kGzip;
  make(packed);
  script_.answers.emplace_back(kOk);
  deliver(std::string(1000, 'x'));
  const std::string& request = script_.requests[0];
  EXPECT_THAT(request, HasSubstr("\r\ncontent-encoding: gzip\r\n"));
  const auto body =
      wire::grpc::decompress("gzip", request.substr(request.find("\r\n\r\n") + 4), 10'000);
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, std::string(1000, 'x'));

  Target json = target();
  json.protocol = Protocol::kHttpJson;
  make(json);
  script_.answers.emplace_back(kOk);
  deliver("");
  EXPECT_THAT(script_.requests[1], HasSubstr("\r\ncontent-type: application/json\r\n"));
  EXPECT_THAT(script_.requests[1], EndsWith("\r\n\r\n{}"));
}

TEST_F(HttpDestinationTest, ACollectorIsBelievedOnlyIfItAnswersInOtlp) {
  const std::string endless(100'000, 'x');
  struct Case {
    std::string answer;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{"HTTP/1.1 503 No\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n",
                "retry HTTP status 503"},
           Case{"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>",
                "refused HTTP status 200 with a body that is not OTLP's; is this address a "
                "collector's?"},
           Case{"HTTP/1.1 200 OK\r\n\r\n" + endless,
                "refused HTTP status 200 with a body that is not OTLP's; is this address a "
                "collector's?"},
           Case{"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n1869f\r\n" + endless,
                "refused HTTP status 404"},
           Case{"HTTP/1.1 200 OK\r\nA: " + endless,
                "retry the server's answer is not valid: the fields are too large"},
           Case{"garbage\r\n",
                "retry the server's answer is not valid: it does not begin as "
                "HTTP/1.1"},
           Case{std::string("\x00\x00\x06\x04\x00\x00\x00\x00\x00", 9),
                "retry the server's answer is not valid: it does not begin as HTTP/1.1"},
       }) {
    script_.answers.push_back(c.answer);
    deliver();
    EXPECT_EQ(shown(answer_), c.expected);
  }
}

TEST_F(HttpDestinationTest, AConnectionThatTheCollectorClosedIsReplaced) {
  script_.closes_behind_answer = true;
  for (int i = 0; i < 2; ++i) {
    script_.answers.emplace_back(kOk);
    deliver();
    EXPECT_EQ(shown(answer_), "accepted ");
  }
  EXPECT_EQ(network_.attempts, 2);

  script_.closes_behind_answer = false;
  script_.answers.emplace_back(kOk);
  deliver();
  ASSERT_EQ(network_.attempts, 3);
  // The collector closes the idle connection just when the next message comes.
  script_.closes_without_answer = true;
  deliver();
  EXPECT_EQ(shown(answer_), "retry the server ended the connection before it answered");
  EXPECT_EQ(network_.attempts, 4) << "one more, and no more than that";
}

TEST_F(HttpDestinationTest, AMessageOnAStaleConnectionIsSentAgainAtOnce) {
  script_.answers.emplace_back(kOk);
  deliver();
  network_.server().session().drain();
  network_.client().session().input_ended();  // seen together with the next message
  script_.answers.emplace_back(kOk);
  deliver();
  EXPECT_EQ(shown(answer_), "accepted ");
  EXPECT_EQ(network_.attempts, 2);
}

TEST_F(HttpDestinationTest, ADeadCollectorIsToldOf) {
  network_.refuse = true;
  deliver();
  EXPECT_EQ(shown(answer_), "retry connection refused");
  network_.refuse = false;
  script_.answers.emplace_back(kOk);
  deliver();
  EXPECT_EQ(shown(answer_), "accepted ");
}

TEST_F(HttpDestinationTest, ASilentCollectorIsLeftAtTheDeadline) {
  deliver();
  EXPECT_EQ(shown(answer_), "nothing");
  clock_.advance(9999ms);
  network_.run();
  EXPECT_EQ(shown(answer_), "nothing");
  clock_.advance(1ms);
  network_.run();
  EXPECT_EQ(shown(answer_), "retry the collector did not answer in time");
  EXPECT_EQ(network_.open(), 0U) << "a late answer cannot be taken for another's";
  script_.answers.emplace_back(kOk);
  deliver();
  EXPECT_EQ(shown(answer_), "accepted ");

  network_.hang = true;
  network_.server().session().drain();
  network_.client().lose();
  deliver();
  clock_.advance(10s);
  network_.run();
  EXPECT_EQ(shown(answer_), "retry the collector did not answer in time");
}

TEST_F(HttpDestinationTest, CloseForgetsTheMessage) {
  deliver();
  close();
  clock_.advance(1h);
  network_.run();
  EXPECT_EQ(shown(answer_), "nothing");
  destination_ = nullptr;
  make(target());
}

TEST_F(HttpDestinationTest, AnExporterStaysFlatWithACollectorThatIsDead) {
  ofn::testing::RecordingLog log;
  auto destination =
      std::make_unique<HttpDestination>(loop_, network_.connector(), Signal::kTraces, target());
  Exporter exporter(loop_, std::move(destination), {.max_bytes = 10'000}, log);
  network_.refuse = true;
  for (int i = 0; i < 1000; ++i) {
    exporter.send(std::string(1000, 'x'), 1);
    clock_.advance(10ms);
    network_.run();
    ASSERT_LE(exporter.pending(), 10U);
  }
  clock_.advance(1h);
  network_.run();
  network_.refuse = false;
  const ExportCounts counts = exporter.counts();
  EXPECT_EQ(counts.exported, 0U);
  EXPECT_EQ(counts.failed + counts.dropped + exporter.pending(), 1000U);
  EXPECT_GT(counts.dropped, 900U);
  bool closed = false;
  exporter.close([&] { closed = true; });
  network_.run();
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace ofn::otlp
