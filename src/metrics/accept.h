// Which format a scraper wants.
//
//   const Format format = accepted_format("application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
//   response.header("content-type", std::string(content_type(format)));
#pragma once

#include <cstdint>
#include <string_view>

namespace ofn::metrics {

enum class Format : std::uint8_t { kPrometheusText, kOpenMetrics, kProtobuf };

// Returns the format that the field Accept prefers; of two that it likes equally, the first. If it names none that is known,
// the result is kPrometheusText.
// Spec: RFC 9110 §12.5.1.
Format accepted_format(std::string_view accept) noexcept;
std::string_view content_type(Format format) noexcept;

}  // namespace ofn::metrics
