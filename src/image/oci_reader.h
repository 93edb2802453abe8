// Reads an image of a folder in OCI's image layout, and believes none of it: each blob's size and digest are checked.
//
//   const auto reader = OciReader::open("debian.oci");
//   const auto image = reader->find_image("12");
//   const auto config = reader->read(image->config);
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/node.h"
#include "image/compressed.h"
#include "image/oci_layout.h"

namespace ofn::image {

// Go's names, which OCI uses: "linux", and "amd64".
inline constexpr std::string_view kOs = "linux";
std::string_view this_architecture();

// An image of a layout. A value.
struct StoredImage {
  Descriptor manifest;
  Descriptor config;
  std::vector<Descriptor> layers;
  document::Node annotations = document::Node::object();  // of the manifest
};

// Spec: OCI image format 1.1, image-layout.md, image-index.md, manifest.md, descriptor.md.
// Errors: each names the layout, the blob, and what is wrong.
class OciReader {
 public:
  static constexpr std::size_t kMaxDocumentBytes = std::size_t{4}
                                                   << 20U;  // what registries accept, too

  // Returns true if the folder is meant to be a layout.
  static bool is_layout(const std::filesystem::path& folder);
  static Result<OciReader> open(std::filesystem::path folder);

  // Returns the image of that tag, or the only one if the tag is empty. Of an image for several platforms it returns this machine's.
  Result<StoredImage> find_image(std::string_view tag) const;
  // Returns the JSON object that is a blob of at most kMaxDocumentBytes.
  Result<document::Node> read(const Descriptor& blob) const;
  // Gives the blob's bytes to the sink, in pieces. The digest is checked at the end.
  // Errors: also the sink's, as they are.
  Result<void> read(const Descriptor& blob, const Sink& sink) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  OciReader(std::filesystem::path folder, document::Node index)
      : folder_(std::move(folder)), index_(std::move(index)) {}
  Result<StoredImage> read_manifest(const Descriptor& manifest) const;
  Result<Descriptor> of_this_machine(std::vector<document::Node> candidates, int depth) const;
  Result<Descriptor> descriptor(const document::Node* node, std::string_view what) const;
  std::unexpected<Error> wrong(std::string what) const;

  std::filesystem::path folder_;
  document::Node index_;
};

}  // namespace ofn::image
