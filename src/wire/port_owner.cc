#include "wire/port_owner.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

namespace ofn::wire {

namespace {

namespace fs = std::filesystem;

// The inodes of sockets that listen on `port`, from a table in the format of /proc/net/tcp
// (proc(5)): "sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode"; the state 0A
// is LISTEN.
void collect_inodes(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
  std::ifstream lines(table);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream columns(line);
    std::string number, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    columns >> number >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
        timeout >> inode;
    const auto colon = local.rfind(':');
    if (state != "0A" || colon == std::string::npos) continue;
    if (std::stoul(local.substr(colon + 1), nullptr, 16) == port)
      inodes.insert("socket:[" + inode + "]");
  }
}

}  // namespace

std::optional<std::string> port_owner(std::uint16_t port) {
  std::set<std::string> inodes;
  collect_inodes("/proc/net/tcp", port, inodes);
  collect_inodes("/proc/net/tcp6", port, inodes);
  std::error_code unreadable;
  for (const auto& process : fs::directory_iterator("/proc", unreadable)) {
    const std::string pid = process.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    std::error_code denied;
    for (const auto& descriptor : fs::directory_iterator(process.path() / "fd", denied)) {
      std::error_code gone;
      if (!inodes.contains(fs::read_symlink(descriptor.path(), gone).string())) continue;
      std::ifstream comm(process.path() / "comm");
      std::string name;
      std::getline(comm, name);
      return name + " (pid " + pid + ")";
    }
  }
  return std::nullopt;
}

}  // namespace ofn::wire
