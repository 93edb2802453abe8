#include "dev/log_ring.h"

#include <algorithm>
#include <utility>

#include "dev/visible_text.h"

namespace ofn::dev {

namespace {

// A short text is in the string itself, and a deque has little else.
std::size_t bytes_of(const LogLine& line) { return sizeof line + line.text.size(); }

std::string build_text(unsigned build) { return "build " + std::to_string(build); }

}  // namespace

void LogRing::add(LogLine::From from, std::string_view line) {
  LogLine& added = lines_.emplace_back(
      LogLine{.number = ++count_,
              .at = clock_.system_now(),
              .from = from,
              .text = std::string(line.substr(0, std::min(line.size(), limits_.line_bytes)))});
  bytes_ += bytes_of(added);
  if (on_line_) on_line_(added);
  while (lines_.size() > 1 && (lines_.size() > limits_.lines || bytes_ > limits_.bytes)) {
    bytes_ -= bytes_of(lines_.front());
    lines_.pop_front();
  }
}

void LogRing::add_text(std::string_view text, Stream stream) {
  std::string& begun = begun_[static_cast<std::size_t>(stream)];
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    const std::size_t room = limits_.line_bytes - std::min(limits_.line_bytes, begun.size());
    begun.append(text.substr(0, std::min(end, room)));
    if (begun.ends_with('\r')) begun.pop_back();
    add(LogLine::From::kWorker, std::exchange(begun, {}));
    text.remove_prefix(end + 1);
  }
  const std::size_t room = limits_.line_bytes - std::min(limits_.line_bytes, begun.size());
  begun.append(text.substr(0, room));
}

void LogRing::add_lines(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    add(LogLine::From::kLoop, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void LogRing::on(const Started& event) {
  add(LogLine::From::kLoop, "serves " + event.source + " at " + event.url);
  if (!event.note.empty()) add(LogLine::From::kLoop, event.note);
}

void LogRing::on(const BuildStarted& event) {
  std::string text = build_text(event.build) + " begins";
  for (const std::string& file : event.changed) text += " · saved " + file;
  add(LogLine::From::kLoop, text);
}

void LogRing::on(const BuildFailed& event) {
  add(LogLine::From::kLoop, build_text(event.build) + " failed");
  add_lines(event.text);
}

void LogRing::on(const ServingBuild& event) {
  add_lines(event.warnings);
  add(LogLine::From::kLoop, "serving " + build_text(event.build));
}

void LogRing::on(const WorkerCrashed& event) {
  add(LogLine::From::kLoop, build_text(event.build) + " crashed: " + event.how +
                                (event.by.empty() ? "" : " · by " + event.by));
  for (const Frame& frame : event.frames) {
    add(LogLine::From::kLoop,
        "  " + frame.file + ":" + std::to_string(frame.line) + " in " + frame.function);
  }
}

void LogRing::on(const StillRuns& event) {
  add(LogLine::From::kLoop, (event.call.empty() ? "the start-up code" : event.call) + " of " +
                                build_text(event.build) + " still runs, and has used " +
                                duration_text(event.used) + " of the processor");
}

void LogRing::on(const Told& event) { add_lines(event.text); }

}  // namespace ofn::dev
