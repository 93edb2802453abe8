#include "image/folder_layer.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "image/tar.h"
#include "os/descriptor.h"

namespace ofn::image {

namespace {

namespace fs = std::filesystem;

constexpr unsigned kModeBits = 07777;

class FolderTar {
 public:
  FolderTar(fs::path root, const Sink& sink) : root_(std::move(root)), sink_(sink) {}

  Result<std::vector<std::string>> write() {
    struct stat status{};
    if (::lstat(root_.c_str(), &status) != 0) return cannot_read(root_);
    device_ = status.st_dev;
    if (auto added = add_content("/"); !added) return std::unexpected(added.error());
    if (auto ended = sink_(tar_end()); !ended) return std::unexpected(ended.error());
    return std::move(left_out_);
  }

 private:
  static std::unexpected<Error> cannot_read(const fs::path& file) {
    return fail(Code::kPermissionDenied,
                "cannot read " + file.native() + ": " + std::generic_category().message(errno));
  }

  // `path` is that in the layer.
  fs::path on_disk(const std::string& path) const { return root_ / path.substr(1); }

  Result<void> add_content(const std::string& folder) {
    std::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator it(on_disk(folder), error), end; !error && it != end;
         it.increment(error)) {
      names.push_back(it->path().filename().native());
    }
    if (error) {
      return fail(Code::kPermissionDenied,
                  "cannot read " + on_disk(folder).native() + ": " + error.message());
    }
    std::ranges::sort(names);
    for (const std::string& name : names) {
      if (auto added = add((folder == "/" ? "" : folder) + "/" + name); !added) return added;
    }
    return {};
  }

  // The folders nest as deeply as the kernel's longest path, so recursion is bounded.
  Result<void> add(const std::string& path) {
    struct stat status{};
    if (::lstat(on_disk(path).c_str(), &status) != 0) return cannot_read(on_disk(path));
    const uid_t user = ::geteuid();
    TarEntry entry{.path = path,
                   .mode = status.st_mode & kModeBits,
                   .user = status.st_uid == user ? 0 : status.st_uid,
                   .group = status.st_uid == user && user != 0 ? 0 : status.st_gid};
    if (S_ISDIR(status.st_mode)) {
      entry.type = TarType::kFolder;
      if (auto written = sink_(tar_header(entry)); !written) return written;
      return status.st_dev == device_ ? add_content(path) : Result<void>();
    }
    if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
      left_out_.push_back(path);
      return {};
    }
    if (status.st_nlink > 1) {
      const auto [first, is_new] = linked_.try_emplace(status.st_ino, path);
      if (!is_new) {
        entry.type = TarType::kHardLink;
        entry.link = first->second;
        return sink_(tar_header(entry));
      }
    }
    if (S_ISLNK(status.st_mode)) {
      std::error_code error;
      entry.type = TarType::kSymbolicLink;
      entry.link = fs::read_symlink(on_disk(path), error).native();
      if (error) return cannot_read(on_disk(path));
      return sink_(tar_header(entry));
    }
    entry.size = static_cast<std::uint64_t>(status.st_size);
    return add_file(entry);
  }

  Result<void> add_file(const TarEntry& entry) {
    const fs::path file = on_disk(entry.path);
    const os::Descriptor opened(
        ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!opened) return cannot_read(file);
    if (auto written = sink_(tar_header(entry)); !written) return written;
    std::uint64_t left = entry.size;
    while (left > 0) {
      const ssize_t got =
          ::read(opened.get(), piece_.data(), std::min<std::uint64_t>(piece_.size(), left));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return cannot_read(file);
      if (got == 0)
        return fail(Code::kAborted, file.native() + " became shorter while it was read");
      const std::string_view bytes(piece_.data(), static_cast<std::size_t>(got));
      if (auto written = sink_(bytes); !written) return written;
      left -= bytes.size();
    }
    return sink_(tar_padding(entry.size));
  }

  fs::path root_;
  const Sink& sink_;
  dev_t device_ = 0;
  std::map<ino_t, std::string> linked_;  // the first path of files with several
  std::vector<std::string> left_out_;
  std::string piece_ = std::string(std::size_t{256} * 1024, '\0');
};

}  // namespace

Result<std::vector<std::string>> tar_of_folder(const fs::path& folder, const Sink& sink) {
  return FolderTar(folder, sink).write();
}

}  // namespace ofn::image
