#include "image/image.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include "base/sha256.h"
#include "document/json.h"
#include "gzip/gzip.h"
#include "image/base.h"
#include "image/base_libraries.h"
#include "image/layer.h"
#include "image/libraries.h"
#include "image/oci_layout.h"
#include "image/oci_reader.h"
#include "loader/digest.h"
#include "loader/elf_file.h"

namespace ofn::image {

namespace {

namespace fs = std::filesystem;
using document::Node;

constexpr std::string_view kProgram = "/usr/bin/functions-framework";
// The user "nonroot" of distroless images.
constexpr std::string_view kUser = "65532:65532";
constexpr std::string_view kPasswd =
    "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n";
constexpr std::string_view kGroup = "root:x:0:\nnonroot:x:65532:\n";
// The C library's own default asks DNS before /etc/hosts.
constexpr std::string_view kNsswitch = "passwd: files\ngroup: files\nhosts: files dns\n";
// The files in which distributions keep the certificates of authorities. The first that exists is copied to the same path in the image,
// because the distribution's TLS libraries read it there.
constexpr std::array<std::string_view, 4> kCertificates = {
    "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",              // openSUSE
    "/etc/ssl/cert.pem"};                  // BSD's name, also Alpine

Result<std::string> read(const fs::path& file) {
  auto bytes = loader::read_file(file);
  if (!bytes) return fail(Code::kPermissionDenied, "cannot read " + file.native());
  return *std::move(bytes);
}

// What goes into the image, before it is written.
struct Contents {
  explicit Contents(std::optional<BaseImage> below) : base(std::move(below)) {}
  Contents(const Contents&) = delete;  // the layers refer to what is below them
  Contents& operator=(const Contents&) = delete;

  std::optional<BaseImage> base;
  Layer framework{[this](const std::string& folder) {
    return base.has_value() && base->tree.has_folder(folder);
  }};
  Layer function{[this](const std::string& folder) { return framework.has_folder(folder); }};
  std::vector<ImageFile> files{};
  std::vector<std::string> libraries_of_base{};

  // Returns where the path leads in the base, which may have links. Errors: the base has something else there.
  Result<std::string> place_of(const std::string& path) const {
    if (!base) return path;
    const auto place = base->tree.place_of(path);
    if (place && !base->tree.has_folder(*place)) return *place;
    return fail(Code::kFailedPrecondition, "--base: the image needs the file " + path +
                                               (place ? ", and the base has a folder there"
                                                      : ", and the base has a file instead "
                                                        "of a folder above it"));
  }

  Result<void> add(Layer& layer, ImageFile file, unsigned mode, std::string bytes) {
    auto place = place_of(file.path);
    if (!place) return std::unexpected(std::move(place).error());
    file.path = *std::move(place);
    file.bytes = bytes.size();
    layer.add_file(file.path, mode, std::move(bytes));
    files.push_back(std::move(file));
    return {};
  }

  // Adds the folder unless the base has it.
  void add_folder(const std::string& path, unsigned mode) {
    const auto place = base ? base->tree.place_of(path) : std::optional(path);
    if (place) framework.add_folder(*place, mode);
  }
};

Result<void> add_program(Contents& contents, const ImageRequest& request,
                         const loader::ElfFile& program) {
  contents.add_folder("/tmp", 01777);
  contents.add_folder(kFunctionFolder, 0755);
  for (const auto& [path, text] : {std::pair("/etc/passwd", kPasswd),
                                   {"/etc/group", kGroup},
                                   {"/etc/nsswitch.conf", kNsswitch}}) {
    // A base has users of its own.
    if (contents.base && contents.base->tree.find(path) != nullptr) continue;
    if (auto added = contents.add(contents.framework, {.path = path}, 0644, std::string(text));
        !added) {
      return added;
    }
  }
  return contents.add(contents.framework, {.path = std::string(kProgram)}, 0755,
                      request.functions.empty() ? program.bytes() : program.without_sections());
}

Result<void> add_functions(Contents& contents, const ImageRequest& request) {
  for (const SharedObject& object : request.functions) {
    auto bytes = read(object.file);
    if (!bytes) return std::unexpected(std::move(bytes).error());
    std::string path = std::string(kFunctionFolder) + "/" + object.name;
    if (contents.function.entries().contains(path)) {
      return fail(Code::kInvalidArgument,
                  "two files for the image have the name " + object.name + "; rename one");
    }
    if (auto added =
            contents.add(contents.function, {.path = std::move(path)}, 0644, *std::move(bytes));
        !added) {
      return added;
    }
  }
  return {};
}

// Returns those of the libraries that the base lacks.
Result<std::vector<Library>> without_those_of_base(Contents& contents, const ImageRequest& request,
                                                   std::vector<Library> libraries) {
  if (!contents.base) return libraries;
  LibraryNeeds needs{.libraries = std::move(libraries),
                     .files = {{.shown = std::string(kProgram), .file = request.program}}};
  for (const SharedObject& object : request.functions) {
    needs.files.push_back(
        {.shown = std::string(kFunctionFolder) + "/" + object.name, .file = object.file});
  }
  auto chosen = choose_libraries(needs, contents.base->tree);
  if (!chosen) return std::unexpected(std::move(chosen).error());
  contents.libraries_of_base = std::move(chosen->of_base);
  return std::move(chosen->added);
}

Result<void> add_libraries(Contents& contents, const ImageRequest& request,
                           const loader::ElfFile& program) {
  LibraryQuery query{
      .linker = program.interpreter(), .files = {request.program}, .opened = request.opened};
  for (const SharedObject& object : request.functions) query.files.push_back(object.original);
  auto needed = libraries_of(query);
  if (!needed) return std::unexpected(std::move(needed).error());
  const auto libraries = without_those_of_base(contents, request, *std::move(needed));
  if (!libraries) return std::unexpected(libraries.error());
  for (const Library& library : *libraries) {
    auto bytes = read(library.file);
    if (!bytes) return std::unexpected(std::move(bytes).error());
    ImageFile file{.path = library.place};
    if (library.needed_by > request.functions.size()) {
      file.needed_by = "--with";
    } else if (library.needed_by > 0) {
      file.needed_by = request.functions[library.needed_by - 1].name;
    }
    Layer& layer = library.needed_by == 0 ? contents.framework : contents.function;
    const unsigned mode = library.name == query.linker ? 0755 : 0644;
    if (auto added = contents.add(layer, std::move(file), mode, *std::move(bytes)); !added)
      return added;
  }
  return {};
}

Result<void> add_certificates(Contents& contents, std::string& path) {
  std::error_code error;
  const auto* const found = std::ranges::find_if(
      kCertificates, [&](std::string_view file) { return fs::exists(file, error); });
  if (found == kCertificates.end()) {
    return fail(Code::kNotFound,
                "this machine has no certificates of authorities to copy; install the package "
                "ca-certificates");
  }
  path = *found;
  auto bytes = read(path);
  if (!bytes) return std::unexpected(std::move(bytes).error());
  return contents.add(contents.function, {.path = path}, 0644, *std::move(bytes));
}

// The parts of a manifest and of a configuration that grow with each layer.
struct WrittenLayers {
  Node blobs = Node::list();
  Node diff_ids = Node::list();  // the digests of the tar files before they were compressed
  Node history = Node::list();
};

WrittenLayers layers_of(const std::optional<BaseImage>& base) {
  WrittenLayers layers;
  if (!base) return layers;
  for (const Descriptor& blob : base->layers) layers.blobs.add(blob.node());
  for (const std::string& diff_id : base->diff_ids) layers.diff_ids.add(diff_id);
  layers.history = base->history;
  return layers;
}

// Returns the size of the layer, compressed.
Result<std::size_t> write_layer(OciLayout& layout, const Layer& layer, const ImageRequest& request,
                                WrittenLayers& layers) {
  const std::string tar = layer.tar();
  const std::string compressed = gzip(tar);
  if (compressed.empty()) {
    return fail(Code::kResourceExhausted, "there is no memory to compress a layer of " +
                                              std::to_string(tar.size()) + " bytes");
  }
  const auto blob = layout.add(kLayerType, compressed);
  if (!blob) return std::unexpected(blob.error());
  layers.blobs.add(blob->node());
  layers.diff_ids.add("sha256:" + sha256_hex(tar));
  layers.history.add(
      Node::object({{"created", request.created}, {"created_by", "functions-framework image"}}));
  return compressed.size();
}

void set_all(Node& object, const std::map<std::string, std::string>& texts) {
  for (const auto& [name, text] : texts) object.set(name, text);
}

// Returns the object of that name in the base's configuration; an empty one if there is none.
Node of_base(const std::optional<BaseImage>& base, std::string_view name) {
  const Node* found = base ? base->config.find_value(name) : nullptr;
  return found != nullptr && found->is(Node::Kind::kObject) ? *found : Node::object();
}

// The base's variables, without those that the image sets itself, and then the image's.
Node variables_of(const ImageRequest& request, const std::optional<BaseImage>& base) {
  Node variables = Node::list();
  const Node* below = base ? base->config.find_value("Env") : nullptr;
  for (const Node& variable : below == nullptr ? std::span<const Node>() : below->items()) {
    const std::string name = variable.text().substr(0, variable.text().find('='));
    const bool is_set = std::ranges::any_of(request.variables,
                                            [&](const auto& ours) { return ours.first == name; });
    if (!is_set) variables.add(variable.text());
  }
  for (const auto& [name, value] : request.variables) variables.add(name + "=" + value);
  return variables;
}

// Spec: OCI image format 1.1, config.md. Of the base's settings those stay that say what its files need; what its own program would
// need (Entrypoint, Cmd, User, WorkingDir, StopSignal) is this program's.
Node config_of(const ImageRequest& request, const std::optional<BaseImage>& base,
               const WrittenLayers& layers) {
  Node ports = of_base(base, "ExposedPorts");
  ports.set("8080/tcp", Node::object());
  Node labels = of_base(base, "Labels");
  set_all(labels, request.labels);
  Node run = Node::object({{"User", kUser},
                           {"ExposedPorts", ports},
                           {"Env", variables_of(request, base)},
                           {"Entrypoint", Node::list({std::string(kProgram)})},
                           {"WorkingDir", kFunctionFolder},
                           {"Labels", labels},
                           {"StopSignal", "SIGTERM"}});
  if (const Node volumes = of_base(base, "Volumes"); !volumes.members().empty())
    run.set("Volumes", volumes);
  return Node::object(
      {{"created", request.created},
       {"architecture", this_architecture()},
       {"os", kOs},
       {"config", run},
       {"rootfs", Node::object({{"type", "layers"}, {"diff_ids", layers.diff_ids}})},
       {"history", layers.history}});
}

Node annotations_of(const ImageRequest& request, const std::optional<BaseImage>& base) {
  Node annotations = base ? base->annotations : Node::object();
  set_all(annotations, request.labels);
  if (base && !base->digest.empty())
    annotations.set("org.opencontainers.image.base.digest", base->digest);
  return annotations;
}

ImageBase summary_of(const Contents& contents) {
  const BaseImage& base = *contents.base;
  ImageBase summary{.digest = base.digest,
                    .layers = base.layers.size(),
                    .libraries = contents.libraries_of_base,
                    .left_out = base.left_out};
  for (const Descriptor& layer : base.layers) summary.compressed_bytes += layer.size;
  return summary;
}

Result<Image> write(const ImageRequest& request, const Contents& contents, OciLayout& layout) {
  Image image{.files = contents.files};
  if (contents.base) image.base = summary_of(contents);
  WrittenLayers layers = layers_of(contents.base);
  for (const Layer* layer : {&contents.framework, &contents.function}) {
    if (layer->entries().empty()) continue;
    const auto written = write_layer(layout, *layer, request, layers);
    if (!written) return std::unexpected(written.error());
    image.bytes += layer->bytes();
    image.compressed_bytes += *written;
  }
  const auto config =
      layout.add(kConfigType, document::to_json(config_of(request, contents.base, layers)));
  if (!config) return std::unexpected(config.error());
  const Node manifest = Node::object({{"schemaVersion", Node::number(2)},
                                      {"mediaType", kManifestType},
                                      {"config", config->node()},
                                      {"layers", layers.blobs},
                                      {"annotations", annotations_of(request, contents.base)}});
  const auto stored = layout.add(kManifestType, document::to_json(manifest));
  if (!stored) return std::unexpected(stored.error());
  if (auto tagged = layout.tag(request.tag, *stored); !tagged)
    return std::unexpected(tagged.error());
  image.digest = stored->digest;
  return image;
}

Result<void> fill(Contents& contents, ImageRequest& request, const loader::ElfFile& program) {
  if (auto added = add_program(contents, request, program); !added) return added;
  if (auto added = add_functions(contents, request); !added) return added;
  if (auto added = add_libraries(contents, request, program); !added) return added;
  if (!request.has_certificates) return {};
  std::string path;
  if (auto added = add_certificates(contents, path); !added) return added;
  // OpenSSL's own default may be another file.
  request.variables.emplace_back("SSL_CERT_FILE", path);
  return {};
}

}  // namespace

Result<Image> write_image(const ImageRequest& given) {
  ImageRequest request = given;
  const auto program = loader::ElfFile::open(request.program);
  if (!program)
    return fail(program.error().code(),
                "File " + request.program.native() + " " + program.error().message());
  if (request.base.empty()) {
    // Nothing is written if something is missing.
    Contents contents{std::nullopt};
    if (auto filled = fill(contents, request, *program); !filled)
      return std::unexpected(filled.error());
    auto layout = OciLayout::open(request.layout);
    if (!layout) return std::unexpected(std::move(layout).error());
    return write(request, contents, *layout);
  }
  auto found = find_base(request.base, request.layout);
  if (!found) return std::unexpected(std::move(found).error());
  auto layout = OciLayout::open(request.layout);
  if (!layout) return std::unexpected(std::move(layout).error());
  auto base = add_base(*std::move(found), *layout);
  if (!base) return std::unexpected(std::move(base).error());
  Contents contents{*std::move(base)};
  if (auto filled = fill(contents, request, *program); !filled)
    return std::unexpected(filled.error());
  return write(request, contents, *layout);
}

}  // namespace ofn::image
