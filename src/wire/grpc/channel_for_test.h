// Both ends of gRPC, joined in memory; the network between them is cut, refuses and goes silent as
// a test wants.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "wire/grpc/channel.h"
#include "wire/grpc/server.h"
#include "wire/http2/server_session.h"
#include "wire/memory_transport_for_test.h"

namespace ofn::wire::grpc {

// Connections in memory. Each one made is joined to what `answer` makes for the other end.
class Network {
 public:
  Network(Loop& loop, std::function<std::unique_ptr<Session>()> peer)
      : loop_(loop), peer_(std::move(peer)) {}

  Connector connector() {
    return [this](Deadline, LinkMade made) {
      ++attempts;
      auto dialing = std::make_unique<Attempt>();
      loop_.post(
          [this, alive = std::weak_ptr<int>(dialing->alive), done = std::move(made)]() mutable {
            if (alive.expired() || hang) return;
            if (refuse) return done(fail(Code::kUnavailable, "connection refused"));
            done(std::make_unique<MemoryLink>(*this));
          });
      return dialing;
    };
  }

  // Until nobody has anything more to say.
  void run() {
    do {
      ofn::testing::settle(loop_);
      // The list may grow while it is walked.
      // NOLINTNEXTLINE(modernize-loop-convert)
      for (std::size_t i = 0; i < wires_.size(); ++i) {
        Wire& wire = *wires_[i];
        if (wire.gone) continue;
        if (!wire.client->open()) {
          wire.over();
          continue;
        }
        if (silent) {
          wire.client->take();
          continue;
        }
        carried += join(*wire.client, *wire.server, piece,
                        cut_after == MemoryTransport::kWhole ? cut_after : cut_after - carried);
        if (!wire.client->open() || wire.client->session().ending() != Ending::kOpen) wire.over();
      }
    } while (loop_.poll());
    std::erase_if(wires_, [](const auto& wire) { return wire->gone; });
  }
  MemoryTransport& server(std::size_t i = 0) { return *wires_.at(i)->server; }
  MemoryTransport& client(std::size_t i = 0) { return *wires_.at(i)->client; }
  std::size_t open() const { return wires_.size(); }

  int attempts = 0;
  bool refuse = false;
  bool hang = false;
  bool silent = false;
  std::size_t piece = MemoryTransport::kWhole;
  std::size_t cut_after = MemoryTransport::kWhole;
  std::size_t carried = 0;

 private:
  struct Attempt final : Dialing {
    std::shared_ptr<int> alive = std::make_shared<int>();
  };
  struct Wire {
    std::unique_ptr<MemoryTransport> client;
    std::unique_ptr<MemoryTransport> server;
    std::function<void()> on_gone;
    Loop* loop = nullptr;
    bool gone = false;
    void over() {
      if (gone) return;
      gone = true;
      loop->post([this, told = std::move(on_gone)] {
        client->destroy_session();
        server->lose();
        told();
      });
    }
  };
  class MemoryLink final : public Link {
   public:
    explicit MemoryLink(Network& network) : network_(network) {}
    void start(std::unique_ptr<Session> session, std::function<void()> on_gone) override {
      auto wire = std::make_unique<Wire>();
      wire->loop = &network_.loop_;
      wire->on_gone = std::move(on_gone);
      wire->client = std::make_unique<MemoryTransport>(network_.loop_, std::move(session));
      wire->server = std::make_unique<MemoryTransport>(network_.loop_, network_.peer_());
      wire_ = network_.wires_.emplace_back(std::move(wire)).get();
    }
    void close() override { wire_->over(); }

   private:
    Network& network_;
    Wire* wire_ = nullptr;
  };

  Loop& loop_;
  std::function<std::unique_ptr<Session>()> peer_;
  std::vector<std::unique_ptr<Wire>> wires_;
};

struct Seen {
  int calls = 0;
  Status status;
  std::string message;
  std::map<std::string, std::string> initial;
  std::map<std::string, std::string> trailing;
  Reach reach = Reach::kMaybe;
};

class GrpcTest : public ::testing::Test {
 protected:
  void open(ChannelOptions options = {}) {
    options.authority = "peer:1";
    channel_ = std::make_unique<Channel>(loop_, network_.connector(), std::move(options));
  }
  void SetUp() override {
    server_.add("/echo",
                [](std::unique_ptr<ServerCall> call) { call->respond({}, call->request()); });
    server_.add("/keep",
                [this](std::unique_ptr<ServerCall> call) { kept_.push_back(std::move(call)); });
    server_.add("/drop", [](std::unique_ptr<ServerCall>) {});
    open();
  }
  void TearDown() override {
    bool closed = false;
    network_.cut_after = MemoryTransport::kWhole;
    network_.silent = false;
    channel_->close([&] { closed = true; });
    network_.run();
    EXPECT_TRUE(closed);
    kept_.clear();
    for (const Seen& seen : seen_) EXPECT_LE(seen.calls, 1);
  }
  Seen& call(std::string_view path, std::string_view request = "", const CallOptions& options = {},
             CallId* id = nullptr) {
    Seen& seen = seen_.emplace_back();
    const CallId made = channel_->call(path, request, options, [&seen](const CallResult& result) {
      ++seen.calls;
      seen.status = result.status;
      seen.message = result.message;
      for (const Field& f : result.initial_metadata) seen.initial[std::string(f.name)] = f.value;
      for (const Field& f : result.trailing_metadata) seen.trailing[std::string(f.name)] = f.value;
      seen.reach = result.reach;
    });
    if (id != nullptr) *id = made;
    return seen;
  }
  void wait(Duration time) {
    clock_.advance(time);
    network_.run();
  }
  Deadline in(Duration time) const { return Deadline::in(time, clock_); }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  Limits limits_;
  Server server_{ServerOptions{}};
  Handler* handler_ = &server_;
  Network network_{loop_, [this] { return http2::make_server_session(*handler_, limits_); }};
  std::unique_ptr<Channel> channel_;
  std::vector<std::unique_ptr<ServerCall>> kept_;
  std::deque<Seen> seen_;
};

}  // namespace ofn::wire::grpc
