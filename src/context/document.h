// One FUNC_CONTEXT text, parsed but not yet merged with the other one. Private to this room;
// parse_context.h describes the schemas.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/function_context.h"
#include "document/problem.h"

namespace ofn {

// The schema is recognized by the document's shape, not by its variable.
enum class Schema { kV1Beta1, kV1Beta2 };

// An entry of inputs, outputs, states or triggers.dapr.
struct Part {
  Schema schema = Schema::kV1Beta1;
  std::string variable;  // its variable, for problems
  std::string path;
  int line = 0;      // of the text, from 1
  std::string name;  // the map's key; for triggers.dapr: inputName, or else the component
  std::string component;
  std::string component_type;
  std::string topic;
  std::string operation;  // as given; may be empty
  Metadata metadata;
  bool broken = false;  // a problem has been reported: report no missing members
};

struct Document {
  std::string variable;
  Schema schema = Schema::kV1Beta1;
  std::string name;
  std::string version;
  std::optional<Runtime> runtime;
  bool runtime_broken = false;             // it is wrong, and has been reported
  std::optional<std::uint16_t> port;       // the member `port`
  std::optional<std::uint16_t> http_port;  // triggers.http.port
  std::optional<HttpTrigger> http;
  std::string http_pattern;
  int triggers_line = 0;       // of their list; if it is missing, of the document
  std::vector<Part> triggers;  // v1beta1: inputs; v1beta2: triggers.dapr
  std::vector<Part> inputs;    // v1beta2 only
  std::vector<Part> outputs;
  std::vector<Part> states;
  std::vector<std::string> pre_hooks;  // as given
  std::vector<std::string> post_hooks;
  std::optional<Tracing> tracing;
};

// Returns nullopt if the text is not a JSON object; that is then the only problem. If there are
// other problems, returns the parts that could be read.
std::optional<Document> read_document(std::string_view variable, std::string_view text,
                                      Schema expected, std::vector<Problem>& problems,
                                      std::vector<Note>& notes);

// The same for a file, in JSON or YAML, in which nothing but the content says which schema it has.
// Also returns nullopt if the content does not say it, and it matters.
std::optional<Document> read_document_file(std::string_view file, std::string_view text,
                                           std::vector<Problem>& problems,
                                           std::vector<Note>& notes);

}  // namespace ofn
