// The response of an HTTP function.
//
//   return "hello\n";                                                      // 200, text
//   return ofn::Response("only GET\n").status(405).header("Allow", "GET");
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/field.h>
#include <ofn/lazy.h>

namespace ofn {

// One complete HTTP response. A value: copy, move and compare it freely.
//
// Content type: a Response made from text has no content type of its own. The server sends
// `text/plain; charset=utf-8` unless a `Content-Type` header is set. (docs/outputs.md says what
// outputs get in that case.)
// Errors: when the function has returned, the framework refuses a status outside 200…599, a header
// name that is not a token (RFC 9110 §5.6.2), a value with a control character other than tab, and
// framing fields (Content-Length, Transfer-Encoding, Connection, Proxy-Connection, Keep-Alive,
// Upgrade, Trailer, TE). Then nothing is sent to outputs, the client gets a 500, and the log says
// what was wrong.
class [[nodiscard("a Response that is not returned answers nobody: return it")]] Response {
 public:
  Response() = default;
  // NOLINTBEGIN(google-explicit-constructor): text converts, so that `return "hello\n";` works.
  OFN_INTERNAL_LAZY Response(std::string body) noexcept : body_(std::move(body)) {}
  OFN_INTERNAL_LAZY Response(std::string_view body) : body_(body) {}
  OFN_INTERNAL_LAZY Response(const char* body) : body_(body) {}
  // NOLINTEND(google-explicit-constructor)

  // The status code; 200 unless set. A status of 400 or more means that the function failed, and
  // nothing is sent to outputs.
  int status() const noexcept { return status_; }
  Response& status(int code) & noexcept {
    status_ = code;
    return *this;
  }
  OFN_INTERNAL_LAZY [[nodiscard]] Response&& status(int code) && noexcept {
    return std::move(status(code));
  }

  const std::vector<Header>& headers() const noexcept { return headers_; }
  // Adds a header field; a name may be added more than once (Set-Cookie).
  OFN_INTERNAL_LAZY Response& header(std::string name, std::string value) & {
    headers_.push_back({std::move(name), std::move(value)});
    return *this;
  }
  OFN_INTERNAL_LAZY [[nodiscard]] Response&& header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }
  // Sets the content type, and replaces an earlier one.
  OFN_INTERNAL_LAZY Response& content_type(std::string type) & {
    std::erase_if(headers_,
                  [](const Header& h) { return same_field_name(h.name, "content-type"); });
    return header("content-type", std::move(type));
  }
  OFN_INTERNAL_LAZY [[nodiscard]] Response&& content_type(std::string type) && {
    return std::move(content_type(std::move(type)));
  }

  // The body: bytes, which are sent unchanged.
  const std::string& body() const& noexcept { return body_; }
  OFN_INTERNAL_LAZY std::string&& body() && noexcept { return std::move(body_); }
  OFN_INTERNAL_LAZY Response& body(std::string bytes) & noexcept {
    body_ = std::move(bytes);
    return *this;
  }
  OFN_INTERNAL_LAZY [[nodiscard]] Response&& body(std::string bytes) && noexcept {
    return std::move(body(std::move(bytes)));
  }

  // Returns the first header of that name, or null.
  OFN_INTERNAL_LAZY const std::string* find_header(std::string_view name) const noexcept {
    for (const Header& header : headers_) {
      if (same_field_name(header.name, name)) return &header.value;
    }
    return nullptr;
  }

 private:
  int status_ = 200;
  std::vector<Header> headers_;
  std::string body_;
};

}  // namespace ofn
