#include "os/silent_file_system.h"

#include <cerrno>
#include <sys/vfs.h>

namespace ofn::os {

std::optional<std::string_view> silent_file_system_of(unsigned long type) {
  // statfs(2), <linux/magic.h>; vboxsf and prl_fs: in the sources of their drivers.
  switch (type & 0xffff'ffffUL) {
    case 0x6969:
      return "NFS";
    case 0x517b:
    case 0xff534d42:
    case 0xfe534d42:
      return "SMB";
    case 0x01021997:
      return "9p";
    case 0x65735546:
      return "FUSE";  // also virtiofs, sshfs and the shares of Docker Desktop
    case 0x786f4256:
      return "vboxsf";
    case 0x7c7c6673:
      return "Parallels";
    case 0x00c36400:
      return "Ceph";
    case 0x5346414f:
    case 0x6b414653:
      return "AFS";
    case 0x73757245:
      return "Coda";
    case 0x01161970:
      return "GFS2";
    case 0x7461636f:
      return "OCFS2";
    case 0x0bd00bd0:
      return "Lustre";
    default:
      return std::nullopt;
  }
}

std::optional<std::string_view> silent_file_system(const std::string& folder) {
  struct statfs status{};
  for (std::string at = folder; !at.empty(); at.resize(at.rfind('/'))) {
    if (::statfs(at.c_str(), &status) == 0) {
      return silent_file_system_of(static_cast<unsigned long>(status.f_type));
    }
    if (errno != ENOENT && errno != ENOTDIR) return std::nullopt;
    if (at.find('/') == std::string::npos) return std::nullopt;
  }
  return ::statfs("/", &status) == 0
             ? silent_file_system_of(static_cast<unsigned long>(status.f_type))
             : std::nullopt;
}

}  // namespace ofn::os
