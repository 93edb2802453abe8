#include "dapr/server.h"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "dapr/codec.h"
#include "dapr/store_codec.h"

namespace ofn::dapr {
namespace {

namespace grpc = wire::grpc;
using CallPtr = std::unique_ptr<grpc::ServerCall>;

ApiCall api_call(const grpc::ServerCall& call) {
  const auto value = [&call](std::string_view name) {
    return std::string(call.metadata(name).value_or(""));
  };
  return {.deadline = call.deadline(),
          .traceparent = value("traceparent"),
          .tracestate = value("tracestate"),
          .baggage = value("baggage")};
}

// The error's message only: its context may name what a caller has no business to know.
grpc::Status to_status(const Error& error) {
  return {.code = error.code(), .message = error.message()};
}

// What answers a call, from any thread: the call itself is its loop's.
auto answer_with(CallPtr call) {
  Loop& loop = call->loop();
  return [&loop, call = std::move(call)](Result<std::string> bytes) mutable {
    loop.post([call = std::move(call), bytes = std::move(bytes)] {
      if (bytes) {
        call->respond({}, *bytes);
      } else {
        call->respond(to_status(bytes.error()), "");
      }
    });
  };
}

// One method: its request's decoder, and what the API does with it.
template <class Request, class Reply>
grpc::Method method(DaprApi& api, Result<Request> (*decode)(std::string_view),
                    void (DaprApi::*act)(Request, ApiCall, ApiDone<Reply>)) {
  return [&api, decode, act](CallPtr call) {
    auto request = decode(call->request());
    if (!request) return call->respond(to_status(request.error()), "");
    ApiCall about = api_call(*call);
    (api.*act)(*std::move(request), std::move(about),
               [answer = answer_with(std::move(call))](Result<Reply> reply) mutable {
                 if (!reply) return answer(std::unexpected(std::move(reply.error())));
                 if constexpr (std::is_void_v<Reply>) {
                   answer(encode_empty());
                 } else {
                   answer(encode(*reply));
                 }
               });
  };
}

}  // namespace

Server::Server(DaprApi& api) : server_({}) {
  const auto add = [this](std::string_view path, grpc::Method method) {
    server_.add(std::string(path), std::move(method));
  };
  add(kInvokeBinding, method(api, decode_binding_request, &DaprApi::invoke_binding));
  add(kPublishEvent, method(api, decode_publish_request, &DaprApi::publish));
  add(kGetState, method(api, decode_get_state, &DaprApi::get_state));
  add(kGetBulkState, method(api, decode_get_bulk_state, &DaprApi::get_bulk_state));
  add(kSaveState, method(api, decode_state_items, &DaprApi::save_state));
  add(kDeleteState, method(api, decode_delete_state, &DaprApi::delete_state));
  add(kDeleteBulkState, method(api, decode_state_items, &DaprApi::delete_bulk_state));
  add(kExecuteStateTransaction, method(api, decode_state_transaction, &DaprApi::transact_state));
  add(kGetSecret, method(api, decode_get_secret, &DaprApi::get_secret));
  add(kGetBulkSecret, method(api, decode_get_bulk_secret, &DaprApi::get_bulk_secret));
  add(kInvokeService, method(api, decode_invoke_service, &DaprApi::invoke_service));
  add(kGetMetadata, [&api](CallPtr call) { call->respond({}, encode(api.describe())); });
}

}  // namespace ofn::dapr
