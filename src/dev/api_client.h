// A client of the local API whose calls block, for commands.
//
//   ApiClient client(instance.socket);
//   auto reply = client.ask("POST", "/api/v1/invoke", body);
//   client.follow("/api/v1/logs?follow=true", [](std::string_view line) { return !line.empty(); });
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace ofn::dev {

struct ApiReply {
  int status = 0;
  std::string body{};
};

// Each request has a connection of its own. Threads: one at a time.
// Errors: kUnavailable: nobody listens, or the connection ended before the answer was whole.
class ApiClient {
 public:
  explicit ApiClient(std::string socket) : socket_(std::move(socket)) {}

  // Waits as long as the loop needs for the answer: it has the time limits.
  Result<ApiReply> ask(std::string_view method, std::string_view target,
                       std::string_view body = {}) const;
  // Gives each line of an answer that goes on, until it ends or `on_line` returns false. An answer with another status than 200 is
  // returned whole.
  Result<ApiReply> follow(std::string_view target,
                          const std::function<bool(std::string_view)>& on_line) const;
  // Asks `count` times the same, at most `at_a_time` at once, and gives each answer to `on_reply`, in the order in which they come.
  void ask_often(std::string_view method, std::string_view target, std::string_view body,
                 std::size_t count, std::size_t at_a_time,
                 const std::function<void(Result<ApiReply>)>& on_reply) const;

 private:
  std::string socket_;
};

}  // namespace ofn::dev
