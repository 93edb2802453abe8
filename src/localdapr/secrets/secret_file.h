// `secretstores.local.file`: the secrets in a JSON file, which is read once.
//
//   {"db": {"password": "p"}}    → secret "db:password", or with multiValued secret "db" with "password"
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/error.h"
#include "localdapr/component.h"
#include "localdapr/secret_store.h"

namespace ofn::localdapr {

// Properties: secretsFile, nestedSeparator (default ":"), multiValued.
// Threads: any.
// Spec: https://docs.dapr.io/reference/components-reference/supported-secret-stores/file-secret-store/
class SecretFile final : public SecretStore {
 public:
  // Errors: the file is missing, cannot be read, or is not a JSON object. They never contain its
  // content.
  static Result<SecretFile> create(const Component& component);

  Result<Secret> get(std::string_view name) const override;
  std::vector<Secret> all() const override;

 private:
  std::map<std::string, std::vector<Header>, std::less<>> secrets_;
};

}  // namespace ofn::localdapr
