#include "cli/measurement.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <unistd.h>
#include <variant>

#include "otlp/exporter.h"
#include "otlp/make_destination.h"
#include "otlp/text_destination.h"

namespace ofn::cli {

namespace {

using metrics::Metric;
using metrics::Snapshot;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

void add_count(Snapshot& snapshot, Metric metric, std::uint64_t count, std::string error = {}) {
  metrics::Labels labels;
  if (!error.empty()) labels.push_back({"error.type", std::move(error)});
  snapshot.add(metric, std::move(labels), static_cast<double>(count));
}

// Also zeros, so that a scraper sees the first loss as an increase.
void add_exported(Snapshot& snapshot, Metric metric, const otlp::ExportCounts& counts) {
  add_count(snapshot, metric, counts.exported);
  add_count(snapshot, metric, counts.rejected, "rejected");
  add_count(snapshot, metric, counts.failed, "failed");
}

}  // namespace

Measurement::Measurement(const MetricsChoice& choice, const FunctionContext& context,
                         std::vector<Loop*> loops, Log& log)
    : choice_(choice), loops_(std::move(loops)), log_(log), collector_(context) {}

void Measurement::add(std::vector<const CountedCallbacks*> counted) {
  collector_.add([counted = std::move(counted)](Snapshot& snapshot) {
    for (std::size_t i = 0; i < CountedCallbacks::kNames.size(); ++i) {
      std::uint64_t all = 0;
      for (const CountedCallbacks* each : counted) all += each->count(i);
      if (all == 0) continue;
      snapshot.add(Metric::kCallbacks, {{"ofn.callback", std::string(CountedCallbacks::kNames[i])}},
                   static_cast<double>(all));
    }
  });
}

std::optional<Door> Measurement::door(Loop& loop, const Routes& routes) {
  if (choice_.place != MetricsChoice::Place::kFunctionsPort) return std::nullopt;
  RouteParams params;
  const bool is_first = scrapes_.empty();
  if (routes.find("GET", metrics::kMetricsPath, params).is_authors) {
    if (is_first)
      log_.write(Level::kWarning, "no metrics: a route of the function has the path /metrics");
    return std::nullopt;
  }
  if (is_first) {
    log_.write(
        Level::kWarning,
        "every client of the function can read the metrics at /metrics; --metrics PORT shows "
        "them on a port of their own");
  }
  scrapes_.push_back(std::make_unique<metrics::Scrapes>(loop, loops_, collector_));
  return Door{.wants = metrics::Scrapes::wants, .handler = *scrapes_.back()};
}

Result<void> Measurement::push_to(const otlp::MetricsSettings& settings,
                                  metrics::PushOptions options) {
  Loop& loop = *loops_.front();
  std::unique_ptr<otlp::Destination> destination;
  if (settings.exporter == otlp::MetricsExporter::kConsole) {
    destination =
        std::make_unique<otlp::TextDestination>(loop, otlp::Signal::kMetrics, STDOUT_FILENO);
  } else {
    auto made = otlp::make_destination(loop, otlp::Signal::kMetrics, settings.target);
    if (!made) return std::unexpected(std::move(made).error());
    destination = *std::move(made);
  }
  options.interval = settings.export_interval;
  push_.emplace(
      loop, collector_,
      std::make_unique<otlp::Exporter>(
          loop, std::move(destination),
          otlp::ExporterOptions{.signal = "metrics", .timeout = settings.target.timeout}, log_),
      std::move(options), loop.clock().system_now());
  collector_.add([&push = *push_](Snapshot& snapshot) {
    add_exported(snapshot, Metric::kPointsExported, push.counts());
  });
  return {};
}

void Measurement::finish(Deadline deadline, Task done) {
  if (!push_) return done();
  push_->finish(deadline, std::move(done));
}

void Measurement::open() {
  if (push_) push_->start();
  if (choice_.place != MetricsChoice::Place::kOwnPort) return;
  listener_.emplace(*loops_.front(), loops_, collector_, log_);
  listener_->open({.host = choice_.host, .port = choice_.port, .unix_path = {}});
}

void Measurement::close() {
  listener_.reset();
  scrapes_.clear();
  push_.reset();  // scrapes read what it has sent
}

metrics::Source gate_source(const Gate& gate) {
  return [&gate](Snapshot& snapshot) {
    snapshot.add(Metric::kGateInUse, {}, static_cast<double>(gate.in_use()));
    snapshot.add(Metric::kGateLimit, {}, static_cast<double>(gate.limit()));
    snapshot.add(Metric::kGateWaiting, {}, static_cast<double>(gate.waiting()));
    snapshot.add(Metric::kGateQueueLimit, {}, static_cast<double>(gate.queue_limit()));
  };
}

metrics::Source memory_source(const wire::MemoryAccount& account) {
  return [&account](Snapshot& snapshot) {
    snapshot.add(Metric::kPeerMemoryUsage, {}, static_cast<double>(account.used()));
    snapshot.add(Metric::kPeerMemoryLimit, {}, static_cast<double>(account.bytes()));
  };
}

metrics::Source loops_source(std::vector<Loop*> loops) {
  return [loops = std::move(loops)](Snapshot& snapshot) {
    std::uint64_t taken_over = 0;
    for (const Loop* loop : loops) taken_over += loop->taken_over();
    snapshot.add(Metric::kHandOvers, {}, static_cast<double>(taken_over));
  };
}

metrics::Source hooks_source(const Hooks& hooks) {
  return [&hooks](Snapshot& snapshot) {
    for (const Hooks::Failures& each : hooks.failures())
      snapshot.add(Metric::kHookFailures, {{"ofn.hook", std::string(each.plugin)}},
                   static_cast<double>(each.count));
  };
}

metrics::Source log_source(const Logger& log) {
  return [&log](Snapshot& snapshot) {
    snapshot.add(Metric::kLogLinesDropped, {}, static_cast<double>(log.dropped()));
  };
}

metrics::Source traces_source(const Traces& traces) {
  return [&traces](Snapshot& snapshot) {
    const otlp::ExportCounts counts = traces.counts();
    add_count(snapshot, Metric::kSpansProcessed, counts.exported + counts.rejected + counts.failed);
    add_count(snapshot, Metric::kSpansProcessed, counts.dropped, "queue_full");
    add_exported(snapshot, Metric::kSpansExported, counts);
  };
}

metrics::Source start_source(StartFacts facts, const SteadyTime& listening) {
  return [facts = std::move(facts), &listening](Snapshot& snapshot) {
    snapshot.add(Metric::kCompileDuration, {}, seconds(facts.loading));
    metrics::Distribution start(metrics::TimeBuckets::layout());
    start.add<metrics::TimeBuckets>(static_cast<std::uint64_t>((listening - facts.began).count()));
    snapshot.add(Metric::kInitDuration, {}, std::move(start));
    if (facts.build) snapshot.add(Metric::kReloads, {}, static_cast<double>(*facts.build - 1));
    snapshot.add(Metric::kBuildInfo,
                 {{"version", facts.version},
                  {"compiler", OFN_COMPILER},
                  {"ofn.function", facts.functions},
                  {"ofn.signature", facts.signature}},
                 1);
  };
}

metrics::Source resource_source(const otlp::Resource& resource) {
  metrics::Labels labels;
  for (const auto& [name, value] : resource.attributes) {
    // Two names may be the same in Prometheus' notation.
    const std::string shown = metrics::label_name(name);
    if (std::ranges::any_of(labels, [&](const metrics::Label& each) {
          return metrics::label_name(each.name) == shown;
        }))
      continue;
    const auto* const text = std::get_if<std::string>(&value);
    labels.push_back(
        {name, text != nullptr ? *text : std::to_string(std::get<std::int64_t>(value))});
  }
  return [labels = std::move(labels)](Snapshot& snapshot) {
    snapshot.add(Metric::kTargetInfo, labels, 1);
  };
}

}  // namespace ofn::cli
