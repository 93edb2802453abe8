// What a parser of this room says about the bytes it has seen so far.
#pragma once

#include <string_view>

namespace ofn::wire::http1 {

enum class Step {
  kMore,      // nothing wrong yet; not the end
  kDone,      // the whole of it was seen
  kRejected,  // the peer broke a rule: answer it, close
};

// Why a message is refused: the status of the answer, and a sentence for its body. Static text.
struct Reject {
  int status = 0;  // 0: not HTTP at all; the connection ends without an answer
  std::string_view reason;
};

}  // namespace ofn::wire::http1
