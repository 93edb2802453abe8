// The parts of a manifest that all kinds have in common: the container, its variables, the pod's
// annotations.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifest/description.h"

namespace ofn::manifest {

// The comment at the beginning of a manifest. `what`: "Deployment of greeter".
std::string heading(const Description& function, std::string_view what, std::string_view flag);

// "namespace: …\n", or nothing.
std::string namespace_member(const Description& function);

// The variables as `name: value` pairs, with the numbers of that place.
std::vector<std::pair<std::string, std::string>> variables_of(const Description& function,
                                                              Place place);
// The context as JSON in several lines, without a character that YAML refuses.
std::string context_text(const Description& function);
// The items of a container's `env`, with the context, and in a pod with the pod's name.
std::string env_items(const Description& function, Place place);

// The container `function` as an item of a list.
std::string container_item(const Description& function, Place place);
// `resources`, `securityContext` and `volumeMounts` of a container.
std::string container_limits();
// `volumes` of a pod.
std::string pod_volumes();

// The members of the pod's `annotations`: for Dapr, and for a scraper.
std::string pod_annotations(const Description& function, Place place);
// Those for Dapr that do not name the app; empty if no sidecar is needed.
std::string dapr_limits(const Description& function, Place place);

}  // namespace ofn::manifest
