#include "dapr/job_codec.h"

#include <chrono>
#include <dapr.pb.h>

#include <gtest/gtest.h>

namespace ofn::dapr {
namespace {

using namespace std::chrono_literals;
namespace pb = ::dapr::proto::runtime::v1;

// Returns the job as a sidecar that keeps it would return it.
Result<Job> kept(const ScheduleJob& call) {
  const auto bytes = encode(call);
  if (!bytes) return std::unexpected(bytes.error());
  pb::ScheduleJobRequest request;
  EXPECT_TRUE(request.ParseFromString(*bytes));
  EXPECT_EQ(request.overwrite(), call.overwrite);
  pb::GetJobResponse response;
  *response.mutable_job() = request.job();
  const std::string answer = response.SerializeAsString();
  for (std::size_t cut = 0; cut < answer.size(); ++cut)
    (void)decode_job(std::string_view(answer).substr(0, cut));
  return decode_job(answer);
}

TEST(JobCodecTest, AJobArrivesAsItWasScheduled) {
  for (const Job& job : {
           Job{.name = "a", .schedule = "@every 5m"},
           Job{.name = "b", .due_time = "10s", .data = std::string("\0\xff", 2)},
           Job{.name = "c",
               .schedule = "@daily",
               .due_time = "2026-12-24T18:00:00Z",
               .ttl = "1h",
               .repeats = 0,
               .retries = JobRetries{.most = 0}},
           Job{.name = "d", .schedule = "@daily", .repeats = 7, .retries = JobRetries{}},
           Job{.name = "e", .schedule = "@daily", .retries = JobRetries{.most = 3, .interval = 5s}},
       }) {
    for (const bool overwrite : {false, true}) {
      const auto back = kept({.job = job, .overwrite = overwrite});
      ASSERT_TRUE(back) << job.name;
      EXPECT_EQ(back->name, job.name);
      EXPECT_EQ(back->schedule, job.schedule) << job.name;
      EXPECT_EQ(back->due_time, job.due_time) << job.name;
      EXPECT_EQ(back->ttl, job.ttl) << job.name;
      EXPECT_EQ(back->repeats, job.repeats) << job.name;
      EXPECT_EQ(back->data, job.data) << job.name;
      ASSERT_EQ(back->retries.has_value(), job.retries.has_value()) << job.name;
      if (!job.retries) continue;
      EXPECT_EQ(back->retries->most, job.retries->most) << job.name;
      EXPECT_EQ(back->retries->interval, job.retries->interval) << job.name;
    }
  }
}

TEST(JobCodecTest, SaysWhatIsWrong) {
  struct Case {
    Result<std::string> bytes;
    std::string_view message;
  };
  const std::string bad("\xff");
  for (const Case& c : {
           Case{encode(ScheduleJob{.job = {.name = bad}}), "the job's name is not valid UTF-8"},
           Case{encode(ScheduleJob{.job = {.name = "a", .schedule = bad}}),
                "the job's schedule is not valid UTF-8"},
           Case{encode(ScheduleJob{.job = {.name = "a"}}),
                "the job 'a' needs a schedule or a due time, or both"},
           Case{
               encode(ScheduleJob{
                   .job = {.name = "a", .due_time = "1s", .retries = JobRetries{.interval = -1s}}}),
               "the time between retries of the job 'a' must not be negative"},
           Case{encode(GetJob{bad}), "the job's name is not valid UTF-8"},
           Case{encode(DeleteJob{bad}), "the job's name is not valid UTF-8"},
       }) {
    ASSERT_FALSE(c.bytes) << c.message;
    EXPECT_EQ(c.bytes.error().code(), Code::kInvalidArgument);
    EXPECT_EQ(c.bytes.error().message(), c.message);
  }
}

}  // namespace
}  // namespace ofn::dapr
