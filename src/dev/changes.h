// Tells when something has been saved that a build is made from.
//
//   Changes changes(loop, {.on_saved = [&](const Changes::Saved& saved) { build(saved.files); },
//                          .on_told = [&](const Told& told) { terminal.on(told); }});
//   changes.begin_build();  // just before the build
//   changes.watch({.files = built.inputs,  // when it has ended
//                  .missing = headers_that_it_looked_for,
//                  .folders = {{.path = "/src/f", .wants = is_source_file}}});
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dev/event.h"
#include "dev/watched_folder.h"
#include "loop/loop.h"

namespace ofn::dev {

// A change is other content: a touch, a chmod, or a save of the same bytes is none. A file that is
// removed, or that appears although it was missing, has changed. The comparison is with the content
// at the last begin_build() or on_saved. While a build runs (from begin_build() to watch()), a file
// that had other content only for a moment counts, too, because the compiler may have read it.
//
// Many files that are saved together are one change. on_saved is called 10 ms after the save of one
// file, so that a save is noticed within 15 ms. When several files have changed, it waits until
// 30 ms have passed without another one. While a file is missing or empty that had content, it waits
// 100 ms, because some editors move a file away before they write the new one. It waits 300 ms at
// most, and longer only while git changes the working tree (dev/git_lock.h).
//
// Folders are watched instead of files (os/file_watch.h), so it does not matter how an editor
// replaces a file, and links and folders that appear later are followed. Files of file systems that
// do not tell of changes (NFS, 9p, FUSE, …) and all files for which the kernel gives no watch are
// looked at every 500 ms; on_told says which and why, once. If the user's limit of watches is too
// low, the system's folders are the first to go without. The system's files are compared by size
// and time stamp (dev/file_content.h).
//
// Lifetime: on_saved runs in a turn of the loop, never inside a call of a member, and may call
// begin_build() and watch(); on_told runs inside both, too.
// Threads: the loop's.
// Cost: nothing while nothing is saved, unless files are polled. A function of one source, which is
// made from 277 files with the system's, needs 33 kernel watches and 3 ms of the first watch(); the
// later ones take 1 ms.
// Errors: none; on_told says what cannot be watched, and what to do.
class Changes {
 public:
  using Folder = WatchedFolder;

  // All paths are absolute. A path may be in several lists.
  struct Watched {
    std::vector<std::string> files;         // the files that the build has read
    std::vector<std::string> missing = {};  // the files that it has looked for in vain
    std::vector<Folder> folders = {};
  };

  struct Saved {
    std::vector<std::string> files;  // sorted; they may have been removed
    // The latest time stamp of the files (ctime), by the kernel's clock: at most a tick (4 to 10
    // ms) too early. If only removals were noticed: when the first one was.
    SystemTime saved_at{};
    SteadyTime noticed_at{};  // when the first change was noticed
  };

  struct Options {
    std::function<void(const Saved&)> on_saved;
    std::function<void(const Told&)> on_told;
    // Returns the name of a file system that does not tell of changes; nullopt for all others.
    // The default asks the kernel.
    std::function<std::optional<std::string>(const std::string& folder)> silent_file_system = {};
  };

  static constexpr std::chrono::milliseconds kQuietAlone{10};
  static constexpr std::chrono::milliseconds kQuietTogether{30};
  static constexpr std::chrono::milliseconds kQuietMissing{100};
  static constexpr std::chrono::milliseconds kLongestWait{300};
  static constexpr std::chrono::milliseconds kPollEvery{500};

  Changes(Loop& loop, Options options);
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;
  ~Changes();

  // A build begins: it reads what has been saved until now, and on_saved is not called for that.
  void begin_build();
  // The build has ended, or its files are known before it has: watches this set and no other. A
  // file that was in the set before keeps what is known of it, so a save during the build is told.
  // A file that is new in the set has changed if it is younger than the build's start, and a
  // missing file if it exists now. The lists of a failed build may be incomplete; add those of the
  // build before it.
  void watch(Watched set);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ofn::dev
