// `state.sqlite`: a table in a SQLite file with daprd's layout, so that daprd and this sidecar can
// each use the other's data.
//
//   auto state = SqliteState::create(component, clock);      // property connectionString
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "localdapr/component.h"
#include "localdapr/state_store.h"

struct sqlite3;

namespace ofn::localdapr {

// Threads: calls use one connection, one after the other.
// Differs from daprd: in the connection string, metadata entries other than SQLite's own URI
// parameters (_pragma, _txlock) are refused by SQLite or have no effect; calls remove expired rows,
// and not a background task.
// Spec: https://docs.dapr.io/reference/components-reference/supported-state-stores/setup-sqlite/
class SqliteState final : public StateStore {
 public:
  // Lifetime: `clock` outlives it. Errors: a missing or malformed property; SQLite's message for a
  // file that cannot be opened.
  static Result<std::unique_ptr<StateStore>> create(const Component& component, const Clock& clock);
  ~SqliteState() override;

  std::string loses() override;
  Result<StateValue> get(const std::string& key) override;
  Result<void> set(const StateItem& item) override;
  Result<void> remove(const StateItem& item) override;
  Result<void> transact(std::span<const StateOperation> operations) override;

 private:
  explicit SqliteState(const Clock& clock) : clock_(clock) {}

  Result<void> open(const Component& component);
  Result<void> execute(const std::string& sql);
  Result<void> apply(const StateOperation& operation);
  Result<void> upsert(const StateItem& item);
  Result<void> erase(const StateItem& item);
  Result<void> one(std::string_view type, const StateItem& item);
  void forget_expired();
  std::int64_t now() const;
  std::string last_error() const;

  const Clock& clock_;
  std::mutex mutex_;
  sqlite3* database_ = nullptr;
  std::string table_;
  Duration cleanup_interval_ = std::chrono::hours(1);
  std::optional<SteadyTime> next_cleaning_;
};

}  // namespace ofn::localdapr
