// Events as well-known senders make them, to try a function with: `ff invoke --example storage`.
//
//   if (auto event = canned_event("cron", "2026-01-31T12:00:00Z")) say(event->body);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ofn::cli {

inline constexpr std::string_view kCannedEvents = "cloudevent|storage|pubsub|cron|mqtt";

struct CannedEvent {
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};
};

// `time`: RFC 3339.
std::optional<CannedEvent> canned_event(std::string_view name, const std::string& time);

}  // namespace ofn::cli
