// The function's context as JSON: for a container that no controller gives one, and as OpenFunction's
// controller builds it.
//
//   const std::string text = document::to_json(own_context(function));
//   // FUNC_CONTEXT_V1BETA2={"name":"greeter","triggers":{"http":{"port":8080}}}
#pragma once

#include <string>
#include <string_view>

#include "document/node.h"
#include "manifest/description.h"

namespace ofn::manifest {

// The whole context in the schema v1beta2, which can say everything that v1beta1 can. Reading it
// gives the same context, without the aliases.
document::Node own_context(const Description& function);

// What the controller of OpenFunction sets for the Function that `manifest --openfunction` prints.
// The parts of a name that the cluster generates are `serving-xxxxx` and `yyyyy`.
// Spec: OpenFunction 1.2, pkg/core/serving/common/common.go.
document::Node controllers_v1beta1(const Description& function);
document::Node controllers_v1beta2(const Description& function);

// The name that a component of the Function gets in the cluster. A component that is not among
// `function.components` exists already, and keeps its name.
std::string name_in_cluster(const Description& function, std::string_view component);

}  // namespace ofn::manifest
