// Writes the manifests of a function: what a cluster, or Docker Compose, needs to run it.
//
//   auto text = manifest_of(Kind::kDeployment, function);
//   if (!text) return complain(text.error().message());
//   print(*text);                                   // kubectl apply -f -
//
// The same description always gives the same text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "manifest/description.h"

namespace ofn::manifest {

enum class Kind : std::uint8_t {
  kOpenFunctionV1Beta2,
  kOpenFunctionV1Beta1,
  kKnative,
  kDeployment,
  kKeda,
  kDapr,
  kCompose,
  kExplained,  // not a manifest: the variables that OpenFunction's controller sets
};

// Errors: kInvalidArgument, if the kind cannot have what the function needs. The message says what to
// do.
Result<std::string> manifest_of(Kind kind, const Description& function);

// What sets the number of pods: the Deployment, or a scaler's object.
enum class Replicas : std::uint8_t { kHere, kByScaler };
// Deployment, Service, and a PodDisruptionBudget if there are always two pods. `flag`: of the command, for the heading.
std::string deployment_text(const Description& function, Replicas replicas, std::string_view flag);
std::string disruption_budget_text(const Description& function);
Result<std::string> knative_text(const Description& function);
Result<std::string> dapr_text(const Description& function);
std::string openfunction_v1beta2_text(const Description& function);
Result<std::string> openfunction_v1beta1_text(const Description& function);
Result<std::string> keda_text(const Description& function);
std::string compose_text(const Description& function);
std::string explained_text(const Description& function);

// A file of a kustomization.
struct File {
  std::string path;  // below the kustomization's folder
  std::string text;
  bool is_users = false;  // the user edits it, so it is written only once
};
// A base with Deployment and components, and overlays for development and production.
std::vector<File> kustomization_of(const Description& function);

}  // namespace ofn::manifest
