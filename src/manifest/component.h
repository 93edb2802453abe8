// Dapr components: read from their files, completed by how the function uses them, and written again.
//
//   std::vector<Component> components;
//   read_components("components/archive.yaml", text, components, problems);
//   spec_text(components.front(), Use{.is_output = true});   // type: bindings.localstorage …
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "context/function_context.h"
#include "document/problem.h"

namespace ofn::manifest {

// An entry of spec.metadata.
struct Property {
  std::string name;
  std::string value;          // used if there is no secret and no variable
  std::string secret_name{};  // secretKeyRef
  std::string secret_key{};
  std::string variable{};  // envRef
};

// A value.
struct Component {
  std::string name;
  std::string type;     // "bindings.localstorage"
  std::string version;  // "v1"
  bool ignore_errors = false;
  std::string init_timeout{};
  std::vector<Property> properties{};
  std::string secret_store{};  // auth.secretStore

  // The value of a property, compared without case; empty if there is none, or if it is a secret.
  std::string_view property(std::string_view key) const;
};

// Appends the components of a file's documents; leaves out documents that are none.
// Errors are appended to `problems`.
void read_components(std::string_view file, std::string_view text,
                     std::vector<Component>& components, std::vector<Problem>& problems);

// How a function uses a component.
struct Use {
  bool is_trigger = false;
  bool is_output = false;
};
// Everything about one component that the context names.
struct UsedComponent {
  std::string name;
  std::string type;
  Use use;
};
// The components that the context names, each once, by their names.
std::vector<UsedComponent> used_components(const FunctionContext& context);

// Returns the members of a component's spec as YAML. A binding gets the property `direction`, unless
// it has one: then daprd asks the program for nothing, and reads nothing that the function does not want.
std::string spec_text(const Component& component, const Use& use);

// Returns the first part of a type: "bindings", "pubsub", "state".
std::string_view block_of(std::string_view type);

}  // namespace ofn::manifest
