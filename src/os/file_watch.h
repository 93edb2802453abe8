// Tells which files of a set have changed (inotify(7)). It has no loop of its own; its user watches
// fd() with one.
//
//   auto watch = os::FileWatch::make();
//   auto watched = watch->watch(build.inputs);
//   Watch on_change(loop, watch->fd(), [&](Watch::Seen) { for (const auto& file : watch->changed()) … });
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "os/descriptor.h"

namespace ofn::os {

// A file has changed when a program has closed it after writing, has renamed, linked, touched or
// deleted it, or has put another file in its place, as many editors do. FileWatch watches the
// files' folders, so a file need not exist: its creation is a change. A symbolic link is watched
// together with the file that it leads to.
//
// Lifetime: the kernel forgets the watches with the object. Threads: one at a time.
// Cost: a kernel watch for each folder. Events of other files in these folders are read and dropped.
class FileWatch {
 public:
  // Errors: kResourceExhausted: no descriptor, or too many inotify instances of this user.
  static Result<FileWatch> make();

  // Becomes readable when something has happened in a watched folder.
  int fd() const { return inotify_.get(); }
  // Watches these files and no others. A file that was watched before keeps the changes that have not been read.
  // Errors: kNotFound: a file's folder does not exist; kPermissionDenied; kResourceExhausted: this
  // user has too many watches. In each case all other files are watched, and the error names the
  // first file that is not.
  Result<void> watch(std::span<const std::string> files);
  // Returns the files that have changed since the last call, each once, as watch() was given them.
  // Never blocks. The result may contain a file that has not changed, if too many events came in
  // too little time, or if the file's folder is gone. The next watch() finds a new folder of that
  // name.
  [[nodiscard]] std::vector<std::string> changed();

 private:
  using FilesOfName = std::map<std::string, std::vector<std::string>, std::less<>>;

  explicit FileWatch(Descriptor inotify) : inotify_(std::move(inotify)) {}

  Descriptor inotify_;
  std::map<int, FilesOfName> folders_;  // by the kernel's number of the watch
};

}  // namespace ofn::os
