// One FUNC_CONTEXT text, read but not yet understood together with the other one. Private to this
// room; parse_context.h says what the schemas are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/function_context.h"
#include "document/problem.h"

namespace ofn {

// Told by the shape of the document, not by the variable that carries it.
enum class Schema { kV1Beta1, kV1Beta2 };

// An entry of inputs, outputs, states or triggers.dapr.
struct Part {
  Schema schema = Schema::kV1Beta1;
  std::string variable;  // where it stands, for problems
  std::string path;
  std::string name;  // the map's key; triggers.dapr: inputName, else the component
  std::string component;
  std::string component_type;
  std::string topic;
  std::string operation;  // as given; may be empty
  Metadata metadata;
  bool broken = false;  // a problem has been reported: no further ones about what is missing
};

struct Document {
  std::string variable;
  Schema schema = Schema::kV1Beta1;
  std::string name;
  std::string version;
  std::optional<Runtime> runtime;
  bool runtime_broken = false;             // given, and reported as wrong
  std::optional<std::uint16_t> port;       // the member `port`
  std::optional<std::uint16_t> http_port;  // triggers.http.port
  std::optional<HttpTrigger> http;
  std::string http_pattern;
  std::vector<Part> triggers;  // v1beta1: inputs; v1beta2: triggers.dapr
  std::vector<Part> inputs;    // v1beta2 only
  std::vector<Part> outputs;
  std::vector<Part> states;
  std::vector<std::string> pre_hooks;  // as given
  std::vector<std::string> post_hooks;
  std::optional<Tracing> tracing;
};

// nullopt when the text is no JSON object (which is then the one problem). With other problems the
// document is what could be read.
std::optional<Document> read_document(std::string_view variable, std::string_view text,
                                      Schema expected, std::vector<Problem>& problems,
                                      std::vector<Note>& notes);

}  // namespace ofn
