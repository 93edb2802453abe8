#include "image/oci_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/joined.h"
#include "base/sha256.h"
#include "document/json.h"
#include "document/problem.h"
#include "loader/digest.h"
#include "os/descriptor.h"

namespace ofn::image {

namespace {

namespace fs = std::filesystem;
using document::Node;

constexpr std::string_view kDigestKind = "sha256:";
constexpr std::size_t kDigestDigits = 64;
constexpr int kMaxIndexDepth = 4;  // indexes in indexes

#if defined(__x86_64__)
constexpr std::string_view kArchitecture = "amd64";
#elif defined(__aarch64__)
constexpr std::string_view kArchitecture = "arm64";
#elif defined(__riscv)
constexpr std::string_view kArchitecture = "riscv64";
#elif defined(__powerpc64__)
constexpr std::string_view kArchitecture = "ppc64le";
#elif defined(__s390x__)
constexpr std::string_view kArchitecture = "s390x";
#else
#error "add Go's name of this machine (GOARCH)"
#endif

std::string reason() { return std::generic_category().message(errno); }

bool is_digest(std::string_view text) {
  return text.starts_with(kDigestKind) && text.size() == kDigestKind.size() + kDigestDigits &&
         text.find_first_not_of("0123456789abcdef", kDigestKind.size()) == std::string_view::npos;
}

std::string tag_of(const Node& entry) {
  const Node* annotations = entry.find("annotations");
  return annotations == nullptr ? "" : std::string(annotations->find_text(kReferenceName));
}

// "linux/amd64", or words if the descriptor names no platform.
std::string platform_of(const Node& entry) {
  const Node* platform = entry.find_value("platform");
  if (platform == nullptr) return "(no platform)";
  return std::string(platform->find_text("os")) + "/" +
         std::string(platform->find_text("architecture"));
}

}  // namespace

std::string_view this_architecture() { return kArchitecture; }

bool OciReader::is_layout(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "oci-layout", error) || fs::exists(folder / "index.json", error);
}

std::unexpected<Error> OciReader::wrong(std::string what) const {
  return fail(Code::kDataLoss, "the layout " + folder_.native() + " " + std::move(what));
}

Result<OciReader> OciReader::open(fs::path folder) {
  OciReader reader(std::move(folder), {});
  const auto small = [&](const char* name) -> Result<Node> {
    const fs::path file = reader.folder_ / name;
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return reader.wrong("has no file " + std::string(name) + ": " + error.message());
    if (size > kMaxDocumentBytes)
      return reader.wrong("has a file " + std::string(name) + " of more than 4 MiB");
    const auto text = loader::read_file(file);
    if (!text) return reader.wrong("has a file " + std::string(name) + " that cannot be read");
    auto value = document::json_value(*text, document::kMaxDepth);
    if (!value || !value->is(Node::Kind::kObject))
      return reader.wrong("has a file " + std::string(name) + " that is no JSON object");
    return *std::move(value);
  };
  const auto version = small("oci-layout");
  if (!version) return std::unexpected(version.error());
  if (version->find_text("imageLayoutVersion") != "1.0.0")
    return reader.wrong("has another version than 1.0.0 in its file oci-layout");
  auto index = small("index.json");
  if (!index) return std::unexpected(std::move(index).error());
  const Node* manifests = index->find("manifests");
  if (manifests == nullptr || !manifests->is(Node::Kind::kList))
    return reader.wrong("has no list \"manifests\" in its file index.json");
  reader.index_ = *std::move(index);
  return reader;
}

Result<Descriptor> OciReader::descriptor(const Node* node, std::string_view what) const {
  if (node == nullptr || !node->is(Node::Kind::kObject))
    return wrong("has no description of its " + std::string(what));
  Descriptor found{.media_type = std::string(node->find_text("mediaType")),
                   .digest = std::string(node->find_text("digest"))};
  if (!is_digest(found.digest)) {
    return wrong("names its " + std::string(what) + " by " + quoted(found.digest, 100) +
                 "; only sha256 with 64 lower-case digits is supported");
  }
  const Node* size = node->find("size");
  const std::string text =
      size != nullptr && size->is(Node::Kind::kNumber) ? size->text() : std::string();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), found.size);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return wrong("has no size of its " + std::string(what) + " " + found.digest);
  return found;
}

Result<void> OciReader::read(const Descriptor& blob, const Sink& sink) const {
  const fs::path file = folder_ / "blobs" / "sha256" / blob.digest.substr(kDigestKind.size());
  const os::Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!opened) {
    return errno == ENOENT
               ? wrong("lacks the blob " + blob.digest + "; copy the image again")
               : wrong("has a blob " + blob.digest + " that cannot be read: " + reason());
  }
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return wrong("has something else than a file as its blob " + blob.digest);
  if (std::cmp_not_equal(status.st_size, blob.size)) {
    return wrong("has a blob " + blob.digest + " of " + std::to_string(status.st_size) +
                 " bytes, and its description says " + std::to_string(blob.size) +
                 "; copy the image again");
  }
  Sha256 hash;
  std::string piece(std::size_t{256} * 1024, '\0');
  std::uint64_t left = blob.size;
  // If the blob is another one than it should be, that is the reason why the sink does not like it.
  Result<void> taken;
  while (left > 0) {
    const ssize_t got =
        ::read(opened.get(), piece.data(), std::min<std::uint64_t>(piece.size(), left));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return wrong("has a blob " + blob.digest + " that cannot be read: " + reason());
    if (got == 0) return wrong("has a blob " + blob.digest + " that became shorter");
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
    hash.add(bytes);
    if (taken) taken = sink(bytes);
    left -= bytes.size();
  }
  const std::string digest = std::string(kDigestKind) + hash.hex();
  if (digest != blob.digest) {
    return wrong("has a blob " + blob.digest + " whose content has the digest " + digest +
                 "; copy the image again");
  }
  return taken;
}

Result<Node> OciReader::read(const Descriptor& blob) const {
  if (blob.size > kMaxDocumentBytes)
    return wrong("has a document " + blob.digest + " of more than 4 MiB");
  std::string text;
  const auto done = read(blob, [&](std::string_view bytes) -> Result<void> {
    text += bytes;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  auto value = document::json_value(text, document::kMaxDepth);
  if (!value || !value->is(Node::Kind::kObject))
    return wrong("has a blob " + blob.digest + " that is no JSON object");
  return *std::move(value);
}

Result<Descriptor> OciReader::of_this_machine(std::vector<Node> candidates, int depth) const {
  const std::string ours = std::string(kOs) + "/" + std::string(kArchitecture);
  if (candidates.size() > 1) {
    std::vector<std::string> platforms;
    for (const Node& each : candidates) platforms.push_back(platform_of(each));
    std::erase_if(candidates, [&](const Node& each) { return platform_of(each) != ours; });
    if (candidates.empty())
      return wrong("has images for " + joined(platforms) + ", and none for " + ours);
  }
  // If several are left, they differ in what the platform says beyond that; the first one is meant to be preferred.
  auto found = descriptor(candidates.empty() ? nullptr : candidates.data(), "image");
  if (!found || found->media_type != kIndexType) return found;
  if (depth == kMaxIndexDepth) return wrong("has indexes in indexes in indexes");
  const auto index = read(*found);
  if (!index) return std::unexpected(index.error());
  const Node* manifests = index->find("manifests");
  if (manifests == nullptr || manifests->items().empty())
    return wrong("has an index " + found->digest + " without manifests");
  const auto items = manifests->items();
  return of_this_machine({items.begin(), items.end()}, depth + 1);
}

Result<StoredImage> OciReader::find_image(std::string_view tag) const {
  std::vector<Node> candidates;
  std::vector<std::string> tags;
  for (const Node& entry : index_.find("manifests")->items()) {
    const std::string name = tag_of(entry);
    if (!name.empty() && std::ranges::find(tags, name) == tags.end()) tags.push_back(name);
    if (tag.empty() || name == tag) candidates.push_back(entry);
  }
  if (tags.empty() && tag.empty() && candidates.empty()) return wrong("has no image");
  if (candidates.empty()) {
    return wrong("has no image of the name " + quoted(tag, 100) +
                 (tags.empty() ? "; its images have no names" : "; it has " + joined(tags)));
  }
  if (tag.empty() && tags.size() > 1)
    return wrong("has several images; name one: DIR:NAME, of " + joined(tags));
  const auto manifest = of_this_machine(std::move(candidates), 0);
  if (!manifest) return std::unexpected(manifest.error());
  return read_manifest(*manifest);
}

Result<StoredImage> OciReader::read_manifest(const Descriptor& manifest) const {
  if (manifest.media_type != kManifestType) {
    return wrong("has an image of the media type " + quoted(manifest.media_type, 100) +
                 ", and only OCI's are supported; convert it: skopeo copy --format oci");
  }
  const auto text = read(manifest);
  if (!text) return std::unexpected(text.error());
  StoredImage image{.manifest = manifest, .config = {}, .layers = {}};
  auto config = descriptor(text->find("config"), "configuration");
  if (!config) return std::unexpected(std::move(config).error());
  image.config = *std::move(config);
  if (image.config.media_type != kConfigType) {
    return wrong("has a configuration of the media type " + quoted(image.config.media_type, 100) +
                 ", so it is no image of a container");
  }
  const Node* layers = text->find("layers");
  if (layers == nullptr || !layers->is(Node::Kind::kList))
    return wrong("has an image without layers");
  for (const Node& each : layers->items()) {
    auto layer = descriptor(&each, "layer");
    if (!layer) return std::unexpected(std::move(layer).error());
    image.layers.push_back(*std::move(layer));
  }
  if (const Node* annotations = text->find_value("annotations")) image.annotations = *annotations;
  return image;
}

}  // namespace ofn::image
