#include "cli/inherited.h"

#include <cstdlib>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "context/units.h"
#include "document/problem.h"

namespace ofn::cli {

namespace {

constexpr int kFirstOfSystemd = 3;  // SD_LISTEN_FDS_START

// A descriptor and the flag or variable that names it.
struct Named {
  int fd;
  std::string origin;
};

std::expected<std::optional<Named>, std::string> listening_descriptor(const Settings& settings,
                                                                      const Environment& env) {
  if (settings.listen_fd.value)
    return Named{*settings.listen_fd.value, settings.listen_fd.origin.name};
  if (non_empty(env, "LISTEN_PID") != std::to_string(getpid())) return std::nullopt;
  const std::string text = non_empty(env, "LISTEN_FDS").value_or("0");
  const auto count = parse_number(text);
  if (!count) {
    return std::unexpected(env.label("LISTEN_FDS") + ": expected a number of descriptors, found " +
                           quoted(text));
  }
  if (*count > 1) {
    return std::unexpected(env.label("LISTEN_FDS") + ": expected one socket, found " + text +
                           "; give the socket unit one address (ListenStream=), or choose a "
                           "descriptor by --listen-fd");
  }
  if (*count == 0) return std::nullopt;
  return Named{kFirstOfSystemd, env.label("LISTEN_FDS")};
}

}  // namespace

std::expected<Inherited, std::vector<std::string>> take_inherited(const Settings& settings,
                                                                  const Environment& env) {
  std::vector<std::string> problems;
  std::optional<wire::ListeningSocket> socket;
  const auto listening = listening_descriptor(settings, env);
  if (!listening) {
    problems.push_back(listening.error());
  } else if (*listening) {
    auto taken = wire::ListeningSocket::inherit((*listening)->fd);
    if (taken) {
      socket.emplace(*std::move(taken));
    } else {
      problems.push_back((*listening)->origin + ": " + taken.error().message());
    }
  }
  std::optional<os::ReadyNotice> notice;
  if (listening && *listening && settings.ready_fd == (*listening)->fd) {
    problems.push_back("--ready-fd: descriptor " + std::to_string(*settings.ready_fd) +
                       " is already the listening socket (" + (*listening)->origin + ")");
  } else if (auto to =
                 os::ReadyNotice::to({.fd = settings.ready_fd,
                                      .socket = non_empty(env, "NOTIFY_SOCKET").value_or("")})) {
    notice.emplace(*std::move(to));
  } else {
    problems.push_back("--ready-fd: " + to.error().message());
  }
  auto supervised = Supervised::take(env);
  if (!supervised) problems.push_back(supervised.error().message());
  if (!problems.empty()) return std::unexpected(std::move(problems));
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET",
                               "OFN_LISTEN_FD", "OFN_READY_FD"}) {
    unsetenv(variable);
  }
  return Inherited{.socket = std::move(socket),
                   .notice = *std::move(notice),
                   .supervised = *std::move(supervised)};
}

ListenPid::ListenPid() {
  const char* const pid = std::getenv("LISTEN_PID");
  is_ours_ = pid != nullptr && std::to_string(getpid()) == pid;
}

void ListenPid::moved_to_child() const {
  if (is_ours_) setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
}

}  // namespace ofn::cli
