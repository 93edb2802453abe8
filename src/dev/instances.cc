#include "dev/instances.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/random.h"
#include "document/json.h"
#include "document/node.h"
#include "os/descriptor.h"

namespace ofn::dev {

namespace {

namespace fs = std::filesystem;
using document::Node;

constexpr std::string_view kFileEnd = ".json";
constexpr std::string_view kSocketEnd = ".sock";
// The longest name of a socket behind its folder, with the slash.
constexpr std::size_t kLongestName = 24;
// A file that says more is none of ours.
constexpr std::size_t kMostBytes = std::size_t{64} << 10;
// A socket without a file belongs to a process that is about to write it, or to one that has died.
constexpr std::chrono::minutes kMakesItsFile(1);

std::string problem_of(const fs::path& folder) {
  const os::Descriptor fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return errno == ENOTDIR || errno == ELOOP ? "is no folder" : std::strerror(errno);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return std::strerror(errno);
  if (status.st_uid != ::geteuid())
    return "belongs to another user (uid " + std::to_string(status.st_uid) + ")";
  if ((status.st_mode & 077U) != 0) return "may be entered by other users; chmod 700 mends that";
  return {};
}

Result<fs::path> made(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(Code::kUnavailable,
                "cannot make the folder " + folder.native() + ": " + std::strerror(errno));
  }
  if (const std::string problem = problem_of(folder); !problem.empty())
    return fail(Code::kPermissionDenied, folder.native() + " " + problem);
  return folder;
}

bool fits_a_socket(const fs::path& folder) {
  return folder.native().size() + kLongestName < sizeof(sockaddr_un::sun_path);
}

enum class Listens : bool { kNo, kYes };

Listens somebody_listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Listens::kNo;
  path.copy(address.sun_path, path.size());
  const os::Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (!fd || ::connect(fd.get(), generic, sizeof address) == 0) return Listens::kYes;
  // EAGAIN: its queue is full.
  return errno == ECONNREFUSED || errno == ENOENT || errno == ENOTSOCK ? Listens::kNo
                                                                       : Listens::kYes;
}

std::optional<Instance> read_instance(const fs::path& file) {
  const os::Descriptor fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_uid != ::geteuid() || status.st_size > static_cast<off_t>(kMostBytes))
    return std::nullopt;
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  if (::read(fd.get(), text.data(), text.size()) != status.st_size) return std::nullopt;
  const auto node = document::json_value(text);
  if (!node) return std::nullopt;
  Instance instance{.name = file.stem().native(),
                    .source = std::string(node->find_text("source")),
                    .folder = std::string(node->find_text("folder")),
                    .url = std::string(node->find_text("url")),
                    .started = std::string(node->find_text("started")),
                    .version = std::string(node->find_text("version"))};
  const Node* pid = node->find("pid");
  if (pid == nullptr || !pid->is(Node::Kind::kNumber)) return std::nullopt;
  instance.pid = static_cast<pid_t>(pid->real());
  instance.socket = fs::path(file).replace_extension(kSocketEnd).native();
  return instance;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, same] = std::ranges::mismatch(folder, path);
  return end == folder.end();
}

}  // namespace

Result<fs::path> instance_folder(
    const std::function<std::optional<std::string>(std::string_view)>& variable) {
  const std::optional<std::string> runtime = variable("XDG_RUNTIME_DIR");
  if (runtime && runtime->starts_with('/')) {
    const fs::path folder = fs::path(*runtime) / "ofn";
    // A folder of another user, or one that others may enter, is not used: programs that are run by sudo inherit such variables.
    if (fits_a_socket(folder) && problem_of(*runtime).empty()) return made(folder);
  }
  return made("/tmp/ofn-" + std::to_string(::geteuid()));
}

InstanceEntry::InstanceEntry(const fs::path& folder, Instance instance)
    : instance_(std::move(instance)) {
  Random random;
  constexpr std::size_t kDigits = 8;
  instance_.name = std::to_string(instance_.pid) + "-" + uuid4(random).substr(0, kDigits);
  file_ = folder / (instance_.name + std::string(kFileEnd));
  instance_.socket = (folder / (instance_.name + std::string(kSocketEnd))).native();
}

InstanceEntry::~InstanceEntry() {
  if (is_announced_) ::unlink(file_.c_str());
}

Result<void> InstanceEntry::announce() {
  const std::string text = document::to_json(Node::object({{"pid", Node::number(instance_.pid)},
                                                           {"source", instance_.source},
                                                           {"folder", instance_.folder},
                                                           {"url", instance_.url},
                                                           {"started", instance_.started},
                                                           {"version", instance_.version}})) +
                           "\n";
  // Under another name first, so that nobody reads a half of it.
  const std::string unfinished = file_.native() + ".new";
  const os::Descriptor fd(
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(unfinished.c_str(), file_.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    if (fd) ::unlink(unfinished.c_str());
    return fail(Code::kUnavailable, "cannot write " + file_.native() + ": " + why);
  }
  is_announced_ = true;
  return {};
}

std::vector<Instance> running_instances(const fs::path& folder) {
  std::vector<Instance> running;
  std::vector<fs::path> sockets;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    if (path.extension() == kSocketEnd) sockets.push_back(path);
    if (path.extension() != kFileEnd) continue;
    auto instance = read_instance(path);
    if (instance && somebody_listens(instance->socket) == Listens::kYes) {
      running.push_back(*std::move(instance));
      continue;
    }
    ::unlink(path.c_str());
    ::unlink(fs::path(path).replace_extension(kSocketEnd).c_str());
  }
  for (const fs::path& socket : sockets) {
    const bool is_known = std::ranges::any_of(
        running, [&](const Instance& one) { return one.socket == socket.native(); });
    if (is_known || somebody_listens(socket.native()) == Listens::kYes) continue;
    struct stat status{};
    if (::lstat(socket.c_str(), &status) != 0) continue;
    const auto made_at = std::chrono::system_clock::from_time_t(status.st_mtime);
    if (std::chrono::system_clock::now() - made_at > kMakesItsFile) ::unlink(socket.c_str());
  }
  std::ranges::sort(running, std::ranges::greater(), &Instance::started);
  return running;
}

std::vector<Instance> nearest_instances(const std::vector<Instance>& all, const fs::path& folder) {
  std::vector<Instance> found;
  // Upwards: the folder itself is the first.
  for (fs::path above = folder;; above = above.parent_path()) {
    for (const Instance& instance : all) {
      if (fs::path(instance.folder) == above) found.push_back(instance);
    }
    if (!found.empty() || above == above.parent_path()) break;
  }
  if (!found.empty()) return found;
  std::ranges::copy_if(all, std::back_inserter(found),
                       [&](const Instance& instance) { return is_below(instance.folder, folder); });
  return found;
}

}  // namespace ofn::dev
