#include "metrics/definitions.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace ofn::metrics {

namespace {

// The labels of the stable metric; the two sizes have the same.
constexpr std::string_view kRequestLabels =
    "http.request.method url.scheme http.response.status_code http.route "
    "network.protocol.version error.type";

struct Row {
  Metric metric;
  std::string_view name;
  std::string_view unit;
  Type type;
  std::string_view labels;
  std::string_view help;
};

// Spec: OpenTelemetry's semantic conventions 1.44 for http.*, faas.*, messaging.*, otel.* and process.*.
constexpr std::array<Row, kMetricCount> kRows = {{
    {Metric::kRequestDuration, "http.server.request.duration", "s", Type::kHistogram,
     kRequestLabels, "Time from the whole request's arrival to its answer"},
    {Metric::kActiveRequests, "http.server.active_requests", "{request}", Type::kUpDownCounter,
     "http.request.method url.scheme", "Requests that have reached a function and are not ended"},
    {Metric::kRequestBodySize, "http.server.request.body.size", "By", Type::kHistogram,
     kRequestLabels, "Size of the request bodies"},
    {Metric::kResponseBodySize, "http.server.response.body.size", "By", Type::kHistogram,
     kRequestLabels, "Size of the answers' bodies"},
    {Metric::kInvokeDuration, "faas.invoke_duration", "s", Type::kHistogram, "faas.trigger",
     "Time that the function ran, without waiting and without outputs"},
    {Metric::kInitDuration, "faas.init_duration", "s", Type::kHistogram, "",
     "Time from the process's start until it listened, as the span init"},
    {Metric::kColdStarts, "faas.coldstarts", "{coldstart}", Type::kCounter, "faas.trigger",
     "Calls that were the first of their process"},
    {Metric::kInvocations, "faas.invocations", "{invocation}", Type::kCounter, "faas.trigger",
     "Calls that succeeded"},
    {Metric::kErrors, "faas.errors", "{error}", Type::kCounter, "faas.trigger",
     "Calls that reached the function and failed"},
    {Metric::kTimeouts, "faas.timeouts", "{timeout}", Type::kCounter, "faas.trigger",
     "Calls whose deadline passed before they were answered"},
    {Metric::kProcessDuration, "messaging.process.duration", "s", Type::kHistogram,
     "messaging.system messaging.operation.name messaging.destination.name error.type",
     "Time from a delivery's arrival until the sidecar was answered"},
    {Metric::kProbes, "ofn.probes", "{request}", Type::kCounter, "",
     "Probes of a platform or a load balancer, which no other metric counts"},
    {Metric::kCallbacks, "ofn.sidecar.callbacks", "{request}", Type::kCounter, "ofn.callback",
     "Requests of a Dapr sidecar, which no metric of HTTP counts"},
    {Metric::kRefusedRequests, "ofn.refused_requests", "{request}", Type::kCounter,
     "ofn.reason faas.trigger", "Requests and deliveries that the function did not get"},
    {Metric::kRuns, "ofn.function.runs", "{run}", Type::kCounter, "ofn.thread",
     "Calls by the thread that ran the function"},
    {Metric::kDeliveries, "ofn.deliveries", "{delivery}", Type::kCounter, "ofn.input ofn.outcome",
     "Events that a sidecar delivered, by what it was answered"},
    {Metric::kOutputPayloads, "ofn.output.payloads", "{payload}", Type::kCounter,
     "ofn.output ofn.outcome", "Payloads that were sent to an output, by their end"},
    {Metric::kOutputTries, "ofn.output.tries", "{try}", Type::kCounter, "ofn.output",
     "Calls to the sidecar for an output, with the retries"},
    {Metric::kOutputDuration, "ofn.output.duration", "s", Type::kHistogram, "ofn.output",
     "Time until a payload's end at an output, with the pauses between tries"},
    {Metric::kHookFailures, "ofn.hook.failures", "{failure}", Type::kCounter, "ofn.hook",
     "Hooks that threw"},
    {Metric::kGateInUse, "ofn.gate.in_use", "{call}", Type::kGauge, "",
     "Calls that run, or wait for their outputs"},
    {Metric::kGateLimit, "ofn.gate.limit", "{call}", Type::kGauge, "",
     "Calls that may run at once (--concurrency)"},
    {Metric::kGateWaiting, "ofn.gate.waiting", "{call}", Type::kGauge, "",
     "Calls that wait for a slot"},
    {Metric::kGateQueueLimit, "ofn.gate.queue_limit", "{call}", Type::kGauge, "",
     "Calls that may wait for a slot (--queue)"},
    {Metric::kConnections, "ofn.connections", "{connection}", Type::kGauge, "", "Open connections"},
    {Metric::kPeerMemoryUsage, "ofn.peer_memory.usage", "By", Type::kGauge, "",
     "Memory that clients make the program keep"},
    {Metric::kPeerMemoryLimit, "ofn.peer_memory.limit", "By", Type::kGauge, "",
     "Memory that clients may make the program keep (--max-body-memory)"},
    {Metric::kLoopLag, "ofn.loop.lag", "s", Type::kGauge, "ofn.loop",
     "Time that a task waited for its loop, measured by this scrape"},
    {Metric::kHandOvers, "ofn.loop.hand_overs", "{hand_over}", Type::kCounter, "",
     "Loops that another thread took over because a function did not return"},
    {Metric::kLogLinesDropped, "ofn.log.dropped_lines", "{line}", Type::kCounter, "",
     "Log lines that were lost because their reader was slow"},
    {Metric::kSpansProcessed, "otel.sdk.processor.span.processed", "{span}", Type::kCounter,
     "error.type", "Spans that left the queue, or were dropped because it was full"},
    {Metric::kSpansExported, "otel.sdk.exporter.span.exported", "{span}", Type::kCounter,
     "error.type", "Spans by what became of them at the collector"},
    {Metric::kPointsExported, "otel.sdk.exporter.metric_data_point.exported", "{data_point}",
     Type::kCounter, "error.type", "Data points by what became of them at the collector"},
    {Metric::kCompileDuration, "ofn.compile.duration", "s", Type::kGauge, "",
     "Time that this start took to load the function, or to compile it"},
    {Metric::kReloads, "ofn.reloads", "{reload}", Type::kCounter, "",
     "Builds of `functions-framework dev` before this one"},
    {Metric::kCpuTime, "process.cpu.time", "s", Type::kCounter, "cpu.mode",
     "Processor time of the process"},
    {Metric::kMemoryUsage, "process.memory.usage", "By", Type::kUpDownCounter, "",
     "Resident memory of the process"},
    {Metric::kThreads, "process.thread.count", "{thread}", Type::kUpDownCounter, "",
     "Threads of the process"},
    {Metric::kFileDescriptors, "process.unix.file_descriptor.count", "{file_descriptor}",
     Type::kUpDownCounter, "", "Open file descriptors"},
    {Metric::kUptime, "process.uptime", "s", Type::kGauge, "", "Time since the program's start"},
    {Metric::kContextSwitches, "process.context_switches", "{context_switch}", Type::kCounter,
     "process.context_switch.type", "Times that the kernel took a processor from a thread"},
    {Metric::kPagingFaults, "process.paging.faults", "{fault}", Type::kCounter,
     "system.paging.fault.type", "Page faults"},
    {Metric::kThrottledTime, "ofn.cgroup.throttled_time", "s", Type::kCounter, "",
     "Time that the control group's limit kept the process from its processors"},
    {Metric::kBuildInfo, "ofn.build", "", Type::kInfo,
     "version compiler ofn.function ofn.signature", "The framework, and what it serves"},
    {Metric::kTargetInfo, "target", "", Type::kInfo, "service.name service.version …",
     "The resource that OpenTelemetry's conventions describe"},
}};

constexpr std::array<Definition, kMetricCount> table() {
  std::array<Definition, kMetricCount> table;
  for (const Row& row : kRows)
    table.at(static_cast<std::size_t>(row.metric)) = {.name = row.name,
                                                      .unit = row.unit,
                                                      .type = row.type,
                                                      .labels = row.labels,
                                                      .help = row.help};
  return table;
}
constexpr std::array<Definition, kMetricCount> kTable = table();
static_assert(std::ranges::none_of(kTable,
                                   [](const Definition& each) { return each.name.empty(); }));

}  // namespace

std::span<const Definition> definitions() noexcept { return kTable; }
const Definition& definition_of(Metric metric) noexcept {
  return kTable[static_cast<std::size_t>(metric)];
}

std::string_view unit_word(std::string_view unit) noexcept {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"s", "seconds"},      {"By", "bytes"},       {"ms", "milliseconds"}, {"us", "microseconds"},
      {"ns", "nanoseconds"}, {"min", "minutes"},    {"h", "hours"},         {"d", "days"},
      {"KiBy", "kibibytes"}, {"MiBy", "mebibytes"}, {"GiBy", "gibibytes"},  {"kBy", "kilobytes"},
      {"MBy", "megabytes"},  {"GBy", "gigabytes"},  {"m", "meters"},        {"V", "volts"},
      {"A", "amperes"},      {"J", "joules"},       {"W", "watts"},         {"g", "grams"},
      {"Cel", "celsius"},    {"Hz", "hertz"},       {"%", "percent"},
  };
  const auto* const found =
      std::ranges::find(kWords, unit, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(kWords) ? std::string_view() : found->second;
}

std::string label_name(std::string_view name) {
  const auto is_kept = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  std::string text(name);
  std::ranges::replace_if(text, [&](char c) { return !is_kept(c); }, '_');
  if (!text.empty() && text.front() >= '0' && text.front() <= '9') text.insert(text.begin(), '_');
  return text;
}

std::string family_name(const Definition& definition) {
  std::string name = label_name(definition.name);
  const std::string_view word = unit_word(definition.unit);
  if (!word.empty()) name.append("_").append(word);
  return name;
}

std::string prometheus_name(const Definition& definition) {
  std::string name = family_name(definition);
  if (definition.type == Type::kCounter) name += "_total";
  if (definition.type == Type::kInfo) name += "_info";
  return name;
}

}  // namespace ofn::metrics
