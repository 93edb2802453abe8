#include "middleware/middleware.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <tuple>
#include <utility>

#include "base/trimmed.h"
#include "middleware/accept_encoding.h"
#include "middleware/etag.h"

namespace ofn {

namespace {

using abi::WrapperKind;
using abi::WrapperRegistration;

// A body that deflate has compressed is at most that many times as large (zlib's "Maximum Compression Factor").
constexpr std::size_t kLargestFactor = 1032;
// How each member of gzip begins: two marks, and the only method (RFC 1952 §2.3.1).
constexpr std::string_view kGzipBegin = "\x1F\x8B\x08";
constexpr std::size_t kGzipEnd = 4;  // RFC 1952 §2.3.1: the size, modulo 2^32

// Returns true if another member may follow the first one. These bytes may also occur within a member; then more memory is reserved than
// is needed.
bool may_have_several_members(std::string_view body) {
  return body.find(kGzipBegin, kGzipBegin.size()) != std::string_view::npos;
}

std::string place_of(const WrapperRegistration& registration) {
  return std::string(registration.file) + ":" + std::to_string(registration.line);
}

bool are_one(const WrapperRegistration& a, const WrapperRegistration& b) {
  return a.kind == b.kind && a.line == b.line && std::strcmp(a.file, b.file) == 0 &&
         std::strcmp(a.name, b.name) == 0;
}

bool is_single(WrapperKind kind) {
  return kind != WrapperKind::kBefore && kind != WrapperKind::kAfter &&
         kind != WrapperKind::kTokens;
}

bool is_whole(const WrapperRegistration* registration) {
  if (registration == nullptr || registration->size < sizeof(WrapperRegistration)) return false;
  return registration->before != nullptr || registration->before_in_context != nullptr ||
         registration->after != nullptr || registration->after_in_context != nullptr ||
         registration->options != nullptr;
}

// A header that several files include registers a piece once.
std::vector<const WrapperRegistration*> registrations_of(std::span<const abi::Program> programs) {
  std::vector<const WrapperRegistration*> all;
  for (const abi::Program& program : programs) {
    for (const auto* const* at = program.wrappers_begin; at != program.wrappers_end; ++at) {
      const bool is_known = is_whole(*at) && std::ranges::any_of(all, [&](const auto* other) {
                              return are_one(*other, **at);
                            });
      if (is_whole(*at) && !is_known) all.push_back(*at);
    }
  }
  std::ranges::sort(all, {}, [](const WrapperRegistration* each) {
    return std::tuple(std::string_view(each->file), each->line);
  });
  return all;
}

template <class Rules>
void keep(std::optional<Rules>& kept, Result<Rules> rules, std::vector<Error>& mistakes) {
  if (rules) {
    kept = *std::move(rules);
  } else {
    mistakes.push_back(std::move(rules).error());
  }
}

std::string_view path_of(const Request& request) {
  return request.target().substr(0, request.target().find('?'));
}

}  // namespace

std::expected<Middleware, std::vector<Error>> Middleware::of(std::span<const abi::Program> programs,
                                                             const Environment& environment,
                                                             Secrets secrets) {
  Middleware middleware;
  std::vector<Error> mistakes;
  const auto all = registrations_of(programs);
  for (auto at = all.begin(); at != all.end(); ++at) {
    const WrapperRegistration& each = **at;
    const auto other = std::find_if(all.begin(), at, [&](const WrapperRegistration* before) {
      return before->kind == each.kind;
    });
    if (is_single(each.kind) && other != at) {
      mistakes.emplace_back(Code::kAlreadyExists,
                            std::string(each.name) + " is written twice: at " + place_of(**other) +
                                " and at " + place_of(each) + "; remove one of them");
      continue;
    }
    middleware.add(each, environment, secrets, mistakes);
  }
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  return middleware;
}

void Middleware::add(const WrapperRegistration& registration, const Environment& environment,
                     Secrets secrets, std::vector<Error>& mistakes) {
  const std::string place = place_of(registration);
  switch (registration.kind) {
    case WrapperKind::kBefore:
    case WrapperKind::kAfter:
      return add_hook(registration, mistakes);
    case WrapperKind::kCors:
      return keep(
          cors_, CorsRules::of(*static_cast<const Cors*>(registration.options), place, environment),
          mistakes);
    case WrapperKind::kTokens: {
      auto check = TokenCheck::of(*static_cast<const Tokens*>(registration.options), place,
                                  environment, secrets);
      if (check) {
        tokens_.push_back(*std::move(check));
      } else {
        mistakes.push_back(std::move(check).error());
      }
      return;
    }
    case WrapperKind::kCompression:
      return keep(
          compression_,
          CompressionRules::of(*static_cast<const Compression*>(registration.options), place),
          mistakes);
    case WrapperKind::kDecompression:
      decompresses_ = true;
      return;
    case WrapperKind::kEtags:
      makes_etags_ = true;
      return;
  }
}

void Middleware::add_hook(const WrapperRegistration& registration, std::vector<Error>& mistakes) {
  Hook hook{.registration = &registration};
  if (registration.route != nullptr) {
    auto paths = Paths::of({&registration.route, 1}, place_of(registration));
    if (!paths) return mistakes.push_back(std::move(paths).error());
    hook.paths = *std::move(paths);
  }
  may_block_ = may_block_ || registration.before_in_context != nullptr ||
               registration.after_in_context != nullptr;
  (registration.kind == WrapperKind::kBefore ? befores_ : afters_).push_back(std::move(hook));
}

std::optional<Response> Middleware::refuse(std::string_view method, std::string_view path,
                                           std::span<const Field> fields, SteadyTime now,
                                           Log& log) const {
  for (const TokenCheck& check : tokens_) {
    if (!check.is_about(method, path)) continue;
    if (auto refused = check.refuse(fields, now, log)) return refused;
  }
  return std::nullopt;
}

bool Middleware::Hook::is_for(const Request& request) const {
  return !paths || paths->match(request.method(), path_of(request));
}

std::string_view Middleware::body_coding(std::span<const Field> fields) const {
  if (!decompresses_) return {};
  std::string_view coding;
  for (const Field& field : fields) {
    if (!same_field_name(field.name, "content-encoding")) continue;
    // Several fields are a list, and nobody compresses twice.
    if (!coding.empty()) return "several codings";
    coding = trimmed(field.value);
  }
  return same_field_name(coding, "identity") ? std::string_view() : coding;
}

std::size_t Middleware::decompressed_bound(std::string_view coding, std::string_view body,
                                           std::size_t most) {
  const bool tells_its_size =
      !same_field_name(coding, "deflate") && !may_have_several_members(body);
  if (!tells_its_size) return std::min(most, body.size() * kLargestFactor) + 1;
  if (body.size() < kGzipEnd) return 1;
  std::size_t size = 0;
  for (std::size_t i = 0; i < kGzipEnd; ++i)
    size |= std::size_t{static_cast<unsigned char>(body[body.size() - kGzipEnd + i])} << (8 * i);
  return std::min({most, body.size() * kLargestFactor, size}) + 1;
}

void Middleware::finish(const Request& request, Response& response) const {
  const bool is_eligible =
      compression_ && compression_->is_eligible(response, CompressionRules::Size::kKnown);
  if (is_eligible) add_vary(response);
  std::string made;
  const bool is_read = request.method() == "GET" || request.method() == "HEAD";
  if (makes_etags_ && is_read && response.status() == 200) {
    const std::string* etag = response.find_header("etag");
    if (etag == nullptr) {
      made = etag_of(response.body());
      response.header("ETag", made);
      etag = &made;
    }
    switch (
        condition_of(request.headers(), *etag, made.empty() ? TagOf::kAuthor : TagOf::kProgram)) {
      case Condition::kSend:
        break;
      case Condition::kNotModified:
        return make_not_modified(response);
      case Condition::kFailed:
        return make_precondition_failed(response);
    }
  }
  if (!is_eligible || !prefers_gzip(request.headers())) return;
  std::string smaller = gzip(response.body(), compression_->level());
  if (smaller.empty() || smaller.size() >= response.body().size()) return;
  mark_compressed(response, made);
  response.body(std::move(smaller));
}

std::unique_ptr<GzipPieces> Middleware::finish_head(const Request& request, Response& head) const {
  if (!compression_ || !compression_->is_eligible(head, CompressionRules::Size::kUnknown))
    return nullptr;
  add_vary(head);
  if (!prefers_gzip(request.headers())) return nullptr;
  auto pieces = std::make_unique<GzipPieces>(compression_->level());
  if (!pieces->ready()) return nullptr;
  mark_compressed(head, {});
  return pieces;
}

}  // namespace ofn
