// What a sidecar's stores are asked through a Context, and what they answer: state, secrets, other
// apps. Plain values.
//
//   StateItems{.store = "cart", .items = {{.key = "7", .value = "{}", .etag = "a1"}}}
//
// Spec: https://docs.dapr.io/reference/api/state_api/
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ofn/field.h>

namespace ofn {

enum class Concurrency : std::uint8_t { kUnspecified, kFirstWrite, kLastWrite };
enum class Consistency : std::uint8_t { kUnspecified, kEventual, kStrong };

// One key of a state store: to be saved, or, without its value, to be deleted.
struct StateItem {
  std::string key{};
  std::string value{};  // any bytes
  // Save or delete only what still has this version; absent: whatever is there.
  std::optional<std::string> etag{};
  std::vector<Header> metadata{};  // "ttlInSeconds"
  Concurrency concurrency = Concurrency::kUnspecified;
  Consistency consistency = Consistency::kUnspecified;
};

// The value that a state store holds for a key. Without an etag it holds nothing.
struct StateValue {
  std::string key{};  // of a bulk answer
  std::string data{};
  std::string etag{};
  std::string error{};  // of a bulk answer: why this key could not be read
  std::vector<Header> metadata{};
};

struct GetState {
  std::string store{};
  std::string key{};
  Consistency consistency = Consistency::kUnspecified;
  std::vector<Header> metadata{};
};

struct GetBulkState {
  std::string store{};
  std::vector<std::string> keys{};
  std::int32_t parallelism = 0;  // how many keys a store reads at once; 0: its own choice
  std::vector<Header> metadata{};
};

// To be saved.
struct StateItems {
  std::string store{};
  std::vector<StateItem> items{};
};

struct DeleteState {
  std::string store{};
  StateItem item{};
};

struct StateOperation {
  std::string type{};  // "upsert" or "delete"
  StateItem item{};
};

// The same to be deleted.
struct DeleteBulkState {
  StateItems items{};
};

// All of them, or none.
struct StateTransaction {
  std::string store{};
  std::vector<StateOperation> operations{};
  std::vector<Header> metadata{};
};

struct GetSecret {
  std::string store{};
  std::string key{};
  std::vector<Header> metadata{};
};

struct GetBulkSecret {
  std::string store{};
  std::vector<Header> metadata{};
};

// A secret's entries, names with values; a plain secret has one, of its own name.
struct Secret {
  std::string name{};  // of a bulk answer
  std::vector<Header> entries{};
};

// A call of another app's method. Answered with InvokeReply.
struct InvokeService {
  std::string app_id{};
  std::string method{};  // "orders/7"
  std::string data{};
  std::string content_type{};
  std::string verb{};   // "GET", … for an app that speaks HTTP; empty: none given
  std::string query{};  // "a=1&b=2"
};

struct InvokeReply {
  std::string data{};
  std::string content_type{};
};

// One call of any of them. StateItems are to be saved.
using StoreCall = std::variant<GetState, GetBulkState, StateItems, DeleteState, DeleteBulkState,
                               StateTransaction, GetSecret, GetBulkSecret, InvokeService>;
// Its answer: monostate if the only answer is that it was done.
using StoreAnswer = std::variant<std::monostate, StateValue, std::vector<StateValue>, Secret,
                                 std::vector<Secret>, InvokeReply>;

}  // namespace ofn
