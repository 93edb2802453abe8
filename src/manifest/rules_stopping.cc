// Rules about times and limits that the program, Dapr and the platform have to agree about.

#include <algorithm>
#include <array>
#include <chrono>

#include "context/units.h"
#include "manifest/description.h"
#include "manifest/rules.h"

namespace ofn::manifest {

namespace {

using document::Node;

std::string text(std::int64_t number) { return std::to_string(number); }

std::int64_t delay_of(const Workload& workload) {
  return whole_seconds(workload.settings.drain_delay);
}
std::int64_t drain_of(const Workload& workload) {
  return whole_seconds(workload.settings.drain_timeout);
}
// How long the program needs its sidecar after the signal.
std::int64_t stop_of(const Workload& workload) {
  return program_stops(workload.settings.drain_delay, workload.settings.drain_timeout);
}

std::string parts_of(const Workload& workload) {
  return text(delay_of(workload)) + " s drain delay + " + text(drain_of(workload)) +
         " s drain timeout + " + text(kStopTokens) + " s";
}

// Reads "36s", and a number as seconds.
std::optional<std::int64_t> annotated_seconds(const Workload& workload, std::string_view name) {
  const auto given = workload.annotation(name);
  const auto duration = given ? parse_duration(*given) : std::nullopt;
  return duration ? std::optional(whole_seconds(*duration)) : std::nullopt;
}

int annotation_line(const Workload& workload, std::string_view name) {
  const Node* found = workload.annotations == nullptr ? nullptr : workload.annotations->find(name);
  return line_or(found, workload.annotations != nullptr ? workload.annotations : workload.object);
}

void grace_too_short(const Workload& workload, Findings& findings) {
  const bool is_knative = workload.is_knative();
  const Node* given =
      node_at(workload.pod, {is_knative ? "timeoutSeconds" : "terminationGracePeriodSeconds"});
  const std::int64_t grace =
      number_at(workload.pod, {is_knative ? "timeoutSeconds" : "terminationGracePeriodSeconds"})
          .value_or(is_knative ? 300 : 30);
  const std::int64_t hook =
      is_knative
          ? 0
          : number_at(workload.container, {"lifecycle", "preStop", "sleep", "seconds"}).value_or(0);
  std::int64_t needed = hook + stop_of(workload) + kContainerEnds;
  std::string sum = (hook > 0 ? text(hook) + " s preStop hook + " : "") + parts_of(workload) +
                    " + " + text(kContainerEnds) + " s";
  if (workload.has_sidecar() && !is_knative) {
    const std::int64_t block =
        annotated_seconds(workload, "dapr.io/block-shutdown-duration").value_or(0);
    const std::int64_t graceful =
        annotated_seconds(workload, "dapr.io/graceful-shutdown-seconds").value_or(kDaprGraceful);
    if (block > 0 && block + graceful + kContainerEnds > needed) {
      needed = block + graceful + kContainerEnds;
      sum = text(block) + " s block-shutdown-duration + " + text(graceful) +
            " s graceful-shutdown-seconds + " + text(kContainerEnds) + " s";
    }
  }
  if (grace >= needed) return;
  findings.add(line_or(given, workload.pod != nullptr ? workload.pod : workload.object),
               "the pod is killed after " + text(grace) + " s, and a stop needs " + text(needed) +
                   " s (" + sum + ")",
               is_knative ? "set OFN_DRAIN_TIMEOUT to " +
                                text(std::max<std::int64_t>(
                                    grace - delay_of(workload) - kStopTokens - kContainerEnds, 0)) +
                                "s, or timeoutSeconds to " + text(needed)
                          : "set terminationGracePeriodSeconds to " + text(needed));
}

void block_shutdown(const Workload& workload, Findings& findings) {
  if (!workload.has_sidecar()) return;
  constexpr std::string_view kName = "dapr.io/block-shutdown-duration";
  const std::int64_t needed = stop_of(workload);
  const auto given = annotated_seconds(workload, kName);
  if (given && *given >= needed) return;
  findings.add(
      annotation_line(workload, kName),
      given ? "daprd closes its API " + text(*given) +
                  " s after its signal, and the function may use it for " + text(needed) + " s (" +
                  parts_of(workload) + ")"
            : "daprd closes its API at its signal, so outputs of calls that still run are lost",
      "set the annotation " + std::string(kName) + ": \"" + text(needed) + "s\"");
}

void health_check(const Workload& workload, Findings& findings) {
  constexpr std::string_view kName = "dapr.io/enable-app-health-check";
  if (!workload.has_sidecar() || workload.annotation(kName) != "true") return;
  const std::int64_t interval =
      annotated_seconds(workload, "dapr.io/app-health-probe-interval").value_or(5);
  const std::int64_t threshold =
      annotated_seconds(workload, "dapr.io/app-health-threshold").value_or(3);
  const std::int64_t needed =
      std::max(stop_of(workload),
               annotated_seconds(workload, "dapr.io/block-shutdown-duration").value_or(0));
  if (interval < 1 || interval * threshold >= needed) return;
  findings.add(
      annotation_line(workload, kName),
      "daprd's health checks fail as soon as the program stops, and end daprd's wait after " +
          text(interval * threshold) + " s instead of " + text(needed) + " s",
      "remove the annotation, or set dapr.io/app-health-threshold: \"" +
          text((needed + interval - 1) / interval) + "\"");
}

// A Kubernetes quantity in bytes: "4Mi", "10M", "1048576".
std::optional<std::uint64_t> quantity(std::string_view given) {
  const bool is_decimal =
      !given.empty() && !given.ends_with('i') && (given.back() < '0' || given.back() > '9');
  return parse_size(std::string(given) + (is_decimal ? "B" : ""));
}

void body_size(const Workload& workload, Findings& findings) {
  if (!workload.has_sidecar()) return;
  constexpr std::string_view kName = "dapr.io/max-body-size";
  constexpr std::uint64_t kDefault = std::uint64_t{4} << 20U;
  auto given = workload.annotation(kName);
  std::uint64_t limit = given ? quantity(*given).value_or(kDefault) : kDefault;
  if (const auto older = workload.annotation("dapr.io/http-max-request-size"); !given && older) {
    limit = parse_number(*older).value_or(4) << 20U;
  }
  const std::size_t ours = workload.settings.max_body_size;
  if (limit >= ours) return;
  findings.add(annotation_line(workload, kName),
               "daprd takes bodies up to " + size_text(limit) + ", and the function up to " +
                   size_text(ours),
               "set the annotation " + std::string(kName) + ": " + mebibytes(ours) +
                   ", or OFN_MAX_BODY_SIZE to " + size_text(limit));
}

void timeout(const Workload& workload, Findings& findings) {
  if (!workload.is_knative()) return;
  const std::int64_t platform =
      workload.is_openfunction() ? 300 : number_at(workload.pod, {"timeoutSeconds"}).value_or(300);
  const std::int64_t ours = whole_seconds(workload.settings.timeout);
  if (ours <= platform) return;
  findings.add(workload.line_of("OFN_TIMEOUT"),
               "Knative ends a request after " + text(platform) + " s, and the function may take " +
                   text(ours) + " s",
               workload.is_openfunction() ? "set OFN_TIMEOUT to 300s, because OpenFunction leaves "
                                            "timeoutSeconds at Knative's default"
                                          : "set timeoutSeconds to " + text(ours) +
                                                ", or OFN_TIMEOUT to " + text(platform) + "s");
}

void concurrency(const Workload& workload, Findings& findings) {
  const Node* given = node_at(workload.pod, {"containerConcurrency"});
  const auto platform = number_at(workload.pod, {"containerConcurrency"});
  if (workload.kind != WorkloadKind::kKnative || !platform) return;
  const auto ours =
      static_cast<std::int64_t>(workload.settings.concurrency + workload.settings.queue);
  if (*platform <= ours) return;
  findings.add(line_or(given, workload.pod),
               "Knative passes on " + text(*platform) +
                   " requests at once, and the program refuses what is above " + text(ours) +
                   " with 503",
               "set OFN_CONCURRENCY to " + text(*platform) + ", or containerConcurrency to " +
                   text(static_cast<std::int64_t>(workload.settings.concurrency)));
}

constexpr std::array<WorkloadRule, 6> kRules = {{
    {"grace-too-short", grace_too_short},
    {"dapr-block-shutdown", block_shutdown},
    {"dapr-health-check", health_check},
    {"dapr-body-size", body_size},
    {"timeout-mismatch", timeout},
    {"concurrency-mismatch", concurrency},
}};

}  // namespace

std::span<const WorkloadRule> stopping_rules() { return kRules; }

}  // namespace ofn::manifest
