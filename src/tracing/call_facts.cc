#include "tracing/call_facts.h"

#include <algorithm>
#include <chrono>

namespace ofn::tracing {
namespace {

SystemTime::duration as_system(Duration by) {
  return std::chrono::duration_cast<SystemTime::duration>(by);
}

}  // namespace

std::string_view path_of(std::string_view target) {
  if (const std::size_t scheme = target.find("://");
      !target.starts_with('/') && scheme != std::string_view::npos) {
    target.remove_prefix(std::min(target.find('/', scheme + 3), target.size()));
    if (target.empty()) return "/";
  }
  return target.substr(0, target.find('?'));
}

std::string stack_of(const Crash& crash) {
  std::string text;
  for (const os::SourceFrame& frame : crash.frames) {
    text += "at " + frame.function;
    if (!frame.file.empty()) text += " (" + frame.file + ":" + std::to_string(frame.line) + ")";
    text += '\n';
  }
  return text;
}

bool has_failed(const CallRecord& record) {
  if (record.crash != nullptr || record.outcome.status == 0) return true;
  if (record.start.delivery != nullptr)
    return record.outcome.verdict != Verdict::kSuccess || record.outcome.status >= 400;
  return record.outcome.status >= 500;
}

SystemTime CallTimes::at(SteadyTime moment) const { return began + as_system(moment - arrived); }

CallTimes times_of(const CallRecord& record, Loop& loop) {
  const SteadyTime arrived = record.start.arrived;
  const SystemTime began = loop.system_now() - as_system(loop.now() - arrived);
  return {.began = began, .ended = began + as_system(record.answered), .arrived = arrived};
}

}  // namespace ofn::tracing
