#include "os/watched_process.h"

#include <unistd.h>
#include <utility>

#include "os/crash.h"
#include "os/exit.h"
#include "os/forked_child.h"
#include "os/process_state.h"
#include "os/report.h"

namespace ofn::os {

WatchedProcess::WatchedProcess(const Options& options) : options_(options) {
  process_state.shape = options.shape;
  if (process_state.started == 0) process_state.started = unix_micros_now();
  if (getcwd(process_state.folder.data(), process_state.folder.size()) == nullptr)
    process_state.folder[0] = '\0';
  process_state.author_reads = options.reader == Reader::kAuthor;
  process_state.options = &options_;
  const bool is_first = process_state.process.exchange(getpid()) == 0;
  process_state.ends = false;
  if (!is_first) return;  // the handlers stay registered
  report_crashes();
  report_exits();
  watch_forks();
}

WatchedProcess::~WatchedProcess() {
  ends();
  process_state.options = nullptr;
  process_state.serving = nullptr;
  process_state.shape = {.format = process_state.shape.format};  // the texts end with their owner
  for (auto& port : process_state.ports) port = 0;
}

WatchedProcess::Loading::Loading(std::string file) : file_(std::move(file)) {
  process_state.loading = file_.c_str();
}

WatchedProcess::Loading::~Loading() { process_state.loading = nullptr; }

void WatchedProcess::serves(std::string functions) {
  functions_ = std::move(functions);
  process_state.serving = functions_.c_str();
  report_exits();
}

void WatchedProcess::listens(std::uint16_t port) {
  for (auto& own : process_state.ports) {
    std::uint16_t free = 0;
    if (own.compare_exchange_strong(free, port)) return;
  }
}

void WatchedProcess::listens(std::string_view unix_path) {
  auto& own = process_state.unix_path;
  if (unix_path.empty() || unix_path.size() > own.size()) return;
  unix_path.copy(own.data(), own.size());
  if (own.front() == '@') own.front() = '\0';
  process_state.unix_path_size = unix_path.size();
}

void WatchedProcess::ends() { process_state.ends = true; }

}  // namespace ofn::os
