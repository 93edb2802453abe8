#include "dapr/server.h"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "dapr/bulk_codec.h"
#include "dapr/codec.h"
#include "dapr/invoke_codec.h"
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

// Sends only the error's message, because its context may contain facts that the client should not
// know.
grpc::Status to_status(const Error& error) {
  return {.code = error.code(), .message = error.message()};
}

// Returns a callback that answers a call. It may run on any thread; the call itself is used only on
// its loop's thread.
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

// The fields of InvokeBinding's response besides its message, also after a failure. If they were
// larger than a gRPC client accepts (8 KiB by default), the client would take the response for an
// error.
class ReplyFields {
 public:
  explicit ReplyFields(const Result<SidecarReply>& reply) {
    if (reply) {
      for (const Header& entry : reply->metadata)
        add(std::string(kReplyMetadata) + entry.name, entry.value);
    } else {
      for (const auto& [name, value] : reply.error().context()) {
        if (name.starts_with(kReplyMetadata)) add(name, value);
      }
    }
  }
  std::vector<Field> fields() const {
    std::vector<Field> fields;
    for (const Header& entry : entries_) fields.push_back({entry.name, entry.value});
    return fields;
  }

 private:
  void add(std::string name, std::string value) {
    constexpr std::size_t kMost = std::size_t{6} * 1024;
    if (size_ + name.size() + value.size() > kMost) return;
    size_ += name.size() + value.size();
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    entries_.push_back({std::move(name), std::move(value)});
  }

  std::vector<Header> entries_;
  std::size_t size_ = 0;
};

grpc::Method invoke_binding_method(DaprApi& api) {
  return [&api](CallPtr call) {
    auto request = decode_binding_request(call->request());
    if (!request) return call->respond(to_status(request.error()), "");
    ApiCall about = api_call(*call);
    Loop& loop = call->loop();
    api.invoke_binding(*std::move(request), std::move(about),
                       [&loop, call = std::move(call)](Result<SidecarReply> reply) mutable {
                         ReplyFields metadata(reply);
                         auto bytes =
                             reply ? Result<std::string>(encode(*reply))
                                   : Result<std::string>(std::unexpected(std::move(reply.error())));
                         loop.post([call = std::move(call), bytes = std::move(bytes),
                                    metadata = std::move(metadata)] {
                           const std::vector<Field> fields = metadata.fields();
                           if (bytes) {
                             call->respond({}, *bytes, {}, fields);
                           } else {
                             call->respond(to_status(bytes.error()), "", {}, fields);
                           }
                         });
                       });
  };
}

// Makes one method from the decoder of its request and the function of the API.
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

Error::Context as_context(const std::vector<Header>& metadata) {
  Error::Context context;
  for (const Header& entry : metadata)
    context.emplace_back(std::string(kReplyMetadata) + entry.name, entry.value);
  return context;
}

Server::Server(DaprApi& api, std::size_t max_message) : server_({.max_message = max_message}) {
  const auto add = [this](std::string_view path, grpc::Method method) {
    server_.add(std::string(path), std::move(method));
  };
  add(kInvokeBinding, invoke_binding_method(api));
  add(kPublishEvent, method(api, decode_publish_request, &DaprApi::publish));
  add(kBulkPublish, method(api, decode_bulk_request, &DaprApi::publish_all));
  add(kGetState, method(api, decode_get_state, &DaprApi::get_state));
  add(kGetBulkState, method(api, decode_get_bulk_state, &DaprApi::get_bulk_state));
  add(kSaveState, method(api, decode_state_items, &DaprApi::save_state));
  add(kDeleteState, method(api, decode_delete_state, &DaprApi::delete_state));
  add(kDeleteBulkState, method(api, decode_state_items, &DaprApi::delete_bulk_state));
  add(kExecuteStateTransaction, method(api, decode_state_transaction, &DaprApi::transact_state));
  add(kGetSecret, method(api, decode_get_secret, &DaprApi::get_secret));
  add(kGetBulkSecret, method(api, decode_get_bulk_secret, &DaprApi::get_bulk_secret));
  add(kInvokeService, method(api, decode_invoke_service, &DaprApi::invoke_service));
  // Other methods of daprd: the error names the method, and tells the user which sidecar has it.
  server_.otherwise([](std::string_view path) {
    const bool is_daprs = path.starts_with("/dapr.proto.");
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (!is_daprs) return "unknown method " + std::string(path);
    std::string words = "the local sidecar does not have " + std::string(name) +
                        "; run Dapr for it (dapr run) and set DAPR_GRPC_PORT to its gRPC port";
    if (name.find("Job") != std::string_view::npos)
      words += ". For a schedule that does not change, use the component bindings.cron";
    return words;
  });
  add(kGetMetadata, [&api](CallPtr call) { call->respond({}, encode(api.describe())); });
}

}  // namespace ofn::dapr
