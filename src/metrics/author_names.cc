#include "metrics/author_names.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <span>
#include <string_view>

#include "base/utf8.h"
#include "metrics/author_metrics.h"
#include "metrics/value_buckets.h"

namespace ofn::metrics {

namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Letters, digits and `others`, with a letter first.
bool is_name(std::string_view text, std::string_view others) noexcept {
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || others.contains(c);
  });
}

std::string problem_of_name(std::string_view name, std::string_view unit, bool is_counter) {
  if (!is_name(name, "_./-") || name.size() > AuthorMetrics::kLongestName)
    return "its name is not valid; write a letter, and then letters, digits, '_', '.', '-' and "
           "'/', "
           "255 at most";
  if (name.starts_with("ofn.") || name.starts_with("otel."))
    return "names that begin with 'ofn.' and 'otel.' are not the author's; begin with a word of "
           "your "
           "own, such as 'shop.'";
  const std::string shown = "_" + label_name(name);
  std::string_view word = unit_word(unit);
  if (is_counter && shown.ends_with("_total")) word = "total";
  if (!word.empty() && shown.ends_with("_" + std::string(word)))
    return "its name ends with '" + std::string(word) +
           "', which Prometheus is shown behind the name anyway; leave it out";
  return "";
}

std::string problem_of_labels(std::span<const char* const> labels, bool is_histogram) {
  if (labels.size() > AuthorMetrics::kMostLabels)
    return "it has " + std::to_string(labels.size()) + " labels; 8 are possible";
  std::set<std::string> shown;
  for (const char* const label : labels) {
    const std::string_view name(label);
    const std::string begin = "its label '" + std::string(name) + "' ";
    if (!is_name(name, "_.-") || name.starts_with("otel."))
      return begin +
             "has no valid name; write a letter, and then letters, digits, '_', '.' and '-'; "
             "'otel.' "
             "may not begin it";
    if (is_histogram && name == "le")
      return begin + "has the name that Prometheus gives to the bounds of buckets; rename it";
    if (!shown.insert(label_name(name)).second)
      return begin + "is shown to Prometheus by the name of another label; rename one of them";
  }
  return "";
}

std::string problem_of_bounds(std::span<const double> bounds) {
  const bool are_good =
      std::ranges::adjacent_find(bounds, std::greater_equal<>()) == bounds.end() &&
      std::ranges::all_of(bounds, [](double b) { return std::isfinite(b); });
  if (!are_good || (!bounds.empty() && bounds.front() < 0) ||
      bounds.size() > ValueBuckets::kMostBounds)
    return "the bounds of its buckets are not numbers from 0 on in growing order, 200 at most";
  return "";
}

}  // namespace

std::string problem_of(const abi::MetricRegistration& metric) {
  const std::string_view unit = metric.unit;
  const std::string_view help = metric.help;
  std::string problem =
      problem_of_name(metric.name, unit, metric.kind == abi::MetricKind::kCounter);
  if (!problem.empty()) return problem;
  if (unit.size() > AuthorMetrics::kLongestUnit ||
      !std::ranges::all_of(unit, [](char c) { return c > ' ' && c < 0x7f; }))
    return "its unit is not valid; write up to 63 visible ASCII characters, such as \"s\", \"By\" "
           "or "
           "\"{order}\"";
  if (help.empty() || !is_utf8(help)) return "its help text is empty, or not UTF-8; write one";
  problem = problem_of_labels({metric.labels, metric.label_count},
                              metric.kind == abi::MetricKind::kHistogram);
  if (!problem.empty()) return problem;
  return problem_of_bounds({metric.bounds, metric.bound_count});
}

std::vector<std::string> shown_names(const Definition& definition) {
  const std::string name = prometheus_name(definition);
  std::vector<std::string> names = {name};
  if (const std::string family = family_name(definition); family != name) names.push_back(family);
  if (definition.type == Type::kCounter) names.push_back(family_name(definition) + "_created");
  if (definition.type == Type::kHistogram) {
    for (const char* suffix : {"_bucket", "_sum", "_count", "_created"})
      names.push_back(name + suffix);
  }
  return names;
}

}  // namespace ofn::metrics
