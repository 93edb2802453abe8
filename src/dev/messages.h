// The texts of the messages on the control channel: JSON, so that a log of them can be read. Texts that are not UTF-8 are
// carried as {"base64": …}.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dev/event.h"
#include "os/stack_text.h"

namespace ofn::dev {

std::string encode(const CallEnded& call);
std::string encode(const std::vector<ServedFunction>& functions);
// Without what the worker does not know: the build, the call's name and its time.
std::string encode(const StillRuns& told);
// nullopt: this is no such text. Both processes are the same program, so that would be a mistake of this room.
std::optional<CallEnded> decode_call(std::string_view text);
std::optional<std::vector<ServedFunction>> decode_functions(std::string_view text);
std::optional<StillRuns> decode_still_runs(std::string_view text);

std::vector<Frame> frames_of(const std::vector<os::SourceFrame>& frames);

// A line of os::WatchedProcess: why a worker, or a process that its function has forked, ended.
struct Report {
  bool is_of_worker = true;
  std::string how;       // "SIGSEGV: a null pointer was used"
  std::string id;        // of the call that did it; empty if unknown
  std::string function;  // of that call
  std::vector<Frame> frames;
  std::vector<std::string> running;  // the ids of the other calls
};
std::optional<Report> decode_report(std::string_view text);

}  // namespace ofn::dev
