// The state stores and secret stores of one sidecar: finds the store that a call names, adds
// prefixes to keys, and answers with daprd's codes and messages.
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
#include "localdapr/secret_store.h"
#include "localdapr/state_store.h"

namespace ofn::localdapr {

// A copy shares the stores themselves.
// Threads: one thread adds and removes stores; then any thread may call. Calls may block. Errors: for the
// client, unchanged.
class Stores {
 public:
  explicit Stores(std::string app_id) : app_id_(std::move(app_id)) {}

  // A state store's property keyPrefix separates its keys from those of other apps. Errors: a
  // keyPrefix with "||".
  Result<void> add(const Component& component, std::unique_ptr<StateStore> store);
  void add(std::string name, std::unique_ptr<SecretStore> secrets);
  void remove_store(std::string_view name);
  // Returns what is lost if a state store ends (StateStore::loses()); empty if there is none.
  std::string loses(std::string_view name) const;

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
    std::string prefix;  // before every key, with its "||"; may be empty
    std::shared_ptr<StateStore> store;

    Result<std::string> key(std::string_view key) const;
  };

  Result<const State*> state(std::string_view name) const;
  Result<const SecretStore*> secret_store(std::string_view name) const;

  std::string app_id_;
  std::map<std::string, State, std::less<>> states_;
  std::map<std::string, std::shared_ptr<SecretStore>, std::less<>> secrets_;
};

}  // namespace ofn::localdapr
