#include "metrics/accept.h"

#include <charconv>
#include <optional>
#include <system_error>

#include "base/trimmed.h"

namespace ofn::metrics {

namespace {

// Takes the text up to the separator, and removes both.
std::string_view take(std::string_view& text, char separator) noexcept {
  const auto at = text.find(separator);
  const std::string_view part = trimmed(text.substr(0, at));
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return part;
}

std::string_view unquoted(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  return text;
}

struct Wish {
  std::optional<Format> format;
  double weight = 1;
};

Wish wish_of(std::string_view element) noexcept {
  const std::string_view type = take(element, ';');
  std::string_view version;
  std::string_view proto;
  std::string_view encoding;
  Wish wish;
  while (!element.empty()) {
    std::string_view parameter = take(element, ';');
    const std::string_view name = take(parameter, '=');
    const std::string_view value = unquoted(trimmed(parameter));
    if (name == "version") version = value;
    if (name == "proto") proto = value;
    if (name == "encoding") encoding = value;
    if (name != "q") continue;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), wish.weight);
    if (error != std::errc() || end != value.data() + value.size()) wish.weight = 0;
  }
  if (type == "application/openmetrics-text" && (version.empty() || version == "1.0.0"))
    wish.format = Format::kOpenMetrics;
  if (type == "application/vnd.google.protobuf" && proto == "io.prometheus.client.MetricFamily" &&
      encoding == "delimited")
    wish.format = Format::kProtobuf;
  if ((type == "text/plain" && (version.empty() || version == "0.0.4")) || type == "text/*" ||
      type == "*/*")
    wish.format = Format::kPrometheusText;
  return wish;
}

}  // namespace

Format accepted_format(std::string_view accept) noexcept {
  Wish best{.format = Format::kPrometheusText, .weight = 0};
  while (!accept.empty()) {
    const Wish wish = wish_of(take(accept, ','));
    if (wish.format && wish.weight > best.weight) best = wish;
  }
  return *best.format;
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
