// The head of an HTTP/1.1 request: bytes in, a Head or a Reject out.
//
//   HeadParser parser(limits);
//   const Step step = parser.parse(buffer);     // again with the longer buffer after kMore
//   if (step == Step::kDone) reject = parser.read(buffer, head, fields);
//
// Serving bytes safely is what this program is for, so nothing is guessed or mended: a head is
// either what the specification says or refused, and a proxy in front of us that reads it
// differently has nothing to disagree about.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "wire/http1/field_lines.h"
#include "wire/http1/verdict.h"
#include "wire/limits.h"

namespace ofn::wire::http1 {

// How the body's end is found (RFC 9112 §6.3).
enum class Framing { kNone, kLength, kChunked };

// A head that was accepted. Views point into the bytes that were given to HeadParser::read.
struct Head {
  std::string_view method;
  // Origin-form, or "*". Absolute-form is reduced to its path and query; when it has a query but no
  // path ("http://host?x"), this begins with '?', and the slash is the reader's to add.
  std::string_view target;
  std::string_view scheme = "http";  // of an absolute target; "http" or "https"
  std::string_view authority;        // of an absolute target, else Host; empty only in HTTP/1.0
  bool several_cookies = false;      // more than one Cookie field, which are one to the function
  bool http10 = false;               // 1.0; everything from 1.1 to 1.9 is served as 1.1
  bool keep_alive = false;
  bool expects_continue = false;
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;  // of Framing::kLength
  // The value of HTTP2-Settings when the request asks for `Upgrade: h2c` in the right form.
  std::optional<std::string_view> h2c_settings;
};

// Lifetime: one per connection, reset() between requests. Keeps positions, no pointers: the buffer
//   may move while it grows.
// Errors: a Reject, always the same one for the same bytes, however they were split.
// Cost: each byte is looked at once; allocates nothing in the steady state.
// Spec: RFC 9112 §2–§6, RFC 9110 §7.2, §10.1.1; RFC 7540 §3.2 for the upgrade.
class HeadParser {
 public:
  explicit HeadParser(const Limits& limits) : limits_(limits) {}

  void reset();

  // `seen`: everything since the first byte of the request. What follows the head is not looked at.
  Step parse(std::string_view seen);
  // Has a byte of the request been seen? The empty line that may precede it does not count.
  bool begun() const {
    return state_ > State::kMethod || (state_ == State::kMethod && position_ > method_);
  }
  // After kRejected.
  const Reject& reject() const { return reject_; }
  // After kDone: how many bytes the head has.
  std::size_t size() const { return lines_.position(); }
  // The method once it is known, else empty: the answer to a refused HEAD has no body either.
  std::string_view method(std::string_view seen) const {
    return seen.substr(method_, method_size_);
  }

  // After kDone: what the fields mean. `bytes` begins with the head (a copy of it will do) and
  // outlives `head` and `fields`. Where the target has an authority, Host has its value (RFC 9112 §3.2.2). Returns why the
  // head is refused all the same.
  std::optional<Reject> read(std::string_view bytes, Head& head, std::vector<Field>& fields) const;

 private:
  enum class State : std::uint8_t {
    kStart,
    kLeadingLf,
    kMethod,
    kTarget,
    kAsterisk,
    kScheme,
    kWord,
    kAfterWord,
    kSchemeSlash1,
    kSchemeSlash2,
    kAuthority,
    kPath,
    kQuery,
    kEscape1,
    kEscape2,
    kVersion,
    kFields,
  };

  Step refuse(int status, std::string_view reason);
  Step parse_request_line(std::string_view seen);
  bool parse_usual_line(std::string_view seen);
  Step end_method(std::string_view method);
  Step end_target(std::size_t position);
  Step end_version();

  const Limits& limits_;
  FieldLines lines_;
  Reject reject_;
  // Positions in the buffer.
  std::size_t position_ = 0;
  std::size_t method_ = 0;
  std::size_t method_size_ = 0;
  std::size_t target_ = 0;
  std::size_t authority_ = 0;
  std::size_t authority_size_ = 0;  // not 0: absolute-form
  std::size_t path_ = 0;            // where the origin-form begins
  std::size_t target_end_ = 0;
  std::uint8_t version_at_ = 0;  // how much of "HTTP/1.1\r\n" was seen
  char major_ = 0;
  char minor_ = 0;
  State state_ = State::kStart;
};

}  // namespace ofn::wire::http1
