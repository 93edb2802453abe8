// A client of HTTP.
//
//   ofn::task<ofn::Response> weather(const ofn::Request& request) {
//     const ofn::Reply<ofn::HttpReply> answer =
//         co_await ofn::async_get("https://weather.example/" + std::string(request.body()));
//     if (!answer) co_return ofn::Response(answer.failure().message).status(502);
//     co_return answer->body;
//   }
//
// Other methods, fields and limits are those of an HttpCall:
//
//   ofn::task<> report(std::string json) {
//     const ofn::Reply<ofn::HttpReply> answer = co_await ofn::async_fetch(
//         ofn::HttpCall("PUT", "https://example.org/report")
//             .header("Content-Type", "application/json").body(json).timeout(std::chrono::seconds(2)));
//     answer.check();  // throws if there is no answer, but not for a status of 400 or more
//   }
//
// http and https; HTTP/2 if the server offers it over TLS. Certificates are verified. The call's traceparent and X-Request-Id are
// passed on, unless the request has its own, and a request is a span of the call's trace. No redirect is followed, unless the
// HttpCall says so. HTTP_PROXY, HTTPS_PROXY and NO_PROXY are heeded, except for loopback.
//
// Errors are values: INVALID_ARGUMENT (the URL or a field), UNAVAILABLE (the server cannot be reached), DEADLINE_EXCEEDED (the
// timeout, or the call's deadline), CANCELLED (the call was asked to stop), RESOURCE_EXHAUSTED (the answer is larger than allowed,
// or memory is short), FAILED_PRECONDITION (a certificate; libcurl is not installed, and the message names the package), UNKNOWN (the connection broke;
// the server may have got the request). A status of 400 or more is an answer.
// Cost: no thread, some kilobytes while it is under way. Connections stay open for later requests of the same loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/await.h>
#include <ofn/failure.h>
#include <ofn/field.h>
#include <ofn/task.h>

namespace ofn {

// One request. A value.
class HttpCall {
 public:
  using Time = std::chrono::steady_clock::duration;

  HttpCall(std::string method, std::string url)
      : method_(std::move(method)), url_(std::move(url)) {}

  // Adds a field.
  HttpCall& header(std::string name, std::string value) & {
    headers_.push_back({std::move(name), std::move(value)});
    return *this;
  }
  [[nodiscard]] HttpCall&& header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }
  HttpCall& body(std::string bytes) & {
    body_ = std::move(bytes);
    return *this;
  }
  [[nodiscard]] HttpCall&& body(std::string bytes) && { return std::move(body(std::move(bytes))); }
  // The longest time from its beginning to the end of the answer. The call's deadline ends it in any case.
  HttpCall& timeout(Time at_most) & {
    timeout_ = at_most;
    return *this;
  }
  [[nodiscard]] HttpCall&& timeout(Time at_most) && { return std::move(timeout(at_most)); }
  // The largest body of an answer, in bytes; 10 MiB unless set.
  HttpCall& max_answer(std::size_t bytes) & {
    max_answer_ = bytes;
    return *this;
  }
  [[nodiscard]] HttpCall&& max_answer(std::size_t bytes) && { return std::move(max_answer(bytes)); }
  // Follows that many redirects. Fields go to the new server, except Authorization and Cookie. Method and body stay, except that 303 makes a GET
  // without the body of all methods but HEAD, and 301 and 302 make one of POST (RFC 9110 §15.4).
  HttpCall& redirects(unsigned at_most) & {
    redirects_ = at_most;
    return *this;
  }
  [[nodiscard]] HttpCall&& redirects(unsigned at_most) && { return std::move(redirects(at_most)); }

  const std::string& method() const noexcept { return method_; }
  const std::string& url() const noexcept { return url_; }
  const std::vector<Header>& headers() const noexcept { return headers_; }
  // Empty if there is none.
  const std::optional<std::string>& body() const noexcept { return body_; }
  Time timeout() const noexcept { return timeout_; }
  std::size_t max_answer() const noexcept { return max_answer_; }
  unsigned redirects() const noexcept { return redirects_; }

 private:
  std::string method_;
  std::string url_;
  std::vector<Header> headers_;
  std::optional<std::string> body_;
  Time timeout_ = Time::max();
  std::size_t max_answer_ = std::size_t{10} * 1024 * 1024;
  unsigned redirects_ = 0;
};

// Its answer, of any status.
struct HttpReply {
  int status = 0;
  std::vector<Header> headers;  // and trailers, in the order of the server
  std::string body;

  // Returns true for a status of 200 to 299.
  bool ok() const noexcept { return status >= 200 && status < 300; }
  // Returns the value of the first field of that name; empty if there is none.
  std::optional<std::string_view> header(std::string_view name) const noexcept {
    for (const Header& each : headers) {
      if (same_field_name(each.name, name)) return each.value;
    }
    return std::nullopt;
  }
};

namespace internal {

struct [[nodiscard("nothing is sent until it is awaited: co_await it")]] Fetching final
    : WaitOperation {
  explicit Fetching(HttpCall of) : call(std::move(of)) {}
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> coroutine) noexcept {
    const abi::AwaitTable& host = waits_in(coroutine);
    host.fetch(tasks->host, *this, call, reply, failure);
  }
  Reply<HttpReply> await_resume() {
    if (was_given_up) return Failure{Code::kCancelled, "the call was asked to stop"};
    if (error != 0) return Failure{Code::kResourceExhausted, "there is no memory for the request"};
    if (failure) return *std::move(failure);
    return std::move(reply);
  }
  HttpCall call;
  HttpReply reply;
  std::optional<Failure> failure;
};

}  // namespace internal

// Awaiting it makes the request, and returns a Reply<HttpReply>.
inline auto async_fetch(HttpCall call) { return internal::Fetching(std::move(call)); }
inline auto async_get(std::string url) {
  return internal::Fetching(HttpCall("GET", std::move(url)));
}

}  // namespace ofn
