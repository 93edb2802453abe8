// Writes an OCI image that serves one function, without a container program and without the network.
//
//   const auto made = write_image({.layout = "hello.oci",
//                                  .program = "/usr/bin/functions-framework",
//                                  .functions = {{"hello.so", "hello.so", "hello.so"}}});
//   if (made) say(made->digest);
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace ofn::image {

// A shared object for the image.
struct SharedObject {
  std::filesystem::path file;
  std::string name;  // in the image's folder: "hello.so"
  // The file whose libraries it needs: itself, or, if it was copied from elsewhere, the file there, which may look for libraries
  // beside itself.
  std::filesystem::path original;
};

struct ImageRequest {
  std::filesystem::path layout;  // OCI's image layout, made if it does not exist
  std::string tag = "latest";
  std::string base =
      {};  // "": none; else an OCI layout (DIR or DIR:TAG) or a folder with a root file system
  std::filesystem::path program;  // the framework's own
  // The function's first, then its plugins'. Empty if the program has its functions linked in; then it keeps its symbols, which
  // are the author's.
  std::vector<SharedObject> functions;
  std::vector<std::string> opened = {};  // libraries that the program opens by name
  bool has_certificates = false;         // the machine's CA certificates, for TLS
  std::vector<std::pair<std::string, std::string>> variables = {};  // of the image's process
  std::map<std::string, std::string> labels = {};
  std::string created = "1970-01-01T00:00:00Z";  // RFC 3339
};

// A file of the image.
struct ImageFile {
  std::string path;
  std::size_t bytes = 0;
  // Why a library is in the image: the name of the shared object that needs it; "--with" for one of ImageRequest::opened. Empty: the
  // program needs it, or the file is no library.
  std::string needed_by = {};
};

// What an image has of its base.
struct ImageBase {
  std::string digest = {};  // of its manifest; empty if the base is a folder
  std::size_t layers = 0;
  std::size_t compressed_bytes = 0;
  std::vector<std::string> libraries = {};  // that the program or the functions use
  // Devices, sockets and pipes of a folder: they are not in the image.
  std::vector<std::string> left_out = {};
};

struct Image {
  std::string digest = {};  // of its manifest: "sha256:…"
  std::vector<ImageFile> files = {};
  std::size_t bytes = 0;             // of all these files
  std::size_t compressed_bytes = 0;  // of their layers, as a registry keeps them
  std::optional<ImageBase> base = {};
};

// The folder of the functions in an image.
inline constexpr const char* kFunctionFolder = "/function";

// The image has two layers, above those of the base: the framework (the same bytes for every function), and the function. Equal files
// give an equal digest. Without a base it has no shell. Its user is 65532, and it needs no folder to write to.
// Threads: any; blocks. Cost: 0.7 s of CPU time, most of it for compression; more with a base (base.h).
// Errors: Error::message() is for the user: a library that is missing, a file that cannot be read, a layout that cannot be written.
Result<Image> write_image(const ImageRequest& request);

}  // namespace ofn::image
