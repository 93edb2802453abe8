#include "localdapr/secret_file.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "localdapr/go_json.h"
#include "localdapr/go_text.h"

namespace ofn::localdapr {
namespace {

// As Go's fmt prints a decoded value with %s: what is not a text looks odd, and does so for daprd's
// users, too.
std::string go_text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "%!s(bool=true)" : "%!s(bool=false)";
  if (value.is_number()) return "%!s(float64=" + write_json(value, GoNumbers::kFloat64) + ")";
  return "%!s(<nil>)";
}

// Every leaf below `value`, named by its path.
void flatten(const Json& value, const std::string& path, std::string_view separator,
             std::vector<Header>& leaves) {
  if (!value.is_structured()) {
    leaves.push_back({path, go_text_of(value)});
    return;
  }
  for (const auto& item : value.items()) {
    const std::string name = path.empty() ? item.key() : path + std::string(separator) + item.key();
    flatten(item.value(), name, separator, leaves);
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
  if (!json || !json->is_object()) {
    return fail(Code::kInvalidArgument, "secretsFile holds no JSON object",
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
  for (const auto& item : json->items()) {
    if (item.value().is_string()) {
      store.secrets_[item.key()] = {{item.key(), item.value().get<std::string>()}};
    } else if (item.value().is_object()) {
      flatten(item.value(), "", separator, store.secrets_[item.key()]);
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
