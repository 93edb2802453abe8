#include "otlp/grpc_destination.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "otlp/answer_for_test.h"
#include "otlp/http_message.h"
#include "otlp/protobuf_writer.h"
#include "testing/manual_clock.h"
#include "wire/grpc/channel_for_test.h"

namespace ofn::otlp {
namespace {

using namespace std::chrono_literals;

class GrpcDestinationTest : public ::testing::Test {
 protected:
  GrpcDestinationTest() {
    for (const Signal signal : {Signal::kTraces, Signal::kMetrics}) {
      server_.add(std::string(grpc_method(signal)),
                  [this](std::unique_ptr<wire::grpc::ServerCall> call) {
                    requests_.push_back(std::string(call->request()));
                    user_agent_ = call->metadata("user-agent").value_or("");
                    key_ = call->metadata("api-key").value_or("");
                    if (silent_) return kept_.push_back(std::move(call));
                    call->respond(status_, reply_);
                  });
    }
    make(Signal::kTraces, {});
  }
  ~GrpcDestinationTest() override { close(); }
  void close() {
    bool closed = false;
    destination_->close([&] { closed = true; });
    network_.run();
    EXPECT_TRUE(closed);
  }
  void make(Signal signal, Target target) {
    target.protocol = Protocol::kGrpc;
    target.url = *parse_url("http://collector:4317");
    if (destination_) close();
    destination_ = std::make_unique<GrpcDestination>(loop_, network_.connector(), signal, target);
  }
  std::string deliver(std::string_view message = "message") {
    answer_.reset();
    destination_->deliver(message, Deadline::in(10s, clock_),
                          [this](const Answer& answer) { answer_ = answer; });
    EXPECT_FALSE(answer_) << "never from inside deliver()";
    network_.run();
    return shown(answer_);
  }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  wire::Limits limits_;
  wire::grpc::Server server_{wire::grpc::ServerOptions{}};
  wire::grpc::Network network_{
      loop_, [this] { return wire::http2::make_server_session(server_, limits_); }};
  std::unique_ptr<GrpcDestination> destination_;
  std::vector<std::string> requests_;
  std::vector<std::unique_ptr<wire::grpc::ServerCall>> kept_;
  std::string user_agent_;
  std::string key_;
  std::string reply_;
  wire::grpc::Status status_;
  bool silent_ = false;
  std::optional<Answer> answer_;
};

Target with(Compression compression) {
  Target target;
  target.headers = {{"api-key", "s"}};
  target.compression = compression;
  return target;
}

TEST_F(GrpcDestinationTest, CallsExport) {
  for (const Signal signal : {Signal::kTraces, Signal::kMetrics}) {
    for (const Compression compression : {Compression::kNone, Compression::kGzip}) {
      make(signal, with(compression));
      EXPECT_EQ(deliver(), "accepted ");
      EXPECT_EQ(requests_.back(), "message");
      EXPECT_EQ(user_agent_, user_agent());
      EXPECT_EQ(key_, "s");
    }
  }
  EXPECT_EQ(requests_.size(), 4U);
}

TEST_F(GrpcDestinationTest, ReadsAnswers) {
  ProtobufWriter out(reply_);
  out.message(1, [&] {
    out.varint(1, 5);
    out.bytes(2, "too old");
  });
  EXPECT_EQ(deliver(), "accepted \"too old\"");
  EXPECT_EQ(answer_->rejected_items, 5U);
  status_ = {Code::kUnavailable, "restarting"};
  EXPECT_EQ(deliver(), "retry UNAVAILABLE: \"restarting\"");
  status_ = {Code::kPermissionDenied, "no"};
  EXPECT_EQ(deliver(), "refused PERMISSION_DENIED: \"no\"");
}

TEST_F(GrpcDestinationTest, AnAnswerThatIsTooLongIsRefused) {
  reply_ = std::string(100'000, 'x');
  EXPECT_EQ(deliver().substr(0, 26), "refused RESOURCE_EXHAUSTED");
}

TEST_F(GrpcDestinationTest, SilentAndDeadCollectors) {
  silent_ = true;
  EXPECT_EQ(deliver(), "nothing");
  clock_.advance(10s);
  network_.run();
  EXPECT_EQ(shown(answer_), "retry DEADLINE_EXCEEDED: \"the deadline has passed\"");
  close();
  kept_.clear();
  destination_ = nullptr;
  make(Signal::kTraces, {});
  network_.refuse = true;
  EXPECT_EQ(deliver(), "retry UNAVAILABLE: \"connection refused\"");
}

TEST_F(GrpcDestinationTest, CloseForgetsTheMessages) {
  silent_ = true;
  deliver();
  close();
  EXPECT_EQ(shown(answer_), "nothing");
  kept_.clear();
  destination_ = nullptr;
  make(Signal::kTraces, {});
}

}  // namespace
}  // namespace ofn::otlp
