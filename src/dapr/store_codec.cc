#include "dapr/store_codec.h"

#include <common.pb.h>
#include <dapr.pb.h>
#include <utility>

#include "base/utf8.h"
#include "dapr/message.h"

namespace ofn::dapr {
namespace {

namespace pb = ::dapr::proto::runtime::v1;
namespace common = ::dapr::proto::common::v1;

common::StateOptions_StateConcurrency to_message(Concurrency concurrency) {
  return static_cast<common::StateOptions_StateConcurrency>(concurrency);
}
common::StateOptions_StateConsistency to_message(Consistency consistency) {
  return static_cast<common::StateOptions_StateConsistency>(consistency);
}
// An unknown number counts as not set.
Concurrency from_message(common::StateOptions_StateConcurrency value) {
  return common::StateOptions_StateConcurrency_IsValid(value) ? static_cast<Concurrency>(value)
                                                              : Concurrency::kUnspecified;
}
Consistency from_message(common::StateOptions_StateConsistency value) {
  return common::StateOptions_StateConsistency_IsValid(value) ? static_cast<Consistency>(value)
                                                              : Consistency::kUnspecified;
}

// Fills the fields that StateItem and DeleteStateRequest have in common.
template <class Message>
void fill_conditions(Message& message, const StateItem& item) {
  message.set_key(item.key);
  if (item.etag) message.mutable_etag()->set_value(*item.etag);
  fill(*message.mutable_metadata(), item.metadata);
  if (item.concurrency != Concurrency::kUnspecified ||
      item.consistency != Consistency::kUnspecified) {
    message.mutable_options()->set_concurrency(to_message(item.concurrency));
    message.mutable_options()->set_consistency(to_message(item.consistency));
  }
}

template <class Message>
StateItem take_conditions(Message& message) {
  StateItem item{.key = std::move(*message.mutable_key())};
  if (message.has_etag()) item.etag = std::move(*message.mutable_etag()->mutable_value());
  item.metadata = take(*message.mutable_metadata());
  item.concurrency = from_message(message.options().concurrency());
  item.consistency = from_message(message.options().consistency());
  return item;
}

void fill_item(common::StateItem& message, const StateItem& item) {
  fill_conditions(message, item);
  message.set_value(item.value);
}

StateItem take_item(common::StateItem& message) {
  StateItem item = take_conditions(message);
  item.value = std::move(*message.mutable_value());
  return item;
}

std::optional<Error> bad_item(std::string_view store, const StateItem& item) {
  return bad_text({{"the store's name", store},
                   {"the key", item.key},
                   {"the etag", item.etag ? std::string_view(*item.etag) : std::string_view()}},
                  item.metadata);
}

// Answers contain texts of files and other systems. Texts that protobuf cannot carry are left out.
void fill_valid(Map& map, const std::vector<Header>& entries) {
  for (const Header& entry : entries) {
    if (is_utf8(entry.name) && is_utf8(entry.value)) map[entry.name] = entry.value;
  }
}

template <class Message>
void fill_value(Message& message, const StateValue& value) {
  message.set_data(value.data);
  if (is_utf8(value.etag)) message.set_etag(value.etag);
  fill_valid(*message.mutable_metadata(), value.metadata);
}

template <class Message>
StateValue take_value(Message& message) {
  return {.data = std::move(*message.mutable_data()),
          .etag = std::move(*message.mutable_etag()),
          .metadata = take(*message.mutable_metadata())};
}

}  // namespace

Result<std::string> encode(const GetState& call) {
  if (auto bad = bad_text({{"the store's name", call.store}, {"the key", call.key}}, call.metadata))
    return std::unexpected(*std::move(bad));
  pb::GetStateRequest message;
  message.set_store_name(call.store);
  message.set_key(call.key);
  message.set_consistency(to_message(call.consistency));
  fill(*message.mutable_metadata(), call.metadata);
  return serialize(message);
}

Result<GetState> decode_get_state(std::string_view bytes) {
  auto message = parse<pb::GetStateRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return GetState{.store = std::move(*message->mutable_store_name()),
                  .key = std::move(*message->mutable_key()),
                  .consistency = from_message(message->consistency()),
                  .metadata = take(*message->mutable_metadata())};
}

Result<std::string> encode(const GetBulkState& call) {
  if (auto bad = bad_text({{"the store's name", call.store}}, call.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  pb::GetBulkStateRequest message;
  message.set_store_name(call.store);
  for (const std::string& key : call.keys) {
    if (auto bad = bad_text({{"a key", key}}, {})) return std::unexpected(*std::move(bad));
    message.add_keys(key);
  }
  message.set_parallelism(call.parallelism);
  fill(*message.mutable_metadata(), call.metadata);
  return serialize(message);
}

Result<GetBulkState> decode_get_bulk_state(std::string_view bytes) {
  auto message = parse<pb::GetBulkStateRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return GetBulkState{.store = std::move(*message->mutable_store_name()),
                      .keys = {message->keys().begin(), message->keys().end()},
                      .parallelism = message->parallelism(),
                      .metadata = take(*message->mutable_metadata())};
}

Result<std::string> encode(const StateItems& call) {
  pb::SaveStateRequest message;  // DeleteBulkStateRequest has the same fields
  message.set_store_name(call.store);
  for (const StateItem& item : call.items) {
    if (auto bad = bad_item(call.store, item)) return std::unexpected(*std::move(bad));
    fill_item(*message.add_states(), item);
  }
  return serialize(message);
}

Result<StateItems> decode_state_items(std::string_view bytes) {
  auto message = parse<pb::SaveStateRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  StateItems call{.store = std::move(*message->mutable_store_name())};
  for (common::StateItem& item : *message->mutable_states()) call.items.push_back(take_item(item));
  return call;
}

Result<std::string> encode(const DeleteState& call) {
  if (auto bad = bad_item(call.store, call.item)) return std::unexpected(*std::move(bad));
  pb::DeleteStateRequest message;
  message.set_store_name(call.store);
  fill_conditions(message, call.item);
  return serialize(message);
}

Result<DeleteState> decode_delete_state(std::string_view bytes) {
  auto message = parse<pb::DeleteStateRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return DeleteState{.store = std::move(*message->mutable_store_name()),
                     .item = take_conditions(*message)};
}

Result<std::string> encode(const StateTransaction& call) {
  if (auto bad = bad_text({{"the store's name", call.store}}, call.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  pb::ExecuteStateTransactionRequest message;
  message.set_storename(call.store);
  for (const StateOperation& operation : call.operations) {
    if (auto bad = bad_item(operation.type, operation.item)) {
      return std::unexpected(*std::move(bad));
    }
    pb::TransactionalStateOperation& entry = *message.add_operations();
    entry.set_operationtype(operation.type);
    fill_item(*entry.mutable_request(), operation.item);
  }
  fill(*message.mutable_metadata(), call.metadata);
  return serialize(message);
}

Result<StateTransaction> decode_state_transaction(std::string_view bytes) {
  auto message = parse<pb::ExecuteStateTransactionRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  StateTransaction call{.store = std::move(*message->mutable_storename()),
                        .metadata = take(*message->mutable_metadata())};
  for (pb::TransactionalStateOperation& operation : *message->mutable_operations()) {
    call.operations.push_back({.type = std::move(*operation.mutable_operationtype()),
                               .item = take_item(*operation.mutable_request())});
  }
  return call;
}

Result<std::string> encode(const GetSecret& call) {
  if (auto bad = bad_text({{"the store's name", call.store}, {"the secret's name", call.key}},
                          call.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  pb::GetSecretRequest message;
  message.set_store_name(call.store);
  message.set_key(call.key);
  fill(*message.mutable_metadata(), call.metadata);
  return serialize(message);
}

Result<GetSecret> decode_get_secret(std::string_view bytes) {
  auto message = parse<pb::GetSecretRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return GetSecret{.store = std::move(*message->mutable_store_name()),
                   .key = std::move(*message->mutable_key()),
                   .metadata = take(*message->mutable_metadata())};
}

Result<std::string> encode(const GetBulkSecret& call) {
  if (auto bad = bad_text({{"the store's name", call.store}}, call.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  pb::GetBulkSecretRequest message;
  message.set_store_name(call.store);
  fill(*message.mutable_metadata(), call.metadata);
  return serialize(message);
}

Result<GetBulkSecret> decode_get_bulk_secret(std::string_view bytes) {
  auto message = parse<pb::GetBulkSecretRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return GetBulkSecret{.store = std::move(*message->mutable_store_name()),
                       .metadata = take(*message->mutable_metadata())};
}

std::string encode(const StateValue& value) {
  pb::GetStateResponse message;
  fill_value(message, value);
  return message.SerializeAsString();
}

Result<StateValue> decode_state_value(std::string_view bytes) {
  auto message = parse<pb::GetStateResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return take_value(*message);
}

std::string encode(const std::vector<StateValue>& values) {
  pb::GetBulkStateResponse message;
  for (const StateValue& value : values) {
    pb::BulkStateItem& item = *message.add_items();
    item.set_key(value.key);
    fill_value(item, value);
    if (is_utf8(value.error)) item.set_error(value.error);
  }
  return message.SerializeAsString();
}

Result<std::vector<StateValue>> decode_bulk_state(std::string_view bytes) {
  auto message = parse<pb::GetBulkStateResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  std::vector<StateValue> values;
  for (pb::BulkStateItem& item : *message->mutable_items()) {
    StateValue& value = values.emplace_back(take_value(item));
    value.key = std::move(*item.mutable_key());
    value.error = std::move(*item.mutable_error());
  }
  return values;
}

std::string encode(const Secret& secret) {
  pb::GetSecretResponse message;
  fill_valid(*message.mutable_data(), secret.entries);
  return message.SerializeAsString();
}

Result<Secret> decode_secret(std::string_view bytes) {
  auto message = parse<pb::GetSecretResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return Secret{.entries = take(*message->mutable_data())};
}

std::string encode(const std::vector<Secret>& secrets) {
  pb::GetBulkSecretResponse message;
  for (const Secret& secret : secrets) {
    if (!is_utf8(secret.name)) continue;
    fill_valid(*(*message.mutable_data())[secret.name].mutable_secrets(), secret.entries);
  }
  return message.SerializeAsString();
}

Result<std::vector<Secret>> decode_bulk_secret(std::string_view bytes) {
  auto message = parse<pb::GetBulkSecretResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  std::vector<Secret> secrets;
  for (auto& [name, secret] : *message->mutable_data()) {
    secrets.push_back({.name = name, .entries = take(*secret.mutable_secrets())});
  }
  return secrets;
}

}  // namespace ofn::dapr
