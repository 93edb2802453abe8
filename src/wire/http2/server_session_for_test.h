// The server's HTTP/2 session in memory: against our own client session, and against raw frames.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "wire/http2/client_session.h"
#include "wire/http2/raw_frames_for_test.h"
#include "wire/http2/server_session.h"
#include "wire/memory_transport_for_test.h"

namespace ofn::wire::http2::server_bench {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Answers at once, or keeps what it gets.
class TestHandler final : public Handler {
 public:
  void handle(ExchangePtr exchange) override {
    ++handled;
    if (answer) {
      answer(*exchange);
    } else {
      kept.push_back(std::move(exchange));
    }
  }
  bool takes_pieces(const Message& head) override { return pieces && head.target == "/"; }

  bool pieces = false;  // of requests to "/"
  std::function<void(Exchange&)> answer;
  std::vector<ExchangePtr> kept;
  int handled = 0;
};

struct Result {
  int calls = 0;
  int status = 0;
  std::string body;
  std::map<std::string, std::string> fields;
  std::map<std::string, std::string> trailers;
  std::string error;
  Reach reach = Reach::kMaybe;
  std::optional<std::uint32_t> reset;
};

class ServerSessionTest : public ::testing::Test {
 protected:
  void connect() {
    server_ = std::make_unique<MemoryTransport>(loop_, make_server_session(handler_, limits_));
    auto session = std::make_unique<ClientSession>(ClientOptions{.max_body = 64 << 20}, [] {});
    client_session_ = session.get();
    client_ = std::make_unique<MemoryTransport>(loop_, std::move(session));
  }
  void connect_raw() {
    server_ = std::make_unique<MemoryTransport>(loop_, make_server_session(handler_, limits_));
    server_->feed(RawFrames().preface().settings().bytes());
    server_->take();
  }
  void TearDown() override {
    handler_.kept.clear();
    client_.reset();
    server_.reset();
  }
  RequestTicket send(Result& result, const ClientRequest& request, std::string_view body = {}) {
    return client_session_->send(request, body, [&result](const ClientOutcome& outcome) {
      ++result.calls;
      if (!outcome) {
        result.error = outcome.error().error.message();
        result.reach = outcome.error().reach;
        result.reset = outcome.error().reset;
        return;
      }
      result.status = outcome->status;
      result.body = outcome->body;
      for (const Field& field : outcome->fields)
        result.fields[std::string(field.name)] = field.value;
      for (const Field& field : outcome->trailers)
        result.trailers[std::string(field.name)] = field.value;
    });
  }
  void run(std::size_t piece = MemoryTransport::kWhole) { join(*client_, *server_, piece); }
  // What the server says to these frames.
  std::vector<SeenFrame> talk(const RawFrames& frames,
                              std::size_t piece = MemoryTransport::kWhole) {
    server_->feed(frames.bytes(), piece);
    loop_.run_ready();
    return parse_frames(server_->take());
  }
  void wait(Duration time) {
    clock_.advance(time);
    ofn::testing::settle(loop_);
  }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  Limits limits_;
  TestHandler handler_;
  std::unique_ptr<MemoryTransport> server_;
  std::unique_ptr<MemoryTransport> client_;
  ClientSession* client_session_ = nullptr;
};

inline const ClientRequest kGet{.method = "GET", .authority = "host", .path = "/"};
inline const ClientRequest kPost{.method = "POST", .authority = "host", .path = "/"};

inline void echo(Exchange& exchange) {
  const Message& request = exchange.request();
  std::string text(request.method);
  text.append(" ").append(request.target).append(" ").append(request.authority).append("\n");
  for (const Field& field : request.fields)
    text.append(field.name).append("=").append(field.value).append("\n");
  text.append(request.body);
  exchange.respond(Response(text));
}

}  // namespace ofn::wire::http2::server_bench
