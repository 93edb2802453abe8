// A folder for the programs that one process builds and does not keep.
#pragma once

#include <filesystem>
#include <span>

#include "base/error.h"
#include "os/descriptor.h"

namespace ofn::cli {

// Lifetime: the destructor removes the folder. If the process is killed, the next WorkFolder removes it.
class WorkFolder {
 public:
  // Makes the folder beside the first of these cache folders in which that is possible; there, hard links to the cache's files
  // can be made. Errors: none of them can be written to.
  static Result<WorkFolder> make(std::span<const std::filesystem::path> cache_dirs);
  WorkFolder(WorkFolder&&) = default;
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  WorkFolder(std::filesystem::path path, os::Descriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  os::Descriptor lock_;  // while it is held, the folder is in use
};

}  // namespace ofn::cli
