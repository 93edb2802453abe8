#include "context/metrics_choice.h"

#include <algorithm>
#include <utility>

#include "context/listen_address.h"
#include "context/units.h"

namespace ofn {

namespace {

// OpenTelemetry's default port for Prometheus.
constexpr std::uint16_t kUsualPort = 9464;

}  // namespace

std::optional<MetricsChoice> parse_metrics(std::string_view text, std::string_view host) {
  using Place = MetricsChoice::Place;
  if (equal_ignoring_case(text, "same")) return MetricsChoice{.place = Place::kFunctionsPort};
  if (const auto is_on = parse_switch(text); is_on && !*is_on && text != "0")
    return MetricsChoice{};
  if (const auto port = parse_listening_port(text))
    return MetricsChoice{.place = Place::kOwnPort, .host = std::string(host), .port = *port};
  auto address = parse_listen_address(text);
  if (!address || address->host.empty()) return std::nullopt;
  return MetricsChoice{
      .place = Place::kOwnPort, .host = std::move(address->host), .port = address->port};
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
    if (const auto port = parse_listening_port(*text)) {
      choice.port = *port;
    } else {
      notes.push_back({Level::kWarning,
                       env.label("OTEL_EXPORTER_PROMETHEUS_PORT") + " is " + quoted_setting(*text) +
                           "; expected " + std::string(kExpectedListeningPort) + "; 9464 is used"});
    }
  }
  return choice;
}

}  // namespace ofn
