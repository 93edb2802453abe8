// What a test gives a program, in the forms in which programs get it: a message of an input, events, a job.
//
//   const Trigger& orders = find_trigger(context, "orders");
//   deliver(topic_event_of(orders, {.data = "tea"}, 1));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ofn/cloud_event.h>
#include <ofn/testing/call.h>

#include "context/function_context.h"
#include "dapr/app_codec.h"

namespace ofn::kit {

// Errors: std::runtime_error if the context has no trigger with that name.
const Trigger& find_trigger(const FunctionContext& context, std::string_view input);

// `number`: of the event, for its id.
dapr::TopicEvent topic_event_of(const Trigger& trigger, const testing::Message& message,
                                unsigned number);

// The request that brings events. Errors: std::runtime_error for an event that has no such form.
testing::Call call_of(const std::vector<CloudEvent>& events, testing::EventMode mode,
                      bool as_batch);

// The request that brings a job, as from daprd.
testing::Call job_call(const std::string& name, std::string data);

}  // namespace ofn::kit
