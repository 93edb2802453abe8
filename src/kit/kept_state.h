// The stores of a test's sidecar: Dapr's in-memory store, and secrets; both can be seen, and made to fail.
//
//   KeptState store(clock, next_fault);
//   store.set({.key = "7", .value = "{}"});
//   store.values();                       // {{"7", "{}"}}
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/stores.h>

#include "base/clock.h"
#include "base/error.h"
#include "localdapr/memory/memory_state.h"
#include "localdapr/secret_store.h"
#include "localdapr/state_store.h"

namespace ofn::kit {

// Returns the error that the next call of a component gets; nullopt: it succeeds.
using NextFault = std::function<std::optional<Error>()>;

// Lifetime: the clock outlives it. Threads: the test's.
class KeptState final : public localdapr::StateStore {
 public:
  KeptState(const Clock& clock, NextFault next_fault)
      : store_(clock), next_fault_(std::move(next_fault)) {}

  std::string loses() override { return {}; }
  Result<StateValue> get(const std::string& key) override;
  Result<void> set(const StateItem& item) override;
  Result<void> remove(const StateItem& item) override;
  Result<void> transact(std::span<const StateOperation> operations) override;

  // Sets a value, whatever fails.
  void put(const std::string& key, std::string value);
  std::map<std::string, std::string, std::less<>> values();
  // The next writes of that key with an etag find another one.
  void conflict(const std::string& key, unsigned times) { conflicts_[key] = times; }

 private:
  void meet_conflict(const StateItem& item);

  localdapr::MemoryState store_;
  NextFault next_fault_;
  std::set<std::string> keys_;  // that were ever written
  std::map<std::string, unsigned> conflicts_;
};

// The same for secrets. Threads: the test's.
class KeptSecrets final : public localdapr::SecretStore {
 public:
  explicit KeptSecrets(NextFault next_fault) : next_fault_(std::move(next_fault)) {}
  Result<Secret> get(std::string_view name) const override;
  std::vector<Secret> all() const override;
  void put(std::string name, std::vector<Header> entries) {
    secrets_.insert_or_assign(std::move(name), std::move(entries));
  }

 private:
  NextFault next_fault_;
  std::map<std::string, std::vector<Header>, std::less<>> secrets_;
};

}  // namespace ofn::kit
