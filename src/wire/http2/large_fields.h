// Fields larger than nghttp2 reads. It ends the connection at a name or a value above 64 KiB, whoever else shares that
// connection; but one caller's field that is too large concerns that caller, and --max-header-bytes may allow it.
//
//   fields.take(bytes, [&](std::string_view whole) { engine.receive(whole); });
//   …
//   value = fields.value_of(value);      // in the callback that a field was read
//
// Such a field cannot stand in one frame of the usual size. So only header blocks that go on in CONTINUATION are held until
// they are complete. Where one has a string that is too large, a short one stands in for it, and everything else is passed
// on as it came: HPACK's table stays the peer's, because an entry of either size empties it (RFC 7541 §4.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http2/frame_budget.h"

namespace ofn::wire::http2 {

// Lifetime: a member of its session. Threads: the loop's.
// Cost: nothing but a comparison a frame for a peer whose header blocks have one frame each.
// Spec: RFC 7541 §5 and §6; RFC 9113 §6.2 and §6.10.
class LargeFields {
 public:
  // nghttp2's limit of a string, in the form in which it is sent.
  static constexpr std::size_t kMostOfLibrary = 65536;

  // `largest`: of a value that is read; `most_frames`: of one block, more are passed on to be refused.
  LargeFields(std::size_t largest, std::size_t most_frames)
      : largest_(largest), most_frames_(most_frames) {}

  // Something is held back: everything goes through take().
  bool holding() const { return !held_.empty(); }
  // The memory of what is held back.
  std::size_t capacity() const { return held_.capacity(); }
  // A whole frame head of a block that goes on in CONTINUATION: bytes from here on go through take().
  static bool begins(const FrameHead& frame) {
    return frame.type == kHeadersFrame && (frame.flags & kEndHeadersFlag) == 0;
  }

  // `bytes` begin with such a frame, or go on where the last ones ended. Passes on what is complete. Returns how many of
  // `bytes` were taken: what is behind the block was not.
  std::size_t take(std::string_view bytes, const std::function<void(std::string_view)>& pass_on);
  // How much of the frame that take() has passed on last is still to come behind what it took.
  std::size_t rest() const { return rest_; }

  // The real value where `value` stands in for one. Valid until pass_on() of the block returns.
  // `too_large` is set where that is more than is read.
  std::string_view value_of(std::string_view value, bool& too_large) const {
    return replaced_.empty() && !name_too_large_ ? value : find(value, too_large);
  }

 private:
  struct Replaced {
    std::string value;
    bool too_large = false;
  };

  std::string_view find(std::string_view value, bool& too_large) const;
  // The held frames with other strings in place of those that are too large; empty: they have none.
  std::string rewritten();
  bool rewrite_block(std::string_view block, std::string& out);
  bool copy_string(std::string_view& block, std::string& out, bool is_name);

  const std::size_t largest_;
  const std::size_t most_frames_;
  std::string held_;
  std::size_t next_head_ = 0;  // where in held_ the next frame begins
  std::size_t frames_ = 0;     // whose heads are known
  bool last_ = false;          // the last of them ends the block, or is none of it
  std::size_t rest_ = 0;
  std::vector<Replaced> replaced_;  // by the numbers that their stand-ins have
  bool name_too_large_ = false;
  bool any_ = false;  // string of this block is too large for nghttp2
};

}  // namespace ofn::wire::http2
