// The log of the function's author (<ofn/log.h>): its lines are lines of the program's log, with the ids of the call that writes
// them.
//
//   AuthorLog author_log(logger, Level::kInfo);
//   host.log = author_log.host();          // and *program.host = &host, when the program is loaded
#pragma once

#include <atomic>

#include <ofn/log.h>

#include "logging/logger.h"

namespace ofn {

// Lifetime: the log outlives it. It outlives the programs that know its host().
// Threads: any.
class AuthorLog {
 public:
  // `least`: the least serious level that is kept of the author's lines.
  AuthorLog(Logger& log, Level least);
  AuthorLog(const AuthorLog&) = delete;
  AuthorLog& operator=(const AuthorLog&) = delete;

  const abi::LogHost& host() const { return host_; }
  Level least() const { return least_; }
  void set_least(Level least) { least_ = least; }

 private:
  std::atomic<Level> least_;
  abi::LogHost host_;
};

}  // namespace ofn
