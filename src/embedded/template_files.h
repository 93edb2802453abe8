// The projects that `functions-framework new` writes: of which files a template consists, and with
// which names in them.
//
//   const auto names = names_for("my-order");
//   const auto files = project_files("http", *names, "");
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "embedded/bundle.h"

namespace ofn::embedded {

struct Template {
  std::string_view name;     // "http"
  std::string_view summary;  // one sentence without a period
  std::string_view call;     // a command that calls the function while it is served
};
// In the order in which they are offered.
std::span<const Template> templates() noexcept;

struct Names {
  std::string project;  // "my-order", of the folder
  std::string target;   // "my_order", of the function in C++
};
// Errors: the name cannot be one of a project; the message says what it may be.
Result<Names> names_for(std::string_view project);

// `include_folder`: of the author's headers, if a compiler does not find them by itself; or empty.
// Paths are relative to the project's folder and sorted.
std::vector<EmbeddedFile> project_files(std::string_view template_name, const Names& names,
                                        std::string_view include_folder);

}  // namespace ofn::embedded
