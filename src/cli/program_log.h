// The log of a serving program, and everything that writes to it: the framework, the function's author (<ofn/log.h>), and, if that
// is asked for, the function's output.
//
//   const auto log = ProgramLog::make(settings, supervised);
//   program.host->store(&log->host());
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>

#include <ofn/log.h>

#include "base/error.h"
#include "cli/supervised.h"
#include "context/settings.h"
#include "invocation/call_spans.h"
#include "logging/author_log.h"
#include "logging/captured_output.h"
#include "logging/logger.h"
#include "os/descriptor.h"
#include "typed/json_table.h"

namespace ofn::cli {

// Threads: any, unless a function says otherwise.
class ProgramLog {
 public:
  // Ends the log: what is queued is written. The memory stays if a loaded program knows the log: its threads may still run, and
  // the destructors of its static objects will. Their lines are written at once.
  struct End {
    void operator()(ProgramLog* log) const;
  };
  using Pointer = std::unique_ptr<ProgramLog, End>;
  static Pointer make(const Settings& settings, const std::optional<Supervised>& supervised);
  ProgramLog(const ProgramLog&) = delete;
  ProgramLog& operator=(const ProgramLog&) = delete;

  Logger& log() { return log_; }
  // Writes everything, and takes no more lines of the framework.
  void finish();
  // For programs that are loaded.
  const abi::Host& host();
  // Makes the function's output lines of the log, until the end. Before the function is loaded.
  Result<void> capture_output();
  // The real standard error, also while it is captured.
  int fd() const { return real_ ? real_.get() : STDERR_FILENO; }
  // Returns true if something is not yet written. For the end of the process; a signal handler may call it.
  bool is_behind() const;
  // Keeps the lines of level debug, or no longer. Threads: one.
  void toggle_debug();

 private:
  ProgramLog(const Settings& settings, const std::optional<Supervised>& supervised);
  ~ProgramLog() = default;

  const std::string project_;
  const std::string service_;
  const std::string version_;
  const os::Descriptor real_;  // none, unless the output is captured
  Logger log_;
  AuthorLog authors_;
  const abi::Host host_{.log = authors_.host(), .spans = &CallSpans::host(), .json = &json_table()};
  const Level configured_;
  bool is_lent_ = false;
  std::unique_ptr<CapturedOutput> captured_;
  mutable std::atomic<bool> has_hurried_ = false;
};

}  // namespace ofn::cli
