#include "wire/http1/head_parser.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "wire/authority.h"
#include "wire/chars.h"
#include "wire/field_rules.h"

namespace ofn::wire::http1 {

namespace {

// "https" and one more, to see that the scheme is not it.
constexpr std::size_t kMaxScheme = 6;
// '0' stands for any digit.
constexpr std::string_view kVersionShape = "HTTP/0.0\r\n";
constexpr std::string_view kUsualVersion = "HTTP/1.1\r\n";

// The methods that HTTP itself defines (RFC 9110 §9, RFC 5789).
constexpr std::array<std::string_view, 9> kRegistered = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

bool is_registered(std::string_view method) {
  return std::ranges::find(kRegistered, method) != kRegistered.end();
}

constexpr std::string_view kNoTarget = "the request target is neither a path nor an http URI";
constexpr std::string_view kBadTarget = "the request target has a character that is not allowed";

}  // namespace

void HeadParser::reset() {
  position_ = 0;
  method_ = 0;
  method_size_ = 0;
  authority_size_ = 0;
  version_at_ = 0;
  state_ = State::kStart;
}

Step HeadParser::refuse(int status, std::string_view reason) {
  reject_ = {status, reason};
  return Step::kRejected;
}

Step HeadParser::parse(std::string_view seen) {
  if (state_ != State::kFields) {
    const bool is_usual = state_ == State::kStart && parse_usual_line(seen);
    const Step step = is_usual ? Step::kDone : parse_request_line(seen);
    if (step != Step::kDone) return step;
    state_ = State::kFields;
    lines_.restart(position_, limits_.head_bytes, limits_.head_fields);
  }
  const Step step = lines_.parse(seen);
  if (step == Step::kRejected) reject_ = lines_.reject();
  return step;
}

Step HeadParser::end_method(std::string_view method) {
  method_size_ = method.size();
  state_ = State::kTarget;
  // A tunnel is nothing that a function could answer.
  return method == "CONNECT" ? refuse(501, "CONNECT is not supported") : Step::kMore;
}

Step HeadParser::end_target(std::size_t position) {
  target_end_ = position;
  state_ = State::kVersion;
  return Step::kMore;
}

Step HeadParser::end_version() {
  if (major_ >= '2') return refuse(505, "the HTTP version is not supported");
  return major_ == '1' ? Step::kDone : refuse(400, "the HTTP version is malformed");
}

// Reads the request line that nearly all requests have, if it came in one piece: "GET /path?query HTTP/1.1". Returns false, and
// changes nothing, for any other line, right or wrong: parse_request_line() decides about it.
bool HeadParser::parse_usual_line(std::string_view seen) {
  const char* const begin = seen.data();
  const char* const end = begin + std::min(seen.size(), limits_.head_bytes);
  const auto left = [&](const char* at) { return static_cast<std::size_t>(end - at); };
  const char* const blank = skip(kToken, begin, begin + std::min(left(begin), kMaxMethod));
  if (blank == begin || left(blank) < 2 || blank[0] != ' ' || blank[1] != '/') return false;
  const std::string_view method(begin, blank);
  if (method == "CONNECT") return false;
  const char* const target = blank + 1;
  const char* at = skip(kPath, target, end);
  if (at != end && *at == '?') at = skip(kQuery, at, end);
  if (static_cast<std::size_t>(at - target) > limits_.target_bytes) return false;
  if (left(at) < 1 + kUsualVersion.size() || *at != ' ' ||
      std::memcmp(at + 1, kUsualVersion.data(), kUsualVersion.size()) != 0) {
    return false;
  }
  method_size_ = method.size();
  target_ = path_ = static_cast<std::size_t>(target - begin);
  target_end_ = static_cast<std::size_t>(at - begin);
  major_ = minor_ = '1';
  position_ = target_end_ + 1 + kUsualVersion.size();
  return true;
}

// The loop turns once per part of the line (or per piece of a part, where the input was cut).
Step HeadParser::parse_request_line(std::string_view seen) {
  const char* const base = seen.data();
  const char* const end = base + std::min(seen.size(), limits_.head_bytes);
  const char* at = base + position_;
  const auto offset = [&] { return static_cast<std::size_t>(at - base); };
  // The end of what may be looked at now, at most `size` bytes behind `begin`; never before `at`.
  const auto within = [&](std::size_t begin, std::size_t size) {
    const std::size_t here = offset();
    const std::size_t limit = std::min(static_cast<std::size_t>(end - base), begin + size);
    return base + std::max(here, limit);
  };

  const auto too_long = [&] { return *at != ' ' && offset() - target_ >= limits_.target_bytes; };

  while (at != end) {
    Step step = Step::kMore;
    if (state_ > State::kTarget && state_ < State::kVersion && too_long()) {
      return refuse(414, "the request target is too long");
    }
    switch (state_) {
      case State::kStart:
        // One empty line before a request is forgiven (RFC 9112 §2.2).
        if (*at == '\r') {
          ++at;
          state_ = State::kLeadingLf;
          break;
        }
        method_ = offset();
        state_ = State::kMethod;
        [[fallthrough]];
      case State::kMethod: {
        at = skip(kToken, at, within(method_, kMaxMethod));
        if (at == end) break;
        if (*at != ' ') {
          return is(kToken, *at) ? refuse(501, "the method is too long")
                                 : refuse(400, "this is not an HTTP request line");
        }
        if (offset() == method_) return refuse(400, "the request line has no method");
        step = end_method(seen.substr(method_, offset() - method_));
        ++at;
        break;
      }
      case State::kLeadingLf:
        if (*at != '\n') return refuse(400, "a CR is not followed by LF");
        ++at;
        method_ = offset();
        state_ = State::kMethod;
        break;
      case State::kTarget:
        target_ = path_ = offset();
        if (*at == '/') {
          state_ = State::kPath;
        } else if (*at == '*') {
          ++at;
          state_ = State::kAsterisk;
        } else if (is(kAlpha, *at)) {
          state_ = State::kScheme;
        } else {
          return refuse(400, kNoTarget);
        }
        break;
      case State::kAsterisk:
        if (*at != ' ' || method(seen) != "OPTIONS") {
          return refuse(400, "the request target '*' is for OPTIONS only");
        }
        step = end_target(offset());
        ++at;
        break;
      case State::kScheme: {
        at = skip(kAlpha, at, within(target_, kMaxScheme));
        if (at == end) break;
        const std::string_view scheme = seen.substr(target_, offset() - target_);
        if (is(kAlpha, *at) || *at == ' ') {
          state_ = State::kWord;
          break;
        }
        if (*at != ':' || !(same_field_name(scheme, "http") || same_field_name(scheme, "https"))) {
          return refuse(400, kNoTarget);
        }
        ++at;
        state_ = State::kSchemeSlash1;
        break;
      }
      case State::kWord:
        at = skip(kAlpha, at, within(target_, limits_.target_bytes));
        if (at == end || too_long()) break;
        if (*at != ' ') return refuse(400, kNoTarget);
        ++at;
        state_ = State::kAfterWord;
        break;
      case State::kAfterWord:
        at = skip(kAlpha, at, within(target_, limits_.target_bytes));
        if (at == end || too_long()) break;
        // Three words that are nothing of HTTP's: another protocol, such as a broken HTTP/2 preface, to which an HTTP
        // answer is noise (RFC 9113 §3.4: the connection is terminated).
        if (*at == '\r' && !is_registered(method(seen))) return refuse(0, "this is not HTTP");
        return refuse(400, kNoTarget);
      case State::kSchemeSlash1:
      case State::kSchemeSlash2:
        if (*at != '/') return refuse(400, kBadTarget);
        ++at;
        state_ = state_ == State::kSchemeSlash1 ? State::kSchemeSlash2 : State::kAuthority;
        authority_ = offset();
        break;
      case State::kAuthority:
        at = std::find_if_not(at, within(target_, limits_.target_bytes),
                              [](char c) { return c != '/' && is(kPath, c); });
        if (at == end || too_long()) break;
        if (*at == '%') {  // an escape in a host name: valid_authority looks at it
          ++at;
          break;
        }
        authority_size_ = offset() - authority_;
        if (!valid_authority(seen.substr(authority_, authority_size_))) {
          return refuse(400, "the request target's host is malformed");
        }
        path_ = offset();
        state_ = State::kPath;
        [[fallthrough]];
      case State::kPath:
        at = skip(kPath, at, within(target_, limits_.target_bytes));
        if (at == end) break;
        if (*at == '?') state_ = State::kQuery;
        [[fallthrough]];
      case State::kQuery:
        if (state_ == State::kQuery) at = skip(kQuery, at, within(target_, limits_.target_bytes));
        if (at == end || too_long()) break;
        if (*at == ' ') {
          step = end_target(offset());
          ++at;
        } else if (*at == '%') {  // in a path: in a query it stands for itself
          ++at;
          state_ = State::kEscape1;
        } else {
          return refuse(400, kBadTarget);
        }
        break;
      case State::kEscape1:
      case State::kEscape2:
        if (!is(kHex, *at)) {
          return refuse(400, "an escape in the request's path lacks its two hexadecimal digits");
        }
        ++at;
        state_ = state_ == State::kEscape1 ? State::kEscape2 : State::kPath;
        break;
      case State::kVersion:
        if (version_at_ == 0 && end - at >= static_cast<std::ptrdiff_t>(kUsualVersion.size()) &&
            std::memcmp(at, kUsualVersion.data(), kUsualVersion.size()) == 0) {
          at += kUsualVersion.size();
          major_ = minor_ = '1';
          position_ = offset();
          return Step::kDone;
        }
        if (kVersionShape[version_at_] == '0' ? !is(kDigit, *at)
                                              : *at != kVersionShape[version_at_]) {
          return refuse(400,
                        "the request line does not end in a well-formed HTTP version and CRLF");
        }
        if (version_at_ == 5) major_ = *at;
        if (version_at_ == 7) minor_ = *at;
        ++at;
        if (++version_at_ == kVersionShape.size()) {
          position_ = offset();
          return end_version();
        }
        break;
      case State::kFields:
        return Step::kDone;  // not reached: parse() goes past the request line
    }
    if (step == Step::kRejected) return step;
  }
  position_ = offset();
  if (seen.size() < limits_.head_bytes) return Step::kMore;
  return refuse(414, "the request line is too long");
}

}  // namespace ofn::wire::http1
