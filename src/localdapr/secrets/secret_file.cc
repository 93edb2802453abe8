#include "localdapr/secrets/secret_file.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "localdapr/go/go_json.h"
#include "localdapr/go/go_text.h"

namespace ofn::localdapr {
namespace {

// Formats a decoded value as Go's fmt does with %s. A value that is not a text looks odd, but
// daprd's users get the same.
std::string go_text_of(const Node& value) {
  switch (value.kind()) {
    case Node::Kind::kText:
      return value.text();
    case Node::Kind::kBool:
      return "%!s(bool=" + value.text() + ")";
    case Node::Kind::kNumber:
      return "%!s(float64=" + write_json(value, GoNumbers::kFloat64) + ")";
    default:
      return "%!s(<nil>)";
  }
}

// Appends every leaf below `value`, named by its path.
void flatten(const Node& value, const std::string& path, std::string_view separator,
             std::vector<Header>& leaves) {
  if (!value.has_children()) {
    leaves.push_back({path, go_text_of(value)});
    return;
  }
  const auto below = [&](const std::string& name) {
    return path.empty() ? name : path + std::string(separator) + name;
  };
  std::size_t index = 0;
  for (const Node& item : value.items()) {
    flatten(item, below(std::to_string(index++)), separator, leaves);
  }
  for (const Node* member : sorted_members(value)) {
    flatten(*member, below(member->key()), separator, leaves);
  }
}

}  // namespace

Result<SecretFile> SecretFile::create(const Component& component) {
  const std::string path(component.property("secretsFile").value_or(""));
  if (path.empty()) {
    return fail(Code::kInvalidArgument, "missing local secrets file in metadata (secretsFile)");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return fail(Code::kInvalidArgument,
                "secretsFile cannot be opened: " + std::generic_category().message(errno),
                {{"secretsFile", path}});
  }
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const auto json = parse_json(text);
  if (!json || !json->is(Node::Kind::kObject)) {
    return fail(Code::kInvalidArgument, "secretsFile is not a JSON object",
                {{"secretsFile", path}});
  }
  const std::string_view separator = component.property("nestedSeparator").value_or(":");
  const bool multi_valued = is_truthy(component.property("multiValued").value_or(""));

  SecretFile store;
  if (!multi_valued) {
    std::vector<Header> leaves;
    flatten(*json, "", separator, leaves);
    for (Header& leaf : leaves) store.secrets_[leaf.name] = {leaf};
    return store;
  }
  for (const Node& member : json->members()) {
    if (member.is(Node::Kind::kText)) {
      store.secrets_[member.key()] = {{member.key(), member.text()}};
    } else if (member.is(Node::Kind::kObject)) {
      flatten(member, "", separator, store.secrets_[member.key()]);
    }
  }
  return store;
}

Result<Secret> SecretFile::get(std::string_view name) const {
  const auto found = secrets_.find(name);
  if (found == secrets_.end()) {
    return fail(Code::kNotFound, "secret " + std::string(name) + " not found");
  }
  return Secret{.entries = found->second};
}

std::vector<Secret> SecretFile::all() const {
  std::vector<Secret> secrets;
  for (const auto& [name, entries] : secrets_)
    secrets.push_back({.name = name, .entries = entries});
  return secrets;
}

}  // namespace ofn::localdapr
