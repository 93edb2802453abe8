// A kustomization: a base that is written anew each time, and overlays that belong to the user.

#include <string>

#include "manifest/form.h"
#include "manifest/manifest.h"
#include "manifest/pod.h"

namespace ofn::manifest {

namespace {

std::string base_text(const Description& function) {
  return fill(R"(# The base of ${name}, written by functions-framework manifest --kustomize.
# It is written anew each time; change the overlays.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml
  ${components}
)",
              {{"name", function.name},
               {"components", function.needs_dapr() ? "- components.yaml\n" : ""}});
}

std::string development_text(const Description& function) {
  return fill(R"(# One pod with a readable log. This file is yours; it is not written again.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base
patches:
  - target:
      kind: Deployment
      name: ${name}
    patch: |-
      - op: replace
        path: /spec/replicas
        value: 1
      - op: add
        path: /spec/template/spec/containers/0/env/-
        value:
          name: OFN_LOG_FORMAT
          value: readable
)",
              {{"name", scalar(function.name)}});
}

std::string production_text(const Description& function) {
  return fill(R"(# Two pods, with more memory. This file is yours; it is not written again.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base
  - disruption.yaml
patches:
  - target:
      kind: Deployment
      name: ${name}
    patch: |-
      - op: replace
        path: /spec/replicas
        value: 2
      - op: replace
        path: /spec/template/spec/containers/0/resources/limits/memory
        value: 512Mi
)",
              {{"name", scalar(function.name)}});
}

}  // namespace

std::vector<File> kustomization_of(const Description& wanted) {
  Description function = wanted;
  // The production overlay has two pods, and with them the PodDisruptionBudget.
  function.min_replicas = 1;
  std::vector<File> files = {
      {"base/kustomization.yaml", base_text(function)},
      {"base/deployment.yaml", deployment_text(function, Replicas::kHere, "--kustomize")},
      {"overlays/development/kustomization.yaml", development_text(function), true},
      {"overlays/production/kustomization.yaml", production_text(function), true},
      {"overlays/production/disruption.yaml", disruption_budget_text(function), true}};
  if (auto components = dapr_text(function))
    files.push_back({"base/components.yaml", *std::move(components)});
  return files;
}

}  // namespace ofn::manifest
