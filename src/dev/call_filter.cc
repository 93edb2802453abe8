#include "dev/call_filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/nearest.h"

namespace ofn::dev {

namespace {

constexpr std::size_t kMostCalls = 1000;

std::optional<std::size_t> number_of(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_status(std::string_view text) {
  return text.size() == 3 && text[0] >= '0' && text[0] <= '9' &&
         (text.substr(1) == "xx" || (number_of(text).has_value()));
}

bool has_status(int status, std::string_view wanted) {
  if (wanted.ends_with("xx")) return status / 100 == wanted[0] - '0';
  return number_of(wanted) == static_cast<std::size_t>(status);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> set(CallFilter& filter, const std::string& name, std::string value) {
  const auto expected = [&](std::string_view what) {
    return name + ": expected " + std::string(what) + ", found \"" + value + "\"";
  };
  for (auto [flag, into] :
       {std::pair("failed", &filter.only_failed), std::pair("probes", &filter.has_probes),
        std::pair("follow", &filter.follows)}) {
    if (name != flag) continue;
    if (value != "true" && value != "false") return expected("true or false");
    *into = value == "true";
    return std::nullopt;
  }
  if (name == "status") {
    if (!is_status(value)) return expected("a status such as 404, or a class such as 4xx");
    filter.status = std::move(value);
    return std::nullopt;
  }
  if (name == "build" || name == "limit") {
    const auto number = number_of(value);
    if (!number || *number > 1'000'000'000) return expected("a number");
    if (name == "build")
      filter.build = static_cast<unsigned>(*number);
    else
      filter.limit = std::min(*number, kMostCalls);
    return std::nullopt;
  }
  for (auto [text, into] : {std::pair("function", &filter.function),
                            std::pair("path", &filter.path), std::pair("kind", &filter.kind)}) {
    if (name != text) continue;
    *into = std::move(value);
    return std::nullopt;
  }
  const std::vector<std::string> known = {"status", "function", "path",  "kind",  "build",
                                          "failed", "probes",   "limit", "follow"};
  const std::string nearest = nearest_word(name, known);
  return "unknown parameter \"" + name + "\"" +
         (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?");
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && at + 2 < text.size() ? digit_of(text[at + 1]) : -1;
    const int low = high >= 0 ? digit_of(text[at + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      decoded += text[at] == '+' ? ' ' : text[at];
    }
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos;
    if (is_plain) {
      encoded += c;
    } else {
      encoded.append(1, '%').append(1, kHex[byte >> 4U]).append(1, kHex[byte & 0xfU]);
    }
  }
  return encoded;
}

Result<CallFilter> CallFilter::parse(std::string_view query) {
  CallFilter filter;
  std::optional<std::string> problem;
  each_parameter(query, [&](const std::string& name, std::string value) {
    problem = set(filter, name, std::move(value));
    return !problem;
  });
  if (problem) return fail(Code::kInvalidArgument, *std::move(problem));
  return filter;
}

bool has_failed(const CallEnded& call) {
  return call.status >= 500 || call.verdict == "crash" || call.thrown.has_value() ||
         (call.verdict == "error" && call.kind != "request") ||
         std::ranges::any_of(call.outputs, [](const OutputTold& output) {
           return output.outcome != "confirmed" && output.outcome != "captured";
         });
}

bool CallFilter::wants(const CallEnded& call) const {
  if (!has_probes && call.refusal == "probe") return false;
  if (only_failed && !has_failed(call)) return false;
  if (build && *build != call.build) return false;
  if (!status.empty() && !has_status(call.status, status)) return false;
  if (!function.empty() && function != call.function) return false;
  if (!kind.empty() && kind != call.kind) return false;
  return call.path.starts_with(path);
}

}  // namespace ofn::dev
