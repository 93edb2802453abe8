#include "wire/http2/large_fields.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/free_memory.h"
#include "wire/chars.h"
#include "wire/http2/huffman.h"

namespace ofn::wire::http2 {

namespace {

constexpr std::size_t kFrameHead = 9;
constexpr std::size_t kFrame = 16384;  // the frame size that every peer accepts (RFC 9113 §6.5.2)
constexpr std::uint8_t kPriorityFlag = 0x20;
constexpr std::size_t kPriority = 5;
// The placeholder for a string. It is longer than HPACK's table (4,096 bytes), so that it empties the table as the real string
// does. It begins with '/', and the rest is a token, so that nghttp2 accepts it as a path and as a field's value.
constexpr std::string_view kStandIn = "/ofn-stands-in-for-";
constexpr std::size_t kStandInSize = 5000;
constexpr std::size_t kDigits = 4;

std::string stand_in(std::size_t number) {
  std::string text(kStandIn);
  const std::string digits = std::to_string(number);
  text.append(kDigits - std::min(kDigits, digits.size()), '0').append(digits);
  text.resize(kStandInSize, 'x');
  return text;
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::size_t length_of(std::string_view head) {
  return static_cast<std::size_t>(byte_at(head, 0)) << 16U |
         static_cast<std::size_t>(byte_at(head, 1)) << 8U | byte_at(head, 2);
}

// Takes an integer with a prefix of `bits` bits off the front (RFC 7541 §5.1). Returns nullopt if the integer is incomplete or
// has more than five bytes after its prefix.
std::optional<std::size_t> take_integer(std::string_view& block, unsigned bits) {
  if (block.empty()) return std::nullopt;
  const std::size_t most = (std::size_t{1} << bits) - 1;
  std::size_t number = byte_at(block, 0) & most;
  block.remove_prefix(1);
  if (number < most) return number;
  for (unsigned shift = 0; shift < 32; shift += 7) {
    if (block.empty()) return std::nullopt;
    const std::uint8_t byte = byte_at(block, 0);
    block.remove_prefix(1);
    number += static_cast<std::size_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return number;
  }
  return std::nullopt;
}

void put_integer(std::string& out, std::size_t number, unsigned bits) {
  const std::size_t most = (std::size_t{1} << bits) - 1;
  if (number < most) {
    out += static_cast<char>(number);
    return;
  }
  out += static_cast<char>(most);
  for (number -= most; number >= 0x80; number >>= 7U)
    out += static_cast<char>((number & 0x7fU) | 0x80U);
  out += static_cast<char>(number);
}

void put_frame(std::string& out, std::uint8_t type, std::uint8_t flags, std::string_view stream,
               std::string_view payload) {
  for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>(payload.size() >> shift);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  out.append(stream).append(payload);
}

bool well_formed_value(std::string_view value) {
  return all(kValue, value) &&
         (value.empty() || (!is_blank(value.front()) && !is_blank(value.back())));
}

}  // namespace

std::size_t LargeFields::take(std::string_view bytes,
                              const std::function<void(std::string_view)>& pass_on) {
  std::size_t taken = 0;
  rest_ = 0;
  while (taken < bytes.size()) {
    // Takes bytes up to the end of the frame, and then up to the end of the next frame's head.
    const std::size_t wanted = held_.size() < next_head_ ? next_head_ : next_head_ + kFrameHead;
    const std::size_t size = std::min(wanted - held_.size(), bytes.size() - taken);
    held_.append(bytes, taken, size);
    taken += size;
    if (held_.size() == next_head_ + kFrameHead) {
      const std::string_view head = std::string_view(held_).substr(next_head_);
      const std::uint8_t type = byte_at(head, 3);
      const bool first = frames_++ == 0;
      const bool of_block = first || (type == kContinuationFrame &&
                                      head.substr(5, 4) == std::string_view(held_).substr(5, 4));
      const bool ends = (byte_at(head, 4) & kEndHeadersFlag) != 0;
      // nghttp2 refuses a frame that does not belong to the block, and a block with too many or too large frames.
      last_ = !of_block || ends || frames_ > most_frames_ || length_of(head) > kFrame;
      if (!of_block || frames_ > most_frames_ || length_of(head) > kFrame) {
        rest_ = length_of(head);
        const std::string all = std::exchange(held_, {});
        next_head_ = frames_ = 0;
        last_ = false;
        pass_on(all);
        return taken;
      }
      next_head_ += kFrameHead + length_of(head);
    }
    if (held_.size() == next_head_ && last_) {
      const std::string other = rewritten();
      const std::string all = std::exchange(held_, {});
      next_head_ = frames_ = 0;
      last_ = false;
      pass_on(other.empty() ? all : other);
      free_memory(replaced_);
      name_too_large_ = false;
      return taken;
    }
  }
  return taken;
}

std::string_view LargeFields::find(std::string_view value, bool& too_large) const {
  too_large = too_large || name_too_large_;
  if (value.size() != kStandInSize || !value.starts_with(kStandIn)) return value;
  std::size_t number = replaced_.size();
  std::from_chars(value.data() + kStandIn.size(), value.data() + kStandIn.size() + kDigits, number);
  if (number >= replaced_.size()) return value;
  too_large = too_large || replaced_[number].too_large;
  return replaced_[number].value;
}

std::string LargeFields::rewritten() {
  std::string block;
  std::string_view priority;
  for (std::size_t at = 0; at < held_.size();) {
    const std::string_view head = std::string_view(held_).substr(at);
    std::string_view payload = head.substr(kFrameHead, length_of(head));
    if (at == 0) {
      const std::uint8_t flags = byte_at(head, 4);
      std::size_t padding = 0;
      if ((flags & kPaddedFlag) != 0) {
        if (payload.empty()) return {};
        padding = byte_at(payload, 0);
        payload.remove_prefix(1);
      }
      if ((flags & kPriorityFlag) != 0) {
        if (payload.size() < kPriority) return {};
        priority = payload.substr(0, kPriority);
        payload.remove_prefix(kPriority);
      }
      if (padding > payload.size()) return {};
      payload.remove_suffix(padding);
    }
    block += payload;
    at += kFrameHead + length_of(head);
  }
  std::string out;
  any_ = name_too_large_ = false;
  replaced_.clear();
  if (!rewrite_block(block, out) || !any_) {
    replaced_.clear();
    name_too_large_ = false;
    return {};
  }
  const std::string_view stream = std::string_view(held_).substr(5, 4);
  const auto flags = static_cast<std::uint8_t>(byte_at(held_, 4) & ~std::uint8_t{kPaddedFlag});
  std::string first(priority);
  first.append(out, 0, kFrame - priority.size());
  std::size_t at = first.size() - priority.size();
  std::string frames;
  const auto ending = [&] {
    return static_cast<std::uint8_t>(at == out.size() ? kEndHeadersFlag : 0);
  };
  put_frame(frames, kHeadersFrame,
            static_cast<std::uint8_t>((flags & ~std::uint8_t{kEndHeadersFlag}) | ending()), stream,
            first);
  while (at < out.size()) {
    const std::string_view piece = std::string_view(out).substr(at, kFrame);
    at += piece.size();
    put_frame(frames, kContinuationFrame, ending(), stream, piece);
  }
  return frames;
}

// Returns false if the block is malformed: then it is passed on unchanged, and nghttp2 refuses it as usual.
bool LargeFields::rewrite_block(std::string_view block, std::string& out) {
  while (!block.empty()) {
    const std::string_view before = block;
    const std::uint8_t kind = byte_at(block, 0);
    const bool indexed = (kind & 0x80U) != 0;
    const bool resizes = (kind & 0xe0U) == 0x20U;
    const unsigned bits = indexed ? 7 : resizes ? 5 : (kind & 0xc0U) == 0x40U ? 6 : 4;
    const auto index = take_integer(block, bits);
    if (!index) return false;
    out.append(before.substr(0, before.size() - block.size()));
    if (indexed || resizes) continue;
    if (*index == 0 && !copy_string(block, out, Part::kName)) return false;
    if (!copy_string(block, out, Part::kValue)) return false;
  }
  return true;
}

bool LargeFields::copy_string(std::string_view& block, std::string& out, Part part) {
  if (block.empty()) return false;
  const std::string_view before = block;
  const bool huffman = (byte_at(block, 0) & 0x80U) != 0;
  const auto size = take_integer(block, 7);
  if (!size || *size > block.size()) return false;
  const std::string_view text = block.substr(0, *size);
  block.remove_prefix(*size);
  if (*size <= kMostOfLibrary) {
    out.append(before.substr(0, before.size() - block.size()));
    return true;
  }
  any_ = true;
  std::string stands_in = stand_in(replaced_.size());
  if (part == Part::kName) {
    // No function needs such a name, so its request is refused whatever the limit.
    stands_in.erase(0, 1);
    put_integer(out, stands_in.size(), 7);
    out += stands_in;
    name_too_large_ = true;
    return true;
  }
  std::optional<std::string> value;
  if (huffman) {
    value = huffman_decode(text, largest_);
  } else {
    value.emplace(text.substr(0, std::min(text.size(), largest_ + 1)));
  }
  if (!value) return false;
  const bool too_large = value->size() > largest_;
  // nghttp2 does not see the real value. A control character in the placeholder makes nghttp2 refuse the malformed message.
  if (!too_large && !well_formed_value(*value)) stands_in.back() = '\x01';
  put_integer(out, stands_in.size(), 7);
  out += stands_in;
  replaced_.push_back(
      {.value = too_large ? std::string() : *std::move(value), .too_large = too_large});
  return true;
}

}  // namespace ofn::wire::http2
