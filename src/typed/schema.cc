#include "typed/schema.h"

#include <string_view>
#include <utility>

#include "document/json.h"
#include "document/node.h"
#include "typed/type_schemas.h"

namespace ofn {

std::string schema_of(std::span<const Function> functions) {
  using document::Node;
  TypeSchemas schemas("#/$defs/");
  Node told = Node::object();
  for (const Function& function : functions) {
    if (function.typed == nullptr) continue;
    Node ends = Node::object();
    const auto add = [&](std::string_view name, const abi::TypedEnd& end) {
      if (end.type != nullptr || end.media_type != nullptr) ends.set(name, schemas.of(end));
    };
    add("argument", function.typed->argument);
    add("result", function.typed->result);
    told.set(function.name, std::move(ends));
  }
  const Node document = Node::object({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                                      {"functions", std::move(told)},
                                      {"$defs", std::move(schemas).definitions()}});
  return document::to_indented_json(document) + "\n";
}

}  // namespace ofn
