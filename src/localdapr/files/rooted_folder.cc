#include "localdapr/files/rooted_folder.h"

#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace ofn::localdapr {
namespace {

constexpr int kMaxLinks = 255;
constexpr std::size_t kMaxName = std::size_t{64} * 1024;  // limits the work for "a/../a/../…"

std::unexpected<PathError> failure(std::string_view call, std::string_view path, int number) {
  return std::unexpected(PathError{call, std::string(path), number});
}

std::string join(const std::vector<std::string>& parts) {
  std::string path;
  for (const std::string& part : parts) {
    if (!path.empty()) path.push_back('/');
    path.append(part);
  }
  return path;
}

// Removes the next part of `path` and returns it. Between two slashes it is empty.
std::string_view next_part(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view part = path.substr(0, slash);
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return part;
}

PathResult<std::string> read_link(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return failure("readlink", path, errno);
  return std::string(target.data(), static_cast<std::size_t>(size));
}

bool is_below(const std::filesystem::path& path, std::string_view folder) {
  return path == folder || path.native().starts_with(std::string(folder) + "/");
}

// Makes the missing folders of a path, and syncs them to the disk.
std::error_code make_folders(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path part = path; part.has_relative_path() && !fs::exists(part, error);
       part = part.parent_path()) {
    missing.push_back(part);
  }
  fs::create_directories(path, error);
  for (auto made = missing.rbegin(); !error && made != missing.rend(); ++made) {
    const Descriptor parent(::open(made->parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!sync_folder(parent.get())) error.assign(errno, std::generic_category());
  }
  return error;
}

}  // namespace

bool Descriptor::close() {
  if (fd_ < 0) return true;
  return ::close(release()) == 0;
}

bool sync_folder(int folder) {
  const Descriptor readable(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return !readable.is_open() || ::fsync(readable.get()) == 0 || errno == EINVAL;
}

std::string system_message(int error_number) {
  std::string message = std::generic_category().message(error_number);
  if (!message.empty() && message.front() >= 'A' && message.front() <= 'Z') {
    message.front() = static_cast<char>(message.front() - 'A' + 'a');
  }
  return message;
}

std::string_view base_name(std::string_view relative) {
  const std::size_t slash = relative.rfind('/');
  return slash == std::string_view::npos ? relative : relative.substr(slash + 1);
}

Result<RootedFolder> RootedFolder::open(std::string_view path) {
  namespace fs = std::filesystem;
  if (path.empty()) return fail(Code::kInvalidArgument, "property rootPath must not be empty");
  std::error_code error;
  // Resolves the links of the existing part. The rest is created below it.
  fs::path root = fs::weakly_canonical(fs::absolute(fs::path(path), error), error);
  if (error) {
    return fail(Code::kInvalidArgument, "failed to resolve rootPath " + std::string(path) + ": " +
                                            system_message(error.value()));
  }
  if (!root.has_filename() && root.has_relative_path()) root = root.parent_path();
  for (std::string_view reserved : {"/proc", "/sys", "/boot", "/var/run/secrets", "/run/secrets"}) {
    if (is_below(root, reserved)) {
      return fail(Code::kInvalidArgument, "property rootPath points to a disallowed location");
    }
  }
  error = make_folders(root);
  if (error || !fs::is_directory(root)) {
    return fail(Code::kInvalidArgument,
                error && error != std::errc::not_a_directory
                    ? "unable to create directory specified by 'rootPath' " + root.native() + ": " +
                          system_message(error.value())
                    : "property rootPath represents a file and not a directory");
  }
  return RootedFolder(root.native());
}

std::string RootedFolder::absolute(std::string_view relative) const {
  if (relative.empty()) return path_;
  std::string path = path_;
  if (!path.ends_with('/')) path.push_back('/');
  return path.append(relative);
}

PathResult<std::string> RootedFolder::resolve(std::string_view name) const {
  if (name.size() > kMaxName) return failure("lstat", path_ + "/…", ENAMETOOLONG);
  std::vector<std::string> parts;
  std::string pending(name);
  std::string_view rest = pending;
  int links = 0;
  while (!rest.empty()) {
    if (links > kMaxLinks) return failure("SecureJoin", absolute(rest), ELOOP);
    const std::string_view part = next_part(rest);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
      continue;
    }
    parts.emplace_back(part);
    const std::string path = absolute(join(parts));
    if (path.find('\0') != std::string::npos) return failure("lstat", path, EINVAL);
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
      if (errno != ENOENT && errno != ENOTDIR) return failure("lstat", path, errno);
      continue;
    }
    if (!S_ISLNK(status.st_mode)) continue;
    auto target = read_link(path);
    if (!target) return target;
    ++links;
    parts.pop_back();
    if (target->starts_with('/')) parts.clear();
    pending = *target + "/" + std::string(rest);
    rest = pending;
  }
  return join(parts);
}

PathResult<Descriptor> RootedFolder::walk(std::string_view relative, Missing missing) const {
  std::error_code unmade;
  if (missing == Missing::kCreate) unmade = make_folders(path_);
  Descriptor folder(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return failure("open", path_, errno);
  if (unmade) return failure("fsync", path_, unmade.value());
  std::string so_far;
  while (!relative.empty()) {
    const std::string part(next_part(relative));
    so_far += so_far.empty() ? part : "/" + part;
    constexpr mode_t kAnyone = 0777;  // reduced by the process's umask
    if (missing == Missing::kCreate) {
      const bool made = ::mkdirat(folder.get(), part.c_str(), kAnyone) == 0;
      if (!made && errno != EEXIST) return failure("mkdir", absolute(so_far), errno);
      if (made && !sync_folder(folder.get())) return failure("fsync", absolute(so_far), errno);
    }
    Descriptor next(
        ::openat(folder.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.is_open()) {
      return failure(missing == Missing::kCreate ? "mkdir" : "open", absolute(so_far), errno);
    }
    folder = std::move(next);
  }
  return folder;
}

PathResult<Descriptor> RootedFolder::open_parent(std::string_view relative, Missing missing) const {
  const std::size_t size = relative.size() - base_name(relative).size();
  return walk(relative.substr(0, size == 0 ? 0 : size - 1), missing);
}

PathResult<Descriptor> RootedFolder::open_folder(std::string_view relative) const {
  auto folder = walk(relative, Missing::kFail);
  if (!folder) return folder;
  Descriptor readable(::openat(folder->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable.is_open()) return failure("open", absolute(relative), errno);
  return readable;
}

}  // namespace ofn::localdapr
