#include "invocation/context_host.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "os/end_forked_child.h"

namespace ofn {

namespace {

// Starts something on the loop, and waits for what it gives to its callback.
template <class T, class Start>
T wait_on(Loop& loop, NestedLoop* nested, Start start) {
  os::end_forked_child();  // it has no loop to wait for
  if (nested == nullptr) loop.release();
  struct {
    std::mutex mutex;
    std::condition_variable given;
    std::optional<T> value;
  } slot;
  loop.post([&slot, &start] {
    start([&slot](T value) {
      const std::lock_guard lock(slot.mutex);
      slot.value.emplace(std::move(value));
      slot.given.notify_one();  // under the lock: the slot is gone when it is released
    });
  });
  if (nested != nullptr) {
    nested->serve_until([&slot] {
      const std::lock_guard lock(slot.mutex);
      return slot.value.has_value();
    });
  }
  std::unique_lock lock(slot.mutex);
  slot.given.wait(lock, [&slot] { return slot.value.has_value(); });
  return *std::move(slot.value);
}

template <class Call>
std::string* store_of(Call& call) {
  if constexpr (std::is_same_v<Call, DeleteBulkState>) {
    return &call.items.store;
  } else if constexpr (requires { call.store; }) {
    return &call.store;
  } else {
    return nullptr;
  }
}

SendReport failed(std::string_view output, Code code, std::string message) {
  std::vector<SendResult> results(1);
  results.front().output = output;
  results.front().failure = Failure{code, std::move(message)};
  return SendReport(std::move(results));
}

std::vector<SendResult> results_of(DeliveryReport report) {
  std::vector<SendResult> results;
  results.reserve(report.results.size());
  for (OutputResult& each : report.results) {
    SendResult& result = results.emplace_back();
    result.output = each.output->name;
    if (each.reply) {
      result.data = std::move(each.reply->data);
      result.metadata = std::move(each.reply->metadata);
    } else {
      result.failure = Failure{each.reply.error().code(),
                               each.output->label() + ": " + each.reply.error().text()};
    }
  }
  return results;
}

}  // namespace

const abi::ContextTable ContextHost::kTable = {
    .send =
        [](void* host, const std::string_view* output, Bytes data, const SendOptions& options,
           SendReport& report) {
          auto& self = *static_cast<ContextHost*>(host);
          Payload payload = self.payload(data, options);
          report = wait_on<SendReport>(self.loop_, self.nested_, [&](SendDone done) {
            self.send(output, std::move(payload), options, std::move(done));
          });
        },
    .ask =
        [](void* host, const StoreCall& call, StoreAnswer& answer,
           std::optional<Failure>& failure) {
          auto& self = *static_cast<ContextHost*>(host);
          const auto* all = std::get_if<SendAll>(&call);
          std::vector<BulkItem> items;
          if (all != nullptr) items = self.items_of(*all);
          take_answer(wait_on<StoreResult>(self.loop_, self.nested_,
                                           [&](StoreDone done) {
                                             if (all == nullptr)
                                               return self.ask(call, std::move(done));
                                             self.send_all(all->output, std::move(items),
                                                           std::move(done));
                                           }),
                      answer, failure);
        }};

void take_answer(StoreResult result, StoreAnswer& answer, std::optional<Failure>& failure) {
  if (result) {
    answer = *std::move(result);
  } else {
    failure = Failure{result.error().error.code(), result.error().error.text()};
  }
}

void ContextHost::ask(StoreCall call, StoreDone done) {
  if (stores_ == nullptr) {
    return done(std::unexpected(
        SidecarError{Error(Code::kFailedPrecondition, "no sidecar is configured")}));
  }
  // The user's name of a declared state store stands for its component.
  std::visit(
      [this](auto& each) {
        if (std::string* store = store_of(each)) {
          for (const State& state : context_.states) {
            if (state.name == *store) *store = std::string(state.component);
          }
        }
      },
      call);
  const SidecarOptions options{.deadline = options_.deadline,
                               .traceparent = options_.traceparent,
                               .tracestate = options_.tracestate,
                               .baggage = options_.baggage};
  stores_->ask(call, options, std::move(done));
}

std::string ContextHost::no_such_output(std::string_view output) const {
  const std::string known = context_.output_names();
  log_.write(Level::kWarning, "no such output",
             CallFields(options_.ids()).add("output", output).add("known", known).span());
  return "no output is named \"" + std::string(output) + "\"; the outputs are " + known;
}

std::vector<BulkItem> ContextHost::items_of(const SendAll& call) const {
  std::vector<BulkItem> items;
  items.reserve(call.items.size());
  for (const SendItem& item : call.items) {
    items.push_back(
        {.payload = payload_of(item.data, item.content_type, context_), .metadata = item.metadata});
  }
  return items;
}

void ContextHost::send_all(const std::string& output, std::vector<BulkItem> items, StoreDone done) {
  const Output* only = context_.find_output(output);
  if (only == nullptr || outputs_ == nullptr) {
    std::vector<SendResult> results(1);
    results.front().output = output;
    results.front().failure = only == nullptr
                                  ? Failure{Code::kNotFound, no_such_output(output)}
                                  : Failure{Code::kFailedPrecondition, "no sidecar is configured"};
    return done(StoreAnswer(std::move(results)));
  }
  DeliveryOptions delivery = options_;
  delivery.only = only;
  auto kept = std::make_unique<const std::vector<BulkItem>>(std::move(items));
  const std::span<const BulkItem> all(*kept);
  outputs_->deliver_all(
      all, delivery,
      [kept = std::move(kept), done = std::move(done)](DeliveryReport report) mutable {
        done(StoreAnswer(results_of(std::move(report))));
      });
}

void ContextHost::send(const std::string_view* output, Payload payload, const SendOptions& options,
                       SendDone done) {
  const Output* only = output == nullptr ? nullptr : context_.find_output(*output);
  if (output != nullptr && only == nullptr) {
    return done(failed(*output, Code::kNotFound, no_such_output(*output)));
  }
  if (outputs_ == nullptr || context_.outputs.empty()) {
    log_.write(Level::kWarning, "nothing was sent",
               CallFields(options_.ids()).add("reason", "the context declares no outputs").span());
    return done(failed({}, Code::kFailedPrecondition, "the context declares no outputs"));
  }
  DeliveryOptions delivery = options_;
  delivery.only = only;
  delivery.operation = options.operation;
  delivery.metadata = options.metadata;
  auto kept = std::make_unique<const Payload>(std::move(payload));
  const std::span<const Payload> payloads(kept.get(), 1);
  outputs_->deliver(
      payloads, delivery,
      [kept = std::move(kept), done = std::move(done)](DeliveryReport report) mutable {
        done(SendReport(results_of(std::move(report))));
      });
}

}  // namespace ofn
