#include "context/metrics_choice.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "context/units.h"

namespace ofn {

namespace {

// OpenTelemetry's default port for Prometheus.
constexpr std::uint16_t kUsualPort = 9464;

// 0 is a port to listen on, too: any free one.
std::optional<std::uint16_t> listening_port(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

std::optional<MetricsChoice> parse_metrics(std::string_view text, std::string_view host) {
  using Place = MetricsChoice::Place;
  if (equal_ignoring_case(text, "same")) return MetricsChoice{.place = Place::kFunctionsPort};
  if (const auto is_on = parse_switch(text); is_on && !*is_on && text != "0")
    return MetricsChoice{};
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    text = text.substr(colon + 1);
    const bool has_brackets = host.starts_with('[') && host.ends_with(']');
    if (has_brackets) host = host.substr(1, host.size() - 2);
    if (host.empty() || (!has_brackets && host.find(':') != std::string_view::npos))
      return std::nullopt;
  }
  const auto port = listening_port(text);
  if (!port) return std::nullopt;
  return MetricsChoice{.place = Place::kOwnPort, .host = std::string(host), .port = *port};
}

MetricsChoice metrics_of_variables(const Environment& env, std::string_view host,
                                   std::vector<Note>& notes) {
  const auto exporters = parse_list(non_empty(env, "OTEL_METRICS_EXPORTER").value_or(""));
  const bool is_disabled =
      parse_switch(non_empty(env, "OTEL_SDK_DISABLED").value_or("false")).value_or(false);
  if (is_disabled || !exporters || std::ranges::find(*exporters, "prometheus") == exporters->end())
    return {};
  MetricsChoice choice{
      .place = MetricsChoice::Place::kOwnPort,
      .host = non_empty(env, "OTEL_EXPORTER_PROMETHEUS_HOST").value_or(std::string(host)),
      .port = kUsualPort};
  if (const auto text = non_empty(env, "OTEL_EXPORTER_PROMETHEUS_PORT")) {
    if (const auto port = listening_port(*text)) {
      choice.port = *port;
    } else {
      notes.push_back({Level::kWarning, env.label("OTEL_EXPORTER_PROMETHEUS_PORT") + " is " +
                                            quoted_setting(*text) +
                                            "; expected a number from 0 to 65535; 9464 is used"});
    }
  }
  return choice;
}

}  // namespace ofn
