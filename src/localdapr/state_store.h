// The port of a `state.*` component. Each implementation has its own file.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include <ofn/stores.h>

#include "base/error.h"
#include "localdapr/go/go_text.h"

namespace ofn::localdapr {

// Threads: several at once; a call may block.
// Errors, with daprd's messages but without its prefixes: kAborted for an etag that does not match,
// kInternal for everything else.
class StateStore {
 public:
  virtual ~StateStore() = default;
  // As Pubsub::loses().
  virtual std::string loses() { return {}; }
  // Returns a value without an etag if the key does not exist or its value has expired.
  virtual Result<StateValue> get(const std::string& key) = 0;
  virtual Result<void> set(const StateItem& item) = 0;
  virtual Result<void> remove(const StateItem& item) = 0;
  // Does all operations or none. Their types are "upsert" and "delete".
  virtual Result<void> transact(std::span<const StateOperation> operations) = 0;
};

// Returns true if there is an etag that is not empty. An empty etag has no effect.
inline bool has_etag(const StateItem& item) { return item.etag && !item.etag->empty(); }

inline std::unexpected<Error> etag_mismatch(std::string_view why) {
  std::string message = "possible etag mismatch. error from state store";
  if (!why.empty()) message.append(": ").append(why);
  return fail(Code::kAborted, std::move(message));
}

// Returns the value of a metadata entry; empty if it is missing. The name is compared with case.
inline std::string_view metadata_value(const StateItem& item, std::string_view name) {
  for (const Header& entry : item.metadata) {
    if (entry.name == name) return entry.value;
  }
  return {};
}

}  // namespace ofn::localdapr
