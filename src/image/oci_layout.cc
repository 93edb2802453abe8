#include "image/oci_layout.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/random.h"
#include "base/sha256.h"
#include "document/json.h"
#include "loader/cache.h"
#include "loader/digest.h"

namespace ofn::image {

namespace {

namespace fs = std::filesystem;
using document::Node;

constexpr std::string_view kVersion = R"({"imageLayoutVersion":"1.0.0"})";

fs::path version_file(const fs::path& folder) { return folder / "oci-layout"; }
fs::path index_file(const fs::path& folder) { return folder / "index.json"; }
fs::path blobs(const fs::path& folder) { return folder / "blobs" / "sha256"; }

std::unexpected<Error> cannot_make(const fs::path& folder, const std::error_code& error) {
  return fail(Code::kInternal, "cannot make " + folder.native() + ": " + error.message());
}

// With the reason that the system has just given.
std::unexpected<Error> cannot_write(const fs::path& file) {
  return fail(Code::kInternal,
              "cannot write " + file.native() + ": " + std::generic_category().message(errno));
}

bool is_layout(const fs::path& folder) {
  const auto text = loader::read_file(version_file(folder));
  const auto version = text ? document::json_value(*text) : std::nullopt;
  return version && version->find_text("imageLayoutVersion") == "1.0.0";
}

}  // namespace

Node Descriptor::node() const {
  return Node::object(
      {{"mediaType", media_type}, {"digest", digest}, {"size", Node::number(size)}});
}

bool is_tag(std::string_view text) {
  constexpr std::string_view kWord =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kBetween = "-._:@+/";
  while (true) {
    const std::size_t word = std::min(text.find_first_not_of(kWord), text.size());
    if (word == 0) return false;
    text.remove_prefix(word);
    if (text.empty()) return true;
    if (!kBetween.contains(text.front())) return false;
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
  }
}

Result<OciLayout> OciLayout::open(fs::path folder) {
  std::error_code error;
  const bool is_new = !fs::exists(folder, error) || fs::is_empty(folder, error);
  if (!is_new && !is_layout(folder)) {
    return fail(
        Code::kFailedPrecondition,
        folder.native() +
            " exists and is not an OCI image layout (its file oci-layout is missing or has another "
            "version); name a new or an empty folder");
  }
  fs::create_directories(blobs(folder), error);
  if (error) return cannot_make(blobs(folder), error);
  if (is_new) {
    if (auto written = loader::write_atomically(version_file(folder), kVersion); !written) {
      return std::unexpected(written.error());
    }
  }
  return OciLayout(std::move(folder));
}

Result<Descriptor> OciLayout::add(std::string_view media_type, std::string_view bytes) {
  const std::string digest = sha256_hex(bytes);
  const fs::path file = blobs(folder_) / digest;
  if (loader::read_file(file) != bytes) {
    if (auto written = loader::write_atomically(file, bytes); !written) {
      return std::unexpected(written.error());
    }
  }
  return Descriptor{
      .media_type = std::string(media_type), .digest = "sha256:" + digest, .size = bytes.size()};
}

Result<BlobWriter> BlobWriter::make(const fs::path& folder) {
  Random random;
  const fs::path part = folder / ("new." + uuid4(random));
  os::Descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file) return cannot_write(part);
  return BlobWriter(part, std::move(file));
}

BlobWriter::~BlobWriter() {
  std::error_code ignored;
  if (!part_.empty()) fs::remove(part_, ignored);
}

Result<void> BlobWriter::add(std::string_view bytes) {
  hash_.add(bytes);
  size_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot_write(part_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<Descriptor> BlobWriter::end(std::string_view media_type) {
  const std::string digest = hash_.hex();
  std::error_code error;
  const fs::path whole = part_.parent_path() / digest;
  fs::rename(part_, whole, error);
  if (error)
    return fail(Code::kInternal, "cannot write " + whole.native() + ": " + error.message());
  part_.clear();
  return Descriptor{
      .media_type = std::string(media_type), .digest = "sha256:" + digest, .size = size_};
}

Result<BlobWriter> OciLayout::begin_blob() const { return BlobWriter::make(blobs(folder_)); }

Result<void> OciLayout::tag(std::string_view name, const Descriptor& manifest) {
  Node tagged = manifest.node();
  tagged.set("annotations", Node::object({{kReferenceName, name}}));
  Node manifests = Node::list();
  if (const auto text = loader::read_file(index_file(folder_))) {
    const auto index = document::json_value(*text);
    const Node* before = index ? index->find("manifests") : nullptr;
    if (before == nullptr) {
      return fail(Code::kDataLoss,
                  index_file(folder_).native() +
                      " is not an index of an OCI image layout; remove the folder, "
                      "or name another one");
    }
    for (const Node& other : before->items()) {
      const Node* annotations = other.find("annotations");
      if (annotations != nullptr && annotations->find_text(kReferenceName) == name) continue;
      manifests.add(other);
    }
  }
  manifests.add(std::move(tagged));
  const Node index = Node::object(
      {{"schemaVersion", Node::number(2)}, {"mediaType", kIndexType}, {"manifests", manifests}});
  return loader::write_atomically(index_file(folder_), document::to_json(index));
}

}  // namespace ofn::image
