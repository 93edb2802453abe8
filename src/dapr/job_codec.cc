#include "dapr/job_codec.h"

#include <chrono>
#include <common.pb.h>
#include <dapr.pb.h>
#include <utility>

#include "dapr/message.h"

namespace ofn::dapr {
namespace {

namespace pb = ::dapr::proto::runtime::v1;
namespace common = ::dapr::proto::common::v1;

void fill_retries(common::JobFailurePolicy& policy, const JobRetries& retries) {
  if (retries.most == 0U) {
    policy.mutable_drop();
    return;
  }
  common::JobFailurePolicyConstant& constant = *policy.mutable_constant();
  constant.mutable_interval()->set_seconds(retries.interval.count());
  if (retries.most) constant.set_max_retries(*retries.most);
}

JobRetries take_retries(const common::JobFailurePolicy& policy) {
  if (!policy.has_constant()) return {.most = 0U};
  JobRetries retries{.interval = std::chrono::seconds(policy.constant().interval().seconds())};
  if (policy.constant().has_max_retries()) retries.most = policy.constant().max_retries();
  return retries;
}

template <class Message>
Result<std::string> encode_name(std::string_view name) {
  if (auto bad = bad_text({{"the job's name", name}}, {})) return std::unexpected(*std::move(bad));
  Message message;
  message.set_name(std::string(name));
  return serialize(message);
}

}  // namespace

Result<std::string> encode(const ScheduleJob& call) {
  const Job& job = call.job;
  if (auto bad = bad_text({{"the job's name", job.name},
                           {"the job's schedule", job.schedule},
                           {"the job's due time", job.due_time},
                           {"the job's ttl", job.ttl}},
                          {})) {
    return std::unexpected(*std::move(bad));
  }
  if (job.schedule.empty() && job.due_time.empty()) {
    return fail(Code::kInvalidArgument,
                "the job '" + job.name + "' needs a schedule or a due time, or both");
  }
  if (job.retries && job.retries->interval < std::chrono::seconds::zero()) {
    return fail(Code::kInvalidArgument,
                "the time between retries of the job '" + job.name + "' must not be negative");
  }
  pb::ScheduleJobRequest message;
  message.set_overwrite(call.overwrite);
  pb::Job& to = *message.mutable_job();
  to.set_name(job.name);
  // Dapr distinguishes an empty text from a missing one.
  if (!job.schedule.empty()) to.set_schedule(job.schedule);
  if (!job.due_time.empty()) to.set_due_time(job.due_time);
  if (!job.ttl.empty()) to.set_ttl(job.ttl);
  if (job.repeats) to.set_repeats(*job.repeats);
  to.mutable_data()->set_value(job.data);
  if (job.retries) fill_retries(*to.mutable_failure_policy(), *job.retries);
  return serialize(message);
}

Result<std::string> encode(const GetJob& call) { return encode_name<pb::GetJobRequest>(call.name); }

Result<std::string> encode(const DeleteJob& call) {
  return encode_name<pb::DeleteJobRequest>(call.name);
}

Result<Job> decode_job(std::string_view bytes) {
  auto message = parse<pb::GetJobResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  pb::Job& from = *message->mutable_job();
  Job job{.name = std::move(*from.mutable_name())};
  if (from.has_schedule()) job.schedule = std::move(*from.mutable_schedule());
  if (from.has_due_time()) job.due_time = std::move(*from.mutable_due_time());
  if (from.has_ttl()) job.ttl = std::move(*from.mutable_ttl());
  if (from.has_repeats()) job.repeats = from.repeats();
  job.data = std::move(*from.mutable_data()->mutable_value());
  if (from.has_failure_policy()) job.retries = take_retries(from.failure_policy());
  return job;
}

}  // namespace ofn::dapr
