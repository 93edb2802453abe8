#include "event/attributes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <ofn/field.h>
#include <ofn/http_text.h>
#include <ofn/request.h>

#include "base/moment.h"
#include "base/utf8.h"

namespace ofn::event {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Returns the code point that starts at `at`, and its length. The text is UTF-8.
std::pair<std::uint32_t, std::size_t> code_point(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t offset) -> std::uint32_t {
    return static_cast<unsigned char>(text[at + offset]);
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (lead < 0xF0) return {(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
          4};
}

// Returns true for a character that a String must not contain (spec §2.4): a control character or a
// Unicode noncharacter.
bool is_forbidden(std::uint32_t point) noexcept {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || (point >= 0xFDD0 && point <= 0xFDEF) ||
         (point & 0xFFFE) == 0xFFFE;
}

// Returns the mistake in the value as a CloudEvents String; null if there is none.
const char* string_problem(std::string_view value) noexcept {
  if (!is_utf8(value)) return "bytes that are not UTF-8";
  for (std::size_t i = 0; i < value.size();) {
    const auto [point, length] = code_point(value, i);
    if (is_forbidden(point)) return "a control character or a Unicode noncharacter";
    i += length;
  }
  return nullptr;
}

std::unexpected<Error> wrong(std::string_view name, std::string_view expected,
                             std::string_view found) {
  return fail(Code::kInvalidArgument, "attribute \"" + std::string(name) + "\": expected " +
                                          std::string(expected) + ", found " + std::string(found));
}

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Returns true if the text begins with a scheme (RFC 3986 §4.3).
bool is_uri(std::string_view text) noexcept {
  const std::string_view scheme = text.substr(0, text.find(':'));
  return scheme.size() < text.size() && !scheme.empty() && is_letter(scheme.front()) &&
         std::all_of(
             scheme.begin(), scheme.end(),
             [](char c) {
               return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
             }) &&
         is_uri_reference(text);
}

bool is_token(std::string_view text) noexcept {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 §5.6.2
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || kMarks.find(c) != std::string_view::npos;
  });
}

// Returns true for a type and a subtype (RFC 2046). Parameters may follow and are not checked.
bool is_media_type(std::string_view text) noexcept {
  const std::string_view both = internal::media_type_alone(text);
  const auto slash = both.find('/');
  return slash != std::string_view::npos && is_token(both.substr(0, slash)) &&
         is_token(both.substr(slash + 1));
}

}  // namespace

bool is_attribute_name(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c); });
}

bool is_uri_reference(std::string_view text) noexcept {
  static constexpr std::string_view kMarks = "-._~:/?#[]@!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || internal::hex_digit(text[i + 1]) < 0 ||
          internal::hex_digit(text[i + 2]) < 0) {
        return false;
      }
    } else if (!is_letter(text[i]) && !is_digit(text[i]) &&
               kMarks.find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

std::string shown(std::string_view value) {
  static constexpr std::size_t kShown = 64;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : value.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  text += value.size() > kShown ? "…\"" : "\"";
  return text;
}

Result<void> set_attribute(CloudEvent& event, std::string_view name, std::string value) {
  if (!is_attribute_name(name) || name == "data") {
    return fail(Code::kInvalidArgument,
                "attribute name " + shown(name) +
                    ": expected lower-case letters and digits only, and not \"data\"");
  }
  if (const char* problem = string_problem(value)) return wrong(name, "text", problem);

  if (name == "specversion") {
    if (value != "1.0") return wrong(name, "\"1.0\"", shown(value));
    event.specversion(std::move(value));
    return {};
  }
  if (name == "time") {
    if (!parse_time(value)) {
      return wrong(name, "an RFC 3339 timestamp such as \"2024-04-05T17:31:00Z\"", shown(value));
    }
    event.time(std::move(value));
    return {};
  }

  struct Defined {
    std::string_view name;
    CloudEvent& (CloudEvent::*set)(std::string);
    bool (*is_right)(std::string_view) noexcept;  // null if any text is valid
    std::string_view expected;
  };
  static constexpr std::array<Defined, 6> kNonEmpty = {{
      {"id", &CloudEvent::id, nullptr, {}},
      {"source", &CloudEvent::source, &is_uri_reference,
       "a URI-reference, other characters percent-encoded"},
      {"type", &CloudEvent::type, nullptr, {}},
      {"datacontenttype", &CloudEvent::datacontenttype, &is_media_type,
       "a media type such as \"application/json\""},
      {"dataschema", &CloudEvent::dataschema, &is_uri,
       "an absolute URI such as \"https://example.com/schema.json\""},
      {"subject", &CloudEvent::subject, nullptr, {}},
  }};
  for (const Defined& known : kNonEmpty) {
    if (name != known.name) continue;
    if (value.empty()) return wrong(name, "a value that is not empty", "\"\"");
    if (known.is_right != nullptr && !known.is_right(value)) {
      return wrong(name, known.expected, shown(value));
    }
    (event.*known.set)(std::move(value));
    return {};
  }
  event.extension(std::string(name), std::move(value));
  return {};
}

Result<void> AttributeReader::set(std::string_view name, std::string value) {
  if (name == "schemaurl" || name == "datacontentencoding") {
    CloudEvent checked;
    if (auto right = set_attribute(checked, name, value); !right) return right;
    (name == "schemaurl" ? schema_url_ : encoding_) = std::move(value);
    return {};
  }
  if (name == "specversion") {
    has_version_ = true;
    is_0_3_ = value == "0.3";
    if (is_0_3_) return {};  // the event becomes a 1.0 event
  }
  return set_attribute(event_, name, std::move(value));
}

Result<CloudEvent> AttributeReader::finish() {
  if (!has_version_) return wrong("specversion", "\"1.0\"", "none");
  if (auto whole = check_required(event_); !whole) return std::unexpected(whole.error());
  if (is_0_3_ && encoding_) {
    if (!same_field_name(*encoding_, "base64"))
      return wrong("datacontentencoding", "\"base64\"", shown(*encoding_));
    data_is_base64_ = true;
    encoding_.reset();
  }
  // 0.3 allows a relative reference, but 1.0 does not: a relative reference keeps the name
  // `schemaurl`.
  if (is_0_3_ && schema_url_ && !event_.dataschema() && is_uri(*schema_url_)) {
    event_.dataschema(*std::move(schema_url_));
    schema_url_.reset();
  }
  if (schema_url_) event_.extension("schemaurl", *std::move(schema_url_));
  if (encoding_) event_.extension("datacontentencoding", *std::move(encoding_));
  return std::move(event_);
}

Result<void> check_required(const CloudEvent& event) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> required = {
      {{"id", &event.id()}, {"source", &event.source()}, {"type", &event.type()}}};
  for (const auto& [name, value] : required) {
    if (value->empty()) return wrong(name, "a value that is not empty", "none");
  }
  return {};
}

Result<void> check_event(const CloudEvent& event) {
  if (auto whole = check_required(event); !whole) return whole;
  CloudEvent checked;
  const std::array<std::pair<std::string_view, std::optional<std::string>>, 8> defined = {
      {{"id", event.id()},
       {"source", event.source()},
       {"type", event.type()},
       {"specversion", event.specversion()},
       {"datacontenttype", event.datacontenttype()},
       {"dataschema", event.dataschema()},
       {"subject", event.subject()},
       {"time", event.time()}}};
  for (const auto& [name, value] : defined) {
    if (!value) continue;
    if (auto set = set_attribute(checked, name, *value); !set) return set;
  }
  for (const auto& [name, value] : event.extensions()) {
    const bool hides = std::any_of(defined.begin(), defined.end(),
                                   [&](const auto& one) { return one.first == name; });
    if (hides) {
      return fail(Code::kInvalidArgument,
                  "attribute \"" + name + "\": expected its own setter, found an extension");
    }
    if (auto set = set_attribute(checked, name, value); !set) return set;
  }
  return {};
}

}  // namespace ofn::event
