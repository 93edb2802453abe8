// The values of all metrics at one time, as values: what the expositions are written from.
//
//   Snapshot snapshot;
//   snapshot.add(Metric::kConnections, {}, 7);
//   for (const Family& family : snapshot.families()) say(definition_of(family.metric).name);
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/utf8.h"
#include "metrics/definitions.h"
#include "metrics/histogram.h"

namespace ofn::metrics {

struct Label {
  std::string name;  // OpenTelemetry's: "http.request.method"
  std::string value;
};
using Labels = std::vector<Label>;

// The label of the series that stands for all series above the limit.
inline constexpr std::string_view kOverflowLabel = "otel.metric.overflow";

struct Sample {
  Labels labels;
  std::variant<double, Distribution> value;
};

struct Family {
  Metric metric{};
  std::vector<Sample> samples;
};

// Bytes of a label's value that are not UTF-8 become question marks: a reader would refuse everything. Threads: one at a time.
class Snapshot {
 public:
  void add(Metric metric, Labels labels, double value) { append(metric, std::move(labels), value); }
  void add(Metric metric, Labels labels, Distribution value) {
    append(metric, std::move(labels), std::move(value));
  }
  // One for each metric, in the order of the definitions. A family may have no samples.
  const std::vector<Family>& families() const { return families_; }

 private:
  static std::vector<Family> empty_families() {
    std::vector<Family> families;
    for (const Definition& each : definitions()) families.push_back({each.metric, {}});
    return families;
  }
  void append(Metric metric, Labels labels, std::variant<double, Distribution> value) {
    for (Label& label : labels) {
      if (!is_utf8(label.value))
        std::ranges::replace_if(label.value, [](char c) { return (c & 0x80) != 0; }, '?');
    }
    families_[static_cast<std::size_t>(metric)].samples.push_back(
        {std::move(labels), std::move(value)});
  }

  std::vector<Family> families_ = empty_families();
};

}  // namespace ofn::metrics
