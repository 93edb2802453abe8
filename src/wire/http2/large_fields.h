// Handles fields that are too large for nghttp2. At a name or a value above 64 KiB, nghttp2 ends the connection, even if several
// callers share it. But a field that is too large concerns only its own request, and --max-header-bytes may allow the field.
//
//   fields.take(bytes, [&](std::string_view whole) { engine.receive(whole); });
//   …
//   value = fields.value_of(value, too_large);      // in the callback for a field
//
// Such a field does not fit into one frame of the usual size (16 KiB). So only header blocks that continue in CONTINUATION frames
// are held back until they are complete. If a block has a string that is too large, LargeFields replaces the string by a shorter
// placeholder and passes on everything else as it came. HPACK's dynamic table stays the same as the peer's, because an entry of
// either size empties the table (RFC 7541 §4.4).
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
// Cost: one comparison for each frame, if the peer's header blocks have one frame each.
// Spec: RFC 7541 §5 and §6; RFC 9113 §6.2 and §6.10.
class LargeFields {
 public:
  // nghttp2's limit for a string as it is sent: encoded, if it is Huffman-encoded.
  static constexpr std::size_t kMostOfLibrary = 65536;

  // `largest`: the size of the largest value that is read, in bytes. `most_frames`: the largest number of frames of one block; a
  // block with more is passed on, and nghttp2 refuses it.
  LargeFields(std::size_t largest, std::size_t most_frames)
      : largest_(largest), most_frames_(most_frames) {}

  // Returns true if frames are held back: then all bytes go through take().
  bool holding() const { return !held_.empty(); }
  // The memory of the frames that are held back, in bytes.
  std::size_t capacity() const { return held_.capacity(); }
  // Returns true if the frame begins a header block that continues in CONTINUATION: bytes from here on go through take(). The
  // caller has the whole frame head.
  static bool begins(const FrameHead& frame) {
    return frame.type == kHeadersFrame && (frame.flags & kEndHeadersFlag) == 0;
  }

  // `bytes` begin with such a frame, or continue where the last call ended. Passes on the block when it is complete. Returns how
  // many of `bytes` it has taken: it takes none of the bytes after the block.
  std::size_t take(std::string_view bytes, const std::function<void(std::string_view)>& pass_on);
  // The number of bytes that are still missing of the last frame that take() has passed on.
  std::size_t rest() const { return rest_; }

  // If `value` is a placeholder, returns the real value; else returns `value`. The result is valid until pass_on() of the block
  // returns. Sets `too_large` if the real value, or a name of the block, is too large to be read.
  std::string_view value_of(std::string_view value, bool& too_large) const {
    return replaced_.empty() && !name_too_large_ ? value : find(value, too_large);
  }

 private:
  enum class Part : std::uint8_t { kName, kValue };
  struct Replaced {
    std::string value;
    bool too_large = false;
  };

  std::string_view find(std::string_view value, bool& too_large) const;
  // The held frames with placeholders for the strings that are too large; empty if they have none.
  std::string rewritten();
  bool rewrite_block(std::string_view block, std::string& out);
  bool copy_string(std::string_view& block, std::string& out, Part part);

  const std::size_t largest_;
  const std::size_t most_frames_;
  std::string held_;
  std::size_t next_head_ = 0;  // where in held_ the next frame begins
  std::size_t frames_ = 0;     // frames whose heads are complete
  bool last_ = false;          // the last of them ends the block, or does not belong to it
  std::size_t rest_ = 0;
  std::vector<Replaced> replaced_;  // by the numbers of their placeholders
  bool name_too_large_ = false;
  bool any_ = false;  // a string of this block is too large for nghttp2
};

}  // namespace ofn::wire::http2
