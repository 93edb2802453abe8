// The fields of one header block, decoded, in one buffer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

namespace ofn::wire::http2 {

// Lifetime: reused from block to block. Adding moves the buffer, so views exist after seal() only.
// Cost: no allocation once it has grown to the size of the blocks that the peer sends.
class FieldBlock {
 public:
  void add(std::string_view name, std::string_view value);
  // Makes the views. Cookie crumbs are joined to one field (RFC 9113 §8.2.3: what leaves HTTP/2
  // knows one Cookie).
  std::span<const Field> seal();
  std::span<const Field> fields() const { return fields_; }
  std::size_t size() const { return places_.size(); }
  // Forgets the fields, and gives back a buffer that one huge block has made large.
  void clear();

 private:
  struct Place {
    std::uint32_t at;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };

  void join_cookies();

  std::string bytes_;
  std::vector<Place> places_;
  std::vector<Field> fields_;
  std::size_t cookies_ = 0;
};

}  // namespace ofn::wire::http2
