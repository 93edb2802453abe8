// What runs a function in a manifest: the pod, the function's container, and what the program in it
// decides from its variables.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/environment.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "document/node.h"
#include "document/problem.h"

namespace ofn::manifest {

enum class WorkloadKind : std::uint8_t {
  kPods,            // Deployment, StatefulSet, Job
  kKnative,         // Knative Service
  kFunctionPods,    // OpenFunction Function that becomes a Deployment
  kFunctionKnative  // OpenFunction Function that becomes a Knative Service
};

// A value of the function's variables.
struct Variable {
  std::string value;
  int line = 0;
};

// Lifetime: refers to the document.
struct Workload {
  WorkloadKind kind = WorkloadKind::kPods;
  const document::Node* object = nullptr;
  const document::Node* pod = nullptr;          // PodSpec; may be null
  const document::Node* annotations = nullptr;  // of the pod; may be null
  const document::Node* labels = nullptr;       // of the pod; may be null
  const document::Node* container = nullptr;    // the function's; may be null
  std::map<std::string, Variable, std::less<>> variables{};

  FunctionContext context{};
  std::vector<Note> context_notes{};
  std::vector<Problem> context_problems{};
  Settings settings{};  // the defaults if there are problems
  std::vector<Problem> setting_problems{};

  bool is_openfunction() const {
    return kind == WorkloadKind::kFunctionPods || kind == WorkloadKind::kFunctionKnative;
  }
  bool is_knative() const {
    return kind == WorkloadKind::kKnative || kind == WorkloadKind::kFunctionKnative;
  }
  // Returns the value of an annotation of the pod; nullopt if there is none.
  std::optional<std::string> annotation(std::string_view name) const;
  // Returns true if the pod gets a Dapr sidecar.
  bool has_sidecar() const;
  // The line of a variable, or else of the container or the object.
  int line_of(std::string_view variable) const;
  int line() const;
};

// Returns the workload of a document; nullopt if the document runs no function.
std::optional<Workload> workload_of(const document::Node& document);

// Returns true for a variable that only a container with the program has.
bool is_programs_variable(std::string_view name);

// Returns the node at the path; null if there is none.
const document::Node* node_at(const document::Node* node,
                              std::initializer_list<std::string_view> path);
// Returns the number at the path; nullopt if there is none, or one that no manifest can mean.
std::optional<std::int64_t> number_at(const document::Node* node,
                                      std::initializer_list<std::string_view> path);
// Returns the line of the node, or of the other one if it is null.
int line_or(const document::Node* node, const document::Node* other);

}  // namespace ofn::manifest
