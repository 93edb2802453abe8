#include "dapr/codec.h"

#include <dapr.pb.h>
#include <utility>
#include <well_known.pb.h>

#include "base/utf8.h"
#include "dapr/message.h"

namespace ofn::dapr {
namespace {

namespace pb = ::dapr::proto::runtime::v1;

}  // namespace

Result<std::string> encode(const BindingCall& call) {
  if (auto bad =
          bad_text({{"the component's name", call.component}, {"the operation", call.operation}},
                   call.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  pb::InvokeBindingRequest message;
  message.set_name(call.component.data(), call.component.size());
  message.set_operation(call.operation.data(), call.operation.size());
  message.set_data(call.data.data(), call.data.size());
  fill(*message.mutable_metadata(), call.metadata);
  return serialize(message);
}

Result<std::string> encode(const PublishCall& call) {
  if (auto bad = bad_text({{"the component's name", call.component},
                           {"the topic", call.topic},
                           {"the content type", call.content_type}},
                          call.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  pb::PublishEventRequest message;
  message.set_pubsub_name(call.component.data(), call.component.size());
  message.set_topic(call.topic.data(), call.topic.size());
  message.set_data(call.data.data(), call.data.size());
  message.set_data_content_type(call.content_type.data(), call.content_type.size());
  fill(*message.mutable_metadata(), call.metadata);
  return serialize(message);
}

std::string encode(const SidecarReply& reply) {
  pb::InvokeBindingResponse message;
  message.set_data(reply.data);
  for (const Header& entry : reply.metadata) {
    if (is_utf8(entry.name) && is_utf8(entry.value)) {
      (*message.mutable_metadata())[entry.name] = entry.value;
    }
  }
  return message.SerializeAsString();
}

std::string encode(const SidecarInfo& info) {
  pb::GetMetadataResponse message;
  message.set_id(info.id);
  message.set_runtime_version(info.runtime_version);
  for (const SidecarInfo::Component& component : info.components) {
    pb::RegisteredComponents& entry = *message.add_registered_components();
    entry.set_name(component.name);
    entry.set_type(component.type);
    entry.set_version(component.version);
    for (const std::string& capability : component.capabilities) entry.add_capabilities(capability);
  }
  return message.SerializeAsString();
}

Result<BindingRequest> decode_binding_request(std::string_view bytes) {
  auto message = parse<pb::InvokeBindingRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return BindingRequest{.component = std::move(*message->mutable_name()),
                        .operation = std::move(*message->mutable_operation()),
                        .data = std::move(*message->mutable_data()),
                        .metadata = take(*message->mutable_metadata())};
}

Result<PublishRequest> decode_publish_request(std::string_view bytes) {
  auto message = parse<pb::PublishEventRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return PublishRequest{.component = std::move(*message->mutable_pubsub_name()),
                        .topic = std::move(*message->mutable_topic()),
                        .data = std::move(*message->mutable_data()),
                        .content_type = std::move(*message->mutable_data_content_type()),
                        .metadata = take(*message->mutable_metadata())};
}

Result<SidecarReply> decode_binding_reply(std::string_view bytes) {
  if (bytes.empty()) return SidecarReply{};  // the usual confirmation
  auto message = parse<pb::InvokeBindingResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return SidecarReply{.data = std::move(*message->mutable_data()),
                      .metadata = take(*message->mutable_metadata())};
}

Result<SidecarInfo> decode_sidecar_info(std::string_view bytes) {
  auto message = parse<pb::GetMetadataResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  SidecarInfo info{.id = std::move(*message->mutable_id()),
                   .runtime_version = std::move(*message->mutable_runtime_version()),
                   .components = {}};
  for (pb::RegisteredComponents& entry : *message->mutable_registered_components()) {
    info.components.push_back(
        {.name = std::move(*entry.mutable_name()),
         .type = std::move(*entry.mutable_type()),
         .version = std::move(*entry.mutable_version()),
         .capabilities = {entry.capabilities().begin(), entry.capabilities().end()}});
  }
  return info;
}

Result<void> decode_empty(std::string_view bytes) {
  if (bytes.empty()) return {};
  auto message = parse<ofn::well_known::Empty>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return {};
}

}  // namespace ofn::dapr
