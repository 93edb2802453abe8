#include "localdapr/stores.h"

#include "localdapr/go/go_json.h"

namespace ofn::localdapr {
namespace {

constexpr std::string_view kSeparator = "||";

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

Result<void> check_key(std::string_view key) {
  if (!key.contains(kSeparator)) return {};
  return fail(Code::kInvalidArgument,
              "input key/keyPrefix '" + std::string(key) + "' can't contain '||'");
}

// Returns an error with daprd's prefix before the store's own message.
std::unexpected<Error> told(const std::string& what, const Error& error, Code code) {
  return fail(code, what + ": " + error.message());
}
std::unexpected<Error> told(const std::string& what, const Error& error) {
  return told(what, error, error.code());
}

// Does all of them, even after a failure, and joins the errors.
template <class Do>
Result<void> each(const std::vector<StateItem>& items, Do&& act) {
  std::string problems;
  std::size_t mismatches = 0;
  std::size_t failures = 0;
  for (const StateItem& item : items) {
    const Result<void> done = act(item);
    if (done) continue;
    if (items.size() == 1) return done;
    ++failures;
    if (done.error().code() == Code::kAborted) ++mismatches;
    if (!problems.empty()) problems.push_back('\n');
    problems += done.error().message();
  }
  if (failures == 0) return {};
  if (mismatches == failures) return etag_mismatch(problems);
  return fail(mismatches > 0 ? Code::kAborted : Code::kInternal, std::move(problems));
}

}  // namespace

Result<std::string> Stores::State::key(std::string_view key) const {
  if (auto checked = check_key(key); !checked) return std::unexpected(std::move(checked.error()));
  return prefix + std::string(key);
}

Result<void> Stores::add(const Component& component, std::unique_ptr<StateStore> store) {
  const std::string strategy = lower(component.property("keyPrefix").value_or("appid"));
  if (auto checked = check_key(strategy); !checked) return checked;
  std::string prefix = strategy;
  if (strategy == "none") prefix.clear();
  if (strategy == "name") prefix = component.name;
  if (strategy == "appid" || strategy == "namespace") prefix = app_id_;
  if (!prefix.empty()) prefix += kSeparator;
  states_.insert_or_assign(
      component.name,
      State{.name = component.name, .prefix = std::move(prefix), .store = std::move(store)});
  return {};
}

void Stores::add(std::string name, std::unique_ptr<SecretStore> secrets) {
  secrets_.insert_or_assign(std::move(name), std::move(secrets));
}

void Stores::remove_store(std::string_view name) {
  if (const auto state = states_.find(name); state != states_.end()) states_.erase(state);
  if (const auto secrets = secrets_.find(name); secrets != secrets_.end()) secrets_.erase(secrets);
}

std::string Stores::loses(std::string_view name) const {
  const auto found = states_.find(name);
  return found == states_.end() ? std::string() : found->second.store->loses();
}

Result<const Stores::State*> Stores::state(std::string_view name) const {
  if (states_.empty()) {
    return fail(Code::kFailedPrecondition,
                "state store " + std::string(name) + " is not configured");
  }
  const auto found = states_.find(name);
  if (found != states_.end()) return &found->second;
  return fail(Code::kInvalidArgument, "state store " + std::string(name) + " is not found");
}

Result<const SecretStore*> Stores::secret_store(std::string_view name) const {
  if (secrets_.empty()) return fail(Code::kFailedPrecondition, "secret store is not configured");
  const auto found = secrets_.find(name);
  if (found != secrets_.end()) return found->second.get();
  return fail(Code::kInvalidArgument, "failed finding secret store with key " + std::string(name));
}

Result<StateValue> Stores::get(const GetState& call) const {
  const auto state = this->state(call.store);
  if (!state) return std::unexpected(state.error());
  const auto key = (*state)->key(call.key);
  if (!key) return std::unexpected(key.error());
  auto value = (*state)->store->get(*key);
  if (value) return value;
  return told("fail to get " + call.key + " from state store " + call.store, value.error());
}

Result<std::vector<StateValue>> Stores::get_bulk(const GetBulkState& call) const {
  const auto state = this->state(call.store);
  if (!state) return std::unexpected(state.error());
  std::vector<std::string> keys;
  for (const std::string& name : call.keys) {
    auto key = (*state)->key(name);
    if (!key) return std::unexpected(std::move(key.error()));
    keys.push_back(*std::move(key));
  }
  std::vector<StateValue> values;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto value = (*state)->store->get(keys[i]);
    if (value) {
      value->key = call.keys[i];
      values.push_back(*std::move(value));
    } else {
      values.push_back({.key = call.keys[i], .error = value.error().message()});
    }
  }
  return values;
}

Result<void> Stores::save(StateItems call) const {
  const auto state = this->state(call.store);
  if (!state) return std::unexpected(state.error());
  for (StateItem& item : call.items) {
    if (item.key.empty()) return fail(Code::kInvalidArgument, "state key cannot be empty");
    auto key = (*state)->key(item.key);
    if (!key) return std::unexpected(std::move(key.error()));
    item.key = *std::move(key);
    if (metadata_value(item, "contentType") != "application/json") continue;
    const auto json = parse_json(item.value);
    if (!json) return fail(Code::kUnknown, "the value is declared as JSON but is not JSON");
    item.value = write_json(*json, GoNumbers::kFloat64);
  }
  auto done = each(call.items, [&](const StateItem& item) { return (*state)->store->set(item); });
  if (done) return done;
  return told("failed saving state in state store " + call.store, done.error());
}

Result<void> Stores::remove(DeleteState call) const {
  const auto state = this->state(call.store);
  if (!state) return std::unexpected(state.error());
  auto key = (*state)->key(call.item.key);
  if (!key) return std::unexpected(std::move(key.error()));
  const std::string asked = std::exchange(call.item.key, *std::move(key));
  auto done = (*state)->store->remove(call.item);
  if (done) return done;
  return told("failed deleting state with key " + asked, done.error());
}

Result<void> Stores::remove_bulk(StateItems call) const {
  const auto state = this->state(call.store);
  if (!state) return std::unexpected(state.error());
  for (StateItem& item : call.items) {
    auto key = (*state)->key(item.key);
    if (!key) return std::unexpected(std::move(key.error()));
    item.key = *std::move(key);
  }
  auto done =
      each(call.items, [&](const StateItem& item) { return (*state)->store->remove(item); });
  if (done) return done;
  return told("failed deleting state in state store " + call.store, done.error());
}

Result<void> Stores::transact(StateTransaction call) const {
  const auto state = this->state(call.store);
  if (!state) return std::unexpected(state.error());
  for (StateOperation& operation : call.operations) {
    auto key = (*state)->key(operation.item.key);
    if (!key) return std::unexpected(std::move(key.error()));
    operation.item.key = *std::move(key);
    if (operation.type != "upsert" && operation.type != "delete") {
      return fail(Code::kUnimplemented, "operation type " + operation.type + " not supported");
    }
  }
  auto done = (*state)->store->transact(call.operations);
  if (done) return done;
  return told("error while executing state transaction", done.error(), Code::kInternal);
}

Result<Secret> Stores::secret(const GetSecret& call) const {
  const auto store = secret_store(call.store);
  if (!store) return std::unexpected(store.error());
  auto secret = (*store)->get(call.key);
  if (secret) return secret;
  return told("failed getting secret with key " + call.key + " from secret store " + call.store,
              secret.error(), Code::kInternal);
}

Result<std::vector<Secret>> Stores::secrets(const GetBulkSecret& call) const {
  const auto store = secret_store(call.store);
  if (!store) return std::unexpected(store.error());
  return (*store)->all();
}

}  // namespace ofn::localdapr
