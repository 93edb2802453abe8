// Messages of Dapr's jobs API, the client's end; see codec.h. Only the .cc file includes protobuf.
//
//   Result<std::string> bytes = encode(ScheduleJob{.job = {.name = "a", .schedule = "@daily"}});
#pragma once

#include <string>
#include <string_view>

#include <ofn/stores.h>

#include "base/error.h"

namespace ofn::dapr {

inline constexpr std::string_view kScheduleJob = "/dapr.proto.runtime.v1.Dapr/ScheduleJobAlpha1";
inline constexpr std::string_view kGetJob = "/dapr.proto.runtime.v1.Dapr/GetJobAlpha1";
inline constexpr std::string_view kDeleteJob = "/dapr.proto.runtime.v1.Dapr/DeleteJobAlpha1";

// Errors: kInvalidArgument for a text that is not UTF-8, which the message names, for a job without
// a schedule and a due time, and for a negative time between retries.
Result<std::string> encode(const ScheduleJob& call);
Result<std::string> encode(const GetJob& call);
Result<std::string> encode(const DeleteJob& call);
// Errors: kInternal.
Result<Job> decode_job(std::string_view bytes);

}  // namespace ofn::dapr
