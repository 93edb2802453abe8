#include "metrics/otlp_format.h"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "otlp/attributes.h"
#include "otlp/protobuf_writer.h"
#include "otlp/request.h"

namespace ofn::metrics {

namespace {

using otlp::ProtobufWriter;

constexpr std::uint64_t kCumulative = 2;  // AGGREGATION_TEMPORALITY_CUMULATIVE

std::uint64_t nanoseconds(SystemTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

unsigned digit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

// The digits are hexadecimal, in lower case.
std::string bytes_of(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(digit(digits[i]) * 16 + digit(digits[i + 1]));
  return bytes;
}

class Writer {
 public:
  Writer(std::string& items, const OtlpTimes& times)
      : out_(items), started_(nanoseconds(times.started)), now_(nanoseconds(times.now)) {}

  void write(const Family& family) {
    const Definition& definition = *family.definition;
    out_.message(otlp::kItem, [&] {
      out_.bytes(1, definition.name);
      out_.bytes(2, definition.help);
      out_.bytes(3, definition.unit);
      switch (definition.type) {
        case Type::kHistogram:
          return out_.message(9, [&] { histograms(family); });
        case Type::kCounter:
          return out_.message(7, [&] { sums(family, true); });
        case Type::kUpDownCounter:
          return out_.message(7, [&] { sums(family, false); });
        case Type::kGauge:
        case Type::kInfo:
          return out_.message(5, [&] { numbers(family); });
      }
    });
  }

 private:
  void times() {
    out_.fixed64(2, started_);
    out_.fixed64(3, now_);
  }

  void attributes(std::uint32_t field, const Labels& labels) {
    for (const Label& label : labels)
      otlp::write_attribute(out_, field, label.name, std::string_view(label.value));
  }

  void numbers(const Family& family) {
    for (const Sample& sample : family.samples) {
      out_.message(1, [&] {
        times();
        out_.real(4, std::get<double>(sample.value));
        attributes(7, sample.labels);
      });
    }
  }

  void sums(const Family& family, bool is_monotonic) {
    numbers(family);
    out_.varint(2, kCumulative);
    out_.boolean(3, is_monotonic);
  }

  void histograms(const Family& family) {
    for (const Sample& sample : family.samples)
      out_.message(1, [&] { histogram(std::get<Distribution>(sample.value), sample.labels); });
    out_.varint(2, kCumulative);
  }

  void histogram(const Distribution& distribution, const Labels& labels) {
    times();
    out_.fixed64(4, distribution.count());
    out_.real(5, distribution.sum());
    const std::vector<std::uint64_t> buckets = distribution.classic();
    out_.packed_fixed64(6, buckets);
    out_.packed_real(7, distribution.layout().bounds);
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      if (const Exemplar* kept = distribution.exemplar(i))
        out_.message(8, [&] { exemplar(*kept); });
    }
    attributes(9, labels);
  }

  void exemplar(const Exemplar& exemplar) {
    out_.fixed64(2, nanoseconds(exemplar.at));
    out_.real(3, exemplar.value);
    out_.bytes(4, bytes_of(exemplar.span_id));
    out_.bytes(5, bytes_of(exemplar.trace_id));
  }

  ProtobufWriter out_;
  std::uint64_t started_;
  std::uint64_t now_;
};

}  // namespace

OtlpMetrics otlp_metrics(const Snapshot& snapshot, const OtlpTimes& times) {
  OtlpMetrics metrics;
  Writer writer(metrics.items, times);
  const Definition* const left_out = &definition_of(Metric::kTargetInfo);
  for (const Family& family : snapshot.families()) {
    if (family.samples.empty() || family.definition == left_out) continue;
    writer.write(family);
    metrics.points += family.samples.size();
  }
  return metrics;
}

}  // namespace ofn::metrics
