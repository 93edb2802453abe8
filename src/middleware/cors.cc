#include "middleware/cors.h"

#include <algorithm>
#include <utility>

namespace ofn {

namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_token_char(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

// Returns what is wrong with an origin, as a browser would send it; empty: nothing.
std::string_view origin_problem(std::string_view origin) {
  const std::size_t colon = origin.find("://");
  if (colon == std::string_view::npos || colon == 0) return "it has no scheme, such as https://";
  const std::string_view scheme = origin.substr(0, colon);
  std::string_view host = origin.substr(colon + 3);
  if (host.contains('/')) return "an origin has no path; remove everything from the slash on";
  if (host.contains('*')) return "only a whole origin may be \"*\"";
  std::string_view port;
  const std::size_t bracket = host.rfind(']');
  const std::size_t at = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (at != std::string_view::npos) {
    port = host.substr(at + 1);
    if (port.empty() || port.size() > 5 ||
        !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; }))
      return "its port is no number";
    host = host.substr(0, at);
  }
  if ((scheme == "https" && port == "443") || (scheme == "http" && port == "80"))
    return "browsers leave out the scheme's own port";
  const auto is_scheme_char = [](char c) {
    return is_lower_or_digit(c) || c == '+' || c == '-' || c == '.';
  };
  if (!std::ranges::all_of(scheme, is_scheme_char))
    return "browsers send the scheme in small letters";
  const auto is_host_char = [](char c) {
    return is_lower_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '[' || c == ']' ||
           c == ':';
  };
  if (host.empty() || !std::ranges::all_of(host, is_host_char))
    return "its host is empty or has characters that browsers do not send: small letters, digits, "
           "'-', '.' and '_' are allowed, and punycode for others";
  return {};
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n,");
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n,"));
    words.emplace_back(word);
    text.remove_prefix(word.size());
  }
}

std::string joined_words(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> copied(std::initializer_list<const char*> words) {
  return {words.begin(), words.end()};
}

bool is_any(std::span<const std::string> words) { return words.size() == 1 && words[0] == "*"; }

// Returns true if the field Vary of the answer names that already.
bool varies_by_origin(const Response& response) {
  return std::ranges::any_of(response.headers(), [](const Header& header) {
    return same_field_name(header.name, "vary") && header.value == "Origin";
  });
}

}  // namespace

Result<CorsRules> CorsRules::of(const Cors& options, std::string_view place,
                                const Environment& environment) {
  const auto wrong = [&](const std::string& what) {
    return fail(ofn::Code::kInvalidArgument, std::string(place) + ": OFN_CORS: " + what);
  };
  CorsRules rules;
  rules.credentials_ = options.credentials;
  rules.origins_ = copied(options.origins);
  std::string source = "origins";
  if (options.origins_variable != nullptr) {
    const auto set = environment(options.origins_variable);
    if (set && !set->empty()) {
      rules.origins_ = words_of(*set);
      source = environment.label(options.origins_variable);
    } else if (rules.origins_.empty()) {
      return wrong("the variable " + std::string(options.origins_variable) +
                   " is not set, and there are no origins; set it, or write .origins");
    }
  }
  if (rules.origins_.empty())
    return wrong("it has no origins; write .origins = {\"https://…\"}, or {\"*\"} for all");
  rules.any_ = is_any(rules.origins_);
  if (rules.any_ && rules.credentials_)
    return wrong("\"*\" has no meaning together with credentials; name the origins in " + source);
  for (const std::string& origin : rules.origins_) {
    if (rules.any_) break;
    if (const auto problem = origin_problem(origin); !problem.empty())
      return wrong("'" + origin + "' in " + source + " is not an origin: " + std::string(problem));
  }
  std::vector<std::string> methods = copied(options.methods);
  if (methods.empty()) methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  for (const std::string& method : methods) {
    if (!is_token(method)) return wrong("'" + method + "' is not a method");
    if (method == "*" && (rules.credentials_ || methods.size() > 1))
      return wrong("\"*\" in methods stands alone, and has no meaning together with credentials");
    if (method == "CONNECT" || method == "TRACE" || method == "TRACK")
      return wrong("no page may use the method " + method + "; remove it");
  }
  const std::vector<std::string> headers = copied(options.headers);
  const std::vector<std::string> exposed = copied(options.exposed);
  for (const auto& [names, list] :
       {std::pair(&headers, "headers"), std::pair(&exposed, "exposed")}) {
    for (const std::string& name : *names) {
      if (!is_token(name))
        return wrong("'" + name + "' in " + list + " is not the name of a field");
      if (name == "*" && (rules.credentials_ || names->size() > 1))
        return wrong("\"*\" in " + std::string(list) +
                     " stands alone, and has no meaning together with credentials");
    }
  }
  if (options.max_age.count() < 0) return wrong("max_age is negative");
  rules.methods_ = joined_words(methods);
  rules.headers_ = joined_words(headers);
  rules.exposed_ = joined_words(exposed);
  if (options.max_age.count() > 0) rules.max_age_ = std::to_string(options.max_age.count());
  return rules;
}

bool CorsRules::is_preflight(std::string_view method, std::span<const Field> fields) noexcept {
  return method == "OPTIONS" && find_field(fields, "origin") != nullptr &&
         find_field(fields, "access-control-request-method") != nullptr;
}

bool CorsRules::allows(std::string_view origin) const noexcept {
  return any_ || std::ranges::find(origins_, origin) != origins_.end();
}

void CorsRules::add_origin(std::string_view origin, Response& response) const {
  response.header("Access-Control-Allow-Origin", any_ ? "*" : std::string(origin));
  if (credentials_) response.header("Access-Control-Allow-Credentials", "true");
}

Response CorsRules::preflight(std::span<const Field> fields) const {
  const Field* const origin = find_field(fields, "origin");
  Response response;
  if (!allows(origin->value)) {
    response = Response("this origin is not allowed\n").status(403);
  } else {
    response.status(204);
    add_origin(origin->value, response);
    response.header("Access-Control-Allow-Methods", methods_);
    if (!headers_.empty()) response.header("Access-Control-Allow-Headers", headers_);
    if (!max_age_.empty()) response.header("Access-Control-Max-Age", max_age_);
  }
  if (!any_) response.header("Vary", "Origin");
  return response;
}

void CorsRules::add_fields(std::span<const Field> fields, Response& response) const {
  // A cache may give the answer to a page of another origin, so it must know that there is a difference.
  if (!any_ && !varies_by_origin(response)) response.header("Vary", "Origin");
  if (response.find_header("access-control-allow-origin") != nullptr) return;
  const Field* const origin = find_field(fields, "origin");
  if (origin == nullptr ? !any_ : !allows(origin->value)) return;
  add_origin(origin == nullptr ? "*" : origin->value, response);
  if (!exposed_.empty()) response.header("Access-Control-Expose-Headers", exposed_);
}

}  // namespace ofn
