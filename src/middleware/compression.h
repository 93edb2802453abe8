// Which answers are compressed, and how.
//
//   const auto rules = CompressionRules::of(options, "shop.cc:7");
//   if (rules->is_eligible(response, CompressionRules::Size::kKnown)) say("it is compressed");
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>
#include <ofn/middleware.h>
#include <ofn/response.h>

#include "base/error.h"

namespace ofn {

// Immutable. Threads: any.
class CompressionRules {
 public:
  // Errors: a media type that is none; a level that zlib does not know.
  static Result<CompressionRules> of(const Compression& options, std::string_view place);

  // Returns true if the answer would be compressed for a client that accepts it. kUnknown: it is the head of an answer in pieces.
  enum class Size { kKnown, kUnknown };
  bool is_eligible(const Response& response, Size size) const;
  int level() const noexcept { return level_; }

 private:
  bool has_type(std::string_view type) const;

  std::size_t least_ = 0;
  int level_ = 0;
  std::vector<std::string> types_;
};

// Adds Accept-Encoding to the field Vary.
void add_vary(Response& response);
// Says that the answer is compressed: Content-Encoding, and an ETag of its own. `made_etag`: the strong ETag that the program has made; an author's
// becomes a weak one, because it stands for other bytes.
void mark_compressed(Response& response, std::string_view made_etag);

}  // namespace ofn
