// A layer of a folder with a root file system, such as debootstrap and mmdebstrap make.
//
//   const auto left_out = tar_of_folder("/srv/bookworm", write);
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/compressed.h"

namespace ofn::image {

// Gives the bytes of a tar file with the folder's content to the sink. Equal folders give equal bytes: entries are sorted, and their
// time is 0. Symbolic and hard links stay what they are. Owners keep their numbers, but what belongs to this process's user belongs to
// root in the layer. Attributes, such as capabilities of files, are not read. Other file systems that are mounted below the folder
// are empty folders in the layer.
// Returns the paths of what cannot be in an image that anybody may unpack: devices, sockets and pipes.
// Errors: a file that cannot be read, or changes while it is read; the message names it. The sink's errors, as they are.
Result<std::vector<std::string>> tar_of_folder(const std::filesystem::path& folder,
                                               const Sink& sink);

}  // namespace ofn::image
