// Reads the component files that `daprd --resources-path` takes.
//
//   const LoaderOptions options{.app_id = "hello", .environment = env};
//   Components loaded = load_components("./components", options, log);
//   for (const Error& each : loaded.problems) say(each.text());  // "spec.type is missing (line=7)"
//
// A file may contain several documents. Documents of `kind: Component` with apiVersion
// dapr.io/v1alpha1 are read. Dapr's other kinds (Subscription, Resiliency …) are refused, because
// ignoring them would change the behaviour without any message. Ignored, with a note in the debug
// log, are documents that are not Dapr's, files that are not .yaml or .yml, and documents for other
// apps only.
//
// daprd only warns about some mistakes (an unreadable file, an incomplete component). This loader
// reports them as problems with their place, because the later error of the missing component says
// less.
// Spec: https://docs.dapr.io/reference/resource-specs/component-schema/
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "context/environment.h"
#include "localdapr/component.h"

namespace ofn::localdapr {

struct LoaderOptions {
  std::string app_id;       // for `scopes` and {appID}
  Environment environment;  // for `envRef`
};

// All components that could be read, and all problems. A problem is kInvalidArgument or kNotFound.
// Its context has "file" and, if known, "line".
struct Components {
  std::vector<Component> components;
  std::vector<Error> problems;
};

// Returns the files of a directory that can hold components, in the order of their names, without sub-directories. Errors: kNotFound,
// if the directory cannot be read.
Result<std::vector<std::filesystem::path>> component_files(const std::string& directory, Log& log);

// Reads the files of component_files().
Components load_components(const std::string& directory, const LoaderOptions& options, Log& log);

// Reads one file's text. `file` is for messages.
Components parse_components(std::string_view yaml, std::string_view file,
                            const LoaderOptions& options, Log& log);

}  // namespace ofn::localdapr
