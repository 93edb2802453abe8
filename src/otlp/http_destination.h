// A collector over HTTP/1.1 without TLS, on a loop's own connections.
//
//   HttpDestination destination(loop, connector, Signal::kTraces, settings.traces.target);
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loop/loop.h"
#include "otlp/destination.h"
#include "otlp/http_message.h"
#include "otlp/settings.h"
#include "wire/grpc/link.h"
#include "wire/http1/client_session.h"

namespace ofn::otlp {

// Cost: one connection, which stays open between messages as long as the collector leaves it open. An idle one wakes nothing.
class HttpDestination final : public Destination, private Ready {
 public:
  HttpDestination(Loop& loop, wire::grpc::Connector connector, Signal signal, const Target& target);
  HttpDestination(const HttpDestination&) = delete;
  HttpDestination& operator=(const HttpDestination&) = delete;
  ~HttpDestination() override;

  std::size_t concurrency() const override { return 1; }
  void deliver(std::string_view message, Deadline deadline,
               std::move_only_function<void(const Answer&)> done) override;
  void close(std::function<void()> closed) override;
  std::string_view name() const override { return name_; }

 private:
  struct Attached;  // a link, and the session on it

  void run_ready() override;
  void connect();
  void on_link(Result<std::unique_ptr<wire::grpc::Link>> link);
  void on_link_gone(Attached& attached);
  void post(wire::http1::ClientSession& session);
  void on_outcome(const wire::http1::ClientSession& session,
                  const wire::http1::ClientOutcome& outcome);
  void on_deadline();
  void finish(const Answer& answer);

  Loop& loop_;
  wire::grpc::Connector connector_;
  HttpMessages messages_;
  wire::Limits limits_;  // of the answers
  std::string authority_;
  std::string path_;
  std::string name_;
  // The message that is being sent.
  std::string body_;
  Deadline deadline_;
  std::move_only_function<void(const Answer&)> done_;
  TimeLimit time_limit_;

  std::unique_ptr<wire::Dialing> dialing_;
  std::vector<std::unique_ptr<Attached>> links_;   // the current one, and older ones that end
  wire::http1::ClientSession* session_ = nullptr;  // the current one
  std::function<void()> closed_;
};

}  // namespace ofn::otlp
