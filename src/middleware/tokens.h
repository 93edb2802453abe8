// Tokens without which a request gets 401.
//
//   const auto check = TokenCheck::of(options, "shop.cc:7", environment, TokenCheck::Secrets::kRead);
//   if (check->is_about(method, path))
//     if (auto refused = check->refuse(fields, now, log)) return answer(*std::move(refused));
//
// Spec: RFC 6750 (Bearer), RFC 7617 (Basic), RFC 9110 §11.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <ofn/field.h>
#include <ofn/middleware.h>
#include <ofn/response.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "context/environment.h"
#include "middleware/paths.h"
#include "middleware/token_list.h"

namespace ofn {

// Immutable, but for files that have changed (TokenList). Threads: any.
class TokenCheck {
 public:
  // If kLeftOut, the program is only inspected, where its secrets need not be.
  enum class Secrets { kRead, kLeftOut };
  // Errors: no source of tokens is named; a variable or file has none, or one that no client can send; a path that is no route.
  static Result<TokenCheck> of(const Tokens& options, std::string_view place,
                               const Environment& environment, Secrets secrets);

  bool is_about(std::string_view method, std::string_view path) const;
  // Returns the answer to a request that may not pass; nullopt: it may. Cost: linear in the length of the field and in the number of tokens.
  std::optional<Response> refuse(std::span<const Field> fields, SteadyTime now, Log& log) const;

 private:
  static bool fits(const TokenList& list, std::string_view given, SteadyTime now, Log& log);
  Response challenge(int status, std::string_view error) const;

  Paths paths_;
  Paths exempt_;
  std::string realm_;
  bool takes_bearer_ = false;
  bool takes_basic_ = false;
  TokenList bearer_;
  TokenList basic_;  // "name:password"
};

}  // namespace ofn
