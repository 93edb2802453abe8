// `state.in-memory`: keys and values in this process's memory, with daprd's etags, times to live
// and messages.
#pragma once

#include <map>
#include <mutex>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "localdapr/state_store.h"

namespace ofn::localdapr {

// Lifetime: `clock` outlives it. The values end with it.
// Spec: https://docs.dapr.io/reference/components-reference/supported-state-stores/setup-inmemory/
class MemoryState final : public StateStore {
 public:
  explicit MemoryState(const Clock& clock) : clock_(clock) {}

  std::string loses() override;
  Result<StateValue> get(const std::string& key) override;
  Result<void> set(const StateItem& item) override;
  Result<void> remove(const StateItem& item) override;
  Result<void> transact(std::span<const StateOperation> operations) override;

 private:
  struct Entry {
    std::string data;
    std::string etag;
    SystemTime expires = SystemTime::max();
  };

  const Entry* find(const std::string& key) const;
  Result<void> check_etag(const StateItem& item) const;
  void store(const StateItem& item, std::chrono::seconds time_to_live);
  void forget_expired();

  const Clock& clock_;
  std::mutex mutex_;
  Random random_;
  std::map<std::string, Entry, std::less<>> entries_;
  SystemTime next_cleaning_{};
};

}  // namespace ofn::localdapr
