#include "manifest/manifest.h"

namespace ofn::manifest {

Result<std::string> manifest_of(Kind kind, const Description& function) {
  switch (kind) {
    case Kind::kDeployment:
      return deployment_text(function, Replicas::kHere, "--deployment");
    case Kind::kKnative:
      return knative_text(function);
    case Kind::kDapr:
      return dapr_text(function);
    case Kind::kOpenFunctionV1Beta2:
      return openfunction_v1beta2_text(function);
    case Kind::kOpenFunctionV1Beta1:
      return openfunction_v1beta1_text(function);
    case Kind::kKeda:
      return keda_text(function);
    case Kind::kCompose:
      return compose_text(function);
    case Kind::kExplained:
      return explained_text(function);
  }
  return fail(Code::kInternal, "unknown kind of manifest");
}

}  // namespace ofn::manifest
