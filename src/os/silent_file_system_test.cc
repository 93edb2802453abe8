#include "os/silent_file_system.h"

#include <linux/magic.h>

#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::os {
namespace {

TEST(SilentFileSystem, KnowsThemByTheirNumbers) {
  struct Case {
    unsigned long type;
    std::optional<std::string_view> name;
  };
  for (const Case& each :
       {Case{NFS_SUPER_MAGIC, "NFS"},
        {SMB_SUPER_MAGIC, "SMB"},
        {CIFS_SUPER_MAGIC, "SMB"},
        {SMB2_SUPER_MAGIC, "SMB"},
        {static_cast<unsigned long>(-0x00acb2beL), "SMB"},  // CIFS, as a 32-bit number with a sign
        {V9FS_MAGIC, "9p"},
        {FUSE_SUPER_MAGIC, "FUSE"},
        {0x786f4256, "vboxsf"},
        {CEPH_SUPER_MAGIC, "Ceph"},
        {AFS_SUPER_MAGIC, "AFS"},
        {AFS_FS_MAGIC, "AFS"},
        {CODA_SUPER_MAGIC, "Coda"},
        {OCFS2_SUPER_MAGIC, "OCFS2"},
        {EXT4_SUPER_MAGIC, std::nullopt},
        {BTRFS_SUPER_MAGIC, std::nullopt},
        {XFS_SUPER_MAGIC, std::nullopt},
        {TMPFS_MAGIC, std::nullopt},
        {OVERLAYFS_SUPER_MAGIC, std::nullopt}}) {
    EXPECT_EQ(silent_file_system_of(each.type), each.name) << std::hex << each.type;
  }
}

TEST(SilentFileSystem, AsksTheNearestFolderThatExists) {
  const TemporaryDirectory folder;
  const auto own = silent_file_system(folder.path().native());
  EXPECT_EQ(silent_file_system((folder.path() / "not/yet").native()), own);
  EXPECT_EQ(silent_file_system("/"), silent_file_system("/no-such-folder"));
  EXPECT_EQ(silent_file_system("relative"), std::nullopt);
}

}  // namespace
}  // namespace ofn::os
