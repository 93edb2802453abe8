#include "manifest/description.h"

#include <algorithm>
#include <chrono>

namespace ofn::manifest {

namespace {

using std::chrono::ceil;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kStopTokens = 1;  // until the program gives up calls that ignore them
constexpr std::int64_t kContainerEnds = 3;
constexpr std::int64_t kDaprGraceful = 5;  // Dapr's own default
// Knative's queue-proxy waits for so long without a request before the program gets its signal.
constexpr std::int64_t kQueueProxyQuiet = 30;
constexpr std::size_t kMebibyte = std::size_t{1024} * 1024;

std::int64_t rounded_up(std::int64_t number, std::int64_t step) {
  return (number + step - 1) / step * step;
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

const Component* Description::find_component(std::string_view component) const {
  const auto found = std::ranges::find(components, component, &Component::name);
  return found == components.end() ? nullptr : &*found;
}

std::int64_t whole_seconds(Duration duration) { return ceil<seconds>(duration).count(); }

std::int64_t knative_timeout_seconds(const Description& function) {
  return std::max<std::int64_t>(whole_seconds(function.timeout), 1);
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
  label.resize(std::min<std::size_t>(label.size(), 63));
  while (label.ends_with('-')) label.pop_back();
  return label;
}

bool is_dns_label(std::string_view name) {
  return !name.empty() && name.size() <= 63 && name.front() >= 'a' && name.front() <= 'z' &&
         name.back() != '-' &&
         std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

}  // namespace ofn::manifest
