#include "image/image.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include "document/json.h"
#include "image/layer.h"
#include "image/libraries.h"
#include "image/oci_layout.h"
#include "image/sha256.h"
#include "loader/digest.h"
#include "loader/elf_file.h"
#include "wire/grpc/compression.h"

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

Result<std::string> read(const fs::path& file) {
  auto bytes = loader::read_file(file);
  if (!bytes) return fail(Code::kPermissionDenied, "cannot read " + file.native());
  return *std::move(bytes);
}

// What goes into the image, before it is written.
struct Contents {
  Contents() = default;
  Contents(const Contents&) = delete;  // `function` refers to `framework`
  Contents& operator=(const Contents&) = delete;

  Layer framework;
  Layer function{[this](const std::string& folder) { return framework.has_folder(folder); }};
  std::vector<ImageFile> files{};

  void add(Layer& layer, ImageFile file, unsigned mode, std::string bytes) {
    file.bytes = bytes.size();
    layer.add_file(file.path, mode, std::move(bytes));
    files.push_back(std::move(file));
  }
};

void add_program(Contents& contents, const ImageRequest& request, const loader::ElfFile& program) {
  contents.framework.add_folder("/tmp", 01777);
  contents.framework.add_folder(kFunctionFolder, 0755);
  for (const auto& [path, text] : {std::pair("/etc/passwd", kPasswd),
                                   {"/etc/group", kGroup},
                                   {"/etc/nsswitch.conf", kNsswitch}}) {
    contents.add(contents.framework, {.path = path}, 0644, std::string(text));
  }
  contents.add(contents.framework, {.path = std::string(kProgram)}, 0755,
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
    contents.add(contents.function, {.path = std::move(path)}, 0644, *std::move(bytes));
  }
  return {};
}

Result<void> add_libraries(Contents& contents, const ImageRequest& request,
                           const loader::ElfFile& program) {
  LibraryQuery query{
      .linker = program.interpreter(), .files = {request.program}, .opened = request.opened};
  for (const SharedObject& object : request.functions) query.files.push_back(object.original);
  const auto libraries = libraries_of(query);
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
    contents.add(layer, std::move(file), library.place == query.linker ? 0755 : 0644,
                 *std::move(bytes));
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
  contents.add(contents.function, {.path = path}, 0644, *std::move(bytes));
  return {};
}

struct WrittenLayer {
  Descriptor blob;
  std::string diff_id;  // the digest of the tar file before it was compressed
};

Result<WrittenLayer> write_layer(OciLayout& layout, const Layer& layer) {
  const std::string tar = layer.tar();
  const std::string compressed = wire::grpc::gzip(tar);
  if (compressed.empty()) {
    return fail(Code::kResourceExhausted, "there is no memory to compress a layer of " +
                                              std::to_string(tar.size()) + " bytes");
  }
  auto blob = layout.add(kLayerType, compressed);
  if (!blob) return std::unexpected(std::move(blob).error());
  return WrittenLayer{.blob = *std::move(blob), .diff_id = "sha256:" + sha256_hex(tar)};
}

Node object_of(const std::map<std::string, std::string>& texts) {
  Node object = Node::object();
  for (const auto& [name, text] : texts) object.set(name, text);
  return object;
}

// Spec: OCI image format 1.1, config.md.
Node config_of(const ImageRequest& request, const std::vector<WrittenLayer>& layers) {
  Node variables = Node::list();
  for (const auto& [name, value] : request.variables) variables.add(name + "=" + value);
  Node diff_ids = Node::list();
  Node history = Node::list();
  for (const WrittenLayer& layer : layers) {
    diff_ids.add(layer.diff_id);
    history.add(
        Node::object({{"created", request.created}, {"created_by", "functions-framework image"}}));
  }
  return Node::object(
      {{"created", request.created},
       {"architecture", kArchitecture},
       {"os", "linux"},
       {"config", Node::object({{"User", kUser},
                                {"ExposedPorts", Node::object({{"8080/tcp", Node::object()}})},
                                {"Env", variables},
                                {"Entrypoint", Node::list({std::string(kProgram)})},
                                {"WorkingDir", kFunctionFolder},
                                {"Labels", object_of(request.labels)},
                                {"StopSignal", "SIGTERM"}})},
       {"rootfs", Node::object({{"type", "layers"}, {"diff_ids", diff_ids}})},
       {"history", history}});
}

Result<Image> write(const ImageRequest& request, Contents& contents) {
  auto layout = OciLayout::open(request.layout);
  if (!layout) return std::unexpected(std::move(layout).error());
  Image image{.files = std::move(contents.files)};
  std::vector<WrittenLayer> layers;
  Node blobs = Node::list();
  for (const Layer* layer : {&contents.framework, &contents.function}) {
    if (layer->entries().empty()) continue;
    auto written = write_layer(*layout, *layer);
    if (!written) return std::unexpected(std::move(written).error());
    image.bytes += layer->bytes();
    image.compressed_bytes += written->blob.size;
    blobs.add(written->blob.node());
    layers.push_back(*std::move(written));
  }
  const auto config = layout->add(kConfigType, document::to_json(config_of(request, layers)));
  if (!config) return std::unexpected(config.error());
  const Node manifest = Node::object({{"schemaVersion", Node::number(2)},
                                      {"mediaType", kManifestType},
                                      {"config", config->node()},
                                      {"layers", blobs},
                                      {"annotations", object_of(request.labels)}});
  const auto stored = layout->add(kManifestType, document::to_json(manifest));
  if (!stored) return std::unexpected(stored.error());
  if (auto tagged = layout->tag(request.tag, *stored); !tagged)
    return std::unexpected(tagged.error());
  image.digest = stored->digest;
  return image;
}

}  // namespace

Result<Image> write_image(const ImageRequest& given) {
  ImageRequest request = given;
  const auto program = loader::ElfFile::open(request.program);
  if (!program)
    return fail(program.error().code(),
                "File " + request.program.native() + " " + program.error().message());
  Contents contents;
  add_program(contents, request, *program);
  if (auto added = add_functions(contents, request); !added) return std::unexpected(added.error());
  if (auto added = add_libraries(contents, request, *program); !added)
    return std::unexpected(added.error());
  if (request.has_certificates) {
    std::string path;
    if (auto added = add_certificates(contents, path); !added)
      return std::unexpected(added.error());
    // OpenSSL's own default may be another file.
    request.variables.emplace_back("SSL_CERT_FILE", path);
  }
  return write(request, contents);
}

}  // namespace ofn::image
