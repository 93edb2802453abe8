// A collector behind https, over HTTP/1.1 or gRPC, by libcurl.
//
//   auto destination = CurlDestination::make(loop, Signal::kTraces, settings.traces.target);
//   if (!destination) complain(destination.error().message());
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "loop/loop.h"
#include "otlp/blocking_call.h"
#include "otlp/destination.h"
#include "otlp/http_message.h"
#include "otlp/settings.h"
#include "wire/blocking/http_client.h"

namespace ofn::otlp {

// Cost: a thread for the time of each message; the connection stays open between messages.
class CurlDestination final : public Destination, private Ready {
 public:
  // Errors: kFailedPrecondition if libcurl is not installed; the message names the package.
  static Result<std::unique_ptr<Destination>> make(Loop& loop, Signal signal, const Target& target);
  CurlDestination(Loop& loop, Signal signal, const Target& target,
                  std::unique_ptr<wire::blocking::HttpClient> client);

  std::size_t concurrency() const override { return 1; }
  void deliver(std::string_view message, Deadline deadline,
               std::move_only_function<void(const Answer&)> done) override;
  void close(std::function<void()> closed) override;
  std::string_view name() const override { return name_; }

 private:
  void run_ready() override;

  Loop& loop_;
  HttpMessages messages_;
  bool is_grpc_;
  std::string url_;
  std::string name_;
  std::shared_ptr<wire::blocking::HttpClient> client_;  // with the thread of a call
  BlockingCall call_;
  std::function<void()> closed_;
};

}  // namespace ofn::otlp
