// functions-framework image --oci DIR [flags] [SOURCE]: writes a container image.

#include <array>
#include <map>
#include <string>
#include <utility>

#include "cli/commands/rows.h"
#include "image/oci_layout.h"

namespace ofn::cli {

namespace {

std::string is_name_of_image(const std::string& text) {
  return image::is_tag(text)
             ? ""
             : "expected letters and digits with one of -._:@+/ between them, found \"" + text +
                   "\"";
}

std::string is_name_of_library(const std::string& text) {
  return text.empty() || text.find_first_of(" :/") != std::string::npos
             ? "expected a library's name such as libcurl.so.4, found \"" + text + "\""
             : "";
}

std::string is_label(const std::string& text) {
  const std::size_t sign = text.find('=');
  return sign == 0 || sign == std::string::npos ? "expected NAME=VALUE, found \"" + text + "\""
                                                : "";
}

constexpr std::array<FlagRow, 7> kFlags = {{
    {.name = "oci",
     .value = "DIR",
     .help = "Folder to write; a layout that exists gets one more image",
     .kind = ValueKind::kFolder,
     .is_required = true,
     .problem = is_not_empty},
    {.name = "tag",
     .value = "NAME",
     .help = "Name of the image in the folder [default latest]",
     .problem = is_name_of_image},
    {.name = "base",
     .value = "DIR",
     .help = "Build on an image (an OCI layout, DIR or DIR:NAME), or on a folder with a root file "
             "system",
     .kind = ValueKind::kFolder,
     .problem = is_not_empty},
    {.name = "ca", .help = "Add this machine's CA certificates, for functions that use TLS"},
    {.name = "with",
     .value = "LIBRARY",
     .help = "Add a library that the program opens only when a configuration needs it, such as "
             "libcurl.so.4; may be repeated",
     .words = "libcurl.so.4|libmosquitto.so.1|libpcre2-8.so.0",
     .is_repeated = true,
     .problem = is_name_of_library},
    {.name = "label",
     .value = "NAME=VALUE",
     .help = "Add a label, such as org.opencontainers.image.source=URL; may be repeated",
     .is_repeated = true,
     .problem = is_label},
    {.name = "json", .help = "Say the result as JSON"},
}};

constexpr std::array<FlagRow, 1> kArguments = {{
    {.name = "SOURCE",
     .value = "SOURCE",
     .help = "The same as --source",
     .kind = ValueKind::kSource},
}};

std::expected<Command, std::string> read(Given& given) {
  if (given.has("SOURCE")) given.settings()[Flag::kSource] = given.text("SOURCE");
  std::map<std::string, std::string> labels;
  for (const std::string& text : given.all("label")) {
    const std::size_t sign = text.find('=');
    labels.insert_or_assign(text.substr(0, sign), text.substr(sign + 1));
  }
  return ImageCommand{.flags = given.settings(),
                      .layout = given.text("oci"),
                      .tag = given.text("tag", "latest"),
                      .base = given.text("base"),
                      .opened = given.all("with"),
                      .has_certificates = given.has("ca"),
                      .labels = std::move(labels),
                      .json = given.has("json")};
}

}  // namespace

constinit const CommandRow kImageRow = {
    .name = "image",
    .summary =
        "Compile a function and write a container image with it, as a folder in OCI's layout",
    .description =
        "Compiles a function and writes a container image with it, as a folder in OCI's layout. "
        "The image has the program, the function and the shared libraries that they need. Push it "
        "with: skopeo copy oci:DIR docker://REGISTRY/NAME",
    .flags = kFlags,
    .arguments = kArguments,
    .takes = settings_of_builds,
    .read = read,
};

}  // namespace ofn::cli
