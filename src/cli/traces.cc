#include "cli/traces.h"

#include <algorithm>
#include <atomic>
#include <unistd.h>
#include <utility>

#include "otlp/make_destination.h"
#include "otlp/text_destination.h"
#include "tracing/section.h"

namespace ofn::cli {

namespace {

Result<std::unique_ptr<otlp::Destination>> destination_of(const otlp::TracesSettings& settings,
                                                          Loop& loop) {
  if (settings.exporter == otlp::TracesExporter::kConsole)
    return std::make_unique<otlp::TextDestination>(loop, otlp::Signal::kTraces, STDOUT_FILENO);
  return otlp::make_destination(loop, otlp::Signal::kTraces, settings.target);
}

}  // namespace

std::unique_ptr<Traces> Traces::make(const otlp::TracesSettings& settings, const Environment& env,
                                     const FunctionContext& context, std::string resource,
                                     std::span<Loop* const> loops, Log& log) {
  if (settings.exporter == otlp::TracesExporter::kNone) return nullptr;
  auto destination = destination_of(settings, *loops.front());
  if (!destination) {
    log.write(Level::kWarning, "no span is exported", {{"error", destination.error().message()}});
    return nullptr;
  }
  log.write(Level::kInfo, "spans are exported", {{"url", (*destination)->name()}});
  return std::make_unique<Traces>(settings, std::move(resource), env, context,
                                  *std::move(destination), loops, log);
}

Traces::Traces(const otlp::TracesSettings& settings, std::string resource, const Environment& env,
               const FunctionContext& context, std::unique_ptr<otlp::Destination> destination,
               std::span<Loop* const> loops, Log& log)
    : settings_(settings),
      loops_(loops.size()),
      rules_(settings, tracing::section_tags(env, context), tracing::section_baggage(context)),
      export_(*loops.front(), std::move(destination),
              {.resource = std::move(resource),
               .scope_version = OFN_VERSION,
               .max_queue_size = settings.batches.max_queue_size,
               .exporter = {.signal = "traces",
                            .timeout = std::min(settings.target.timeout,
                                                settings.batches.export_timeout)}},
              log) {}

void Traces::OnLoop::flush(Duration budget, Task done) {
  batch.hand_over();
  exporting.flush(Deadline::in(budget, loop.clock()),
                  [this, done = std::move(done)](bool) mutable { loop.post(std::move(done)); });
}

void Traces::flush(std::vector<OnLoop*> parts, Deadline deadline, Task done) {
  struct Flush {
    std::atomic<std::size_t> left;
    Task done;
  };
  const auto flush = std::make_shared<Flush>(parts.size(), std::move(done));
  for (OnLoop* part : parts) {
    part->loop.post([this, part, deadline, flush] {
      part->batch.hand_over();
      if (flush->left.fetch_sub(1) > 1) return;
      export_.flush(deadline, [flush](bool) { flush->done(); });
    });
  }
}

}  // namespace ofn::cli
