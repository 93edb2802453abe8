// The fields of one header block, decoded, in one buffer.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

namespace ofn::wire::http2 {

// Lifetime: reused from block to block. Adding may move the buffer: what seal() and fields() give is valid until then.
// Cost: no allocation once it has grown to the size of the blocks that the peer sends.
class FieldBlock {
 public:
  FieldBlock() = default;
  FieldBlock(const FieldBlock&) = delete;
  FieldBlock& operator=(const FieldBlock&) = delete;

  void add(std::string_view name, std::string_view value);
  // The block is complete: cookie crumbs are joined to one field (RFC 9113 §8.2.3: what leaves HTTP/2
  // knows one Cookie).
  std::span<const Field> seal();
  std::span<const Field> fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }
  // The memory that it takes.
  std::size_t capacity() const { return bytes_.capacity() + fields_.capacity() * sizeof(Field); }
  // The field at `index` is another one from now on, of views that live as long as the block.
  void replace(std::size_t index, const Field& field) { fields_[index] = field; }
  // Forgets the fields, and gives back a buffer that one huge block has made large.
  void clear();

 private:
  // Makes room for `size` bytes.
  void grow(std::size_t size);
  void join_cookies();

  std::string bytes_;
  std::vector<Field> fields_;  // views into it
  std::size_t cookies_ = 0;
};

}  // namespace ofn::wire::http2
