#include "kit/kept_state.h"

#include <utility>

namespace ofn::kit {

Result<StateValue> KeptState::get(const std::string& key) {
  if (auto fault = next_fault_()) return std::unexpected(*std::move(fault));
  return store_.get(key);
}

Result<void> KeptState::set(const StateItem& item) {
  if (auto fault = next_fault_()) return std::unexpected(*std::move(fault));
  meet_conflict(item);
  keys_.insert(item.key);
  return store_.set(item);
}

Result<void> KeptState::remove(const StateItem& item) {
  if (auto fault = next_fault_()) return std::unexpected(*std::move(fault));
  meet_conflict(item);
  return store_.remove(item);
}

Result<void> KeptState::transact(std::span<const StateOperation> operations) {
  if (auto fault = next_fault_()) return std::unexpected(*std::move(fault));
  for (const StateOperation& operation : operations) {
    meet_conflict(operation.item);
    keys_.insert(operation.item.key);
  }
  return store_.transact(operations);
}

void KeptState::put(const std::string& key, std::string value) {
  keys_.insert(key);
  (void)store_.set({.key = key, .value = std::move(value)});
}

std::map<std::string, std::string, std::less<>> KeptState::values() {
  std::map<std::string, std::string, std::less<>> values;
  for (const std::string& key : keys_) {
    const Result<StateValue> value = store_.get(key);
    if (value && !value->etag.empty()) values.emplace(key, value->data);
  }
  return values;
}

// Somebody else writes the same value just before, so that the etag is an old one.
void KeptState::meet_conflict(const StateItem& item) {
  const auto conflict = conflicts_.find(item.key);
  if (conflict == conflicts_.end() || conflict->second == 0 || !item.etag || item.etag->empty())
    return;
  --conflict->second;
  const Result<StateValue> value = store_.get(item.key);
  if (value) put(item.key, value->data);
}

Result<Secret> KeptSecrets::get(std::string_view name) const {
  if (auto fault = next_fault_()) return std::unexpected(*std::move(fault));
  const auto found = secrets_.find(name);
  if (found == secrets_.end())
    return fail(Code::kNotFound, "secret " + std::string(name) + " not found");
  return Secret{.entries = found->second};
}

std::vector<Secret> KeptSecrets::all() const {
  std::vector<Secret> all;
  for (const auto& [name, entries] : secrets_) all.push_back({.name = name, .entries = entries});
  return all;
}

}  // namespace ofn::kit
