// A file system on which an image is built: another image, or a folder.
//
//   auto found = find_base("debian.oci:12", "hello.oci");
//   auto layout = OciLayout::open("hello.oci");
//   const auto base = add_base(*std::move(found), *layout);
//   base->layers;   // are in the layout now
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "document/node.h"
#include "image/oci_layout.h"
#include "image/oci_reader.h"
#include "image/root_tree.h"

namespace ofn::image {

struct BaseImage {
  std::string digest = {};  // of its manifest; empty if it is a folder
  std::vector<Descriptor> layers{};
  std::vector<std::string> diff_ids{};
  document::Node config = document::Node::object();  // what OCI calls so: environment, labels
  document::Node history = document::Node::list();
  document::Node annotations = document::Node::object();
  RootTree tree{};
  std::vector<std::string> left_out{};  // paths of a folder that cannot be in an image
};

// A base that exists, and of which only the documents have been read.
struct FoundBase {
  std::filesystem::path folder;
  // An OCI layout sets these. A folder has none of them.
  std::optional<OciReader> reader{};
  StoredImage image{};
  document::Node config{};
};

// `name`: an OCI layout, DIR or DIR:TAG, or a folder with a root file system. `output`: the folder that will be written; it may be the
// same layout.
// Errors: Error::message() is for the user, and begins with --base.
Result<FoundBase> find_base(const std::string& name, const std::filesystem::path& output);

// Adds the base's layers to the layout, each with its digest. A folder becomes one layer (folder_layer.h).
// Errors: as above. Then the layout may have blobs that no image names.
// Memory: that of a RootTree. Cost: each layer is read, decompressed and hashed once: 1 s for 100 MB.
Result<BaseImage> add_base(FoundBase found, OciLayout& layout);

}  // namespace ofn::image
