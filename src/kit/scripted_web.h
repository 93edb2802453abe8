// The servers that functions ask over HTTP (<ofn/http_client.h>), as a test scripts them: implements the port HttpPort in memory.
//
//   ScriptedWeb web(loop);
//   web.answer("https://shop.example/tea", [](const HttpCall&) { return testing::WebAnswer{.body = "4"}; });
//   environment.awaits.http = &web;
//
// What a program's client refuses, such as a URL that is none, it refuses with the same code.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/http_client.h>
#include <ofn/testing/host.h>

#include "base/error.h"
#include "invocation/http_port.h"
#include "loop/loop.h"

namespace ofn::kit {

// Lifetime: the loop outlives it. Threads: the loop's.
class ScriptedWeb final : public HttpPort {
 public:
  using Answer = std::function<testing::WebAnswer(const HttpCall&)>;

  // `owner`: how the test names the object with the script.
  explicit ScriptedWeb(Loop& loop, std::string_view owner = "program")
      : loop_(loop), owner_(owner) {}
  ScriptedWeb(const ScriptedWeb&) = delete;
  ScriptedWeb& operator=(const ScriptedWeb&) = delete;

  // `request`: "https://shop.example/tea", "PUT https://shop.example/tea", "https://shop.example/*". The most exact one counts, and the last
  // one of equals. Errors: std::runtime_error if it can be no request's.
  void answer(std::string_view request, Answer answer);
  void fail(std::string_view request, const testing::internal::WebFailing& failing);
  // The requests that functions have made, in order, with the fields that are passed on.
  const std::vector<HttpCall>& asked() const { return asked_; }
  // Returns what was asked without an answer of the test, in words, once; empty if nothing was.
  std::string take_problem();

  Result<std::unique_ptr<UnderWay>> send(const HttpCall& call, const HttpPortOptions& options,
                                         Done done) override;

 private:
  class Asking;
  struct Server {
    Answer answer{};
    std::optional<testing::internal::WebFailing> failing{};
    unsigned calls = 0;  // since the failure was scripted
  };
  // How a request ends, and after which time.
  struct Outcome {
    Result<HttpReply> reply;
    Duration after{};
  };

  Server* server_of(std::string_view method, std::string_view url);
  Outcome outcome_of(HttpCall call);
  Outcome outcome_of(Server& server, const HttpCall& call);
  Outcome unknown(const HttpCall& call);

  Loop& loop_;
  const std::string_view owner_;
  std::map<std::string, Server, std::less<>> servers_;  // by request, as the test wrote it
  std::vector<HttpCall> asked_;
  std::string problem_;
};

}  // namespace ofn::kit
