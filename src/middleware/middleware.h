// All middleware of the programs: checked at the start, and asked by those who serve requests.
//
//   const auto middleware = Middleware::of(programs, environment, Middleware::Secrets::kRead);
//   if (!middleware) return complain(middleware.error().front());
//   if (auto refused = middleware->refuse(method, path, fields, now, log)) return answer(*std::move(refused));
//   for (const Middleware::Hook& hook : middleware->befores()) say(hook.is_for(request));
//   middleware->finish(request, response);
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <ofn/abi.h>
#include <ofn/field.h>
#include <ofn/middleware.h>
#include <ofn/request.h>
#include <ofn/response.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "context/environment.h"
#include "gzip/gzip.h"
#include "middleware/compression.h"
#include "middleware/cors.h"
#include "middleware/paths.h"
#include "middleware/tokens.h"

namespace ofn {

// Immutable, but for tokens in files that change. Lifetime: the programs stay loaded. Threads: any.
class Middleware {
 public:
  using Secrets = TokenCheck::Secrets;

  Middleware() = default;
  // Errors: all mistakes of all programs, with their places.
  static std::expected<Middleware, std::vector<Error>> of(std::span<const abi::Program> programs,
                                                          const Environment& environment,
                                                          Secrets secrets);

  // --- Before a route is looked for; on the loop ---

  // Returns true if one of the next two functions has something to do.
  bool has_door() const noexcept { return cors_.has_value() || !tokens_.empty(); }
  const CorsRules* cors() const noexcept { return cors_ ? &*cors_ : nullptr; }
  // Returns the answer to a request without a token that it needs. `now` and `log`: for tokens in a file, which is read again.
  std::optional<Response> refuse(std::string_view method, std::string_view path,
                                 std::span<const Field> fields, SteadyTime now, Log& log) const;

  // --- Around the function; on its thread ---

  // Returns true if anything of the rest is registered.
  bool is_around() const noexcept {
    return !befores_.empty() || !afters_.empty() || changes_answers() || decompresses_;
  }
  // Returns true if a function of the author gets a Context, and may wait for the loop.
  bool may_block() const noexcept { return may_block_; }

  // OFN_BEFORE and OFN_AFTER, in order.
  struct Hook {
    const abi::WrapperRegistration* registration = nullptr;
    std::optional<Paths> paths{};  // nullopt: all
    bool is_for(const Request& request) const;
  };
  std::span<const Hook> befores() const noexcept { return befores_; }
  std::span<const Hook> afters() const noexcept { return afters_; }

  // Returns the coding of a body that is to be decompressed; empty: the body stays as it is.
  std::string_view body_coding(std::span<const Field> fields) const;
  // Returns how many bytes a body in that coding may become: what its own end says (gzip of one member), or what no body of its size
  // exceeds; at most `most` and a byte, which tells that it is too large.
  static std::size_t decompressed_bound(std::string_view coding, std::string_view body,
                                        std::size_t most);

  bool changes_answers() const noexcept { return compression_.has_value() || makes_etags_; }
  // Adds an ETag, answers the request's conditions, and compresses.
  void finish(const Request& request, Response& response) const;
  // The same for the head of an answer in pieces. Returns what compresses its pieces; null: nothing.
  std::unique_ptr<GzipPieces> finish_head(const Request& request, Response& head) const;

 private:
  void add(const abi::WrapperRegistration& registration, const Environment& environment,
           Secrets secrets, std::vector<Error>& mistakes);
  void add_hook(const abi::WrapperRegistration& registration, std::vector<Error>& mistakes);

  std::optional<CorsRules> cors_;
  std::vector<TokenCheck> tokens_;
  std::optional<CompressionRules> compression_;
  bool decompresses_ = false;
  bool makes_etags_ = false;
  bool may_block_ = false;
  std::vector<Hook> befores_;
  std::vector<Hook> afters_;
};

}  // namespace ofn
