// What the fields of a well-formed head mean: which body follows, for whom the request is, what
// happens to the connection. The half of HeadParser that knows names.
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "wire/authority.h"
#include "wire/chars.h"
#include "wire/http1/head_parser.h"

namespace ofn::wire::http1 {

namespace {

// 19 digits always fit into 64 bits; no honest length has more.
constexpr std::size_t kMaxLengthDigits = 19;

// Calls `visit` with every element of a comma-separated list, empty ones too.
template <class Visit>
void for_each_element(std::string_view list, Visit visit) {
  for (;;) {
    const std::size_t comma = list.find(',');
    visit(trimmed(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// What has been found so far. Every rule takes the value of one field of its name; a broken rule
// leaves its reason.
class Rules {
 public:
  void host(std::string_view value) {
    if (host_) return refuse(400, "the request has more than one Host");
    host_ = value;
    if (!valid_authority(value)) refuse(400, "Host is malformed");
  }

  void content_length(std::string_view value) {
    if (length_) return refuse(400, "the request has more than one Content-Length");
    length_ = 0;
    if (value.empty() || value.size() > kMaxLengthDigits || !all(kDigit, value)) {
      return refuse(400, "Content-Length is not a number of bytes");
    }
    for (const char digit : value) *length_ = *length_ * 10 + static_cast<unsigned>(digit - '0');
  }

  // Several fields are one list (RFC 9110 §5.3).
  void transfer_encoding(std::string_view value) {
    for_each_element(value, [&](std::string_view coding) {
      if (coding.empty() || !all(kToken, coding) || chunked_) {
        return refuse(400, "Transfer-Encoding is malformed");
      }
      chunked_ = same_field_name(coding, "chunked");
      other_coding_ = other_coding_ || !chunked_;
    });
    encoded_ = true;
  }

  void connection(std::string_view value) {
    for_each_element(value, [&](std::string_view option) {
      close_ = close_ || same_field_name(option, "close");
      keep_alive_ = keep_alive_ || same_field_name(option, "keep-alive");
      upgrade_option_ = upgrade_option_ || same_field_name(option, "upgrade");
      settings_option_ = settings_option_ || same_field_name(option, "http2-settings");
    });
  }

  void upgrade(std::string_view value) {
    for_each_element(value, [&](std::string_view protocol) { h2c_ = h2c_ || protocol == "h2c"; });
  }

  void http2_settings(std::string_view value) {
    ++settings_fields_;
    settings_ = value;
  }

  void cookie() { ++cookies_; }

  void expect(std::string_view value) {
    continue_ = same_field_name(value, "100-continue");
    unknown_expectation_ = unknown_expectation_ || !continue_;
  }

  // The order decides which of several broken rules is named: what endangers framing comes first.
  std::optional<Reject> conclude(Head& head) {
    if (!reject_) judge(head.http10);
    if (reject_) return reject_;
    if (head.authority.empty() && host_) head.authority = *host_;
    head.several_cookies = cookies_ > 1;
    head.framing = chunked_ ? Framing::kChunked : length_ ? Framing::kLength : Framing::kNone;
    head.content_length = length_.value_or(0);
    head.keep_alive = !close_ && (!head.http10 || keep_alive_);
    head.expects_continue = continue_ && !head.http10;
    if (wants_h2c() && !head.http10) head.h2c_settings = settings_;
    return std::nullopt;
  }

 private:
  void refuse(int status, std::string_view reason) {
    if (!reject_) reject_ = Reject{status, reason};
  }

  void judge(bool http10) {
    if (encoded_ && length_) refuse(400, "the request has Transfer-Encoding and Content-Length");
    if (encoded_ && http10) refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    if (encoded_ && !chunked_) refuse(400, "the last Transfer-Encoding is not chunked");
    if (!host_ && !http10) refuse(400, "the request has no Host");
    if (other_coding_) refuse(501, "the only supported Transfer-Encoding is chunked");
    if (unknown_expectation_) refuse(417, "the only supported expectation is 100-continue");
  }

  // A malformed request for an upgrade is a request without one.
  bool wants_h2c() const {
    if (!h2c_ || !upgrade_option_ || !settings_option_ || settings_fields_ != 1) return false;
    // base64url of a SETTINGS payload: entries of 6 bytes, 8 characters each, without padding.
    for (const char c : settings_) {
      if (!is(kAlpha, c) && !is(kDigit, c) && c != '-' && c != '_') return false;
    }
    return settings_.size() % 8 == 0;
  }

  std::optional<Reject> reject_;
  std::optional<std::string_view> host_;
  std::optional<std::uint64_t> length_;
  std::string_view settings_;
  int settings_fields_ = 0;
  int cookies_ = 0;
  bool encoded_ = false;
  bool chunked_ = false;  // the last coding so far is chunked
  bool other_coding_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool upgrade_option_ = false;
  bool settings_option_ = false;
  bool h2c_ = false;
  bool continue_ = false;
  bool unknown_expectation_ = false;
};

// Returns true for "host" in any case; `name` has four bytes. Every request has this field.
bool is_host(std::string_view name) {
  constexpr auto kWord = std::bit_cast<std::uint32_t>(std::array{'h', 'o', 's', 't'});
  std::uint32_t word = 0;
  std::memcpy(&word, name.data(), sizeof word);
  return (word | 0x20202020) ==
         kWord;  // only an upper-case letter becomes a lower-case one by this bit
}

// The length tells most names apart, so that an unknown field costs one comparison.
void apply(Rules& rules, const Field& field) {
  const auto named = [&](std::string_view name) { return same_field_name(field.name, name); };
  switch (field.name.size()) {
    case 4:
      if (is_host(field.name)) rules.host(field.value);
      break;
    case 6:
      if (named("expect")) rules.expect(field.value);
      if (named("cookie")) rules.cookie();
      break;
    case 7:
      if (named("upgrade")) rules.upgrade(field.value);
      break;
    case 10:
      if (named("connection")) rules.connection(field.value);
      break;
    case 14:
      if (named("content-length")) rules.content_length(field.value);
      if (named("http2-settings")) rules.http2_settings(field.value);
      break;
    case 17:
      if (named("transfer-encoding")) rules.transfer_encoding(field.value);
      break;
    default:
      break;
  }
}

// The target's authority is the request's, and what Host said does not count.
void name_authority(std::string_view authority, std::vector<Field>& fields) {
  for (Field& field : fields) {
    if (same_field_name(field.name, "host")) {
      field.value = authority;
      return;
    }
  }
  fields.insert(fields.begin(), {.name = "Host", .value = authority});  // HTTP/1.0 needs none
}

}  // namespace

std::optional<Reject> HeadParser::read(std::string_view bytes, Head& head,
                                       std::vector<Field>& fields) const {
  head = Head{};
  head.method = method(bytes);
  head.target = bytes.substr(path_, target_end_ - path_);
  head.authority = bytes.substr(authority_, authority_size_);
  head.http10 = minor_ == '0';
  // "OPTIONS http://host" is what a proxy was asked to send as "OPTIONS *" (RFC 9112 §3.2.4).
  if (head.target.empty()) head.target = head.method == "OPTIONS" ? "*" : "/";

  lines_.fields(bytes, fields);
  Rules rules;
  for (const Field& field : fields) apply(rules, field);
  auto reject = rules.conclude(head);
  if (authority_size_ != 0) {
    constexpr std::string_view kSecure = "https";
    if (same_field_name(bytes.substr(target_, kSecure.size()), kSecure)) head.scheme = kSecure;
    if (!reject) name_authority(head.authority, fields);
  }
  return reject;
}

}  // namespace ofn::wire::http1
