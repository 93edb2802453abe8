#include "dev/terminal.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "dev/visible_text.h"

namespace ofn::dev {

namespace {

// A build that takes longer is announced.
constexpr Duration kLongBuild = std::chrono::seconds(1);
// The most names in a list of saved files, and the most frames of a stack.
constexpr std::size_t kMostNames = 3;
constexpr std::size_t kMostFrames = 10;
// The most calls without an answer that are shown of a crash.
constexpr std::size_t kMostRunning = 20;
// The most warnings of a build, unless verbose.
constexpr std::size_t kMostWarnings = 10;
// "a, b, c and 4 others".
std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  if (const std::size_t others = names.size() - std::min(names.size(), kMostNames); others > 0)
    text += " and " + count_text(others) + (others == 1 ? " other" : " others");
  return text;
}

std::string routes_of(const ServedFunction& function) {
  std::string text;
  for (const std::string& route : function.routes)
    text.append(text.empty() ? "" : ", ").append(visible(route));
  return text;
}

std::vector<Word> row_of(std::string_view kind, const Link& link, std::string_view direction) {
  const std::string type = visible(link.type) + " (" + visible(link.component) + ")";
  return {{.text = std::string(kind), .style = Style::kFaint},
          {.text = visible(link.name), .style = Style::kBold},
          {.text = type},
          {.text = link.to.empty() ? std::string() : std::string(direction) + visible(link.to)}};
}

std::vector<Word> counts_of(const std::vector<Diagnostic>& diagnostics) {
  const auto is = [&](std::string_view severity) {
    return std::ranges::count(diagnostics, severity, &Diagnostic::severity);
  };
  std::vector<Word> words;
  for (const auto& [severity, count] :
       {std::pair("error", is("error") + is("fatal error")), std::pair("warning", is("warning"))}) {
    if (count == 0) continue;
    words.push_back({.text = std::to_string(count) + " " + severity + (count == 1 ? "" : "s"),
                     .gap = words.empty() ? Gap::kDot : Gap::kComma});
  }
  return words;
}

}  // namespace

StyledText Terminal::text() const {
  const std::size_t width = options_.look.cursor ? options_.width() : 0;
  return {options_.look, width == 0 ? 0 : std::max(width, kLeastWidth)};
}

Word Terminal::time() const {
  return {.text = time_of_day(clock_.system_now()), .style = Style::kFaint};
}

std::string Terminal::name_of_file(std::string_view file) const {
  const std::string& folder = options_.folder;
  if (!folder.empty() && file.starts_with(folder) && file.substr(folder.size()).starts_with('/'))
    file.remove_prefix(folder.size() + 1);
  return visible(file);
}

Word Terminal::place(const std::string& file, std::size_t line) const {
  std::string text = name_of_file(file);
  if (line > 0) text += ":" + std::to_string(line);
  return {.text = std::move(text),
          .style = Style::kBold,
          .fit = Fit::kWhole,
          .link = file_uri(options_.host, options_.folder, file)};
}

Word Terminal::saved() const {
  if (saved_.empty()) return {.text = "rebuilt"};
  return {.text = "saved " + list_of(saved_)};
}

void Terminal::write(StyledText text) {
  std::string out;
  if (options_.look.cursor) {
    out = "\x1b[0m";
    if (const std::size_t width = options_.width(); width > 0)
      out.append(width - 1, ' ').append("\r\x1b[K");
  }
  options_.write(out += text.take());
}

void Terminal::show(StyledText text) {
  if (const auto counted = burst_.take()) show_counted(*counted);
  write(std::move(text));
}

void Terminal::schedule() {
  auto due = burst_.due();
  if (long_build_at_ && (!due || *long_build_at_ < *due)) due = long_build_at_;
  if (due) options_.wake_at(*due);
}

void Terminal::tick() {
  const SteadyTime now = clock_.now();
  if (const auto counted = burst_.next_second(now)) show_counted(*counted);
  if (long_build_at_ && *long_build_at_ <= now) {
    long_build_at_.reset();
    StyledText line = text();
    line.line({time(), saved(), {.text = "compiling", .gap = Gap::kDot}});
    show(std::move(line));
  }
  schedule();
}

void Terminal::on(const Started& event) {
  started_ = event;
  if (!event.note.empty()) on(Told{.weight = Told::Weight::kWarning, .text = event.note});
}

void Terminal::on(const BuildStarted& event) {
  for (const std::string& file : event.changed) {
    std::string name = name_of_file(file);
    if (std::ranges::find(saved_, name) == saved_.end()) saved_.push_back(std::move(name));
  }
  if (event.build > 1) {
    // A build that a newer save replaces was announced already, or will be.
    if (!std::exchange(builds_, true)) long_build_at_ = clock_.now() + kLongBuild;
    return schedule();
  }
  builds_ = true;
  StyledText line = text();
  line.line({{.text = "compiling"}, {.text = visible(started_.source)}});
  show(std::move(line));
}

void Terminal::add_quoted(StyledText& text, std::string_view quoted) const {
  std::size_t end = 0;
  for (std::size_t lines = 0; lines < kMostQuoted && end < quoted.size(); ++lines)
    end = std::min(quoted.find('\n', end), quoted.size() - 1) + 1;
  if (options_.verbose) end = quoted.size();
  text.quote(quoted.substr(0, end), [this](std::string_view file) {
    return file_uri(options_.host, options_.folder, file);
  });
  const std::string_view rest = quoted.substr(end);
  if (rest.find_first_not_of('\n') == std::string_view::npos) return;
  const auto lines =
      static_cast<std::size_t>(std::ranges::count(rest, '\n')) + (rest.ends_with('\n') ? 0 : 1);
  text.line(words_of("… " + count_text(lines) + " more lines; verbose shows them", Style::kFaint));
}

void Terminal::on(const BuildFailed& event) {
  StyledText lines = text();
  std::vector<Word> words = {
      time(), {.text = "build " + std::to_string(event.build) + " failed", .style = Style::kBad}};
  if (!saved_.empty()) {
    words.push_back(saved());
    words.back().gap = Gap::kDot;
  }
  std::ranges::move(counts_of(event.diagnostics), std::back_inserter(words));
  lines.line(std::move(words));
  add_quoted(lines, event.text);
  if (event.serving > 0) {
    lines.line(words_of("build " + std::to_string(event.serving) + " goes on serving"));
  } else {
    lines.line({{.text = "no build serves:"},
                {.text = visible(started_.url), .fit = Fit::kWhole},
                {.text = "answers 503 with these words until the next save mends it"}});
  }
  show(std::move(lines));
  build_ended();
}

// A line for each, or the compiler's own words.
void Terminal::add_warnings(StyledText& text, const ServingBuild& event) const {
  if (options_.verbose || event.diagnostics.empty()) return add_quoted(text, event.warnings);
  const std::size_t shown = std::min(event.diagnostics.size(), kMostWarnings);
  for (const Diagnostic& each : std::span(event.diagnostics).first(shown)) {
    std::string where = name_of_file(each.file) + ":" + std::to_string(each.line);
    if (each.column > 0) where += ":" + std::to_string(each.column);
    add_quoted(text, where + ": " + each.severity + ": " + each.message);
  }
  const std::size_t rest = event.diagnostics.size() - shown;
  text.line(words_of(rest == 0 ? "verbose shows the compiler's own words"
                               : "… " + count_text(rest) +
                                     (rest == 1 ? " more warning" : " more warnings") +
                                     "; verbose shows them in the compiler's own words",
                     Style::kFaint));
}

void Terminal::add_functions(StyledText& text) const {
  std::vector<std::vector<Word>> rows;
  for (const ServedFunction& function : functions_) {
    std::string routes = routes_of(function);
    if (routes.empty() && inputs_.empty()) routes = "every path";
    rows.push_back({{.text = "function", .style = Style::kFaint},
                    {.text = visible(function.name), .style = Style::kBold},
                    {.text = visible(function.signature)},
                    {.text = std::move(routes)}});
  }
  for (const Link& input : inputs_) rows.push_back(row_of("input", input, "from "));
  for (const Link& output : outputs_) rows.push_back(row_of("output", output, "to "));
  text.table(std::move(rows), 2);
}

void Terminal::add_start(StyledText& text) const {
  text.line({{.text = "functions-framework " + visible(started_.version), .style = Style::kBold},
             {.text = visible(started_.url), .gap = Gap::kDot, .fit = Fit::kWhole}});
  if (!started_.sidecar.empty()) text.line(words_of(started_.sidecar, Style::kFaint), 2);
}

void Terminal::add_served(StyledText& text, const ServingBuild& event, Again again) const {
  std::vector<Word> words = {time()};
  if (again == Again::kNo && event.build > 1) words.push_back(saved());
  const StageTimes& times = event.times;
  if (options_.verbose) add_stage(words, "noticed after", times.detect);
  if (event.was_cached) {
    words.push_back({.text = "found in the cache", .gap = Gap::kDot});
  } else {
    add_stage(words, "compiled", times.compile);
  }
  add_stage(words, "started", times.start);
  add_stage(words, "handed over", times.hand_over);
  if (options_.verbose) add_stage(words, "in all", times.whole);
  words.push_back({.text = "serving build " + std::to_string(event.build) +
                           (again == Again::kYes ? " again" : ""),
                   .style = Style::kGood,
                   .gap = Gap::kDot});
  if (!has_served_ && options_.has_keys)
    words.push_back({.text = "press h for help", .style = Style::kFaint, .gap = Gap::kDot});
  words[1].gap = Gap::kBlank;
  text.line(std::move(words));
}

void Terminal::on(const ServingBuild& event) {
  const Again again = event.build <= serving_ ? Again::kYes : Again::kNo;
  const bool has_changed =
      event.functions != functions_ || event.inputs != inputs_ || event.outputs != outputs_;
  functions_ = event.functions;
  inputs_ = event.inputs;
  outputs_ = event.outputs;
  StyledText lines = text();
  if (again == Again::kNo) add_warnings(lines, event);
  if (!has_served_) add_start(lines);
  if (has_changed) add_functions(lines);
  add_served(lines, event, again);
  show(std::move(lines));
  has_served_ = true;
  serving_ = event.build;
  if (again == Again::kNo) build_ended();
}

void Terminal::build_ended() {
  saved_.clear();
  builds_ = false;
  long_build_at_.reset();
}

void Terminal::add_frames(StyledText& text, const std::vector<Frame>& frames) const {
  for (std::size_t i = 0; i < frames.size() && i < kMostFrames; ++i) {
    const Frame& frame = frames[i];
    std::vector<Word> words;
    if (!frame.file.empty()) {
      words.push_back(place(frame.file, frame.line));
      words.push_back({.text = "in"});
    }
    words.push_back({.text = visible(frame.function)});
    text.line(std::move(words), 4);
    const std::size_t first = frame.source.find_first_not_of(" \t");
    if (first != std::string::npos)
      text.line({{.text = visible(frame.source.substr(first)), .style = Style::kFaint}}, 8);
  }
  if (frames.size() > kMostFrames)
    text.line(words_of("and " + count_text(frames.size() - kMostFrames) + " more"), 4);
}

void Terminal::on(const WorkerCrashed& event) {
  StyledText lines = text();
  std::vector<Word> words = {
      time(),
      {.text = "build " + std::to_string(event.build) + " crashed:", .style = Style::kBad},
      {.text = visible(event.how), .style = Style::kBad}};
  if (!event.by.empty()) {
    words.push_back({.text = "in", .gap = Gap::kBlank});
    words.push_back({.text = visible(event.by), .style = Style::kBold, .fit = Fit::kShrinks});
  }
  lines.line(std::move(words));
  add_frames(lines, event.frames);
  if (!event.running.empty()) {
    lines.line(words_of(event.by.empty() ? "it had not answered these calls:"
                                         : "it had not answered these calls either:"),
               2);
    const std::size_t shown = std::min(event.running.size(), kMostRunning);
    for (const std::string& call : std::span(event.running).first(shown))
      lines.line({{.text = visible(call), .fit = Fit::kShrinks}}, 4);
    if (event.running.size() > shown)
      lines.line(words_of("and " + count_text(event.running.size() - shown) + " more"), 4);
  }
  if (!event.again_in) {
    lines.line(words_of("starts again at the next save", Style::kWarning), 2);
  } else if (*event.again_in > Duration::zero()) {
    lines.line(words_of("starts again in " + duration_text(*event.again_in)), 2);
  }
  show(std::move(lines));
}

void Terminal::on(const Told& event) {
  StyledText lines = text();
  std::vector<Word> words;
  if (event.weight == Told::Weight::kWarning) words = words_of("warning:", Style::kWarning);
  if (event.weight == Told::Weight::kError) words = words_of("error:", Style::kBad);
  std::size_t indent = 0;
  for (std::string_view rest = event.text; !rest.empty(); indent = 2) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::ranges::move(words_of(rest.substr(0, end)), std::back_inserter(words));
    lines.line(std::exchange(words, {}), indent);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  show(std::move(lines));
}

void Terminal::toggle_verbose() {
  options_.verbose = !options_.verbose;
  on(Told{.text = options_.verbose ? "verbose: shows probes, and more of each call and reload"
                                   : "no longer verbose"});
}

void Terminal::show_help() {
  StyledText lines = text();
  lines.table({{{.text = "i", .style = Style::kBold}, {.text = "send the last request again"}},
               {{.text = "r, b", .style = Style::kBold}, {.text = "build again"}},
               {{.text = "v", .style = Style::kBold}, {.text = "verbose, or no longer"}},
               {{.text = "h, ?", .style = Style::kBold}, {.text = "this help"}},
               {{.text = "q", .style = Style::kBold}, {.text = "quit"}}},
              2);
  show(std::move(lines));
}

}  // namespace ofn::dev
