// The calls of one loop that are under way, and what they have sent so far: a segment is sent when its call has ended.
//
//   OpenCall& call = calls.begin(own);
//   if (OpenCall* call = calls.find(traceparent)) call->last_span += 1;
//   calls.end(own.span_id);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <ofn/field.h>

#include "base/clock.h"
#include "base/span_context.h"
#include "skywalking/segment.h"
#include "skywalking/sw8.h"

namespace ofn::skywalking {

// A call to the sidecar, and whether it was answered.
struct Exit {
  std::int32_t id = 0;
  std::string operation{};
  std::string peer{};
  std::string tags{};  // encoded
  Layer layer = Layer::kUnknown;
  SystemTime began{};
  std::optional<SystemTime> ended{};
  bool failed = false;
};

struct OpenCall {
  bool is_recorded = false;
  std::string trace_id{};
  std::string segment_id{};
  std::string endpoint{};  // the name of the call's own span
  std::optional<Reference> caller{};
  std::string passed_on{};      // of a call that is not recorded: the caller's sw8
  std::string correlation{};    // sw8-correlation of what is sent
  std::vector<Header> inner{};  // what came in an inner event beside the trace
  // As they came: this program has no span in W3C's notation.
  std::string traceparent{};
  std::string tracestate{};
  std::vector<Exit> exits{};
  std::int32_t last_span = 0;  // the number of the span that was made last; 0 is the call's own
  bool is_cut = false;         // it has sent more than was recorded
};

// In the process a call is known by the span id of its own context. Threads: the loop's.
class OpenCalls {
 public:
  OpenCall& begin(const SpanContext& own);
  // Returns null if no such call is under way.
  OpenCall* find(const SpanId& id);
  OpenCall* find(std::string_view traceparent);
  void end(const SpanId& id);

 private:
  std::unordered_map<std::uint64_t, std::unique_ptr<OpenCall>> calls_;
};

}  // namespace ofn::skywalking
