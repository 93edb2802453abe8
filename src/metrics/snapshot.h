// The values of all metrics at one time, as values: what the expositions are written from.
//
//   Snapshot snapshot;
//   snapshot.add(Metric::kConnections, {}, 7);
//   for (const Family& family : snapshot.families()) say(family.definition->name);
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
  const Definition* definition = nullptr;
  std::vector<Sample> samples;
};

// Returns a label's value with question marks for the bytes that are not ASCII if it is not UTF-8: a reader would refuse everything.
inline std::string readable(std::string value) {
  if (!is_utf8(value)) std::ranges::replace_if(value, [](char c) { return (c & 0x80) != 0; }, '?');
  return value;
}

// Values of labels become readable(). Lifetime: the definitions outlive it. Threads: one at a time.
class Snapshot {
 public:
  // A value of the framework's metrics.
  void add(Metric metric, Labels labels, double value) {
    append(families_[static_cast<std::size_t>(metric)], std::move(labels), value);
  }
  void add(Metric metric, Labels labels, Distribution value) {
    append(families_[static_cast<std::size_t>(metric)], std::move(labels), std::move(value));
  }
  // A value of another metric. Add the values of one metric one after the other.
  void add(const Definition& definition, Labels labels, std::variant<double, Distribution> value) {
    if (families_.back().definition != &definition) families_.push_back({&definition, {}});
    append(families_.back(), std::move(labels), std::move(value));
  }
  // One for each metric of the framework, in the order of the definitions, and then the others. A family may have no samples.
  const std::vector<Family>& families() const { return families_; }

 private:
  static std::vector<Family> empty_families() {
    std::vector<Family> families;
    for (const Definition& each : definitions()) families.push_back({&each, {}});
    return families;
  }
  static void append(Family& family, Labels labels, std::variant<double, Distribution> value) {
    for (Label& label : labels) label.value = readable(std::move(label.value));
    family.samples.push_back({std::move(labels), std::move(value)});
  }

  std::vector<Family> families_ = empty_families();
};

}  // namespace ofn::metrics
