// The servers that functions ask over HTTP, as a test scripts them. Authors include <ofn/testing.h>.
//
//   void example(ofn::testing::Program& program) {
//     program.web().answer("https://shop.example/tea", "4");
//     program.web().answer("POST https://shop.example/orders", {.status = 201, .after = std::chrono::seconds(1)});
//     program.web().fail("https://stock.example/*", ofn::testing::WebFault::kUnreachable);
//   }
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/failure.h>
#include <ofn/field.h>
#include <ofn/http_client.h>
#include <ofn/testing/host.h>

namespace ofn::testing {

// What functions get from ofn::async_fetch() and ofn::async_get(). Nothing reaches a network: a request for which the test has no answer fails
// the test, with words that say what to write.
// A request is written as "https://shop.example/tea?size=2", or with a method before it, "PUT https://shop.example/tea". With a * at its end it stands
// for all that begin so. The most exact one counts. The codes of failures are those of a program that serves.
// Errors: std::runtime_error for a request that cannot be. Threads: the test's.
class Web {
 public:
  explicit Web(internal::WebScript& script) : script_(&script) {}

  // From now on the request is answered so.
  void answer(std::string_view request, WebAnswer answer) {
    script_->answer(request, [answer = std::move(answer)](const HttpCall&) { return answer; });
  }
  void answer(std::string_view request, std::string body) {
    answer(request, WebAnswer{.body = std::move(body)});
  }
  // The same, by what the request has.
  void answer(std::string_view request, std::function<WebAnswer(const HttpCall&)> answer) {
    script_->answer(request, std::move(answer));
  }
  // From now on the request fails, or, as the range says, some of them. A later answer() ends it.
  void fail(std::string_view request, WebFault fault, FaultRange range = {}) {
    script_->fail(request, {.fault = fault, .range = std::move(range)});
  }
  void fail(std::string_view request, Code code, FaultRange range = {}) {
    script_->fail(request, {.code = code, .range = std::move(range)});
  }

  // The requests that functions have made, in order, with the fields that a call passes on, such as traceparent. Of those that are
  // redirected, each.
  const std::vector<HttpCall>& asked() const { return script_->asked(); }

 private:
  internal::WebScript* script_;
};

}  // namespace ofn::testing
