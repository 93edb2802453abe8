#include "localdapr/memory/memory_state.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "localdapr/go/rfc3339.h"

namespace ofn::localdapr {
namespace {

constexpr std::chrono::seconds kCleaning(1);  // daprd's

// Returns the time to live; zero means for ever, and so does a negative number. Spec: strconv.Atoi.
Result<std::chrono::seconds> time_to_live(const StateItem& item) {
  std::string_view text = metadata_value(item, "ttlInSeconds");
  if (text.empty()) return std::chrono::seconds(0);
  std::string_view digits = text;
  if (digits.starts_with('+') && digits.size() > 1 && digits[1] != '-') digits.remove_prefix(1);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error == std::errc::result_out_of_range || end != digits.data() + digits.size() ||
      error != std::errc()) {
    std::string message = "strconv.Atoi: parsing ";
    append_go_json(message, text);
    message +=
        error == std::errc::result_out_of_range ? ": value out of range" : ": invalid syntax";
    return fail(Code::kInternal, std::move(message));
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kLongestTimeToLive));
}

}  // namespace

const MemoryState::Entry* MemoryState::find(const std::string& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

std::string MemoryState::loses() {
  const std::scoped_lock lock(mutex_);
  forget_expired();
  if (entries_.empty()) return {};
  return entries_.size() == 1 ? "1 value" : std::to_string(entries_.size()) + " values";
}

Result<StateValue> MemoryState::get(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const Entry* entry = find(key);
  if (entry == nullptr || clock_.system_now() > entry->expires) return StateValue{};
  StateValue value{.data = entry->data, .etag = entry->etag};
  if (entry->expires != SystemTime::max()) {
    value.metadata.push_back({"ttlExpireTime", rfc3339(entry->expires)});
  }
  return value;
}

Result<void> MemoryState::check_etag(const StateItem& item) const {
  if (!has_etag(item)) {
    if (item.concurrency == Concurrency::kFirstWrite && find(item.key) != nullptr) {
      return etag_mismatch("item already exists and no etag was passed");
    }
    return {};
  }
  const Entry* entry = find(item.key);
  if (entry == nullptr) return etag_mismatch("state not exist or expired for key=" + item.key);
  if (entry->etag == *item.etag) return {};
  return etag_mismatch("state etag not match for key=" + item.key + ": current=" + entry->etag +
                       ", expect=" + *item.etag);
}

void MemoryState::store(const StateItem& item, std::chrono::seconds time_to_live) {
  entries_[item.key] = {
      .data = item.value,
      .etag = uuid4(random_),
      .expires = time_to_live.count() > 0 ? clock_.system_now() + time_to_live : SystemTime::max()};
}

// Runs as often as daprd's background task, because an etag is compared also with an expired key
// that is still stored.
void MemoryState::forget_expired() {
  const SystemTime now = clock_.system_now();
  if (now < next_cleaning_) return;
  next_cleaning_ = now + kCleaning;
  std::erase_if(entries_, [now](const auto& entry) { return now > entry.second.expires; });
}

Result<void> MemoryState::set(const StateItem& item) {
  const StateOperation operation{.type = "upsert", .item = item};
  return transact({&operation, 1});
}

Result<void> MemoryState::remove(const StateItem& item) {
  const StateOperation operation{.type = "delete", .item = item};
  return transact({&operation, 1});
}

Result<void> MemoryState::transact(std::span<const StateOperation> operations) {
  std::vector<std::chrono::seconds> lives;
  for (const StateOperation& operation : operations) {
    const auto life =
        operation.type == "upsert" ? time_to_live(operation.item) : Result<std::chrono::seconds>();
    if (!life) return std::unexpected(life.error());
    lives.push_back(*life);
  }
  const std::scoped_lock lock(mutex_);
  forget_expired();
  for (const StateOperation& operation : operations) {
    if (auto checked = check_etag(operation.item); !checked) return checked;
  }
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].type == "upsert") {
      store(operations[i].item, lives[i]);
    } else {
      entries_.erase(operations[i].item.key);
    }
  }
  return {};
}

}  // namespace ofn::localdapr
