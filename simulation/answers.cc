#include "simulation/answers.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <ofn/field.h>

namespace ofn::simulation {

std::optional<Answer> AnswerReader::next() {
  while (!is_malformed_ && advance()) {
    if (!std::exchange(is_whole_, false)) continue;
    stage_ = Stage::kHead;
    return std::exchange(now_, {});
  }
  in_.erase(0, std::exchange(at_, 0));
  return std::nullopt;
}

std::optional<std::string_view> AnswerReader::line() {
  const std::string_view all = rest();
  const std::size_t end = all.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  at_ += end + 2;
  return all.substr(0, end);
}

bool AnswerReader::advance() {
  switch (stage_) {
    case Stage::kHead: {
      const std::string_view all = rest();
      const std::size_t end = all.find("\r\n\r\n");
      if (end == std::string_view::npos) return false;
      read_head(all.substr(0, end));
      at_ += end + 4;
      stage_ = now_.is_chunked ? Stage::kChunkSize : Stage::kBody;
      is_whole_ = !now_.is_chunked && left_ == 0;
      return true;
    }
    case Stage::kBody: {
      const std::string_view bytes = rest().substr(0, left_);
      if (bytes.empty()) return false;
      now_.body += bytes;
      at_ += bytes.size();
      left_ -= bytes.size();
      if (left_ > 0) return true;
      stage_ = Stage::kChunkEnd;
      is_whole_ = !now_.is_chunked;
      return true;
    }
    case Stage::kChunkEnd:
    case Stage::kChunkSize: {
      const auto text = line();
      if (!text) return false;
      if (std::exchange(stage_, Stage::kChunkSize) == Stage::kChunkEnd) {
        is_malformed_ = !text->empty();
        return true;
      }
      const auto [end, error] =
          std::from_chars(text->data(), text->data() + text->size(), left_, 16);
      is_malformed_ = error != std::errc() || end != text->data() + text->size();
      stage_ = left_ == 0 ? Stage::kTrailers : Stage::kBody;
      return true;
    }
    case Stage::kTrailers: {
      const auto text = line();
      if (!text) return false;
      is_whole_ = text->empty();
      return true;
    }
  }
  return false;
}

void AnswerReader::read_head(std::string_view head) {
  left_ = 0;
  is_malformed_ = !head.starts_with("HTTP/1.1 ") || head.size() < 12;
  if (is_malformed_) return;
  std::from_chars(head.data() + 9, head.data() + 12, now_.status);
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string_view field = head.substr(at + 2, end - std::min(end, at + 2));
    at = end;
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = field.substr(0, colon);
    std::string_view value = field.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (same_field_name(name, "content-length"))
      std::from_chars(value.data(), value.data() + value.size(), left_);
    if (same_field_name(name, "transfer-encoding")) now_.is_chunked = value == "chunked";
    if (same_field_name(name, "connection")) now_.is_last = value == "close";
  }
}

}  // namespace ofn::simulation
