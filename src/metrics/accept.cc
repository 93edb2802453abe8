#include "metrics/accept.h"

#include <optional>

#include <ofn/field.h>
#include <ofn/http_text.h>
#include <ofn/negotiation.h>

namespace ofn::metrics {

namespace {

std::string_view unquoted(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  return text;
}

// Returns nullopt for a type that is not served.
std::optional<Format> format_of(const internal::Preference& preference) noexcept {
  std::string_view version;
  std::string_view proto;
  std::string_view encoding;
  for (std::string_view rest = preference.parameters; !rest.empty();) {
    std::string_view value = internal::take_part(rest, ';');
    const std::string_view name = internal::take_part(value, '=');
    value = unquoted(internal::without_blanks(value));
    if (same_field_name(name, "version")) version = value;
    if (same_field_name(name, "proto")) proto = value;
    if (same_field_name(name, "encoding")) encoding = value;
  }
  const auto is = [type = preference.value](std::string_view name) {
    return same_field_name(type, name);
  };
  if (is("application/openmetrics-text") && (version.empty() || version == "1.0.0"))
    return Format::kOpenMetrics;
  if (is("application/vnd.google.protobuf") && proto == "io.prometheus.client.MetricFamily" &&
      encoding == "delimited") {
    return Format::kProtobuf;
  }
  if ((is("text/plain") && (version.empty() || version == "0.0.4")) || is("text/*") || is("*/*"))
    return Format::kPrometheusText;
  return std::nullopt;
}

}  // namespace

Format accepted_format(std::string_view accept) noexcept {
  Format best = Format::kPrometheusText;
  int best_weight = 0;
  for (internal::Preference wish; internal::take_preference(accept, wish);) {
    const std::optional<Format> format = format_of(wish);
    if (!format || wish.weight <= best_weight) continue;
    best = *format;
    best_weight = wish.weight;
  }
  return best;
}

std::string_view content_type(Format format) noexcept {
  switch (format) {
    case Format::kOpenMetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case Format::kProtobuf:
      return "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
             "encoding=delimited";
    case Format::kPrometheusText:
      break;
  }
  return "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace ofn::metrics
