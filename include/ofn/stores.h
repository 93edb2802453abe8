// The calls to a sidecar's stores through a Context, and their answers: state, secrets, other apps.
// Plain values.
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

// One key of a state store, to save or, without its value, to delete.
struct StateItem {
  std::string key{};
  std::string value{};  // any bytes
  // Save or delete only if the stored value still has this version. If not set, do it in any case.
  std::optional<std::string> etag{};
  std::vector<Header> metadata{};  // "ttlInSeconds"
  Concurrency concurrency = Concurrency::kUnspecified;
  Consistency consistency = Consistency::kUnspecified;
};

// The value that a state store has for a key. If it has no etag, the store does not have the key.
struct StateValue {
  std::string key{};  // only in a bulk answer
  std::string data{};
  std::string etag{};
  std::string error{};  // only in a bulk answer: why this key could not be read
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
  std::int32_t parallelism = 0;  // how many keys the store reads at once; 0 lets the store choose
  std::vector<Header> metadata{};
};

// The items to save.
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

// The items to delete.
struct DeleteBulkState {
  StateItems items{};
};

// Does all operations or none.
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

// A secret's entries: names with values. A plain secret has one entry, with its own name.
struct Secret {
  std::string name{};  // only in a bulk answer
  std::vector<Header> entries{};
};

// A call of another app's method. The answer is an InvokeReply.
struct InvokeService {
  std::string app_id{};
  std::string method{};  // "orders/7"
  std::string data{};
  std::string content_type{};
  std::string verb{};   // "GET", … for an app over HTTP; may be empty
  std::string query{};  // "a=1&b=2"
};

struct InvokeReply {
  std::string data{};
  std::string content_type{};
};

// Any of these calls. StateItems means saving the items.
using StoreCall = std::variant<GetState, GetBulkState, StateItems, DeleteState, DeleteBulkState,
                               StateTransaction, GetSecret, GetBulkSecret, InvokeService>;
// The answer; monostate if the call has no result.
using StoreAnswer = std::variant<std::monostate, StateValue, std::vector<StateValue>, Secret,
                                 std::vector<Secret>, InvokeReply>;

}  // namespace ofn
