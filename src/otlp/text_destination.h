// A descriptor that gets one line of JSON for each message: `console` and `otlp/stdout`.
//
//   TextDestination destination(loop, Signal::kTraces, STDOUT_FILENO);
//
// Spec: opentelemetry-specification, protocol/file-exporter.md.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "loop/loop.h"
#include "otlp/blocking_call.h"
#include "otlp/destination.h"
#include "otlp/settings.h"

namespace ofn::otlp {

// If nobody reads the other end, messages are lost after their deadline, and nothing waits. The descriptor stays open as long as a
// line is being written, which may be longer than this object lives.
// Cost: a thread for the time of each line.
class TextDestination final : public Destination, private Ready {
 public:
  TextDestination(Loop& loop, Signal signal, int fd);

  std::size_t concurrency() const override { return 1; }
  void deliver(std::string_view message, Deadline deadline,
               std::move_only_function<void(const Answer&)> done) override;
  void close(std::function<void()> closed) override;
  std::string_view name() const override { return "standard output"; }

 private:
  void run_ready() override;
  void finish(const Answer& answer);

  Loop& loop_;
  Signal signal_;
  int fd_;
  BlockingCall writing_;
  TimeLimit time_limit_;
  std::move_only_function<void(const Answer&)> done_;
  std::function<void()> closed_;
};

}  // namespace ofn::otlp
