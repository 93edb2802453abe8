#include "dapr/trace_context.h"

namespace ofn::dapr {
namespace {

// Accepts lower case only, because the specification forbids upper case.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0xfU]);
  }
  return text;
}

bool all_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

std::optional<std::string> trace_bin(std::string_view traceparent) {
  constexpr std::size_t kLength = 55;  // 2-32-16-2 digits and three dashes
  if (traceparent.size() < kLength || traceparent[2] != '-' || traceparent[35] != '-' ||
      traceparent[52] != '-') {
    return std::nullopt;
  }
  const std::string_view version = traceparent.substr(0, 2);
  const auto known = from_hex(version);
  const auto trace_id = from_hex(traceparent.substr(3, 32));
  const auto span_id = from_hex(traceparent.substr(36, 16));
  const auto flags = from_hex(traceparent.substr(53, 2));
  if (!known || !trace_id || !span_id || !flags || version == "ff") return std::nullopt;
  const std::string_view rest = traceparent.substr(kLength);
  if (!rest.empty() && (version == "00" || rest.front() != '-')) return std::nullopt;
  if (all_zero(*trace_id) || all_zero(*span_id)) return std::nullopt;
  std::string bytes;
  bytes.reserve(29);
  bytes.append(2, '\0').append(*trace_id);
  bytes.append(1, '\1').append(*span_id);
  bytes.append(1, '\2').append(*flags);
  return bytes;
}

std::optional<std::string> traceparent_of(std::string_view trace_bin) {
  constexpr std::size_t kLength = 29;
  if (trace_bin.size() < kLength || trace_bin[0] != '\0' || trace_bin[1] != '\0' ||
      trace_bin[18] != '\1' || trace_bin[27] != '\2') {
    return std::nullopt;
  }
  const std::string_view trace_id = trace_bin.substr(2, 16);
  const std::string_view span_id = trace_bin.substr(19, 8);
  if (all_zero(trace_id) || all_zero(span_id)) return std::nullopt;
  return "00-" + to_hex(trace_id) + "-" + to_hex(span_id) + "-" + to_hex(trace_bin.substr(28, 1));
}

}  // namespace ofn::dapr
