#include "middleware/compression.h"

#include <algorithm>

#include "base/trimmed.h"

namespace ofn {

namespace {

constexpr const char* kTypes[] = {"text/*",
                                  "application/json",
                                  "application/*+json",
                                  "application/xml",
                                  "application/*+xml",
                                  "application/javascript",
                                  "application/x-ndjson",
                                  "application/ndjson",
                                  "image/svg+xml"};

std::string lower(std::string_view text) {
  std::string low(text);
  std::ranges::transform(low, low.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return low;
}

// "application/*+json" has application/problem+json.
bool has(std::string_view pattern, std::string_view type) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return type == pattern;
  const std::string_view end = pattern.substr(star + 1);
  return type.size() > star + end.size() && type.starts_with(pattern.substr(0, star)) &&
         type.ends_with(end);
}

// Returns true if a field that is a list names that element.
bool names(const Response& response, std::string_view field, std::string_view wanted) {
  for (const Header& header : response.headers()) {
    if (!same_field_name(header.name, field)) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::string_view element = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(element.size() + 1, rest.size()));
      if (same_field_name(trimmed(element), wanted)) return true;
    }
  }
  return false;
}

}  // namespace

Result<CompressionRules> CompressionRules::of(const Compression& options, std::string_view place) {
  const auto wrong = [&](const std::string& what) {
    return fail(Code::kInvalidArgument, std::string(place) + ": OFN_COMPRESSION: " + what);
  };
  CompressionRules rules;
  rules.least_ = options.least;
  rules.level_ = options.level;
  if (options.level < 1 || options.level > 9)
    return wrong("the level is " + std::to_string(options.level) + "; it is 1 (fast) to 9 (small)");
  if (options.types.size() == 0) {
    rules.types_.assign(std::begin(kTypes), std::end(kTypes));
  } else {
    for (const char* type : options.types) {
      const std::string low = lower(type);
      const auto is_type_char = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$&-^_.+*/").contains(c);
      };
      if (std::ranges::count(low, '/') != 1 || std::ranges::count(low, '*') > 1 ||
          low.starts_with('*') || low.starts_with('/') || low.ends_with('/') ||
          !std::ranges::all_of(low, is_type_char))
        return wrong("'" + std::string(type) +
                     "' is not a media type, such as text/html, text/* or application/*+json");
      rules.types_.push_back(low);
    }
  }
  return rules;
}

bool CompressionRules::has_type(std::string_view type) const {
  const std::string low = lower(trimmed(type.substr(0, type.find(';'))));
  return std::ranges::any_of(types_, [&](const std::string& each) { return has(each, low); });
}

bool CompressionRules::is_eligible(const Response& response, Size size) const {
  const int status = response.status();
  if (status == 204 || status == 205 || status == 206 || status == 304) return false;
  if (size == Size::kKnown && (response.body().empty() || response.body().size() < least_))
    return false;
  if (response.find_header("content-encoding") != nullptr ||
      response.find_header("content-range") != nullptr ||
      names(response, "cache-control", "no-transform"))
    return false;
  const std::string* const type = response.find_header("content-type");
  return has_type(type != nullptr ? std::string_view(*type) : "text/plain");
}

void add_vary(Response& response) {
  if (!names(response, "vary", "accept-encoding") && !names(response, "vary", "*"))
    response.header("Vary", "Accept-Encoding");
}

void mark_compressed(Response& response, std::string_view made_etag) {
  Response marked;
  marked.status(response.status());
  for (const Header& header : response.headers()) {
    std::string value = header.value;
    if (same_field_name(header.name, "etag")) {
      if (!made_etag.empty()) {
        value.insert(value.size() - 1, "-gzip");
      } else if (!value.starts_with("W/")) {
        value.insert(0, "W/");
      }
    }
    marked.header(header.name, std::move(value));
  }
  marked.header("Content-Encoding", "gzip");
  marked.body(std::move(response).body());
  response = std::move(marked);
}

}  // namespace ofn
