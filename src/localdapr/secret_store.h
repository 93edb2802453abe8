// The port of a `secretstores.*` component. Each implementation has its own file.
#pragma once

#include <string_view>
#include <vector>

#include <ofn/stores.h>

#include "base/error.h"

namespace ofn::localdapr {

// Threads: several at once.
class SecretStore {
 public:
  virtual ~SecretStore() = default;
  // Errors: kNotFound, with daprd's message.
  virtual Result<Secret> get(std::string_view name) const = 0;
  virtual std::vector<Secret> all() const = 0;
};

}  // namespace ofn::localdapr
