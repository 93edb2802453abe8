// Shows a developer on a terminal, or in a file, what happens: builds, reloads, requests, crashes.
//
//   compiling hello.cc
//   functions-framework 0.9.0 · http://127.0.0.1:8080/
//     function  hello    http                           every path
//     output    archive  bindings.localstorage (files)  to ./data
//   15:38:00 compiled 1.21 s · started 6 ms · serving build 1 · press h for help
//   15:38:09 GET /?name=a 200 in 1.2 ms · hello · archive confirmed in 0.8 ms · build 1
//   15:38:12 saved hello.cc · compiled 0.31 s · started 6 ms · handed over 3 ms · serving build 2
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dev/burst.h"
#include "dev/event.h"
#include "dev/styled_text.h"

namespace ofn::dev {

// If there are more than 50 calls in a second, the rest share one line a second. Probes are shown only when verbose. Control
// characters in paths, messages and names are made visible, so nobody's words reach the terminal as commands.
//
// What the function itself prints goes to the terminal directly, and may end within a line. So on a terminal each text begins
// with blanks up to the width and a carriage return: if the cursor stands in the first column, it stays in its line; if it stands
// behind a partial line, it comes to the next line, and the partial line is kept.
//
// Lifetime: the clock outlives it. Threads: the loop's. Errors: none; `write` decides what a closed terminal means.
class Terminal final : public Listener {
 public:
  struct Options {
    // Gets one or more whole lines at a time.
    std::function<void(std::string_view)> write;
    // Returns the terminal's width in columns; 0: unknown, nothing is wrapped. Asked before each text, so that a change (SIGWINCH)
    // needs no notice. Asked only if look.cursor.
    std::function<std::size_t()> width = [] { return std::size_t{0}; };
    // Asks that tick() is called at this time. A later call replaces an earlier one.
    std::function<void(SteadyTime)> wake_at = [](SteadyTime) {};
    Look look{};
    std::string folder{};   // the working folder: files below it are shown without it
    std::string host{};     // of this machine, for links to files
    bool verbose = false;   // shows probes, and more of each call and reload
    bool has_keys = false;  // says that keys are read (keys.h)
  };
  // The narrowest width; on a narrower terminal lines are wrapped once more by the terminal.
  static constexpr std::size_t kLeastWidth = 20;
  // The most lines of a compiler's message, unless verbose: a screen.
  static constexpr std::size_t kMostQuoted = 40;

  Terminal(const Clock& clock, Options options) : clock_(clock), options_(std::move(options)) {}

  void on(const Started& event) override;
  void on(const BuildStarted& event) override;
  void on(const BuildFailed& event) override;
  void on(const ServingBuild& event) override;
  void on(const CallEnded& event) override;
  void on(const WorkerCrashed& event) override;
  void on(const StillRuns& event) override;
  void on(const Told& event) override;

  // Shows what was counted, or that a build takes long, if it is time.
  void tick();
  void toggle_verbose();
  void show_help();

 private:
  enum class Again : std::uint8_t { kNo, kYes };  // the same build, after a crash

  StyledText text() const;
  Word time() const;
  Word place(const std::string& file, std::size_t line) const;
  std::string name_of_file(std::string_view file) const;
  Word saved() const;
  // Writes what was counted before, and then the text.
  void show(StyledText text);
  void show_counted(const CountedCalls& counted);
  void write(StyledText text);
  void schedule();
  void build_ended();

  void add_start(StyledText& text) const;
  void add_functions(StyledText& text) const;
  void add_served(StyledText& text, const ServingBuild& event, Again again) const;
  void add_warnings(StyledText& text, const ServingBuild& event) const;
  void add_quoted(StyledText& text, std::string_view quoted) const;
  void add_frames(StyledText& text, const std::vector<Frame>& frames) const;
  void add_details(StyledText& text, const CallEnded& call) const;
  void add_throws(StyledText& text, const CountedThrows& throws) const;
  // "compiled 0.31 s", unless the stage did not take place.
  static void add_stage(std::vector<Word>& words, std::string_view name, Duration took);

  const Clock& clock_;
  Options options_;
  Started started_;
  bool has_served_ = false;
  unsigned serving_ = 0;            // the build
  std::vector<std::string> saved_;  // since the last build ended
  bool builds_ = false;
  std::optional<SteadyTime> long_build_at_;  // when it is said that a build is under way
  // As they were last shown.
  std::vector<ServedFunction> functions_;
  std::vector<Link> inputs_;
  std::vector<Link> outputs_;
  Burst burst_;
};

}  // namespace ofn::dev
