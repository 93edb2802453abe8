// Small bridges between nghttp2's C types and ours. For .cc files of this folder only.
#pragma once

#include <cstdint>
#include <string_view>

#include <nghttp2/nghttp2.h>

namespace ofn::wire::http2 {

inline std::string_view view(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

inline const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

// Of a field whose name is a literal in lower case: nghttp2 copies neither that nor lower-cases it.
inline constexpr unsigned kLiteralName = NGHTTP2_NV_FLAG_NO_COPY_NAME;

// Whether a frame is the last one of its stream in its direction.
enum class StreamEnd : std::uint8_t { kNo, kYes };
inline StreamEnd stream_end(std::uint8_t flags) {
  return (flags & NGHTTP2_FLAG_END_STREAM) != 0 ? StreamEnd::kYes : StreamEnd::kNo;
}

// `flags`: what nghttp2 need not copy. It lower-cases the names that it copies.
inline nghttp2_nv make_nv(std::string_view name, std::string_view value,
                          unsigned flags = NGHTTP2_NV_FLAG_NONE) {
  // NOLINTBEGIN(cppcoreguidelines-pro-type-const-cast): nghttp2 does not write to them.
  return {.name = const_cast<std::uint8_t*>(bytes_of(name)),
          .value = const_cast<std::uint8_t*>(bytes_of(value)),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = static_cast<std::uint8_t>(flags)};
  // NOLINTEND(cppcoreguidelines-pro-type-const-cast)
}

}  // namespace ofn::wire::http2
