// A stage for tests of Changes: real files in a temporary folder, and a clock that stands still.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dev/changes.h"
#include "dev/file_content.h"
#include "loop/loop.h"
#include "testing/manual_clock.h"
#include "testing/temporary_directory.h"

namespace ofn::dev {

inline bool is_cc(std::string_view name) { return name.ends_with(".cc"); }

struct ChangesStage {
  ChangesStage() { make(); }

  void make(decltype(Changes::Options::silent_file_system) silent_file_system = {}) {
    changes.emplace(loop,
                    Changes::Options{.on_saved =
                                         [this](const Changes::Saved& saved) {
                                           all_saved.push_back(saved);
                                           if (on_saved) on_saved();
                                         },
                                     .on_told = [this](const Told& each) { told.push_back(each); },
                                     .silent_file_system = std::move(silent_file_system)});
  }

  std::string path(const std::string& name) const { return root + "/" + name; }
  std::vector<std::string> paths(const std::vector<std::string>& names) const {
    std::vector<std::string> all;
    for (const std::string& name : names) all.push_back(path(name));
    return all;
  }
  std::string write(const std::string& name, std::string_view text) const {
    return folder.write(name, text);
  }

  // Time passes in steps of a millisecond.
  void pass(std::chrono::milliseconds time) {
    testing::settle(loop);
    for (; time.count() > 0; --time) {
      clock.advance(std::chrono::milliseconds(1));
      testing::settle(loop);
    }
  }
  // Returns the files of each call of on_saved since the last call of this, relative to the folder.
  std::vector<std::vector<std::string>> taken() {
    std::vector<std::vector<std::string>> all;
    for (const Changes::Saved& saved : all_saved) {
      std::vector<std::string>& files = all.emplace_back();
      for (const std::string& file : saved.files) files.push_back(file.substr(root.size() + 1));
    }
    all_saved.clear();
    return all;
  }
  // Waits until files that are written from now on are younger than all others. The kernel stamps
  // files with one of two clocks; the one of file_time_now() lags by some ticks.
  static void let_files_age() {
    const auto now = std::chrono::system_clock::now();
    while (system_time_of(file_time_now()) <= now) {
    }
  }

  TemporaryDirectory folder;
  std::string root = std::filesystem::canonical(folder.path()).native();
  testing::ManualClock clock;
  Loop loop{clock};
  std::vector<Changes::Saved> all_saved;
  std::vector<Told> told;
  std::function<void()> on_saved;
  std::optional<Changes> changes;
};

// A function with its headers, components and a mounted configuration.
struct Project : ChangesStage {
  Project() {
    write("src/a.cc", "a");
    write("src/b.cc", "b");
    write("src/old.txt", "");
    write("include/a.h", "h");
    write("tree/t.cc", "t");
    write("tree/deep/u.cc", "u");
    write("tree/build/CMakeCache.txt", "");
    write("tree/.git/x", "");
    write("components/state.yaml", "s");
    write("data_1/app.yaml", "1");
    write("data_2/app.yaml", "2");
    write("elsewhere/real.h", "r");
    write("elsewhere/other.h", "o");
    std::filesystem::create_directory(path("empty"));
    std::filesystem::create_symlink("data_1", path("..data"));
    std::filesystem::create_symlink("..data/app.yaml", path("app.yaml"));
    std::filesystem::create_symlink("elsewhere/real.h", path("link.h"));
    write(".env", "e");
    changes->watch(set());
  }

  Changes::Watched set() const {
    const auto is_yaml = [](std::string_view name) { return name.ends_with(".yaml"); };
    return {
        .files = paths({"src/a.cc", "src/b.cc", "include/a.h", "tree/t.cc", "tree/deep/u.cc",
                        "app.yaml", "link.h", ".env"}),
        .missing = paths({"include/missing.h", "empty/missing.h", "later/on/missing.h"}),
        .folders = {
            {.path = path("src"), .wants = is_cc},
            {.path = path("tree"), .wants = is_cc, .depth = WatchedFolder::Depth::kWithSubfolders},
            {.path = path("components"), .wants = is_yaml}}};
  }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(path(from), path(to));
  }
};

}  // namespace ofn::dev
