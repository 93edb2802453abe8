#include <string>

#include "manifest/form.h"
#include "manifest/manifest.h"
#include "manifest/pod.h"

namespace ofn::manifest {

namespace {

std::string component_document(const Description& function, const UsedComponent& used) {
  const Component* known = function.find_component(used.name);
  const std::string note =
      known != nullptr
          ? ""
          : "# No file of --components describes this component: add the properties of "
            "its type.\n";
  const Component component =
      known != nullptr ? *known : Component{.name = used.name, .type = used.type, .version = "v1"};
  const std::string auth = component.secret_store.empty()
                               ? ""
                               : section("auth", member("secretStore", component.secret_store));
  return fill(R"(---
${note}
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: ${name}
  ${namespace}
spec:
  ${spec}
${auth}
# Only this function's sidecar loads it.
scopes:
  - ${app}
)",
              {{"note", note},
               {"name", scalar(component.name)},
               {"namespace", namespace_member(function)},
               {"spec", spec_text(component, used.use)},
               {"auth", auth},
               {"app", scalar(function.name)}});
}

}  // namespace

Result<std::string> dapr_text(const Description& function) {
  if (!function.needs_dapr()) {
    return fail(Code::kInvalidArgument,
                "this function's context names no component of Dapr; name the context's file with "
                "--context");
  }
  std::string text = heading(function, "Dapr components of " + function.name, "--dapr") +
                     comment("The annotations of the pod, which the other kinds contain:\n") +
                     comment(section("annotations", pod_annotations(function, Place::kPod)));
  for (const UsedComponent& used : used_components(function.context)) {
    text += component_document(function, used);
  }
  return text;
}

}  // namespace ofn::manifest
