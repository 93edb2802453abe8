// A folder in OCI's image layout: what `skopeo copy oci:DIR …`, umoci, podman and buildah read.
//
//   auto layout = OciLayout::open("hello.oci");
//   const auto manifest = layout->add(kManifestType, text);
//   if (manifest) layout->tag("latest", *manifest);
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "document/node.h"
#include "os/descriptor.h"

namespace ofn::image {

inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kReferenceName = "org.opencontainers.image.ref.name";

// How one part of an image names another. A value.
struct Descriptor {
  std::string media_type;
  std::string digest;  // "sha256:" and 64 digits
  std::uint64_t size = 0;

  document::Node node() const;
};

// Returns true if the text may be a tag: words of letters and digits, with one of "-._:@+/" or "--" between them.
// Spec: OCI image format 1.1, annotations.md, org.opencontainers.image.ref.name. skopeo and others refuse what is none.
bool is_tag(std::string_view text);

// A blob that is written piece by piece. It appears in the layout when it is whole.
class BlobWriter {
 public:
  // `folder`: of the blobs.
  static Result<BlobWriter> make(const std::filesystem::path& folder);
  BlobWriter(BlobWriter&& other) noexcept
      : part_(std::exchange(other.part_, {})),
        file_(std::move(other.file_)),
        hash_(other.hash_),
        size_(other.size_) {}
  BlobWriter& operator=(BlobWriter&&) = delete;
  ~BlobWriter();

  Result<void> add(std::string_view bytes);
  Result<Descriptor> end(std::string_view media_type);

 private:
  BlobWriter(std::filesystem::path part, os::Descriptor file)
      : part_(std::move(part)), file_(std::move(file)) {}

  std::filesystem::path part_;  // the file until it is whole; then empty
  os::Descriptor file_;
  Sha256 hash_;
  std::uint64_t size_ = 0;
};

// Several processes may write to one layout, except for the tags: the last one wins.
// Spec: OCI image format 1.1, image-layout.md and descriptor.md.
// Errors: each names the file and the system's reason.
class OciLayout {
 public:
  // Opens a layout to add to, or makes one: in a new or an empty folder, or where an earlier process was ended.
  // Errors: kFailedPrecondition: the folder holds something else; kInternal: it cannot be made.
  static Result<OciLayout> open(std::filesystem::path folder);

  // Stores bytes under their digest, unless they are there.
  Result<Descriptor> add(std::string_view media_type, std::string_view bytes);
  // Stores bytes that come in pieces.
  Result<BlobWriter> begin_blob() const;
  // Lets the name mean this manifest, from now on. Other names stay. `name`: a tag (is_tag).
  Result<void> tag(std::string_view name, const Descriptor& manifest);

  const std::filesystem::path& folder() const { return folder_; }

 private:
  explicit OciLayout(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
};

}  // namespace ofn::image
