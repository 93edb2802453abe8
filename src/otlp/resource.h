// The resource: what OpenTelemetry calls the attributes that all spans and metrics of one process have in common, such as the
// name of the service.
//
//   Resource resource = read_resource(env, {.function_name = name, .instance_id = uuid4(random)}, notes);
//   std::string encoded = encode(resource);   // for RequestHead::resource
//
// Spec: opentelemetry-specification, resource/sdk.md; semantic conventions 1.44 for service, faas, k8s, host, process, telemetry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "context/environment.h"
#include "document/problem.h"

namespace ofn::otlp {

// A value. Attributes are in the order of their discovery; a name occurs once.
struct Resource {
  struct Attribute {
    std::string name;
    std::variant<std::string, std::int64_t> value;
  };
  std::vector<Attribute> attributes;

  // Returns the text of an attribute, or an empty text if there is none.
  std::string_view text(std::string_view name) const;
};

// The facts that the program knows of itself. An empty text, or process 0, is unknown, and makes no attribute.
struct ResourceFacts {
  std::string function_name = {};
  std::string function_version = {};   // the context's
  std::string framework_version = {};  // "0.9.0"
  std::string instance_id = {};        // if there is no pod; random, for example uuid4()
  std::string host_name = {};
  std::int64_t process_id = 0;
};

// Fills the facts that the system knows: host_name and process_id.
ResourceFacts with_process(ResourceFacts facts);

// Reads OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, K_SERVICE, K_REVISION, POD_NAME and POD_NAMESPACE.
// service.name is the first of: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, K_SERVICE, the function's name. For every other
// attribute OTEL_RESOURCE_ATTRIBUTES comes first.
// Errors: none; OTEL_RESOURCE_ATTRIBUTES with a mistake is ignored, and a warning is added to `notes`.
Resource read_resource(const Environment& env, const ResourceFacts& facts,
                       std::vector<Note>& notes);

// Returns the message Resource of OTLP.
std::string encode(const Resource& resource);

}  // namespace ofn::otlp
