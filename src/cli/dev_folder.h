// A folder for the programs that one `functions-framework dev` builds.
#pragma once

#include <filesystem>
#include <span>

#include "base/error.h"
#include "os/descriptor.h"

namespace ofn::cli {

// Lifetime: the destructor removes the folder. If the process is killed, the next DevFolder removes it.
class DevFolder {
 public:
  // Makes the folder beside the first of these cache folders in which that is possible; there, hard links to the cache's files
  // can be made. Errors: none of them can be written to.
  static Result<DevFolder> make(std::span<const std::filesystem::path> cache_dirs);
  DevFolder(DevFolder&&) = default;
  DevFolder& operator=(DevFolder&&) = delete;
  ~DevFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  DevFolder(std::filesystem::path path, os::Descriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  os::Descriptor lock_;  // while it is held, the folder is in use
};

}  // namespace ofn::cli
