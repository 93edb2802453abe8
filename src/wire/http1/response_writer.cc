#include "wire/http1/response_writer.h"

#include <array>
#include <charconv>
#include <cstring>

#include "base/check.h"
#include "base/http_status.h"
#include "wire/exchange.h"

namespace ofn::wire::http1 {

namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\n";
constexpr std::string_view kPlainText = "Content-Type: text/plain; charset=utf-8\r\n";

// Writes into memory that is large enough.
class Cursor {
 public:
  explicit Cursor(char* at) : at_(at) {}

  void text(std::string_view part) {
    std::memcpy(at_, part.data(), part.size());
    at_ += part.size();
  }
  void number(std::size_t number) { at_ = std::to_chars(at_, at_ + 20, number).ptr; }
  void status_line(int status) {
    if (status == 200) return text(kOk);
    text("HTTP/1.1 ");
    number(static_cast<std::size_t>(status));
    text(" ");
    text(reason_phrase(status));
    text("\r\n");
  }
  void field(std::string_view name, std::string_view value) {
    text(name);
    text(": ");
    text(value);
    text("\r\n");
  }
  char* at() const { return at_; }

 private:
  char* at_;
};

// Status line, the server's own fields and the empty line at their longest.
constexpr std::size_t kFixedSize = 256;
constexpr std::size_t kFieldFrame = 4;  // ": " and CRLF

// As same_field_name(), for a name in lower case: most names fall at their length or their first letter.
bool is_named(std::string_view name, std::string_view wanted) {
  return name.size() == wanted.size() && (name.front() | 0x20) == wanted.front() &&
         same_field_name(name, wanted);
}

std::string_view connection_line(ConnectionField connection) {
  switch (connection) {
    case ConnectionField::kKeepAlive:
      return "Connection: keep-alive\r\n";
    case ConnectionField::kClose:
      return "Connection: close\r\n";
    case ConnectionField::kNone:
      break;
  }
  return "";
}

}  // namespace

BodyPlace write_response(std::string& out, const Response& response,
                         const ResponseContext& context) {
  const int status = response.status();
  const bool follows = context.body_end != BodyEnd::kLength;
  OFN_CHECK(!follows || allows_body(status));
  const std::string_view body =
      follows || !allows_body(status) ? std::string_view() : response.body();
  const bool sends_body = !body.empty() && context.method != Method::kHead;
  const bool copies_body = sends_body && body.size() <= kMaxInlineBody;

  std::size_t size = kFixedSize + (copies_body ? body.size() : 0);
  bool typed = body.empty() && !follows;
  bool dated = false;
  const auto measure = [&](std::string_view name, std::string_view value) {
    size += name.size() + value.size() + kFieldFrame;
    typed = typed || is_named(name, "content-type");
    dated = dated || is_named(name, "date");
  };
  for (const auto& [name, value] : response.headers()) measure(name, value);
  for (const auto& [name, value] : context.extra) measure(name, value);

  const auto fill = [&](char* begin) {
    Cursor to(begin);
    to.status_line(status);
    for (const auto& [name, value] : response.headers()) to.field(name, value);
    for (const auto& [name, value] : context.extra) to.field(name, value);
    if (!typed) to.text(kPlainText);
    if (context.body_end == BodyEnd::kChunked) {
      to.text("Transfer-Encoding: chunked\r\n");
    } else if (!follows && status != 204 && status != 304) {
      to.text("Content-Length: ");
      to.number(body.size());
      to.text("\r\n");
    }
    if (!dated) to.field("Date", context.date);
    to.text(connection_line(context.connection));
    to.text("\r\n");
    if (copies_body) to.text(body);
    return to.at();
  };
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + size, [&](char* data, std::size_t) {
    return static_cast<std::size_t>(fill(data + before) - data);
  });
  return sends_body && !copies_body ? BodyPlace::kSeparate : BodyPlace::kDone;
}

void write_chunk(std::string& out, std::string_view bytes) {
  std::array<char, 16> size{};
  const char* const end =
      std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  out.append(std::string_view(size.data(), end)).append("\r\n").append(bytes).append("\r\n");
}

void write_last_chunk(std::string& out, std::span<const Field> trailers) {
  out += "0\r\n";
  for (const auto& [name, value] : trailers) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  out += "\r\n";
}

}  // namespace ofn::wire::http1
