#include "middleware/tokens.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/base64.h"
#include "base/secret.h"
#include "base/trimmed.h"

namespace ofn {

namespace {

constexpr std::size_t kLongestFile = std::size_t{1} << 20;

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

std::vector<std::string> parts_of(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (const std::string_view kept = trimmed(part); !kept.empty()) parts.emplace_back(kept);
  }
  return parts;
}

Result<std::string> read_secret_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    text.resize(kLongestFile + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    if (!file.bad() && text.size() <= kLongestFile) return text;
    return fail(Code::kFailedPrecondition,
                std::string(path) + " cannot be read, or has more than 1 MiB");
  }
  return fail(Code::kNotFound, std::string(path) + " cannot be opened");
}

struct Source {
  const char* variable;
  const char* file;
  std::string_view separators;
  bool (*is_valid)(std::string_view);
  std::string_view kind;
};

// Returns the tokens of both places. The messages contain no token.
Result<std::vector<std::string>> read_tokens(const Source& source, const Environment& environment) {
  std::vector<std::string> all;
  const auto take = [&](std::string_view text, const std::string& from) -> Result<void> {
    const auto parts = parts_of(text, source.separators);
    if (parts.empty()) return fail(Code::kNotFound, from + " has no " + std::string(source.kind));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!source.is_valid(parts[i]))
        return fail(Code::kInvalidArgument, "number " + std::to_string(i + 1) + " in " + from +
                                                " is not a " + std::string(source.kind));
    }
    all.insert(all.end(), parts.begin(), parts.end());
    return {};
  };
  if (source.variable != nullptr) {
    const auto set = environment(source.variable);
    if (!set || set->empty())
      return fail(Code::kNotFound, "the variable " + std::string(source.variable) + " is not set");
    if (auto taken = take(*set, "the variable " + environment.label(source.variable)); !taken)
      return std::unexpected(std::move(taken).error());
  }
  if (source.file != nullptr) {
    const auto text = read_secret_file(source.file);
    if (!text) return std::unexpected(text.error());
    if (auto taken = take(*text, source.file); !taken)
      return std::unexpected(std::move(taken).error());
  }
  return all;
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
  const Source bearer{.variable = options.bearer_variable,
                      .file = options.bearer_file,
                      .separators = " \t\r\n",
                      .is_valid = is_bearer_token,
                      .kind = "bearer token"};
  const Source basic{.variable = options.basic_variable,
                     .file = options.basic_file,
                     .separators = "\r\n",
                     .is_valid = is_pair,
                     .kind = "pair name:password"};
  for (const auto& [source, tokens] :
       {std::pair(&bearer, &check.bearer_), std::pair(&basic, &check.basic_)}) {
    auto read = read_tokens(*source, environment);
    if (!read) return wrong(read.error().message());
    *tokens = *std::move(read);
  }
  return check;
}

bool TokenCheck::is_about(std::string_view method, std::string_view path) const {
  return (paths_.empty() || paths_.match(method, path)) && !exempt_.match(method, path);
}

// All are compared, so that the time tells nothing of which one fits.
bool TokenCheck::fits_bearer(std::string_view token) const noexcept {
  bool fits = false;
  for (const std::string& each : bearer_) fits |= same_secret(token, each);
  return fits;
}

bool TokenCheck::fits_basic(std::string_view credentials) const {
  const auto pair = base64_decode(credentials);
  if (!pair) return false;
  bool fits = false;
  for (const std::string& each : basic_) fits |= same_secret(*pair, each);
  return fits;
}

std::optional<Response> TokenCheck::refuse(std::span<const Field> fields) const {
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
    if (fits_bearer(rest)) return std::nullopt;
    return challenge(401, "invalid_token");
  }
  if (takes_basic_ && same_field_name(scheme, "basic") && fits_basic(rest)) return std::nullopt;
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
