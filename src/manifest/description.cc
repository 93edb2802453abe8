#include "manifest/description.h"

#include <algorithm>
#include <chrono>
#include <ranges>

namespace ofn::manifest {

namespace {

using std::chrono::ceil;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Knative's queue-proxy waits for so long without a request before the program gets its signal.
constexpr std::int64_t kQueueProxyQuiet = 30;
constexpr std::size_t kLabelBytes = 63;
constexpr std::size_t kMebibyte = std::size_t{1024} * 1024;

std::int64_t rounded_up(std::int64_t number, std::int64_t step) {
  return (number + step - 1) / step * step;
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_tag_letter(char c) {
  return is_letter_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (const auto part : std::views::split(text, at)) parts.emplace_back(part);
  if (parts.empty()) parts.emplace_back();
  return parts;
}

}  // namespace

const Component* Description::find_component(std::string_view component) const {
  const auto found = std::ranges::find(components, component, &Component::name);
  return found == components.end() ? nullptr : &*found;
}

std::int64_t whole_seconds(Duration duration) { return ceil<seconds>(duration).count(); }

std::int64_t knative_timeout_seconds(const Description& function) {
  return std::max<std::int64_t>(whole_seconds(function.timeout), 1);
}

std::int64_t program_stops(Duration drain_delay, Duration drain_timeout) {
  return whole_seconds(drain_delay) + whole_seconds(drain_timeout) + kStopTokens;
}

Stopping stopping_of(const Description& function, Place place) {
  Stopping stopping{.delay = whole_seconds(function.drain_delay),
                    .drain = whole_seconds(function.drain_timeout),
                    .graceful = kDaprGraceful};
  if (place == Place::kKnative) {
    // The grace period is the revision's timeout and cannot be set, so the drain has to fit into it.
    stopping.grace = knative_timeout_seconds(function);
    if (!function.drain_delay_given) stopping.delay = 0;
    stopping.drain = std::clamp<std::int64_t>(
        stopping.drain, 0,
        std::max<std::int64_t>(stopping.grace - stopping.delay - kStopTokens - kContainerEnds, 0));
    stopping.block_shutdown =
        std::min(kQueueProxyQuiet + stopping.delay + stopping.drain + kStopTokens,
                 std::max<std::int64_t>(stopping.grace - kDaprGraceful - kContainerEnds, 1));
    return stopping;
  }
  stopping.block_shutdown = stopping.delay + stopping.drain + kStopTokens;
  const std::int64_t dapr = function.needs_dapr() ? kDaprGraceful : 0;
  stopping.grace = rounded_up(stopping.block_shutdown + dapr + kContainerEnds, 5);
  return stopping;
}

std::string duration_text(Duration duration) {
  const auto ms = ceil<milliseconds>(duration).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

std::string size_text(std::size_t bytes) {
  if (bytes % kMebibyte == 0) return std::to_string(bytes / kMebibyte) + "MiB";
  return std::to_string(bytes);
}

std::string mebibytes(std::size_t bytes) {
  return std::to_string((bytes + kMebibyte - 1) / kMebibyte) + "Mi";
}

std::string dns_label(std::string_view name) {
  std::string label;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (is_letter_or_digit(c)) {
      label += c;
    } else if (!label.empty() && label.back() != '-') {
      label += '-';
    }
  }
  label.resize(std::min(label.size(), kLabelBytes));
  while (label.ends_with('-')) label.pop_back();
  return label;
}

bool is_dns_label(std::string_view name) { return is_namespace(name) && name.front() >= 'a'; }

bool is_namespace(std::string_view name) {
  return !name.empty() && name.size() <= kLabelBytes && is_letter_or_digit(name.front()) &&
         is_letter_or_digit(name.back()) &&
         std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_host(std::string_view name) {
  constexpr std::size_t kHostBytes = 253;
  if (name.size() > kHostBytes) return false;
  if (name.starts_with("*.")) name.remove_prefix(2);
  const auto labels = split(name, '.');
  return std::ranges::all_of(labels, is_namespace);
}

bool is_image(std::string_view name) {
  constexpr std::string_view kDigest = "@sha256:";
  if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
    const std::string_view digest = name.substr(at);
    constexpr std::size_t kDigits = 64;
    if (!digest.starts_with(kDigest) || digest.size() != kDigest.size() + kDigits ||
        digest.find_first_not_of("0123456789abcdef", kDigest.size()) != std::string_view::npos)
      return false;
    name = name.substr(0, at);
  }
  const std::size_t last = name.rfind('/') + 1;  // 0 if there is none
  if (const std::size_t colon = name.find(':', last); colon != std::string_view::npos) {
    constexpr std::size_t kTagBytes = 128;
    const std::string_view tag = name.substr(colon + 1);
    const bool is_tag = !tag.empty() && tag.size() <= kTagBytes && tag.front() != '.' &&
                        tag.front() != '-' && std::ranges::all_of(tag, is_tag_letter);
    if (!is_tag) return false;
    name = name.substr(0, colon);
  }
  auto parts = split(name, '/');
  // The registry may have a port, and capital letters.
  if (parts.size() > 1 && (parts.front().find_first_of(".:") != std::string_view::npos ||
                           parts.front() == "localhost")) {
    const std::string_view host = parts.front().substr(0, parts.front().find(':'));
    const std::string_view port =
        parts.front().substr(std::min(host.size() + 1, parts.front().size()));
    const bool has_port = host.size() < parts.front().size();
    if (host.empty() || !std::ranges::all_of(host, is_tag_letter) || has_port == port.empty() ||
        port.find_first_not_of("0123456789") != std::string_view::npos)
      return false;
    parts.erase(parts.begin());
  }
  return std::ranges::all_of(parts, [](std::string_view part) {
    return !part.empty() && is_letter_or_digit(part.front()) && is_letter_or_digit(part.back()) &&
           std::ranges::all_of(part, [](char c) {
             return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
           });
  });
}

}  // namespace ofn::manifest
