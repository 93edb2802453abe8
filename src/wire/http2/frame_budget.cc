#include "wire/http2/frame_budget.h"

#include <chrono>

namespace ofn::wire::http2 {

void FrameBudget::spend(const FrameHead& frame) {
  switch (frame.type) {
    case kHeadersFrame:
      earn(kFramesPerRequest);
      break;
    case kDataFrame:
      spend_data(frame);
      break;
    default:
      --frames_;
  }
}

// All heads cost, because each answer earns them: interim ones have no end otherwise.
void FrameBudget::spend_as_client(const FrameHead& frame) {
  if (frame.type == kDataFrame) return spend_data(frame);
  --frames_;
}

void FrameBudget::spend_data(const FrameHead& frame) {
  if (frame.length >= kUsefulData) earn(1);
  // How much of a padded frame is padding, its head does not say.
  const bool little = frame.length < kTinyData || (frame.flags & kPaddedFlag) != 0;
  if (little && (frame.flags & kEndStreamFlag) == 0) --frames_;
}

bool FrameBudget::exhausted(SteadyTime now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - refilled_);
  if (seconds.count() > 0) {
    refilled_ += seconds;
    const auto times = static_cast<int>(std::min<std::int64_t>(seconds.count(), 3600));
    requests_ = std::min(requests_ + times * kSpoiltRequestsPerSecond, kSpoiltRequests);
    if (frames_ < kIdleFrames)
      frames_ = std::min(frames_ + times * kIdleFramesPerSecond, kIdleFrames);
  }
  return exhausted();
}

}  // namespace ofn::wire::http2
