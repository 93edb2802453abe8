// Messages of Dapr's state and secret APIs as plain values, both ends; see codec.h.
//
//   Result<std::string> bytes = encode(GetState{.store = "cart", .key = "7"});
//   Result<GetState> asked = decode_get_state(*bytes);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ofn/stores.h>

#include "base/error.h"

namespace ofn::dapr {

inline constexpr std::string_view kGetState = "/dapr.proto.runtime.v1.Dapr/GetState";
inline constexpr std::string_view kGetBulkState = "/dapr.proto.runtime.v1.Dapr/GetBulkState";
inline constexpr std::string_view kSaveState = "/dapr.proto.runtime.v1.Dapr/SaveState";
inline constexpr std::string_view kDeleteState = "/dapr.proto.runtime.v1.Dapr/DeleteState";
inline constexpr std::string_view kDeleteBulkState = "/dapr.proto.runtime.v1.Dapr/DeleteBulkState";
inline constexpr std::string_view kExecuteStateTransaction =
    "/dapr.proto.runtime.v1.Dapr/ExecuteStateTransaction";
inline constexpr std::string_view kGetSecret = "/dapr.proto.runtime.v1.Dapr/GetSecret";
inline constexpr std::string_view kGetBulkSecret = "/dapr.proto.runtime.v1.Dapr/GetBulkSecret";

// The client's end. Errors of encode(): kInvalidArgument for a text that is not UTF-8, which the
// message names; errors of decode_…(): kInternal. For an answer without fields, use decode_empty()
// of codec.h.
Result<std::string> encode(const GetState& call);
Result<std::string> encode(const GetBulkState& call);
Result<std::string> encode(const StateItems& call);  // SaveState, DeleteBulkState
Result<std::string> encode(const DeleteState& call);
Result<std::string> encode(const StateTransaction& call);
Result<std::string> encode(const GetSecret& call);
Result<std::string> encode(const GetBulkSecret& call);
Result<StateValue> decode_state_value(std::string_view bytes);
Result<std::vector<StateValue>> decode_bulk_state(std::string_view bytes);
Result<Secret> decode_secret(std::string_view bytes);
Result<std::vector<Secret>> decode_bulk_secret(std::string_view bytes);

// The sidecar's end. Errors: kInternal, with the message that a gRPC server would use. Texts of an
// answer that are not UTF-8 are left out.
Result<GetState> decode_get_state(std::string_view bytes);
Result<GetBulkState> decode_get_bulk_state(std::string_view bytes);
Result<StateItems> decode_state_items(std::string_view bytes);
Result<DeleteState> decode_delete_state(std::string_view bytes);
Result<StateTransaction> decode_state_transaction(std::string_view bytes);
Result<GetSecret> decode_get_secret(std::string_view bytes);
Result<GetBulkSecret> decode_get_bulk_secret(std::string_view bytes);
std::string encode(const StateValue& value);
std::string encode(const std::vector<StateValue>& values);
std::string encode(const Secret& secret);
std::string encode(const std::vector<Secret>& secrets);

}  // namespace ofn::dapr
