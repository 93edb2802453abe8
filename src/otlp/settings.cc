#include "otlp/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/trimmed.h"
#include "context/units.h"
#include "otlp/pair_list.h"
#include "wire/grpc/codec.h"

namespace ofn::otlp {
namespace {

template <class Value>
struct Named {
  std::string_view name;
  Value value;
};

constexpr std::array<Named<Protocol>, 3> kProtocols = {{{"grpc", Protocol::kGrpc},
                                                        {"http/protobuf", Protocol::kHttpProtobuf},
                                                        {"http/json", Protocol::kHttpJson}}};
constexpr std::array<Named<Compression>, 2> kCompressions = {
    {{"none", Compression::kNone}, {"gzip", Compression::kGzip}}};
constexpr std::array<Named<TracesExporter>, 4> kTracesExporters = {
    {{"otlp", TracesExporter::kOtlp},
     {"console", TracesExporter::kConsole},
     {"none", TracesExporter::kNone},
     {"otlp/stdout", TracesExporter::kConsole}}};
// An empty optional is `prometheus`.
constexpr std::array<Named<std::optional<MetricsExporter>>, 5> kMetricsExporters = {
    {{"otlp", MetricsExporter::kOtlp},
     {"prometheus", std::nullopt},
     {"console", MetricsExporter::kConsole},
     {"none", MetricsExporter::kNone},
     {"otlp/stdout", MetricsExporter::kConsole}}};
constexpr std::array<Named<Sampler>, 6> kSamplers = {{
    {"always_on", {.kind = SamplerKind::kAlwaysOn, .parent_based = false}},
    {"always_off", {.kind = SamplerKind::kAlwaysOff, .parent_based = false}},
    {"traceidratio", {.kind = SamplerKind::kTraceIdRatio, .parent_based = false}},
    {"parentbased_always_on", {.kind = SamplerKind::kAlwaysOn, .parent_based = true}},
    {"parentbased_always_off", {.kind = SamplerKind::kAlwaysOff, .parent_based = true}},
    {"parentbased_traceidratio", {.kind = SamplerKind::kTraceIdRatio, .parent_based = true}},
}};
// An empty optional is `none`.
constexpr std::array<Named<std::optional<Propagator>>, 5> kPropagators = {
    {{"tracecontext", Propagator::kTraceContext},
     {"baggage", Propagator::kBaggage},
     {"b3", Propagator::kB3},
     {"b3multi", Propagator::kB3Multi},
     {"none", std::nullopt}}};

constexpr std::uint16_t kGrpcPort = 4317;
constexpr std::uint16_t kHttpPort = 4318;
constexpr std::uint64_t kMostMilliseconds = std::uint64_t{365} * 24 * 3600 * 1000;
constexpr std::uint64_t kMostItems = 1'000'000;

// The value of a variable, and the variable's name for a message.
struct Given {
  std::string text;
  std::string label;
};

// Reads variables, and adds a note for each that is wrong.
class Reader {
 public:
  Reader(const Environment& env, std::vector<Note>& notes) : env_(env), notes_(notes) {}

  std::optional<Given> find(std::string_view name) const {
    auto text = non_empty(env_, name);
    if (!text) return std::nullopt;
    return Given{*std::move(text), env_.label(name)};
  }

  void warn(const Given& given, std::string_view expected, std::string_view found) {
    warn(given.label + " is ignored: expected " + std::string(expected) + ", found " +
         std::string(found));
  }
  void warn(const Given& given, std::string_view expected) {
    warn(given, expected, quoted(given.text));
  }
  // The general variables are read for each signal: what is wrong with them is said once.
  void warn(std::string text) {
    Note note{Level::kWarning, std::move(text)};
    if (std::ranges::find(notes_, note) == notes_.end()) notes_.push_back(std::move(note));
  }

  // Only `true` is true, as the specification demands.
  bool is_true(std::string_view name) {
    const auto given = find(name);
    if (!given) return false;
    if (equal_ignoring_case(given->text, "true")) return true;
    if (!equal_ignoring_case(given->text, "false")) warn(*given, "true or false");
    return false;
  }

  template <class Number>
  void number(std::string_view name, Number& value, std::uint64_t least, std::uint64_t most) {
    const auto given = find(name);
    if (!given) return;
    const auto number = parse_number(given->text);
    if (number && *number >= least && *number <= most) {
      value = static_cast<std::size_t>(*number);
    } else {
      warn(*given, "a number from " + std::to_string(least) + " to " + std::to_string(most));
    }
  }
  void milliseconds(std::string_view name, Duration& value, std::uint64_t least = 1) {
    const auto given = find(name);
    if (given) read_milliseconds(*given, value, least);
  }
  void read_milliseconds(const Given& given, Duration& value, std::uint64_t least = 1) {
    const auto number = parse_number(given.text);
    if (number && *number >= least && *number <= kMostMilliseconds) {
      value = std::chrono::milliseconds(*number);
    } else {
      warn(given, "a number of milliseconds");
    }
  }

  // Case does not count. Adds a note if the text names none of the choices.
  template <class Value, std::size_t kSize>
  std::optional<Value> choose(const Given& given, std::string_view text,
                              const std::array<Named<Value>, kSize>& choices) {
    std::string known;
    for (const Named<Value>& choice : choices) {
      if (equal_ignoring_case(choice.name, text)) return choice.value;
      if (!known.empty()) known += ", ";
      known += choice.name;
    }
    warn(given.label + ": " + quoted(text) + " is ignored; this program knows " + known);
    return std::nullopt;
  }
  // The same for a list.
  template <class Value, std::size_t kSize>
  std::vector<Value> choose_list(const Given& given,
                                 const std::array<Named<Value>, kSize>& choices) {
    std::vector<Value> chosen;
    std::string_view rest = given.text;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view item = trimmed(rest.substr(0, comma));
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
      if (item.empty()) continue;
      const auto value = choose(given, item, choices);
      if (value && std::ranges::find(chosen, *value) == chosen.end()) chosen.push_back(*value);
    }
    return chosen;
  }

 private:
  const Environment& env_;
  std::vector<Note>& notes_;
};

// --- the target of a signal ----------------------------------------------------------------------

constexpr std::string_view word(Signal signal) {
  return signal == Signal::kTraces ? "TRACES_" : "METRICS_";
}

// Reads OTEL_EXPORTER_OTLP_… for one signal.
class TargetReader {
 public:
  TargetReader(Reader& reader, Signal signal) : reader_(reader), signal_(signal) {}

  // Returns nullopt if the endpoint is wrong: a guess could send data to somebody else.
  std::optional<Target> read() {
    Target target;
    if (const auto given = find("PROTOCOL")) {
      const auto protocol = reader_.choose(*given, given->text, kProtocols);
      if (protocol) target.protocol = *protocol;
    }
    if (const auto given = find("TIMEOUT")) reader_.read_milliseconds(*given, target.timeout);
    if (const auto given = find("COMPRESSION")) {
      const auto compression = reader_.choose(*given, given->text, kCompressions);
      if (compression) target.compression = *compression;
    }
    if (const auto given = find("HEADERS")) target.headers = headers(*given);
    if (auto given = find("CERTIFICATE")) target.certificate = std::move(given->text);
    if (auto given = find("CLIENT_KEY")) target.client_key = std::move(given->text);
    if (auto given = find("CLIENT_CERTIFICATE")) target.client_certificate = std::move(given->text);
    auto url = read_url(target.protocol);
    if (!url) return std::nullopt;
    target.url = *std::move(url);
    return target;
  }

  bool names_endpoint() const { return find("ENDPOINT").has_value(); }

 private:
  std::string own_name(std::string_view key) const {
    return "OTEL_EXPORTER_OTLP_" + std::string(word(signal_)) + std::string(key);
  }
  static std::string general_name(std::string_view key) {
    return "OTEL_EXPORTER_OTLP_" + std::string(key);
  }
  std::optional<Given> find(std::string_view key) const {
    auto given = reader_.find(own_name(key));
    return given ? given : reader_.find(general_name(key));
  }

  std::optional<Url> read_url(Protocol protocol) {
    const bool grpc = protocol == Protocol::kGrpc;
    const std::string_view path = signal_ == Signal::kTraces ? "v1/traces" : "v1/metrics";
    auto given = reader_.find(own_name("ENDPOINT"));
    const bool is_own = given.has_value();
    if (!given) given = reader_.find(general_name("ENDPOINT"));
    if (!given) {
      return Url{
          .tls = false,
          .endpoint = {.host = "localhost", .port = grpc ? kGrpcPort : kHttpPort, .unix_path = {}},
          .path = grpc ? "/" : "/" + std::string(path)};
    }
    auto url = parse_url(given->text);
    if (!url) {
      // A text with a user may hold a password.
      const bool secret = given->text.contains('@');
      reader_.warn(given->label + ": expected " + url.error() +
                   (secret ? "" : ", found " + quoted(given->text)) + "; nothing is sent there");
      return std::nullopt;
    }
    if (!is_own && !grpc) append_path(url->path, path);
    return *std::move(url);
  }

  // A query stays behind the path.
  static void append_path(std::string& base, std::string_view path) {
    const std::size_t end = std::min(base.find('?'), base.size());
    const bool ends_with_slash = end > 0 && base[end - 1] == '/';
    base.insert(end, (ends_with_slash ? "" : "/") + std::string(path));
  }

  // The message has no part of the text, which may be a secret.
  std::vector<Header> headers(const Given& given) {
    auto pairs = parse_pairs(given.text);
    if (!pairs) {
      reader_.warn(given, pairs.error().expected, "item " + std::to_string(pairs.error().item));
      return {};
    }
    std::vector<Header> valid;
    for (Header& pair : *pairs) {
      std::ranges::transform(pair.name, pair.name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      });
      if (!wire::grpc::valid_metadata_name(pair.name)) {
        reader_.warn(given.label + ": the header " + quoted(pair.name) +
                     " is ignored; it has no valid name, or the program sets it itself");
      } else if (!wire::grpc::valid_metadata_value(pair.value)) {
        reader_.warn(given.label + ": the header " + quoted(pair.name) +
                     " is ignored; expected a value of printable ASCII characters");
      } else {
        valid.push_back(std::move(pair));
      }
    }
    return valid;
  }

  Reader& reader_;
  Signal signal_;
};

// --- traces ----------------------------------------------------------------------------------------

Sampler read_sampler(Reader& reader) {
  Sampler sampler;
  const auto given = reader.find("OTEL_TRACES_SAMPLER");
  const auto chosen = given ? reader.choose(*given, given->text, kSamplers) : std::nullopt;
  if (chosen) sampler = *chosen;
  const auto argument = reader.find("OTEL_TRACES_SAMPLER_ARG");
  if (!argument || sampler.kind != SamplerKind::kTraceIdRatio) return sampler;
  double ratio = 0;
  const char* end = argument->text.data() + argument->text.size();
  const auto [read_to, error] = std::from_chars(argument->text.data(), end, ratio);
  if (error == std::errc() && read_to == end && ratio >= 0 && ratio <= 1) {
    sampler.ratio = ratio;
  } else {
    reader.warn(*argument, "a number from 0 to 1");
  }
  return sampler;
}

std::vector<Propagator> read_propagators(Reader& reader, std::vector<Propagator> by_default) {
  const auto given = reader.find("OTEL_PROPAGATORS");
  if (!given) return by_default;
  std::vector<Propagator> propagators;
  bool none = false;
  for (const auto& propagator : reader.choose_list(*given, kPropagators)) {
    if (propagator) {
      propagators.push_back(*propagator);
    } else {
      none = true;
    }
  }
  if (none && !propagators.empty()) {
    reader.warn(*given, "none alone, or other propagators without it");
    return by_default;
  }
  // A list without any known name is ignored as a whole.
  return propagators.empty() && !none ? by_default : propagators;
}

SpanBatches read_batches(Reader& reader) {
  SpanBatches batches;
  reader.milliseconds("OTEL_BSP_SCHEDULE_DELAY", batches.schedule_delay);
  reader.milliseconds("OTEL_BSP_EXPORT_TIMEOUT", batches.export_timeout);
  reader.number("OTEL_BSP_MAX_QUEUE_SIZE", batches.max_queue_size, 1, kMostItems);
  const auto given = reader.find("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
  reader.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", batches.max_export_batch_size, 1, kMostItems);
  if (batches.max_export_batch_size > batches.max_queue_size) {
    if (given) reader.warn(*given, "at most OTEL_BSP_MAX_QUEUE_SIZE");
    batches.max_export_batch_size = batches.max_queue_size;
  }
  return batches;
}

SpanLimits read_limits(Reader& reader) {
  SpanLimits limits;
  reader.number("OTEL_ATTRIBUTE_COUNT_LIMIT", limits.attributes, 0, kMostItems);
  limits.event_attributes = limits.attributes;
  limits.link_attributes = limits.attributes;
  reader.number("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", limits.attributes, 0, kMostItems);
  reader.number("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", limits.event_attributes, 0, kMostItems);
  reader.number("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", limits.link_attributes, 0, kMostItems);
  reader.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", limits.attribute_value_length, 0, kMostItems);
  reader.number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", limits.attribute_value_length, 0,
                kMostItems);
  reader.number("OTEL_SPAN_EVENT_COUNT_LIMIT", limits.events, 0, kMostItems);
  reader.number("OTEL_SPAN_LINK_COUNT_LIMIT", limits.links, 0, kMostItems);
  return limits;
}

TracesSettings read_traces(Reader& reader) {
  TracesSettings traces;
  TargetReader target(reader, Signal::kTraces);
  if (target.names_endpoint()) traces.exporter = TracesExporter::kOtlp;
  if (const auto given = reader.find("OTEL_TRACES_EXPORTER")) {
    const auto chosen = reader.choose(*given, given->text, kTracesExporters);
    if (chosen) traces.exporter = *chosen;
  }
  traces.propagators = read_propagators(reader, std::move(traces.propagators));
  traces.sampler = read_sampler(reader);
  traces.batches = read_batches(reader);
  traces.limits = read_limits(reader);
  if (traces.exporter != TracesExporter::kOtlp) return traces;
  if (auto read = target.read()) {
    traces.target = *std::move(read);
  } else {
    traces.exporter = TracesExporter::kNone;
  }
  return traces;
}

// --- metrics -----------------------------------------------------------------------------------------

void read_exporters(Reader& reader, MetricsSettings& metrics) {
  const auto given = reader.find("OTEL_METRICS_EXPORTER");
  if (!given) return;
  const auto chosen = reader.choose_list(*given, kMetricsExporters);
  if (chosen.empty()) return;
  metrics.exporter = MetricsExporter::kNone;
  for (const auto& exporter : chosen) {
    if (!exporter) {
      metrics.prometheus = true;
    } else if (metrics.exporter == MetricsExporter::kNone) {
      metrics.exporter = *exporter;
    } else {
      reader.warn(*given, "one exporter that pushes, and prometheus");
    }
  }
}

MetricsSettings read_metrics(Reader& reader) {
  MetricsSettings metrics;
  TargetReader target(reader, Signal::kMetrics);
  if (target.names_endpoint()) metrics.exporter = MetricsExporter::kOtlp;
  read_exporters(reader, metrics);
  reader.milliseconds("OTEL_METRIC_EXPORT_INTERVAL", metrics.export_interval);
  reader.milliseconds("OTEL_METRIC_EXPORT_TIMEOUT", metrics.export_timeout);
  if (metrics.exporter != MetricsExporter::kOtlp) return metrics;
  if (auto read = target.read()) {
    metrics.target = *std::move(read);
  } else {
    metrics.exporter = MetricsExporter::kNone;
  }
  return metrics;
}

}  // namespace

Settings read_settings(const Environment& env, std::vector<Note>& notes) {
  Reader reader(env, notes);
  Settings settings;
  settings.disabled = reader.is_true("OTEL_SDK_DISABLED");
  if (settings.disabled) return settings;
  settings.traces = read_traces(reader);
  settings.metrics = read_metrics(reader);
  return settings;
}

}  // namespace ofn::otlp
