// Tells which files of a set have changed, and what happens in some folders (inotify(7)). It has no
// loop of its own; its user watches fd() with one.
//
//   auto watch = os::FileWatch::make();
//   auto unwatched = watch->watch(build.inputs);
//   Watch on_change(loop, watch->fd(), [&](Watch::Seen) { for (const auto& file : watch->changed().files) … });
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "os/descriptor.h"

namespace ofn::os {

// A file has changed when a program has closed it after writing, has renamed, linked, touched or
// deleted it, or has put another file in its place, as many editors do. FileWatch watches the
// files' folders, so a file need not exist: its creation is a change, also if its folder is made
// later. Links on the way to a file are watched, too.
//
// Lifetime: the kernel forgets the watches with the object. Threads: one at a time.
// Cost: a kernel watch for each folder of a file, and one for each folder above it (about 1 KiB of
// the kernel's memory each). Events of other files in the files' folders are read and dropped; the
// folders above wake nobody unless they are moved or deleted.
class FileWatch {
 public:
  struct Entry {
    std::string folder;  // as watch() was given it
    std::string name;
    bool operator==(const Entry&) const = default;
  };

  // Each once, as watch() was given them. After too many events in too little time it has all files
  // and folders. A file in it may be unchanged.
  struct Changed {
    std::vector<std::string> files;
    std::vector<Entry> entries;        // files in the watched folders, with any name
    std::vector<std::string> folders;  // watched folders that must be listed again
    // A folder or a link on the way has been replaced: call watch() again before you look at the
    // files, or the next change is missed.
    bool watch_again = false;
  };

  struct Unwatched {
    Error
        why;  // names the first one. kPermissionDenied: its folder cannot be read. kResourceExhausted: this user has too many watches
    std::vector<std::string> paths;  // as watch() was given them; all others are watched
  };

  // Errors: kResourceExhausted: no descriptor, or too many inotify instances of this user.
  static Result<FileWatch> make();

  // Becomes readable when something has happened in a watched folder.
  int fd() const { return inotify_.get(); }
  // Watches these files and folders, and no others; the paths are absolute. A file or folder that
  // was watched before keeps the changes that have not been read: call changed() after watch(),
  // because fd() may no longer be readable. If there are too few watches, the first paths get them.
  [[nodiscard]] std::optional<Unwatched> watch(std::span<const std::string> files,
                                               std::span<const std::string> folders = {});
  // Returns the changes since the last call. Never blocks.
  [[nodiscard]] Changed changed();
  // Returns the number of kernel watches.
  std::size_t watches() const { return folders_.size(); }

 private:
  // Indexes of items_.
  using Items = std::vector<std::size_t>;
  // What happens in a folder, and which items it concerns.
  struct Folder {
    std::string path;
    std::map<std::string, Items, std::less<>> names;  // files; also links and missing folders
    Items content;                                    // watched folders: every name concerns them
    Items below;  // they change if the folder itself is moved or deleted
    bool operator==(const Folder&) const = default;
  };
  class Plan;
  class Told;

  explicit FileWatch(Descriptor inotify) : inotify_(std::move(inotify)) {}
  std::optional<Unwatched> carry_out(Plan plan);
  void read_events(Told& told) const;

  Descriptor inotify_;
  std::vector<std::string> items_;  // the files, and after them the folders
  std::size_t files_ = 0;           // how many of items_ are files
  std::map<int, Folder> folders_;   // by the kernel's number of the watch
  Changed unread_;
};

}  // namespace ofn::os
