// Writes a snapshot in one of the two text formats.
//
//   const std::string body = text_exposition(snapshot, TextFormat::kPrometheus);
#pragma once

#include <cstdint>
#include <string>

#include "metrics/snapshot.h"

namespace ofn::metrics {

enum class TextFormat : std::uint8_t {
  kPrometheus,   // 0.0.4: no exemplars
  kOpenMetrics,  // 1.0.0
};

// Spec: prometheus.io, Exposition formats; OpenMetrics 1.0.
std::string text_exposition(const Snapshot& snapshot, TextFormat format);

}  // namespace ofn::metrics
