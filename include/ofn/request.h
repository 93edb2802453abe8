// The request that an HTTP function receives.
//
//   ofn::Response hello(const ofn::Request& request) {
//     return "hello, " + std::string(request.query("name").value_or("world")) + "\n";
//   }
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/field.h>
#include <ofn/lazy.h>

namespace ofn {

namespace internal {

// The place of a request's body. Only one Request may take the body: a moved-to Request may, a copy
// may not.
class Lent {
 public:
  Lent() = default;
  explicit Lent(std::string& bytes) noexcept : bytes_(&bytes) {}
  Lent(const Lent& /*other*/) noexcept {}
  Lent(Lent&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)) {}
  // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): nothing is freed
  Lent& operator=(const Lent& /*other*/) noexcept {
    bytes_ = nullptr;
    return *this;
  }
  Lent& operator=(Lent&& other) noexcept {
    bytes_ = std::exchange(other.bytes_, nullptr);
    return *this;
  }
  ~Lent() = default;

  std::string* take() noexcept { return std::exchange(bytes_, nullptr); }

 private:
  std::string* bytes_ = nullptr;
};

}  // namespace internal

// One complete HTTP request: the body has been read before the function is called.
//
//   ofn::Response echo(ofn::Request request) { return std::move(request).body(); }   // not copied
//
// Lifetime: a Request borrows. It and every view that it returns are valid until the function
// returns. Copy data that must live longer, or take the body.
// Threads: any thread may read it. It is immutable except for taking its body.
// Spec: RFC 9110 for the terms. Nothing is normalised: path, fields and body are as the client sent
// them.
class Request {
 public:
  // The values that the server sets. Authors construct a Request only in their own tests.
  struct Parts {
    std::string_view method;           // "GET"; case-sensitive, any token (RFC 9110 §9.1)
    std::string_view target;           // as received: "/a/b?x=1" (RFC 9112 §3.2), never decoded
    std::string_view scheme = "http";  // "http" or "https"
    std::string_view authority;        // Host or :authority
    std::span<const Field> headers;    // in order of arrival
    std::span<const Field> trailers;   // of a chunked or HTTP/2 body; never merged into headers
    std::span<const Field> params;     // of the route's pattern, percent-decoded
    std::string_view body;             // bytes; may contain zeros
    std::string_view peer;             // "127.0.0.1:51234", "[::1]:51234", or "unix"
    std::string_view id;  // the request's id, as in the logs and in the answer's X-Request-Id
    std::string_view version = "1.1";  // "1.0", "1.1" or "2"
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::stop_token stop;
  };

  OFN_INTERNAL_LAZY explicit Request(Parts parts) noexcept : parts_(std::move(parts)) {}
  // Makes a request whose body may be taken: `body`, which outlives the request, is used instead of
  // `parts.body`.
  OFN_INTERNAL_LAZY Request(Parts parts, std::string& body) noexcept
      : parts_(std::move(parts)), lent_(body) {
    parts_.body = body;
  }

  std::string_view method() const noexcept { return parts_.method; }
  std::string_view target() const noexcept { return parts_.target; }
  // Returns the target's path as sent: "/a%20b". "*" for `OPTIONS *`.
  OFN_INTERNAL_LAZY std::string_view path() const noexcept {
    return parts_.target.substr(0, parts_.target.find('?'));
  }
  // Returns everything after the first '?', undecoded; empty if there is none.
  OFN_INTERNAL_LAZY std::string_view query_string() const noexcept {
    const auto mark = parts_.target.find('?');
    return mark == std::string_view::npos ? std::string_view() : parts_.target.substr(mark + 1);
  }
  // Returns the first query parameter of that name, decoded as application/x-www-form-urlencoded
  // ('+' is a blank, %XX a byte; an incomplete escape is kept); nullopt if there is none. "?flag"
  // has the value "". Cost: linear in the query; allocates the decoded value.
  OFN_INTERNAL_LAZY std::optional<std::string> query(std::string_view name) const;

  std::span<const Field> headers() const noexcept { return parts_.headers; }
  // Returns the first header field of that name (ASCII case does not count); nullopt if there is
  // none.
  OFN_INTERNAL_LAZY std::optional<std::string_view> header(std::string_view name) const noexcept {
    const Field* field = find_field(parts_.headers, name);
    return field == nullptr ? std::nullopt : std::optional(field->value);
  }
  std::span<const Field> trailers() const noexcept { return parts_.trailers; }
  // Returns the value of `{name}` in the route's pattern; nullopt if the pattern has no such
  // parameter.
  OFN_INTERNAL_LAZY std::optional<std::string_view> param(std::string_view name) const noexcept {
    for (const Field& param : parts_.params) {
      if (param.name == name) return param.value;
    }
    return std::nullopt;
  }

  std::string_view body() const& noexcept { return parts_.body; }
  // Takes the body, to keep, change or send it. Afterwards this request has no body, and views of
  // the body are no longer valid. Cost: nothing, whatever its size, if the function takes the
  // Request by value and neither a Context nor hooks also use it. Otherwise, and for a copy of a
  // Request, the body is copied.
  OFN_INTERNAL_LAZY std::string body() && {
    const std::string_view bytes = std::exchange(parts_.body, {});
    std::string* const lent = lent_.take();
    return lent != nullptr ? std::move(*lent) : std::string(bytes);
  }
  // Returns all parts, to make another request from them.
  const Parts& parts() const noexcept { return parts_; }
  std::string_view scheme() const noexcept { return parts_.scheme; }
  std::string_view authority() const noexcept { return parts_.authority; }
  std::string_view peer() const noexcept { return parts_.peer; }
  std::string_view id() const noexcept { return parts_.id; }
  std::string_view version() const noexcept { return parts_.version; }
  // Returns the time at which the client gets 504, even if the function still runs.
  // `time_point::max()` means never.
  std::chrono::steady_clock::time_point deadline() const noexcept { return parts_.deadline; }
  // Returns the stop token. A stop is requested when the deadline passes, the client disconnects,
  // or the server gives up draining. A std::stop_callback runs on a thread of the server beside the
  // function, and must not throw. It may lock mutexes that the function uses. If many callbacks
  // block for long, those of other calls run later.
  const std::stop_token& stop_token() const noexcept { return parts_.stop; }

 private:
  Parts parts_;
  internal::Lent lent_;
};

namespace internal {

constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Removes the first character of a form-encoded text that is not empty, and returns it (URL
// Standard, application/x-www-form-urlencoded).
constexpr char next_of_form(std::string_view& text) noexcept {
  const char* const at = text.data();
  if (*at == '%' && text.size() > 2 && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
    text.remove_prefix(3);
    return static_cast<char>(hex_digit(at[1]) * 16 + hex_digit(at[2]));
  }
  text.remove_prefix(1);
  return *at == '+' ? ' ' : *at;
}
constexpr bool is_form_of(std::string_view form, std::string_view text) noexcept {
  while (!form.empty() && !text.empty() && next_of_form(form) == text.front()) {
    text.remove_prefix(1);
  }
  return form.empty() && text.empty();
}

}  // namespace internal

template <int>
std::optional<std::string> Request::query(std::string_view name) const {
  for (std::string_view rest = query_string(); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size() < rest.size() ? pair.size() + 1 : pair.size());
    const std::string_view key = pair.substr(0, pair.find('='));
    if (!internal::is_form_of(key, name)) continue;
    std::string_view form = pair;
    form.remove_prefix(key.size() < pair.size() ? key.size() + 1 : key.size());
    std::string value(form.size(), ' ');
    std::size_t length = 0;
    while (!form.empty()) value[length++] = internal::next_of_form(form);
    value.erase(length);
    return value;
  }
  return std::nullopt;
}

}  // namespace ofn
