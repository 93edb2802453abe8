// How much work without use a peer may make for us on one HTTP/2 connection.
//
// HTTP/2 lets a peer cause work that serves nobody: requests that are reset at once (CVE-2023-44487),
// streams that it makes *us* reset (CVE-2025-8671), floods of PING, SETTINGS, PRIORITY,
// WINDOW_UPDATE, empty DATA, CONTINUATION and unknown frames (CVE-2019-9511 … 9518, VU#421644). The
// library beneath does not even tell about some of them, so frames are counted where none can hide:
// in the bytes.
//
//   scanner.scan(bytes, [&](const FrameHead& frame) { budget.spend(frame); });
//   if (budget.exhausted(now)) go_away();    // with ENHANCE_YOUR_CALM
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace ofn::wire::http2 {

// RFC 9113 §4.1 and §6.
struct FrameHead {
  std::uint32_t length = 0;
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
};

enum FrameType : std::uint8_t {
  kDataFrame = 0,
  kHeadersFrame = 1,
  kContinuationFrame = 9,
};
inline constexpr std::uint8_t kEndStreamFlag = 0x1;
inline constexpr std::uint8_t kEndHeadersFlag = 0x4;
inline constexpr std::uint8_t kPaddedFlag = 0x8;

// Finds the frame heads in a byte stream, however it is cut.
class FrameScanner {
 public:
  // `preface`: bytes before the first frame (a client's: 24).
  explicit FrameScanner(std::size_t preface) : skip_(preface) {}

  template <class OnFrame>
  void scan(std::string_view bytes, OnFrame&& on_frame) {
    while (!bytes.empty()) {
      if (skip_ > 0) {
        const std::size_t skipped = std::min(skip_, bytes.size());
        skip_ -= skipped;
        bytes.remove_prefix(skipped);
        continue;
      }
      head_[head_size_++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      if (head_size_ == head_.size()) on_frame(next());
    }
  }

  // How much of a frame, or of the preface, is still to come; and how much of a frame's head has come.
  std::size_t rest() const { return skip_; }
  std::size_t begun_head() const { return head_size_; }
  // The bytes of a head that was begun are given again.
  void forget_head() { head_size_ = 0; }

  // Something was begun that only the peer can finish: the preface, a frame, a header block. A DATA
  // frame is not meant: its body has its own time limit.
  bool unfinished() const {
    return in_block_ || head_size_ > 0 || !any_ || (skip_ > 0 && last_.type != kDataFrame);
  }

 private:
  const FrameHead& next() {
    head_size_ = 0;
    last_.length = (static_cast<std::uint32_t>(head_[0]) << 16U) |
                   (static_cast<std::uint32_t>(head_[1]) << 8U) | head_[2];
    last_.type = head_[3];
    last_.flags = head_[4];
    skip_ = last_.length;
    any_ = true;
    if (last_.type == kHeadersFrame || last_.type == kContinuationFrame)
      in_block_ = (last_.flags & kEndHeadersFlag) == 0;
    return last_;
  }

  std::size_t skip_;
  std::array<unsigned char, 9> head_{};
  std::size_t head_size_ = 0;
  FrameHead last_;
  bool any_ = false;
  bool in_block_ = false;
};

// Two accounts, both refilled by time and by useful work. A value. Cost: a few instructions a frame.
class FrameBudget {
 public:
  // Requests that came to nothing by the peer's doing. A client that is shut down cancels all it has
  // in flight at once (100 streams at most), so that much is free.
  static constexpr int kSpoiltRequests = 100;
  static constexpr int kSpoiltRequestsPerSecond = 10;
  // Frames that carry nothing. A browser or a gRPC client sends some tens at the start, then
  // about two WINDOW_UPDATE for each DATA frame, which earn their own credit.
  static constexpr int kIdleFrames = 1000;
  static constexpr int kIdleFramesPerSecond = 50;

  explicit FrameBudget(SteadyTime now) : refilled_(now) {}

  // A frame came in, at the server's end or at the client's.
  void spend(const FrameHead& frame);
  void spend_as_client(const FrameHead& frame);
  // A request ended without an answer, and it was the peer who spoilt it.
  void request_spoilt() { --requests_; }
  // It broke the rules that a request has, after it was begun. No client does so by cancelling or in a race, no caller of a
  // proxy can, and each costs us the most.
  void request_malformed() { requests_ -= kPerMalformed; }
  void request_answered() {
    requests_ = std::min(requests_ + 1, kSpoiltRequests);
    earn(kWindowUpdatesPerData);
  }
  // The peer reset a request that had its whole answer: it takes back what the answer has earned.
  void answer_thrown_away() { requests_ -= 2; }
  // A head that opens no request: a malformed one, trailers, one of a stream that we have reset, or of more requests at
  // once than were allowed. A proxy passes malformed ones on for others, and a client that has not seen our RST_STREAM or
  // SETTINGS yet may mean well, so it costs no more than other frames do.
  void opened_nothing() { frames_ -= kFramesPerRequest + 1; }
  // `size` bytes of an answer have gone out, `unsent` wait. A peer that lets us send byte by byte
  // earns nothing, unless a byte is all that there is.
  void data_sent(std::size_t size, std::size_t unsent) {
    if (unsent == 0 || size >= kTinyData) earn(kWindowUpdatesPerData);
  }
  // A request of ours came to its end, by an answer or a reset.
  void answer_received() { earn(kFramesPerAnswer); }
  // Refills first, when time has passed.
  bool exhausted(SteadyTime now);
  bool exhausted() const { return requests_ < 0 || frames_ < 0; }

 private:
  static constexpr int kPerMalformed = 3;
  static constexpr int kWindowUpdatesPerData = 3;
  static constexpr int kFramesPerRequest = 3;
  // Head, a small message, trailers; WINDOW_UPDATE and PING as gRPC servers send them; some interim
  // heads.
  static constexpr int kFramesPerAnswer = 8;
  static constexpr std::uint32_t kTinyData = 64;
  static constexpr std::uint32_t kUsefulData = 1024;

  void spend_data(const FrameHead& frame);
  void earn(int frames) { frames_ = std::min(frames_ + frames, 2 * kIdleFrames); }

  SteadyTime refilled_;
  int requests_ = kSpoiltRequests;
  int frames_ = kIdleFrames;
};

}  // namespace ofn::wire::http2
