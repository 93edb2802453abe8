// What arrived for one call: a request, or the delivery of a Dapr input.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>
#include <ofn/request.h>

#include "context/function_context.h"
#include "function/function.h"
#include "invocation/failure_lines.h"
#include "invocation/inbound.h"

namespace ofn {

// Lifetime: reusable; what it is filled with borrows until clear(). Threads: one at a time.
class Arrival {
 public:
  // `parts` borrow. `body` is where `parts.body` lies, if the function may take it from there; else null.
  void fill(const CallLabel& call, Request::Parts&& parts, std::string* body);
  // The function reads the body in pieces: its Reader's host. Before the call begins.
  void read_from(const abi::Incoming* incoming) { incoming_ = incoming; }
  const abi::Incoming* incoming() const { return incoming_; }
  // `stop` is the call's.
  void fill(const CallLabel& call, const Inbound& inbound, std::stop_token stop);
  void clear();

  const Function& function() const { return *call_.function; }
  std::string_view id() const { return call_.ids->request; }
  const CallLabel& label() const { return call_; }
  // What the function gets, or what holds its events; null if a delivery is no request to the function.
  Request* request() { return request_ ? &*request_ : nullptr; }
  const Request* request() const { return request_ ? &*request_ : nullptr; }
  // The same; of a delivery that is no request to the function, the one that an http function would get.
  const Request& request_for_handlers();
  // Puts another body into the request, without the fields that tell how the first one was encoded. Invalidates request().
  void replace_body(std::string body);
  // Null if the call came as a request.
  const Inbound* inbound() const { return inbound_ ? &*inbound_ : nullptr; }
  std::size_t bytes() const { return inbound_ ? inbound_->data.size() : request_->body().size(); }

 private:
  void make_request(std::optional<Request>& request, const Inbound& inbound, std::stop_token stop);

  CallLabel call_;
  std::optional<Request> request_;
  std::optional<Request> request_for_handlers_;  // made when it is asked for
  std::optional<Inbound> inbound_;
  std::string body_;  // that of replace_body()
  const abi::Incoming* incoming_ = nullptr;
  // The program makes a delivery into a request of these parts.
  std::string target_;
  std::vector<Field> fields_;
};

}  // namespace ofn
