// Says whether the program shows its metrics, and at which address. --metrics and OpenTelemetry's variables decide it.
//
//   const auto choice = parse_metrics("9464", "127.0.0.1");
//   if (choice->place == MetricsChoice::Place::kOwnPort) listen(choice->host, choice->port);
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/environment.h"
#include "document/problem.h"

namespace ofn {

struct MetricsChoice {
  enum class Place : std::uint8_t {
    kNowhere,
    kOwnPort,        // a second port
    kFunctionsPort,  // the path /metrics of the function's own port
  };
  Place place = Place::kNowhere;
  std::string host{};  // of a second port; IPv6 without brackets
  std::uint16_t port = 0;

  bool is_on() const { return place != Place::kNowhere; }
  friend bool operator==(const MetricsChoice&, const MetricsChoice&) = default;
};

inline constexpr std::string_view kExpectedMetrics = "off, same, PORT or HOST:PORT";

// Parses "off", "same", "9464", "0.0.0.0:9464" and "[::1]:9464". `host`: for a port without one. nullopt: it is none of these.
std::optional<MetricsChoice> parse_metrics(std::string_view text, std::string_view host);

// The choice by OpenTelemetry's variables: on if OTEL_METRICS_EXPORTER lists prometheus, at OTEL_EXPORTER_PROMETHEUS_HOST and
// OTEL_EXPORTER_PROMETHEUS_PORT (9464). A wrong value is ignored, and a warning is added to `notes`: other programs of the pod
// may have the same variables.
MetricsChoice metrics_of_variables(const Environment& env, std::string_view host,
                                   std::vector<Note>& notes);

}  // namespace ofn
