// What the terminal shows of calls.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "dev/terminal.h"
#include "dev/visible_text.h"

namespace ofn::dev {

namespace {

// The columns of a path in a file; on a terminal it may get fewer.
constexpr std::size_t kLongestPath = 500;

Style style_of_status(int status) {
  if (status == 0 || status >= 500) return Style::kBad;
  if (status >= 400) return Style::kWarning;
  return status >= 300 ? Style::kFair : Style::kGood;
}

Word word_of(const OutputTold& output) {
  std::string text =
      visible(output.name) + " " + visible(output.outcome) + " in " + duration_text(output.took);
  if (output.tries > 1) text += ", " + std::to_string(output.tries) + " tries";
  return {.text = std::move(text),
          .style = output.outcome == "confirmed" ? Style::kPlain : Style::kBad,
          .gap = Gap::kDot};
}

Word build_word(unsigned build) {
  return {.text = "build " + std::to_string(build), .style = Style::kFaint, .gap = Gap::kDot};
}

// "threw std::runtime_error: went wrong".
std::vector<Word> words_of_throw(const Thrown& thrown) {
  std::vector<Word> words = words_of(thrown.what);
  if (thrown.type.empty()) return words;
  words.insert(words.begin(), {{.text = "threw"},
                               {.text = visible(thrown.type) + (thrown.what.empty() ? "" : ":"),
                                .style = Style::kBad}});
  return words;
}

std::string shown_path(const CallEnded& call) {
  return shortened(call.kind == "request" ? visible_path(call.path) : visible(call.path),
                   kLongestPath);
}

// "GET /price/7 (1f)".
std::string shown_call(const CallEnded& call) {
  return visible(call.kind == "request" ? call.method : call.kind) + " " + shown_path(call) + " (" +
         visible(call.id) + ")";
}

}  // namespace

// "compiled 0.31 s", unless the stage did not take place.
void Terminal::add_stage(std::vector<Word>& words, std::string_view name, Duration took) {
  if (took == Duration::zero()) return;
  words.push_back({.text = std::string(name) + " " + duration_text(took), .gap = Gap::kDot});
}

void Terminal::show_counted(const CountedCalls& counted) {
  std::string many = count_text(counted.calls) + (counted.follow_lines ? " more" : "") +
                     (counted.are_requests ? " request" : " call") +
                     (counted.calls == 1 ? "" : "s");
  std::vector<Word> words = {time(), {.text = std::move(many), .style = Style::kBold}};
  for (const auto& [status, count] : counted.statuses) {
    words.push_back(
        {.text = (status == 0 ? "no answer" : std::to_string(status)) + " × " + count_text(count),
         .style = style_of_status(status),
         .gap = Gap::kDot});
  }
  words.push_back({.text = "p50 " + duration_text(counted.p50), .gap = Gap::kDot});
  words.push_back({.text = "p99 " + duration_text(counted.p99), .gap = Gap::kDot});
  words.push_back(build_word(counted.build));
  StyledText lines = text();
  lines.line(std::move(words));
  for (const CountedThrows& throws : counted.throws) add_throws(lines, throws);
  if (counted.other_throws > 0)
    lines.line(words_of(count_text(counted.other_throws) + " threw something else"), 2);
  write(std::move(lines));
}

// All frames when it is new; later its place is enough.
void Terminal::add_throws(StyledText& text, const CountedThrows& throws) const {
  const Thrown& thrown = *throws.first.thrown;
  std::vector<Word> words = {{.text = count_text(throws.calls), .style = Style::kBold}};
  std::ranges::move(words_of_throw(thrown), std::back_inserter(words));
  if (!throws.is_new) {
    if (!thrown.frames.empty() && !thrown.frames.front().file.empty()) {
      words.push_back({.text = "at"});
      words.push_back(place(thrown.frames.front().file, thrown.frames.front().line));
    }
    return text.line(std::move(words), 2);
  }
  words.push_back({.text = "one of them in", .gap = Gap::kDot});
  words.push_back({.text = shown_call(throws.first), .fit = Fit::kShrinks});
  text.line(std::move(words), 2);
  add_frames(text, thrown.frames);
}

void Terminal::add_details(StyledText& text, const CallEnded& call) const {
  std::vector<Word> words = {{.text = "id " + visible(call.id)}};
  if (!call.route.empty())
    words.push_back({.text = "route " + visible(call.route), .gap = Gap::kDot});
  add_stage(words, "waited", call.waited);
  add_stage(words, call.ran_on.empty() ? "ran" : "ran on a " + visible(call.ran_on), call.ran);
  add_stage(words, "delivered", call.delivered);
  words.push_back({.text = count_text(call.bytes_in) + " bytes in", .gap = Gap::kDot});
  words.push_back({.text = count_text(call.bytes_out) + " bytes out", .gap = Gap::kDot});
  text.line(std::move(words), 4);
}

void Terminal::on(const CallEnded& event) {
  if (event.refusal == "probe" && !options_.verbose) return;
  if (const auto counted = burst_.next_second(clock_.now())) show_counted(*counted);
  if (!burst_.shows(event)) return schedule();
  std::vector<Word> words = {
      time(),
      {.text = visible(event.kind == "request" ? event.method : event.kind)},
      {.text = shown_path(event), .style = Style::kBold, .fit = Fit::kShrinks}};
  if (event.status == 0) {
    words.push_back({.text = "no answer", .style = Style::kBad});
    words.push_back({.text = "after"});
  } else {
    words.push_back({.text = std::to_string(event.status), .style = style_of_status(event.status)});
    words.push_back({.text = "in"});
  }
  words.push_back({.text = duration_text(event.answered)});
  if (!event.refusal.empty()) words.push_back({.text = visible(event.refusal), .gap = Gap::kDot});
  if (!event.function.empty()) words.push_back({.text = visible(event.function), .gap = Gap::kDot});
  std::ranges::transform(event.outputs, std::back_inserter(words), word_of);
  words.push_back(build_word(event.build));
  StyledText lines = text();
  lines.line(std::move(words));
  if (options_.verbose) add_details(lines, event);
  if (event.thrown) {
    lines.line(words_of_throw(*event.thrown), 2);
    add_frames(lines, event.thrown->frames);
  }
  write(std::move(lines));
}

void Terminal::on(const StillRuns& event) {
  using Why = StillRuns::Why;
  const std::string used = duration_text(event.used) + " of the processor";
  std::vector<Word> words = {time()};
  if (event.why == Why::kStart) {
    words.push_back({.text = "build " + std::to_string(event.build) + " does not start:",
                     .style = Style::kWarning});
    words.push_back({.text = "its start-up code has not returned after " + used});
  } else {
    words.push_back({.text = visible(event.call), .style = Style::kBold, .fit = Fit::kShrinks});
    const std::string why = event.why == Why::kTimeLimit ? "was answered 504, and has not returned"
                            : event.why == Why::kReload
                                ? "is left behind by the newer build, and has not returned"
                                : "has not returned after " + used;
    words.push_back({.text = why, .style = Style::kWarning});
    words.push_back({.text = visible(event.function), .gap = Gap::kDot});
    words.push_back({.text = "since " + time_of_day(event.since), .gap = Gap::kDot});
    words.push_back(build_word(event.build));
  }
  StyledText lines = text();
  lines.line(std::move(words));
  add_frames(lines, event.frames);
  show(std::move(lines));
}

}  // namespace ofn::dev
