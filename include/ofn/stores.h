// The calls to a sidecar through a Context, and their answers: state, secrets, other apps, jobs,
// sends of many items. Plain values.
//
//   StateItems{.store = "cart", .items = {{.key = "7", .value = "{}", .etag = "a1"}}}
//
// Spec: https://docs.dapr.io/reference/api/state_api/
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <ofn/failure.h>
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

// How a job goes on after a call of the function that failed.
struct JobRetries {
  // 0: it is not called again until its next time. Not set: until it succeeds.
  std::optional<std::uint32_t> most{};
  std::chrono::seconds interval{1};  // between two calls
};

// A job: data that the sidecar brings to this app at certain times, with the request
// POST /job/NAME. It has a schedule or a due time, or both.
// Spec: https://docs.dapr.io/reference/api/jobs_api/
struct Job {
  std::string name{};  // without '|'
  // "@every 5m", "@daily", or six fields of cron, with the seconds first: "0 30 3 * * *".
  std::string schedule{};
  std::string due_time{};  // the first or only time: "10s", "2026-12-24T18:00:00Z"
  std::string ttl{};       // when the job ends, in the same forms
  // How often it is due. If not set, as long as it lives.
  std::optional<std::uint32_t> repeats{};
  std::string data{};                   // any bytes; over HTTP daprd removes blanks at both ends
  std::optional<JobRetries> retries{};  // not set: Dapr's default
};

// Without `overwrite` a job of that name must not exist.
struct ScheduleJob {
  Job job{};
  bool overwrite = false;
};
struct GetJob {
  std::string name{};
};
struct DeleteJob {
  std::string name{};
};

// One of many items for one output. Borrowed until the send has ended.
struct SendItem {
  std::string_view data{};          // any bytes
  std::string_view content_type{};  // for topics
  std::vector<Header> metadata{};   // added to the output's own; the same key replaces it
};

// The result of one send to one output.
struct SendResult {
  std::string output{};              // its name
  std::optional<Failure> failure{};  // not set if the sidecar has confirmed the data
  std::string data{};                // the binding's answer; empty for a topic
  std::vector<Header> metadata{};    // of the answer
};

// Sends many items to one output. The answer has one result for each item, in their order, or only
// one if there is no such output.
//
// Items for a topic go together (Dapr's BulkPublishEventAlpha1), up to 1,000 items and 3 MiB in one
// call, and one call after the other. Items for a binding go one after the other, and so do those
// for a topic if the sidecar does not know that call. Each item for a topic has a `cloudevent.id`
// of its own. A call that certainly never reached a handler is tried again, as in send(). If a call
// fails as a whole, all its items count as failed, although some may have arrived.
// Metadata that concerns a call as a whole, such as `rawPayload`, must be the same for all items.
struct SendAll {
  std::string output{};
  std::span<const SendItem> items{};
};

// Any of these calls. StateItems means saving the items.
using StoreCall =
    std::variant<GetState, GetBulkState, StateItems, DeleteState, DeleteBulkState, StateTransaction,
                 GetSecret, GetBulkSecret, InvokeService, SendAll, ScheduleJob, GetJob, DeleteJob>;
// The answer; monostate if the call has no result.
using StoreAnswer = std::variant<std::monostate, StateValue, std::vector<StateValue>, Secret,
                                 std::vector<Secret>, InvokeReply, std::vector<SendResult>, Job>;

}  // namespace ofn
