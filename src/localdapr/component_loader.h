// Reads the component files that `daprd --resources-path` takes.
//
//   Components loaded = load_components("./components", {.app_id = "hello", .environment = env}, log);
//   for (const Error& problem : loaded.problems) …   // "spec.type is missing (file=…, line=7)"
//
// A file may hold several documents. Those of `kind: Component` with apiVersion dapr.io/v1alpha1 are
// read. Other kinds of Dapr's (Subscription, Resiliency …) are refused: otherwise their wishes would silently
// not be fulfilled. Documents that are not Dapr's, files that are not .yaml or .yml, and what is scoped to other
// apps are passed over with a note in the debug log.
//
// If daprd only warns (of a file that it cannot read, of an unfinished component), this says what is wrong and
// where, because the call that misses the component says less.
// Spec: https://docs.dapr.io/reference/resource-specs/component-schema/
#pragma once

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

// All components that could be read, and all problems. A problem is kInvalidArgument or kNotFound; its
// context has "file" and, where it has one, "line".
struct Components {
  std::vector<Component> components;
  std::vector<Error> problems;
};

// The files of a directory in the order of their names; sub-directories are not read.
Components load_components(const std::string& directory, const LoaderOptions& options, Log& log);

// One file's text. `file` is for messages.
Components parse_components(std::string_view yaml, std::string_view file,
                            const LoaderOptions& options, Log& log);

}  // namespace ofn::localdapr
