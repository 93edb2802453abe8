// Sends encoded messages of one signal: queues a few, repeats what a collector could not take yet, and counts what is lost.
//
//   Exporter exporter(loop, std::move(destination), {.signal = "traces"}, log);
//   exporter.send(make_request(head, spans), 512);
//   exporter.flush(Deadline::in(1s, clock), [&](bool) { exporter.close(stop); });
//
// A collector can be slow, dead, full or wrong: the exporter then holds a bounded number of bytes, drops and counts what comes on top,
// and writes one warning a minute at most.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "otlp/destination.h"

namespace ofn::otlp {

struct ExporterOptions {
  std::string signal = "traces";  // for the log
  // The limit for one message, from its first attempt to its last.
  Duration timeout = std::chrono::seconds(10);
  // The limit for all messages that were not delivered yet. The exporter drops a new message above it, but one always has room.
  std::size_t max_bytes = std::size_t{4} * 1024 * 1024;
  // Between attempts: the first pause, then 1.5 times more each, with a fifth of jitter.
  Duration first_backoff = std::chrono::seconds(1);
  Duration max_backoff = std::chrono::seconds(5);
  Duration warning_interval = std::chrono::minutes(1);
};

// Numbers of items: spans, or metrics' data points. A value.
struct ExportCounts {
  std::uint64_t exported = 0;  // accepted by the destination
  std::uint64_t rejected = 0;  // in messages that were accepted otherwise
  std::uint64_t failed = 0;    // refused, or not accepted within the time
  std::uint64_t dropped = 0;   // there was no room
};

// Lifetime: its loop outlives it. Destroyed after `closed` of close() has run, or when the loop runs no more.
// Threads: the loop's, unless a function says otherwise.
// Cost: nothing while nothing is to be sent: no timer is armed, and nothing wakes the loop.
class Exporter final : private Ready {
 public:
  Exporter(Loop& loop, std::unique_ptr<Destination> destination, ExporterOptions options, Log& log);
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;
  ~Exporter() override;

  // Sends a whole request (request.h) with this number of items. It begins in a later turn of the loop, and never waits.
  void send(std::string message, std::size_t items);
  // Runs `done` once, from the loop, never from inside flush(): with true when everything that was given to send() before has been
  // delivered or lost, with false at the deadline. Several may be waited for at once.
  void flush(Deadline deadline, std::move_only_function<void(bool)> done);
  // Gives up what is left, which counts as failed; no function but the destructor may follow. Flushes that are waited for end with
  // false. `closed` runs once, from the loop.
  void close(std::function<void()> closed);

  // Messages that were given to send() and not delivered or lost yet.
  std::size_t pending() const { return queue_.size() + jobs_.size(); }
  // Threads: any. Cost: four reads.
  ExportCounts counts() const;

 private:
  struct Message {
    std::string bytes;
    std::size_t items = 0;
    std::uint64_t number = 0;  // of the calls of send()
  };
  struct Job;    // a message that is being sent, or waits to be sent again
  struct Flush;  // a call of flush()
  // Written by the loop's thread only.
  struct Count {
    std::atomic<std::uint64_t> value = 0;
    void add(std::uint64_t more) {
      value.store(value.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
  };

  void run_ready() override;
  void start_jobs();
  void attempt(Job& job);
  void on_answer(Job& job, const Answer& answer);
  bool repeat(Job& job, const Answer& answer);
  void finish(Job& job);
  void settle_flushes();
  bool is_settled(std::uint64_t number) const;
  void warn(std::string_view what, std::string_view error);

  Loop& loop_;
  std::unique_ptr<Destination> destination_;
  ExporterOptions options_;
  Log& log_;
  std::deque<Message> queue_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<std::unique_ptr<Flush>> flushes_;
  std::size_t bytes_ = 0;       // of queue_ and jobs_
  std::uint64_t messages_ = 0;  // given to send()
  Count exported_;
  Count rejected_;
  Count failed_;
  Count dropped_;
  SteadyTime next_warning_ = SteadyTime::min();
  std::uint64_t told_ = 0;  // items whose loss the log has told
  bool closing_ = false;
};

}  // namespace ofn::otlp
