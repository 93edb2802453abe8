// Reads files that the build has put into the program (cmake/OfnEmbed.cmake).
//
//   std::string paths;
//   for (const EmbeddedFile& file : files_of(template_bytes())) paths += file.path + "\n";
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ofn::embedded {

struct EmbeddedFile {
  std::string path;  // relative to the folder that is embedded
  std::string text;
};

// The bytes of scaffold/.
std::string_view template_bytes() noexcept;

// The bytes of those pages of docs/ that authors of functions need.
std::string_view page_bytes() noexcept;

// In the order of their paths. Cost: some milliseconds and the memory of all files.
// The bytes are the build's own, so a mistake in them is a bug (OFN_CHECK).
std::vector<EmbeddedFile> files_of(std::string_view bytes);

}  // namespace ofn::embedded
