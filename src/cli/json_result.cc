#include "cli/json_result.h"

#include "cli/streams.h"
#include "document/json.h"

namespace ofn::cli {

document::Node result_of(std::string_view command,
                         std::initializer_list<document::Node::Member> members) {
  document::Node result = document::Node::object(
      {{"version", document::Node::number(kResultVersion)}, {"command", command}});
  for (const auto& [name, value] : members) result.set(name, value);
  return result;
}

Exit print_result(std::string_view command, std::initializer_list<document::Node::Member> members) {
  return print(document::to_json(result_of(command, members)) + "\n");
}

}  // namespace ofn::cli
