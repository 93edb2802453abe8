// The chunked body of an HTTP/1.1 request: bytes in, the decoded body and its trailers out.
//
//   ChunkParser parser(limits);
//   const auto [step, consumed] = parser.parse(input, body);   // again with what comes next
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "wire/http1/field_lines.h"
#include "wire/http1/verdict.h"
#include "wire/limits.h"

namespace ofn::wire::http1 {

// A body as it is collected. Clear it to use it again: the memory stays.
struct Body {
  std::string bytes;
  std::string trailer_text;  // what `trailers` points into
  std::vector<Field> trailers;

  void clear() {
    bytes.clear();
    trailer_text.clear();
    trailers.clear();
  }
};

// Extensions are checked and ignored; a framing or routing field among the trailers is refused.
// How much may be spent on framing instead of data is bounded: a million one-byte chunks are
// refused.
//
// Lifetime: one per connection, reset() before each body.
// Errors: a Reject, always the same one for the same bytes, however they were split.
// Spec: RFC 9112 §7.1.
class ChunkParser {
 public:
  struct Progress {
    Step step;
    std::size_t consumed;  // of the input; everything unless step is kDone
  };

  explicit ChunkParser(const Limits& limits) : limits_(limits) {}

  // For the next body, which has at most `most` bytes of data.
  void reset(std::uint64_t most);
  void reset() { reset(limits_.body_bytes); }
  // Appends the data to `body`; the caller may take it from there between two calls.
  Progress parse(std::string_view input, Body& body);
  const Reject& reject() const { return reject_; }

  // What the parser waits for next. Public for the table in the .cc file only.
  enum class State : std::uint8_t {
    kSizeStart,
    kSize,
    kExtension,  // behind ';'
    kExtensionName,
    kBlankAfterName,
    kExtensionValue,  // behind '='
    kToken,
    kQuoted,
    kQuotedPair,
    kAfterQuoted,
    kBlankAfterValue,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailers,
    kBad,
  };

 private:
  Step refuse(int status, std::string_view reason);
  Step end_size_line();
  const char* parse_size_line(const char* at, const char* end);
  Progress parse_trailers(std::string_view input, Body& body);

  const Limits& limits_;
  FieldLines lines_;
  Reject reject_;
  std::uint64_t left_ = 0;  // of the chunk: its size while that is read, then its data to come
  std::uint64_t most_ = limits_.body_bytes;
  std::uint64_t data_ = 0;      // bytes of the body so far that were data
  std::uint64_t overhead_ = 0;  // bytes of the body so far that were not data
  std::size_t digits_ = 0;
  std::size_t extension_ = 0;  // bytes of the extensions on this size line
  State state_ = State::kSizeStart;
};

}  // namespace ofn::wire::http1
