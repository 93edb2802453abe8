#include "wire/http2/field_block.h"

#include <algorithm>

namespace ofn::wire::http2 {

namespace {
constexpr std::size_t kKeptBytes = 4096;
constexpr std::size_t kKeptFields = 64;
}  // namespace

void FieldBlock::add(std::string_view name, std::string_view value) {
  places_.push_back({.at = static_cast<std::uint32_t>(bytes_.size()),
                     .name_size = static_cast<std::uint32_t>(name.size()),
                     .value_size = static_cast<std::uint32_t>(value.size())});
  const std::size_t before = bytes_.size();
  const std::size_t size = before + name.size() + value.size();
  if (size > bytes_.capacity()) bytes_.reserve(2 * size);
  bytes_.resize_and_overwrite(size, [&](char* bytes, std::size_t) {
    value.copy(bytes + before + name.copy(bytes + before, name.size()), value.size());
    return size;
  });
  if (name == "cookie") ++cookies_;
}

std::span<const Field> FieldBlock::seal() {
  if (cookies_ > 1) join_cookies();
  fields_.clear();
  const std::string_view bytes(bytes_);
  for (const Place& place : places_) {
    fields_.push_back({.name = bytes.substr(place.at, place.name_size),
                       .value = bytes.substr(place.at + place.name_size, place.value_size)});
  }
  return fields_;
}

void FieldBlock::join_cookies() {
  const auto is_cookie = [this](const Place& place) {
    return std::string_view(bytes_).substr(place.at, place.name_size) == "cookie";
  };
  std::string joined;
  for (const Place& place : places_) {
    if (!is_cookie(place)) continue;
    if (!joined.empty()) joined += "; ";
    joined.append(bytes_, place.at + place.name_size, place.value_size);
  }
  std::erase_if(places_, is_cookie);
  cookies_ = 0;
  add("cookie", joined);
}

void FieldBlock::clear() {
  bytes_.clear();
  places_.clear();
  fields_.clear();
  cookies_ = 0;
  if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
  if (places_.capacity() > kKeptFields) {
    places_.shrink_to_fit();
    fields_.shrink_to_fit();
  }
}

}  // namespace ofn::wire::http2
