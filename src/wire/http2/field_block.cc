#include "wire/http2/field_block.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/free_memory.h"
#include "wire/field_rules.h"

namespace ofn::wire::http2 {

namespace {
constexpr std::size_t kKeptBytes = 1024;
constexpr std::size_t kKeptFields = 32;
}  // namespace

void FieldBlock::add(std::string_view name, std::string_view value) {
  const std::size_t before = bytes_.size();
  const std::size_t size = before + name.size() + value.size();
  if (size > bytes_.capacity()) grow(size);
  bytes_.resize_and_overwrite(size, [&](char* bytes, std::size_t) {
    value.copy(bytes + before + name.copy(bytes + before, name.size()), value.size());
    return size;
  });
  const char* const at = bytes_.data() + before;
  fields_.push_back({.name = {at, name.size()}, .value = {at + name.size(), value.size()}});
  if (name == "cookie") ++cookies_;
}

void FieldBlock::grow(std::size_t size) {
  std::string larger;
  larger.reserve(std::max(size, 2 * bytes_.capacity()));
  larger += bytes_;
  const auto moved = [&](std::string_view text) {
    return std::string_view(larger.data() + (text.data() - bytes_.data()), text.size());
  };
  for (Field& field : fields_) field = {.name = moved(field.name), .value = moved(field.value)};
  bytes_.swap(larger);
}

std::span<const Field> FieldBlock::seal() {
  if (cookies_ > 1) join_cookies();
  return fields_;
}

void FieldBlock::join_cookies() {
  const std::string joined = ofn::wire::join_cookies(fields_);
  std::erase_if(fields_, [](const Field& field) { return field.name == "cookie"; });
  cookies_ = 0;
  add("cookie", joined);
}

void FieldBlock::clear() {
  bytes_.clear();
  fields_.clear();
  cookies_ = 0;
  if (bytes_.capacity() > kKeptBytes) free_memory(bytes_);
  if (fields_.capacity() > kKeptFields) free_memory(fields_);
}

}  // namespace ofn::wire::http2
