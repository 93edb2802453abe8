// Sends the spans of all loops by the exporter of one, and counts those for which there was no room.
//
//   SpanExport exporting(loop, std::move(destination), {.resource = encode(resource)}, log);
//   exporting.take(std::move(spans), 512);      // from any loop
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "otlp/exporter.h"

namespace ofn::tracing {

struct SpanExportOptions {
  // True: items one behind the other are a whole message. False: a message of OTLP needs a head before them.
  bool are_whole = false;
  std::string resource = {};       // encoded (otlp/resource.h)
  std::string scope_version = {};  // of the framework
  // The limit for spans of all loops that were handed over and not sent yet. Spans above it are dropped.
  std::size_t max_queue_size = 2048;
  otlp::ExporterOptions exporter = {};
};

// Lifetime: as that of Exporter: destroyed after `closed` of close() has run, or when its loop runs no more; the loops that hand spans
// over stop before. Threads: as each function says.
class SpanExport {
 public:
  SpanExport(Loop& loop, std::unique_ptr<otlp::Destination> destination, SpanExportOptions options,
             Log& log);

  // Takes spans, or segments of so many spans, that were written one behind the other. Never waits. Threads: any.
  void take(std::string spans, std::size_t count);
  // Does what Exporter::flush() does, for everything that take() got before, on whichever thread. Threads: any; `done` runs on the loop.
  void flush(Deadline deadline, std::move_only_function<void(bool)> done);
  // From now on take() drops what it gets. Threads: the loop's.
  void close(std::function<void()> closed);

  Loop& loop() { return loop_; }
  // The exporter's, with what take() has dropped. Threads: any.
  otlp::ExportCounts counts() const;

 private:
  Loop& loop_;
  const SpanExportOptions options_;
  otlp::Exporter exporter_;
  std::atomic<std::uint64_t> taken_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  bool closing_ = false;  // on the loop
};

}  // namespace ofn::tracing
