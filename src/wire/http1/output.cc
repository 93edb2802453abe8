#include "wire/http1/output.h"

#include <algorithm>

#include "base/free_memory.h"
#include "wire/http1/kept.h"

namespace ofn::wire::http1 {

std::size_t Output::gather(std::span<std::string_view> buffers) {
  if (writing().empty()) filling_ = 1 - filling_;
  std::size_t count = 0;
  if (!writing().empty() && count < buffers.size()) {
    buffers[count++] = std::string_view(writing()).substr(text_sent_);
  }
  if (!body_.empty() && text().empty() && count < buffers.size()) {
    buffers[count++] = std::string_view(body_).substr(body_sent_);
  }
  return count;
}

void Output::sent(std::size_t count) {
  is_unsent_ = false;
  const std::size_t of_text = std::min(count, writing().size() - text_sent_);
  text_sent_ += of_text;
  body_sent_ += count - of_text;
  if (text_sent_ == writing().size()) {
    writing().clear();
    text_sent_ = 0;
    if (writing().capacity() > kKept) free_memory(writing());
  }
  if (body_sent_ == body_.size()) {
    if (body_sent_ > 0) free_memory(body_);
    body_sent_ = 0;
  }
}

}  // namespace ofn::wire::http1
