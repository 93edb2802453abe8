#include "metrics/text_format.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>
#include <vector>

#include "metrics/number_text.h"

namespace ofn::metrics {

namespace {

void append_escaped(std::string& to, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      to += "\\n";
    } else {
      if (c == '\\' || c == '"') to += '\\';
      to += c;
    }
  }
}

class Writer {
 public:
  explicit Writer(TextFormat format) : is_open_metrics_(format == TextFormat::kOpenMetrics) {}

  void write(const Family& family) {
    if (family.samples.empty()) return;
    const Definition& definition = *family.definition;
    name_ = prometheus_name(definition);
    head(definition);
    for (const Sample& sample : family.samples) {
      labels_.clear();
      for (const Label& label : sample.labels)
        add_label(labels_, label_name(label.name), label.value);
      if (const auto* number = std::get_if<double>(&sample.value)) {
        line("", labels_, number_text(*number));
      } else {
        histogram(std::get<Distribution>(sample.value));
      }
    }
  }

  std::string finish() && {
    if (is_open_metrics_) text_ += "# EOF\n";
    return std::move(text_);
  }

 private:
  static std::string_view type_of(const Definition& definition, bool is_open_metrics) {
    switch (definition.type) {
      case Type::kCounter:
        return "counter";
      case Type::kHistogram:
        return "histogram";
      case Type::kInfo:
        return is_open_metrics ? "info" : "gauge";
      case Type::kUpDownCounter:
      case Type::kGauge:
        break;
    }
    return "gauge";
  }

  // OpenMetrics names a family without the suffix of its samples.
  void head(const Definition& definition) {
    const std::string family = is_open_metrics_ ? family_name(definition) : name_;
    text_.append("# HELP ").append(family).append(" ");
    append_escaped(text_, definition.help);
    text_.append("\n# TYPE ")
        .append(family)
        .append(" ")
        .append(type_of(definition, is_open_metrics_));
    text_ += '\n';
    const std::string_view unit = unit_word(definition.unit);
    if (is_open_metrics_ && !unit.empty())
      text_.append("# UNIT ").append(family).append(" ").append(unit).append("\n");
  }

  static void add_label(std::string& labels, std::string_view name, std::string_view value) {
    if (!labels.empty()) labels += ',';
    labels.append(name).append("=\"");
    append_escaped(labels, value);
    labels += '"';
  }

  void line(std::string_view suffix, std::string_view labels, std::string_view value,
            const Exemplar* exemplar = nullptr) {
    text_.append(name_).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value);
    if (exemplar != nullptr && is_open_metrics_) add_exemplar(*exemplar);
    text_ += '\n';
  }

  void add_exemplar(const Exemplar& exemplar) {
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(exemplar.at.time_since_epoch());
    text_.append(" # {trace_id=\"")
        .append(exemplar.trace_id)
        .append("\",span_id=\"")
        .append(exemplar.span_id)
        .append("\"} ")
        .append(number_text(exemplar.value))
        .append(" ")
        .append(number_text(static_cast<double>(milliseconds.count()) / 1000));
  }

  void histogram(const Distribution& distribution) {
    const std::vector<std::uint64_t> buckets = distribution.classic();
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      all += buckets[i];
      const double bound = i < distribution.layout().bounds.size()
                               ? distribution.layout().bounds[i]
                               : std::numeric_limits<double>::infinity();
      std::string labels = labels_;
      add_label(labels, "le", bound_text(bound));
      line("_bucket", labels, std::to_string(all), distribution.exemplar(i));
    }
    line("_sum", labels_, number_text(distribution.sum()));
    line("_count", labels_, std::to_string(all));
  }

  const bool is_open_metrics_;
  std::string text_;
  std::string name_;    // of the current family
  std::string labels_;  // of the current sample
};

}  // namespace

std::string text_exposition(const Snapshot& snapshot, TextFormat format) {
  Writer writer(format);
  for (const Family& family : snapshot.families()) writer.write(family);
  return std::move(writer).finish();
}

}  // namespace ofn::metrics
