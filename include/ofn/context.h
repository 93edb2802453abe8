// The OpenFunction form: the same function over HTTP and over Dapr inputs.
//
//   ofn::Out process(ofn::Context& context, ofn::Bytes data) {
//     const auto sent = context.send("archive", data, {.metadata = {{"fileName", "a.txt"}}});
//     if (!sent) return ofn::Out::error(sent.error());
//     return ofn::Out::success("stored " + std::to_string(data.size()) + " bytes");
//   }
//
// A Context may also be the first argument of an http or cloudevent function:
//   ofn::Response f(ofn::Context&, const ofn::Request&), void f(ofn::Context&, const ofn::CloudEvent&)
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ofn/cloud_event.h>
#include <ofn/failure.h>
#include <ofn/field.h>
#include <ofn/lazy.h>
#include <ofn/request.h>
#include <ofn/stores.h>
#include <ofn/task.h>

namespace ofn {

// The data of a call: bytes, zero bytes included. Borrowed until the function returns.
using Bytes = std::string_view;

class Plugin;

// The answer of an OpenFunction function. A value.
//
// Code 200 is success, any other code a failure: nothing is sent to the outputs, a delivery is not
// acknowledged, and X-OpenFunction-Status is `error`. Over HTTP the data is the body and the code
// the status; a code that is no status of failure (400 to 599) is answered as 500.
// Under the runtime Knative the data of a success goes to every output of the context by itself;
// an Out without data sends nothing, and under Async only the function itself sends.
// Metadata that means something:
//   content-type    of the data
//   forward=false   the data is for the caller only
//   retry=false     on a failed delivery of a topic: drop it instead of asking for it again
class [[nodiscard("an Out that is not returned tells nobody: return it")]] Out {
 public:
  static constexpr int kSuccess = 200;
  static constexpr int kError = 500;

  // Success without data.
  Out() = default;
  // NOLINTBEGIN(google-explicit-constructor): data converts, so that `return "done";` works.
  OFN_INTERNAL_LAZY Out(std::string data) noexcept : data_(std::move(data)) {}
  OFN_INTERNAL_LAZY Out(std::string_view data) : data_(data) {}
  OFN_INTERNAL_LAZY Out(const char* data) : data_(data) {}
  // NOLINTEND(google-explicit-constructor)

  OFN_INTERNAL_LAZY static Out success(std::string data = {}) { return {std::move(data)}; }
  // `message` is what an HTTP caller reads.
  OFN_INTERNAL_LAZY static Out error(std::string message, int code = kError) {
    return Out(std::move(message)).code(code);
  }

  int code() const noexcept { return code_; }
  Out& code(int code) & noexcept {
    code_ = code;
    return *this;
  }
  OFN_INTERNAL_LAZY [[nodiscard]] Out&& code(int code) && noexcept {
    return std::move(this->code(code));
  }
  bool ok() const noexcept { return code_ == kSuccess; }

  const std::string& data() const& noexcept { return data_; }
  OFN_INTERNAL_LAZY std::string&& data() && noexcept { return std::move(data_); }
  OFN_INTERNAL_LAZY Out& data(std::string bytes) & noexcept {
    data_ = std::move(bytes);
    return *this;
  }
  OFN_INTERNAL_LAZY [[nodiscard]] Out&& data(std::string bytes) && noexcept {
    return std::move(data(std::move(bytes)));
  }

  const std::vector<Header>& metadata() const noexcept { return metadata_; }
  // The first value of that key (ASCII case does not count), or null.
  OFN_INTERNAL_LAZY const std::string* find(std::string_view key) const noexcept {
    for (const Header& entry : metadata_) {
      if (same_field_name(entry.name, key)) return &entry.value;
    }
    return nullptr;
  }
  // Sets one entry, replacing an earlier one of that key.
  OFN_INTERNAL_LAZY Out& with(std::string key, std::string value) & {
    std::erase_if(metadata_, [&](const Header& entry) { return same_field_name(entry.name, key); });
    metadata_.push_back({std::move(key), std::move(value)});
    return *this;
  }
  OFN_INTERNAL_LAZY [[nodiscard]] Out&& with(std::string key, std::string value) && {
    return std::move(with(std::move(key), std::move(value)));
  }

 private:
  int code_ = kSuccess;
  std::string data_;
  std::vector<Header> metadata_;
};

// One input, output or state store that the function's context declares.
// Lifetime: as long as the program.
struct Component {
  std::string_view name{};       // the user's name for it
  std::string_view alias{};      // its other name, where the two schemas differ; empty: none
  std::string_view component{};  // Dapr's name for it, often made by the platform
  std::string_view type{};       // "bindings.mqtt3", "pubsub.redis", "state.sqlite"; may be empty
  std::string_view topic{};      // of a pubsub; else empty
  std::string_view operation{};  // of a binding; else empty
  std::span<const Field> metadata{};
  bool triggers = false;  // an input that makes the function run, not one that it may only fetch
};

// How one send differs from what the context declares. Borrowed until send() returns.
struct SendOptions {
  std::vector<Header> metadata = {};   // beside the output's own; the same key replaces it
  std::string_view operation = {};     // of a binding, instead of the output's; topics have none
  std::string_view content_type = {};  // of the data, for topics
};

// The result of one send to one output.
struct SendResult {
  std::string output;              // its name
  std::optional<Failure> failure;  // none: the sidecar has confirmed it
  std::string data;                // a binding's answer; empty for a topic
  std::vector<Header> metadata;    // of that answer
};

// The results of a send: look at it, or call check(). A send that failed is the function's to handle:
// the invocation fails when the function says so.
class [[nodiscard("a send may fail: look at its report, or call check()")]] SendReport {
 public:
  SendReport() = default;
  OFN_INTERNAL_LAZY explicit SendReport(std::vector<SendResult> results)
      : results_(std::move(results)) {}

  // Returns true if every output has confirmed.
  OFN_INTERNAL_LAZY bool ok() const noexcept {
    for (const SendResult& result : results_) {
      if (result.failure) return false;
    }
    return true;
  }
  OFN_INTERNAL_LAZY explicit operator bool() const noexcept { return ok(); }
  // One for each output, in the order of the context.
  const std::vector<SendResult>& results() const noexcept { return results_; }
  // The first output's answer: of a send to one.
  OFN_INTERNAL_LAZY std::string_view data() const noexcept {
    return results_.empty() ? std::string_view() : std::string_view(results_.front().data);
  }
  // "CODE: message" of each that failed; empty when none has.
  OFN_INTERNAL_LAZY std::string error() const {
    std::string text;
    for (const SendResult& result : results_) {
      if (!result.failure) continue;
      if (!text.empty()) text += "; ";
      text += code_name(result.failure->code);
      text += ": ";
      text += result.failure->message;
    }
    return text;
  }
  // Throws FailureError unless ok().
  OFN_INTERNAL_LAZY void check() const {
    for (const SendResult& result : results_) {
      if (result.failure) throw FailureError({result.failure->code, error()});
    }
  }

 private:
  std::vector<SendResult> results_;
};

namespace abi {

struct ActivePlugin {
  std::string_view name{};
  Plugin* plugin = nullptr;  // null where it could not be made
};

// The facts of a call that its Context tells. Views are valid until the call returns.
struct ContextFacts {
  std::string_view function{};  // as it is registered
  std::string_view name{};      // of the context; empty without one
  std::string_view version{};
  std::string_view runtime{};
  std::span<const Component> inputs{};
  std::span<const Component> outputs{};
  std::span<const Component> states{};
  std::span<const ActivePlugin> plugins{};
  const Component* input = nullptr;
  Bytes data{};
  std::string_view content_type{};
  std::span<const Field> metadata{};
  const Request* request = nullptr;
  const CloudEvent* event = nullptr;
  std::string_view id{};
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::stop_token stop{};
};

// The operations of a Context, done by the host. Threads: those of Context. None of them throws.
struct ContextTable {
  // `output` null: all of them.
  void (*send)(void* host, const std::string_view* output, Bytes data, const SendOptions& options,
               SendReport& report);
  void (*ask)(void* host, const StoreCall& call, StoreAnswer& answer,
              std::optional<Failure>& failure);
};

}  // namespace abi

namespace internal {

template <class T>
Reply<T> reply_of(StoreAnswer answer, std::optional<Failure> failure) {
  if (failure) return *std::move(failure);
  if constexpr (std::same_as<T, Done>) {
    return Done();
  } else {
    return std::get<T>(std::move(answer));
  }
}

// The type of the answer to a call of a store.
template <class Call>
struct AnswerOf {
  using Type = Done;
};
template <>
struct AnswerOf<GetState> {
  using Type = StateValue;
};
template <>
struct AnswerOf<GetBulkState> {
  using Type = std::vector<StateValue>;
};
template <>
struct AnswerOf<GetSecret> {
  using Type = Secret;
};
template <>
struct AnswerOf<GetBulkSecret> {
  using Type = std::vector<Secret>;
};
template <>
struct AnswerOf<InvokeService> {
  using Type = InvokeReply;
};

struct [[nodiscard("nothing is sent until it is awaited: co_await it")]] Sending : Operation {
  OFN_INTERNAL_LAZY Sending(std::optional<std::string_view> output_of_it, Bytes bytes,
                            const SendOptions* options_of_it)
      : output(output_of_it), data(bytes), options(options_of_it) {}
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> waits) {
    const abi::Tasks& tasks = *waits.promise().tasks;
    tasks.table->send(tasks.host, output ? &*output : nullptr, data, options, report,
                      waits.address());
  }
  OFN_INTERNAL_LAZY SendReport await_resume() { return std::move(report); }
  std::optional<std::string_view> output;
  Bytes data;
  const SendOptions* options;
  SendReport report;
};

template <class T>
struct [[nodiscard("nothing is asked until it is awaited: co_await it")]] Asking : Operation {
  explicit Asking(StoreCall asked) : call(std::move(asked)) {}
  template <std::derived_from<Promise> P>
  void await_suspend(std::coroutine_handle<P> waits) {
    const abi::Tasks& tasks = *waits.promise().tasks;
    tasks.table->ask(tasks.host, call, answer, failure, waits.address());
  }
  Reply<T> await_resume() { return reply_of<T>(std::move(answer), std::move(failure)); }
  StoreCall call;
  StoreAnswer answer;
  std::optional<Failure> failure;
};

}  // namespace internal

// One call of a function: where it came from, what surrounds it, and the way to the sidecar.
//
// Lifetime: until the function returns, with every view that it hands out.
// Threads: any may use it, also several at once, while the function runs.
// Cost: reading is free. What goes to the sidecar blocks the calling thread until the sidecar has
//   answered or the deadline has passed; functions that take a Context therefore run on a thread
//   where they may block.
class Context {
 public:
  Context(const abi::ContextTable& table, void* host, const abi::ContextFacts& facts) noexcept
      : table_(&table), host_(host), facts_(&facts) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() = default;

  // The function's name, and the name and version of its context (FUNC_CONTEXT; empty without one).
  std::string_view function() const noexcept { return facts_->function; }
  std::string_view name() const noexcept { return facts_->name; }
  std::string_view version() const noexcept { return facts_->version; }
  // "Knative", "Async", or "none" without a context.
  std::string_view runtime() const noexcept { return facts_->runtime; }

  // The components that the context declares. Inputs that trigger the function come before those to fetch.
  std::span<const Component> inputs() const noexcept { return facts_->inputs; }
  std::span<const Component> outputs() const noexcept { return facts_->outputs; }
  std::span<const Component> states() const noexcept { return facts_->states; }

  // The input that the data came from; null over HTTP.
  const Component* input() const noexcept { return facts_->input; }
  // The data of this call: the HTTP body, the event's data, or what the input delivered.
  Bytes data() const noexcept { return facts_->data; }
  // Its content type; empty if unknown.
  std::string_view content_type() const noexcept { return facts_->content_type; }
  // The metadata of a delivery: the binding's metadata, a topic's extensions. Over HTTP: the headers.
  std::span<const Field> metadata() const noexcept { return facts_->metadata; }
  // The HTTP request behind the call; null for a delivery.
  const Request* request() const noexcept { return facts_->request; }
  // The CloudEvent behind the call: of a cloudevent function, of a delivery from a topic; else null.
  const CloudEvent* event() const noexcept { return facts_->event; }

  // The call's id, as in the logs.
  std::string_view id() const noexcept { return facts_->id; }
  // When the caller is given up on, whatever the function still does; time_point::max(): never.
  std::chrono::steady_clock::time_point deadline() const noexcept { return facts_->deadline; }
  // Requested when the deadline passes, the caller goes away, or the server gives up draining. What is
  // hung on it runs beside the function: see Request::stop_token().
  const std::stop_token& stop_token() const noexcept { return facts_->stop; }

  // This call's instance of a plugin: see <ofn/plugin.h>.
  template <class P>
  P* plugin(std::string_view name) const noexcept;

  // Sends to every output of the context, at once; bindings with the output's operation.
  // Errors: FAILED_PRECONDITION when there is none.
  OFN_INTERNAL_LAZY SendReport send(Bytes data) { return send(nullptr, data, {}); }
  // Sends to the output of that name, either schema's. Bytes go as they are.
  // Errors: NOT_FOUND, listing the known names; UNAVAILABLE when the sidecar cannot be reached;
  //   DEADLINE_EXCEEDED; what else the sidecar answers.
  OFN_INTERNAL_LAZY SendReport send(std::string_view output, Bytes data,
                                    const SendOptions& options = {}) {
    return send(&output, data, options);
  }

  // State stores, secret stores and other apps, by Dapr's API (docs.dapr.io/reference/api). A state
  // store goes by its name in the context or by its component's name; secret stores and apps are not
  // declared. The keys are Dapr's to prefix.
  // Errors, of all of them: UNAVAILABLE when the sidecar cannot be reached; DEADLINE_EXCEEDED; what
  //   else the sidecar answers: INVALID_ARGUMENT for a store that it does not have, ABORTED for an
  //   etag that is no longer the stored one.
  // Cost: one call of the sidecar each; the calling thread blocks. Nothing is tried again.

  // A key that the store does not have is an answer without an etag.
  OFN_INTERNAL_LAZY Reply<StateValue> get_state(GetState call) {
    return ask<StateValue>(std::move(call));
  }
  OFN_INTERNAL_LAZY Reply<StateValue> get_state(std::string store, std::string key) {
    return get_state({.store = std::move(store), .key = std::move(key)});
  }
  // A key that cannot be read is told in its value's `error`.
  OFN_INTERNAL_LAZY Reply<std::vector<StateValue>> get_states(GetBulkState call) {
    return ask<std::vector<StateValue>>(std::move(call));
  }
  OFN_INTERNAL_LAZY Reply<Done> save_states(StateItems call) { return done(std::move(call)); }
  OFN_INTERNAL_LAZY Reply<Done> save_state(std::string store, StateItem item) {
    return save_states({.store = std::move(store), .items = {std::move(item)}});
  }
  // Deleting a key that does not exist succeeds.
  OFN_INTERNAL_LAZY Reply<Done> delete_state(DeleteState call) { return done(std::move(call)); }
  OFN_INTERNAL_LAZY Reply<Done> delete_state(std::string store, std::string key) {
    return delete_state({.store = std::move(store), .item = {.key = std::move(key)}});
  }
  OFN_INTERNAL_LAZY Reply<Done> delete_states(StateItems call) {
    return done(DeleteBulkState{std::move(call)});
  }
  OFN_INTERNAL_LAZY Reply<Done> transact_state(StateTransaction call) {
    return done(std::move(call));
  }

  OFN_INTERNAL_LAZY Reply<Secret> get_secret(GetSecret call) {
    return ask<Secret>(std::move(call));
  }
  OFN_INTERNAL_LAZY Reply<Secret> get_secret(std::string store, std::string key) {
    return get_secret({.store = std::move(store), .key = std::move(key)});
  }
  OFN_INTERNAL_LAZY Reply<std::vector<Secret>> get_secrets(GetBulkSecret call) {
    return ask<std::vector<Secret>>(std::move(call));
  }

  // Calls a method of another app.
  OFN_INTERNAL_LAZY Reply<InvokeReply> invoke(InvokeService call) {
    return ask<InvokeReply>(std::move(call));
  }

  // The same to be awaited by a task (<ofn/task.h>), which holds no thread meanwhile:
  //   const ofn::SendReport sent = co_await context.async_send("archive", data);
  //   const ofn::GetState get{.store = "cache", .key = "a"};
  //   const ofn::Reply<ofn::StateValue> value = co_await context.async_ask(get);
  // What is passed lives until it is done. Options and calls have names of their own, since GCC 12
  // destroys such temporaries of an awaited expression twice (GCC bug 99576).
  OFN_INTERNAL_LAZY auto async_send(Bytes data) {
    return internal::Sending(std::nullopt, data, nullptr);
  }
  OFN_INTERNAL_LAZY auto async_send(std::string_view output, Bytes data) {
    return internal::Sending(output, data, nullptr);
  }
  OFN_INTERNAL_LAZY auto async_send(std::string_view output, Bytes data,
                                    const SendOptions& options) {
    return internal::Sending(output, data, &options);
  }
  void async_send(std::string_view output, Bytes data, SendOptions&& options) = delete;
  template <class Call>
    requires std::convertible_to<Call, StoreCall>
  auto async_ask(const Call& call) {
    return internal::Asking<typename internal::AnswerOf<Call>::Type>(call);
  }
  template <class Call>
  void async_ask(const Call&& call) = delete;

 private:
  template <class T>
  Reply<T> ask(StoreCall call) {
    StoreAnswer answer;
    std::optional<Failure> failure;
    table_->ask(host_, call, answer, failure);
    return internal::reply_of<T>(std::move(answer), std::move(failure));
  }
  OFN_INTERNAL_LAZY Reply<Done> done(StoreCall call) { return ask<Done>(std::move(call)); }
  OFN_INTERNAL_LAZY SendReport send(const std::string_view* output, Bytes data,
                                    const SendOptions& options) {
    SendReport report;
    table_->send(host_, output, data, options, report);
    return report;
  }

  const abi::ContextTable* table_;
  void* host_;
  const abi::ContextFacts* facts_;
};

}  // namespace ofn
