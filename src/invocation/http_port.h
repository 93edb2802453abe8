// The port HttpPort: how the requests of an author's tasks (<ofn/http_client.h>) reach their servers.
//
//   auto under_way = http.send(call, options, [](Result<HttpReply> reply) { … });
//   if (!under_way) complain(under_way.error().message());
//   under_way->reset();  // gives the request up
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include <ofn/http_client.h>

#include "base/clock.h"
#include "base/error.h"

namespace ofn {

// What an author's call passes on. Empty: there is none.
struct HttpPortOptions {
  Deadline deadline{};
  std::string_view request_id{};
  std::string_view traceparent{};
  std::string_view tracestate{};
  std::string_view baggage{};
};

// Threads: the loop's.
class HttpPort {
 public:
  // A request that is under way. Its destructor gives it up; then `done` does not run.
  class UnderWay {
   public:
    virtual ~UnderWay() = default;
  };
  using Done = std::move_only_function<void(Result<HttpReply>)>;

  virtual ~HttpPort() = default;
  // `done` runs once, in a later step of the loop; it may destroy what is under way. The call, and what the options refer to, live
  // until then.
  virtual Result<std::unique_ptr<UnderWay>> send(const HttpCall& call,
                                                 const HttpPortOptions& options, Done done) = 0;
};

}  // namespace ofn
