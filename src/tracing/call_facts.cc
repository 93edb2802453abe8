#include "tracing/call_facts.h"

#include <algorithm>
#include <chrono>

namespace ofn::tracing {

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
  if (record.crash != nullptr || record.status == 0) return true;
  if (record.start.delivery != nullptr)
    return record.verdict != Verdict::kSuccess || record.status >= 400;
  return record.status >= 500;
}

CallTimes times_of(const CallRecord& record, Loop& loop) {
  const auto as_system = [](Duration by) {
    return std::chrono::duration_cast<SystemTime::duration>(by);
  };
  const SystemTime began = loop.system_now() - as_system(loop.now() - record.start.arrived);
  return {.began = began, .ended = began + as_system(record.answered)};
}

}  // namespace ofn::tracing
