// The head of an HTTP/1.1 answer: bytes in, a status and fields out. The client's counterpart of head_parser.h, and as strict.
//
//   AnswerHeadParser parser(limits);
//   const Step step = parser.parse(buffer);   // again with the longer buffer after kMore
//   if (step == Step::kDone) problem = parser.read(buffer, head, fields);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "wire/http1/field_lines.h"
#include "wire/http1/verdict.h"
#include "wire/limits.h"

namespace ofn::wire::http1 {

// How the end of an answer's body is found (RFC 9112 §6.3).
enum class AnswerFraming : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

struct AnswerHead {
  int status = 0;
  bool keep_alive = false;
  AnswerFraming framing = AnswerFraming::kNone;
  std::uint64_t content_length = 0;  // of kLength
};

// Lifetime: one per connection, reset() between answers. Keeps positions, no pointers: the buffer may move while it grows.
// Errors: a sentence about what is wrong with the answer. Limits: head_bytes and head_fields.
// Spec: RFC 9112 §4, §5, §6. An answer to a method other than HEAD and CONNECT.
class AnswerHeadParser {
 public:
  explicit AnswerHeadParser(const Limits& limits) : limits_(limits) {}

  void reset();
  // `seen`: everything since the first byte of the answer. What follows the head is not looked at.
  Step parse(std::string_view seen);
  // After kRejected.
  std::string_view problem() const { return problem_; }
  // After kDone: how many bytes the head has.
  std::size_t size() const { return lines_.position(); }
  // After kDone: what the fields mean. `bytes` begins with the head and outlives `fields`. Returns what is wrong with them.
  std::optional<std::string_view> read(std::string_view bytes, AnswerHead& head,
                                       std::vector<Field>& fields) const;

 private:
  Step refuse(std::string_view problem);
  Step parse_status_line(std::string_view seen);

  const Limits& limits_;
  FieldLines lines_;
  std::string_view problem_;
  int status_ = 0;  // 0: the status line was not seen whole
  bool http10_ = false;
};

}  // namespace ofn::wire::http1
