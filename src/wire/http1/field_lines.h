// A block of field lines up to the empty line that ends it: of a head, or of a chunked body's
// trailers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "wire/http1/verdict.h"

namespace ofn::wire::http1 {

// Reads field lines out of a buffer that grows: every byte is looked at once, whatever the pieces
// in which it came, and the first wrong byte decides.
//
// Lifetime: keeps positions, no pointers: the buffer may move between two calls.
// Cost: no allocation once the storage has grown to the number of fields that the peer sends.
// Spec: RFC 9112 §5. A bare LF, a bare CR, folding, white space before the colon and control
// characters are refused.
class FieldLines {
 public:
  // Begins anew at `begin`. The block must end within the buffer's first `max_end` bytes.
  void restart(std::size_t begin, std::size_t max_end, std::size_t max_fields);

  // `seen` is the whole buffer so far.
  Step parse(std::string_view seen);

  // Behind the last byte that was read; of the whole block when it is done.
  std::size_t position() const { return position_; }
  const Reject& reject() const { return reject_; }
  std::size_t size() const { return lines_.size(); }

  // The fields as views into `bytes`, which begins with what was parsed.
  void fields(std::string_view bytes, std::vector<Field>& fields) const;

 private:
  enum class State : std::uint8_t { kLineStart, kName, kBeforeValue, kValue, kLineLf, kEndLf };
  struct Line {
    std::uint32_t name;
    std::uint32_t name_size;
    std::uint32_t value;
    std::uint32_t value_size;
  };

  Step refuse(int status, std::string_view reason);

  std::vector<Line> lines_;
  Line line_{};
  std::size_t position_ = 0;
  std::size_t max_end_ = 0;
  std::size_t max_fields_ = 0;
  Reject reject_;
  State state_ = State::kLineStart;
};

}  // namespace ofn::wire::http1
