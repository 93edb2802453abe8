#include "dapr/client.h"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "dapr/bulk_codec.h"
#include "dapr/invoke_codec.h"
#include "dapr/job_codec.h"
#include "dapr/store_codec.h"
#include "dapr/trace_context.h"

namespace ofn::dapr {
namespace {

namespace grpc = wire::grpc;

constexpr std::string_view kToken = "dapr-api-token";

// The fields of one call. They refer to its options and to its own texts.
class CallMetadata {
 public:
  CallMetadata(std::string_view api_token, const SidecarOptions& options)
      : trace_bin_(trace_bin(options.traceparent)) {
    if (!api_token.empty()) add(kToken, api_token);
    for (const Field& field : options.notation) {
      if (count_ < kMost && grpc::valid_metadata_value(field.value)) add(field.name, field.value);
    }
    if (!trace_bin_) return;
    add("traceparent", options.traceparent);
    add("grpc-trace-bin", *trace_bin_);
    if (!options.tracestate.empty() && grpc::valid_metadata_value(options.tracestate)) {
      add("tracestate", options.tracestate);
    }
    if (!options.baggage.empty() && grpc::valid_metadata_value(options.baggage)) {
      add("baggage", options.baggage);
    }
  }
  CallMetadata(const CallMetadata&) = delete;
  CallMetadata& operator=(const CallMetadata&) = delete;

  std::span<const Field> fields() const { return std::span(fields_).first(count_); }

 private:
  void add(std::string_view name, std::string_view value) { fields_[count_++] = {name, value}; }

  std::optional<std::string> trace_bin_;
  static constexpr std::size_t kOwn = 5;
  static constexpr std::size_t kMost = 3;  // before the ones of W3C
  std::array<Field, kMost + kOwn> fields_{};
  std::size_t count_ = 0;
};

Error to_error(const grpc::Status& status) { return {status.code, status.message}; }

Reach to_reach(grpc::Reach reach) {
  return reach == grpc::Reach::kNever ? Reach::kNever : Reach::kMaybe;
}

Result<SidecarReply> decode_publish_reply(std::string_view bytes) {
  if (auto ok = decode_empty(bytes); !ok) return std::unexpected(std::move(ok.error()));
  return SidecarReply{};
}

// A call of a store: its path, its request, and the decoder of its answer.
struct Question {
  std::string_view path;
  Result<std::string> request;
  Result<StoreAnswer> (*decode)(std::string_view bytes);
};

Result<StoreAnswer> decode_done(std::string_view bytes) {
  if (auto ok = decode_empty(bytes); !ok) return std::unexpected(std::move(ok.error()));
  return StoreAnswer();
}

template <auto kDecode>
Result<StoreAnswer> decode_answer(std::string_view bytes) {
  auto answer = kDecode(bytes);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return StoreAnswer(*std::move(answer));
}

Question question_of(const GetState& call) {
  return {kGetState, encode(call), decode_answer<decode_state_value>};
}
Question question_of(const GetBulkState& call) {
  return {kGetBulkState, encode(call), decode_answer<decode_bulk_state>};
}
Question question_of(const StateItems& call) { return {kSaveState, encode(call), decode_done}; }
Question question_of(const DeleteState& call) { return {kDeleteState, encode(call), decode_done}; }
Question question_of(const DeleteBulkState& call) {
  return {kDeleteBulkState, encode(call.items), decode_done};
}
Question question_of(const StateTransaction& call) {
  return {kExecuteStateTransaction, encode(call), decode_done};
}
Question question_of(const GetSecret& call) {
  return {kGetSecret, encode(call), decode_answer<decode_secret>};
}
Question question_of(const GetBulkSecret& call) {
  return {kGetBulkSecret, encode(call), decode_answer<decode_bulk_secret>};
}
Question question_of(const InvokeService& call) {
  return {kInvokeService, encode(call), decode_answer<decode_invoke_reply>};
}

Question question_of(const ScheduleJob& call) { return {kScheduleJob, encode(call), decode_done}; }
Question question_of(const GetJob& call) {
  return {kGetJob, encode(call), decode_answer<decode_job>};
}
Question question_of(const DeleteJob& call) { return {kDeleteJob, encode(call), decode_done}; }
// Outputs sends these (publish_all).
Question question_of(const SendAll& /*call*/) {
  return {{}, fail(Code::kInternal, "a send is not a call of a store"), decode_done};
}

// A probe that runs. It owns itself until its channel is closed.
struct Probe {
  Probe(Loop& on, grpc::Connector connector, grpc::ChannelOptions options, ProbeDone then)
      : loop(on), channel(on, std::move(connector), std::move(options)), done(std::move(then)) {}

  void finish(Result<SidecarInfo> found) {
    result = std::move(found);
    channel.close([this] {
      // The channel must not be destroyed before its own callback has returned.
      loop.post([this] {
        const std::unique_ptr<Probe> self(this);
        done(std::move(result));
      });
    });
  }

  Loop& loop;
  grpc::Channel channel;
  ProbeDone done;
  Result<SidecarInfo> result;
};

}  // namespace

DaprClient::DaprClient(Loop& loop, grpc::Connector connector, ClientOptions options)
    : loop_(loop),
      api_token_(std::move(options.api_token)),
      channel_(loop, std::move(connector), std::move(options.channel)) {}

void DaprClient::invoke_binding(const BindingCall& call, const SidecarOptions& options,
                                SidecarDone done) {
  this->call(kInvokeBinding, encode(call), options, decode_binding_reply, std::move(done));
}

void DaprClient::publish(const PublishCall& call, const SidecarOptions& options, SidecarDone done) {
  this->call(kPublishEvent, encode(call), options, decode_publish_reply, std::move(done));
}

void DaprClient::publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                             BulkDone done) {
  this->call(kBulkPublish, encode_bulk(calls), options, decode_bulk_reply, std::move(done));
}

void DaprClient::ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) {
  const Question question = std::visit([](const auto& each) { return question_of(each); }, call);
  this->call(question.path, question.request, options, question.decode, std::move(done));
}

template <class Answer>
void DaprClient::call(std::string_view path, Result<std::string> request,
                      const SidecarOptions& options,
                      Result<Answer> (*decode)(std::string_view bytes), Done<Answer> done) {
  if (!request) {
    // Like every other answer, this one must not come from inside the call.
    loop_.post([error = std::move(request.error()), done = std::move(done)]() mutable {
      done(std::unexpected(SidecarError{std::move(error), Reach::kNever}));
    });
    return;
  }
  const CallMetadata metadata(api_token_, options);
  channel_.call(path, *request, {.deadline = options.deadline, .metadata = metadata.fields()},
                [decode, done = std::move(done)](const grpc::CallResult& result) mutable {
                  if (!result.status.ok()) {
                    return done(std::unexpected(
                        SidecarError{to_error(result.status), to_reach(result.reach)}));
                  }
                  auto reply = decode(result.message);
                  if (reply) return done(*std::move(reply));
                  done(std::unexpected(SidecarError{std::move(reply.error()), Reach::kMaybe}));
                });
}

void probe(Loop& loop, grpc::Connector connector, ClientOptions options, Deadline deadline,
           ProbeDone done) {
  auto* probe = new Probe(loop, std::move(connector), std::move(options.channel), std::move(done));
  const CallMetadata metadata(options.api_token, {});
  probe->channel.call(
      kGetMetadata, encode_empty(), {.deadline = deadline, .metadata = metadata.fields()},
      [probe](const grpc::CallResult& result) {
        probe->finish(result.status.ok()
                          ? decode_sidecar_info(result.message)
                          : Result<SidecarInfo>(std::unexpected(to_error(result.status))));
      });
}

}  // namespace ofn::dapr
