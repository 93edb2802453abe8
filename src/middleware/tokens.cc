#include "middleware/tokens.h"

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/secret.h"
#include "base/trimmed.h"

namespace ofn {

namespace {

// Returns true for the characters of a bearer token (RFC 6750 §2.1, b64token), without its '=' at the end.
bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/").contains(c);
}

bool is_bearer_token(std::string_view token) {
  token = token.substr(0, token.find_last_not_of('=') + 1);
  return !token.empty() && std::ranges::all_of(token, is_token_char);
}

bool is_pair(std::string_view pair) {
  return pair.contains(':') && std::ranges::none_of(pair, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

bool is_quotable(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

Result<TokenCheck> TokenCheck::of(const Tokens& options, std::string_view place,
                                  const Environment& environment, Secrets secrets) {
  const auto wrong = [&](const std::string& what) {
    return fail(Code::kInvalidArgument, std::string(place) + ": OFN_TOKENS: " + what);
  };
  TokenCheck check;
  check.takes_bearer_ = options.bearer_variable != nullptr || options.bearer_file != nullptr;
  check.takes_basic_ = options.basic_variable != nullptr || options.basic_file != nullptr;
  if (!check.takes_bearer_ && !check.takes_basic_)
    return wrong(
        "it does not say where the tokens are; write .bearer_variable, .bearer_file, "
        ".basic_variable or .basic_file");
  if (options.realm == nullptr || !is_quotable(options.realm))
    return wrong("the realm has characters other than printable ASCII, or quotes");
  check.realm_ = options.realm;
  for (const auto& [routes, paths] :
       {std::pair(&options.paths, &check.paths_), std::pair(&options.exempt, &check.exempt_)}) {
    auto parsed = Paths::of({routes->begin(), routes->size()}, place);
    if (!parsed) return std::unexpected(std::move(parsed).error());
    *paths = *std::move(parsed);
  }
  if (secrets == Secrets::kLeftOut) return check;
  const TokenList::Source bearer{.variable = options.bearer_variable,
                                 .file = options.bearer_file,
                                 .separators = " \t\r\n",
                                 .is_valid = is_bearer_token,
                                 .kind = "bearer token"};
  const TokenList::Source basic{.variable = options.basic_variable,
                                .file = options.basic_file,
                                .separators = "\r\n",
                                .is_valid = is_pair,
                                .kind = "pair name:password"};
  for (const auto& [source, tokens] :
       {std::pair(&bearer, &check.bearer_), std::pair(&basic, &check.basic_)}) {
    auto list = TokenList::of(*source, environment);
    if (!list) return wrong(list.error().message());
    *tokens = *std::move(list);
  }
  return check;
}

bool TokenCheck::is_about(std::string_view method, std::string_view path) const {
  return (paths_.empty() || paths_.match(method, path)) && !exempt_.match(method, path);
}

// All are compared, so that the time tells nothing of which one fits.
bool TokenCheck::fits(const TokenList& list, std::string_view given, SteadyTime now, Log& log) {
  bool fits = false;
  for (const std::string& each : *list.current(now, log)) fits |= same_secret(given, each);
  return fits;
}

std::optional<Response> TokenCheck::refuse(std::span<const Field> fields, SteadyTime now,
                                           Log& log) const {
  const Field* given = nullptr;
  for (const Field& field : fields) {
    if (!same_field_name(field.name, "authorization")) continue;
    if (given != nullptr) return challenge(400, "invalid_request");
    given = &field;
  }
  if (given == nullptr) return challenge(401, {});
  const std::size_t blank = std::min(given->value.find(' '), given->value.size());
  const std::string_view scheme = given->value.substr(0, blank);
  const std::string_view rest = trimmed(given->value.substr(blank));
  if (takes_bearer_ && same_field_name(scheme, "bearer")) {
    if (!is_bearer_token(rest)) return challenge(400, "invalid_request");
    if (fits(bearer_, rest, now, log)) return std::nullopt;
    return challenge(401, "invalid_token");
  }
  if (takes_basic_ && same_field_name(scheme, "basic")) {
    const auto pair = base64_decode(rest);
    if (pair && fits(basic_, *pair, now, log)) return std::nullopt;
  }
  return challenge(401, {});
}

// `error`: of RFC 6750 §3.1; empty: the client has not tried with a token.
Response TokenCheck::challenge(int status, std::string_view error) const {
  Response response = Response(status == 400   ? "the field Authorization is malformed\n"
                               : error.empty() ? "this needs a token\n"
                                               : "this token is not valid\n")
                          .status(status);
  if (takes_bearer_) {
    std::string bearer = "Bearer realm=\"" + realm_ + "\"";
    if (!error.empty()) bearer += ", error=\"" + std::string(error) + "\"";
    response.header("WWW-Authenticate", std::move(bearer));
  }
  if (takes_basic_)
    response.header("WWW-Authenticate", "Basic realm=\"" + realm_ + R"(", charset="UTF-8")");
  return response;
}

}  // namespace ofn
