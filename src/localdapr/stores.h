// The state stores and secret stores of one sidecar: which one is meant, how its keys are named, and
// what a caller is told; daprd's codes and words.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/stores.h>

#include "base/error.h"
#include "localdapr/component.h"
#include "localdapr/secret_file.h"
#include "localdapr/state_store.h"

namespace ofn::localdapr {

// Threads: filled by one, then any. Calls may block.
// Errors: for the caller, as they stand.
class Stores {
 public:
  explicit Stores(std::string app_id) : app_id_(std::move(app_id)) {}

  // A state store's property keyPrefix says how its keys are told apart from other apps'.
  // Errors: a keyPrefix with "||".
  Result<void> add(const Component& component, std::unique_ptr<StateStore> store);
  void add(std::string name, SecretFile secrets);

  Result<StateValue> get(const GetState& call) const;
  Result<std::vector<StateValue>> get_bulk(const GetBulkState& call) const;
  Result<void> save(StateItems call) const;
  Result<void> remove(DeleteState call) const;
  Result<void> remove_bulk(StateItems call) const;
  Result<void> transact(StateTransaction call) const;
  Result<Secret> secret(const GetSecret& call) const;
  Result<std::vector<Secret>> secrets(const GetBulkSecret& call) const;

 private:
  struct State {
    std::string name;
    std::string prefix;  // of every key, with its "||"; empty: none
    std::unique_ptr<StateStore> store;

    Result<std::string> key(std::string_view key) const;
  };

  Result<const State*> state(std::string_view name) const;
  Result<const SecretFile*> secret_store(std::string_view name) const;

  std::string app_id_;
  std::map<std::string, State, std::less<>> states_;
  std::map<std::string, SecretFile, std::less<>> secrets_;
};

}  // namespace ofn::localdapr
