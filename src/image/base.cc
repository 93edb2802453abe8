#include "image/base.h"

#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/sha256.h"
#include "document/problem.h"
#include "image/compressed.h"
#include "image/folder_layer.h"
#include "image/tar.h"

namespace ofn::image {

namespace {

namespace fs = std::filesystem;
using document::Node;

// The limit for all layers together, after they are decompressed, because a few compressed bytes may stand for a thousand times as many.
constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 30U;
// As Docker sets it for images that do not say it.
constexpr std::string_view kPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::unexpected<Error> wrong(Code code, const std::string& what) {
  return fail(code, "--base: " + what);
}
std::unexpected<Error> wrong(const Error& error) { return wrong(error.code(), error.message()); }

std::optional<Compression> compression_of(std::string_view media_type) {
  constexpr std::string_view kLayer = "application/vnd.oci.image.layer.";
  if (!media_type.starts_with(kLayer)) return std::nullopt;
  media_type.remove_prefix(kLayer.size());
  constexpr std::string_view kNondistributable = "nondistributable.";
  if (media_type.starts_with(kNondistributable)) media_type.remove_prefix(kNondistributable.size());
  if (media_type == "v1.tar") return Compression::kNone;
  if (media_type == "v1.tar+gzip") return Compression::kGzip;
  if (media_type == "v1.tar+zstd") return Compression::kZstd;
  return std::nullopt;
}

// Takes a layer's tar file in pieces: for the tree, and for its digest.
class LayerContent {
 public:
  LayerContent(RootTree& tree, std::uint64_t& read_bytes) : reader_(tree), read_bytes_(read_bytes) {
    tree.begin_layer();
  }

  Result<void> add(std::string_view tar) {
    read_bytes_ += tar.size();
    if (read_bytes_ > kMostBytes) {
      return fail(Code::kResourceExhausted,
                  "is too large: the layers have more than 16 GiB when they are decompressed");
    }
    hash_.add(tar);
    return reader_.add(tar);
  }
  Result<void> end() { return reader_.end(); }
  std::string diff_id() { return "sha256:" + hash_.hex(); }

 private:
  TarReader reader_;
  Sha256 hash_;
  std::uint64_t& read_bytes_;
};

// Says of which layer the error tells.
std::unexpected<Error> in_layer(const Descriptor& blob, const Error& error) {
  return fail(error.code(), "the layer " + blob.digest + " " + error.message());
}

// Adds a layer of another layout to this one. Returns the digest of its tar file.
Result<std::string> add_layer(const OciReader& from, const Descriptor& blob, OciLayout& layout,
                              LayerContent& content) {
  const auto compression = compression_of(blob.media_type);
  if (!compression) {
    return fail(Code::kUnimplemented, "the layer " + blob.digest + " has the media type " +
                                          quoted(blob.media_type, 100) +
                                          ", which is not supported");
  }
  auto reader =
      Decompressor::make(*compression, [&](std::string_view tar) { return content.add(tar); });
  if (!reader) return std::unexpected(reader.error());
  std::optional<BlobWriter> copy;
  std::error_code error;
  if (!fs::equivalent(layout.folder(), from.folder(), error)) {
    auto made = layout.begin_blob();
    if (!made) return std::unexpected(made.error());
    copy.emplace(*std::move(made));
  }
  const auto read = from.read(blob, [&](std::string_view bytes) -> Result<void> {
    if (copy) {
      if (auto written = copy->add(bytes); !written) return written;
    }
    if (auto taken = (*reader)->add(bytes); !taken) return in_layer(blob, taken.error());
    return {};
  });
  if (!read) return std::unexpected(read.error());
  if (auto ended = (*reader)->end(); !ended) return in_layer(blob, ended.error());
  if (auto ended = content.end(); !ended) return in_layer(blob, ended.error());
  if (copy) {
    if (auto stored = copy->end(blob.media_type); !stored) return std::unexpected(stored.error());
  }
  return content.diff_id();
}

Result<BaseImage> add_image(FoundBase found, OciLayout& layout) {
  BaseImage base{.digest = found.image.manifest.digest,
                 .layers = std::move(found.image.layers),
                 .annotations = std::move(found.image.annotations)};
  const auto diff_ids = found.config.find("rootfs")->find("diff_ids")->items();
  std::uint64_t read_bytes = 0;
  for (std::size_t i = 0; i < base.layers.size(); ++i) {
    LayerContent content(base.tree, read_bytes);
    const auto diff_id = add_layer(*found.reader, base.layers[i], layout, content);
    if (!diff_id) return wrong(diff_id.error());
    if (*diff_id != diff_ids[i].text()) {
      return wrong(Code::kDataLoss, "the layer " + base.layers[i].digest + " has the content " +
                                        *diff_id + ", and the configuration says " +
                                        quoted(diff_ids[i].text(), 100) + "; copy the image again");
    }
    base.diff_ids.push_back(*diff_id);
  }
  if (const Node* run = found.config.find_value("config")) base.config = *run;
  if (const Node* history = found.config.find_value("history")) base.history = *history;
  return base;
}

Result<BaseImage> add_folder(const fs::path& folder, OciLayout& layout) {
  BaseImage base;
  std::uint64_t read_bytes = 0;
  LayerContent content(base.tree, read_bytes);
  auto blob = layout.begin_blob();
  if (!blob) return wrong(blob.error());
  auto gzip = Compressor::make([&](std::string_view bytes) { return blob->add(bytes); });
  if (!gzip) return wrong(gzip.error());
  auto left_out = tar_of_folder(folder, [&](std::string_view tar) -> Result<void> {
    if (auto read = content.add(tar); !read) {
      return fail(read.error().code(),
                  "the folder " + folder.native() + " " + read.error().message());
    }
    return (*gzip)->add(tar);
  });
  if (!left_out) return wrong(left_out.error());
  if (auto ended = (*gzip)->end(); !ended) return wrong(ended.error());
  auto stored = blob->end(kLayerType);
  if (!stored) return wrong(stored.error());
  base.layers.push_back(*std::move(stored));
  base.diff_ids.push_back(content.diff_id());
  base.left_out = *std::move(left_out);
  base.config.set("Env", Node::list({std::string(kPath)}));
  return base;
}

Result<FoundBase> find_image(const fs::path& folder, std::string_view tag) {
  FoundBase found{.folder = folder};
  auto reader = OciReader::open(folder);
  if (!reader) return wrong(reader.error());
  auto image = reader->find_image(tag);
  if (!image) return wrong(image.error());
  auto config = reader->read(image->config);
  if (!config) return wrong(config.error());
  const std::string platform =
      std::string(config->find_text("os")) + "/" + std::string(config->find_text("architecture"));
  const std::string ours = std::string(kOs) + "/" + std::string(this_architecture());
  if (platform != ours) {
    return wrong(Code::kFailedPrecondition, "the image is for " + platform +
                                                ", and this program for " + ours +
                                                "; name an image for " + ours);
  }
  const Node* rootfs = config->find("rootfs");
  const Node* diff_ids = rootfs == nullptr ? nullptr : rootfs->find("diff_ids");
  if (diff_ids == nullptr || diff_ids->items().size() != image->layers.size()) {
    return wrong(Code::kDataLoss, "the configuration " + image->config.digest +
                                      " does not list the digests of the " +
                                      std::to_string(image->layers.size()) +
                                      " layers; copy the image again");
  }
  found.reader = *std::move(reader);
  found.image = *std::move(image);
  found.config = *std::move(config);
  return found;
}

}  // namespace

Result<FoundBase> find_base(const std::string& name, const fs::path& output) {
  std::error_code error;
  fs::path folder = name;
  std::string tag;
  // A tag may have colons, and so may a folder's name.
  for (std::size_t colon = name.find(':'); colon != std::string::npos && !fs::exists(folder, error);
       colon = name.find(':', colon + 1)) {
    if (!fs::is_directory(name.substr(0, colon), error)) continue;
    folder = name.substr(0, colon);
    tag = name.substr(colon + 1);
  }
  if (!fs::is_directory(folder, error)) {
    return wrong(Code::kNotFound, name +
                                      " is no folder; name a folder with a root file system, or "
                                      "an OCI layout (DIR or DIR:TAG)");
  }
  if (OciReader::is_layout(folder)) return find_image(folder, tag);
  if (!tag.empty()) {
    return wrong(Code::kFailedPrecondition,
                 folder.native() +
                     " is no OCI layout (its files oci-layout and index.json are "
                     "missing), so it has no image of the name " +
                     quoted(tag, 100));
  }
  if (!fs::exists(folder / "usr", error) && !fs::exists(folder / "etc", error)) {
    return wrong(Code::kFailedPrecondition,
                 folder.native() +
                     " has no usr and no etc, so it is no root file system, and it is "
                     "no OCI layout; name the folder that is to be /");
  }
  const fs::path root = fs::weakly_canonical(folder, error);
  const fs::path inside = fs::weakly_canonical(output, error).lexically_relative(root);
  if (inside.empty() || *inside.begin() != "..") {
    return wrong(Code::kFailedPrecondition,
                 "the folder of --oci is in " + folder.native() + "; name one outside of it");
  }
  return FoundBase{.folder = root};
}

Result<BaseImage> add_base(FoundBase found, OciLayout& layout) {
  return found.reader ? add_image(std::move(found), layout) : add_folder(found.folder, layout);
}

}  // namespace ofn::image
