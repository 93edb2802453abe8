// Writes what happens as NDJSON: one JSON object a line, for editors, scripts and agents.
//
//   {"version":1,"event":"started","time":"2026-11-29T15:38:00.000Z","url":"http://127.0.0.1:8080/",…}
//   {"event":"serving","time":"2026-11-29T15:38:01.210Z","build":1,"compile_ms":1210,…}
//
// docs/dev.md promises the members.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "dev/event.h"
#include "document/node.h"

namespace ofn::dev {

// Text that is not UTF-8 gets U+FFFD in place of the wrong bytes, so every line is JSON.
// Lifetime: the clock outlives it. Threads: the loop's.
class JsonEvents final : public Listener {
 public:
  // Rises if a member is removed or gets another meaning. New members may come at any time.
  static constexpr int kVersion = 1;

  // `write` gets one line at a time, with its line feed.
  JsonEvents(const Clock& clock, std::function<void(std::string_view)> write)
      : clock_(clock), write_(std::move(write)) {}

  void on(const Started& event) override;
  void on(const BuildStarted& event) override;
  void on(const BuildFailed& event) override;
  void on(const ServingBuild& event) override;
  void on(const CallEnded& event) override;
  void on(const WorkerCrashed& event) override;
  void on(const StillRuns& event) override;
  void on(const Told& event) override;

 private:
  document::Node begin(std::string_view event);
  void write_diagnostics(unsigned build, const std::vector<Diagnostic>& diagnostics,
                         const std::string& text);
  void write(const document::Node& object);

  const Clock& clock_;
  std::function<void(std::string_view)> write_;
  bool is_first_ = true;
  std::string url_;
};

}  // namespace ofn::dev
