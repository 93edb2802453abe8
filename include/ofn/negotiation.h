// Content negotiation: which of several answers the client likes best.
//
//   ofn::Response show(const ofn::Request& request) {
//     const auto type = ofn::best_of(request, {"text/html", "application/json"});
//     if (!type) return ofn::Response("there is HTML and JSON\n").status(406);
//     if (*type == "application/json") return ofn::Response("{}").content_type("application/json");
//     return ofn::Response("<p>").content_type("text/html").header("Vary", "Accept");
//   }
//
// Results are one of the texts that were offered. What is malformed in a field is ignored.
// Threads: any. Cost: one pass over the field for each offer; an allocation only if the client sent
// the field more than once. Spec: RFC 9110 §12.5.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/field.h>
#include <ofn/http_text.h>
#include <ofn/lazy.h>
#include <ofn/request.h>

namespace ofn {

namespace internal {

// One element of a field such as Accept: "text/html;level=1;q=0.5".
struct Preference {
  std::string_view value;       // "text/html"
  std::string_view parameters;  // "level=1": without the weight
  int weight = 1000;            // in thousandths; 0: not acceptable
};

// Returns the thousandths that a weight means; -1 if it is malformed (RFC 9110 §12.4.2).
OFN_INTERNAL_LAZY constexpr int weight_of(std::string_view text) noexcept {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return -1;
  int weight = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return -1;
  int place = 100;
  for (const char c : text.substr(text.size() > 1 ? 2 : 1)) {
    if (c < '0' || c > '9') return -1;
    weight += (c - '0') * place;
    place /= 10;
  }
  return weight > 1000 ? -1 : weight;
}

// Removes the first element that is well-formed and returns true; returns false at the end.
OFN_INTERNAL_LAZY constexpr bool take_preference(std::string_view& list,
                                                 Preference& preference) noexcept {
  while (!list.empty()) {
    std::string_view element = take_part(list, ',');
    preference = {};
    preference.value = take_part(element, ';');
    preference.parameters = element;
    while (!element.empty()) {
      const std::size_t before = preference.parameters.size() - element.size();
      const std::string_view parameter = take_part(element, ';');
      const std::string_view name = without_blanks(parameter.substr(0, parameter.find('=')));
      if (!same_field_name(name, "q") || name.size() == parameter.size()) continue;
      preference.weight = weight_of(without_blanks(parameter.substr(parameter.find('=') + 1)));
      // What follows are extensions of Accept, which nobody uses.
      preference.parameters = without_blanks(preference.parameters.substr(0, before));
      while (preference.parameters.ends_with(';')) preference.parameters.remove_suffix(1);
      break;
    }
    if (!preference.value.empty() && preference.weight >= 0) return true;
  }
  return false;
}

// Returns true if each parameter of a media range is one of the offer's.
OFN_INTERNAL_LAZY constexpr bool has_parameters(std::string_view offered,
                                                std::string_view range) noexcept {
  while (!range.empty()) {
    const std::string_view wanted = take_part(range, ';');
    bool is_found = wanted.empty();
    for (std::string_view rest = offered; !rest.empty() && !is_found;) {
      is_found = same_field_name(take_part(rest, ';'), wanted);
    }
    if (!is_found) return false;
  }
  return true;
}

// How closely a preference names an offer: 0 if it does not mean it, otherwise the more the closer.
// A wildcard is less than kNamed.
inline constexpr int kNamed = 3;
using Closeness = int(const Preference& preference, std::string_view offer) noexcept;

// Media ranges: RFC 9110 §12.5.1.
OFN_INTERNAL_LAZY constexpr int closeness_of_type(const Preference& preference,
                                                  std::string_view offer) noexcept {
  const std::string_view range = preference.value;
  if (range == "*/*") return 1;
  std::string_view parameters = offer;
  const std::string_view type = take_part(parameters, ';');
  if (range.ends_with("/*")) {
    const std::string_view main = range.substr(0, range.size() - 1);
    return type.size() > main.size() && same_field_name(type.substr(0, main.size()), main) ? 2 : 0;
  }
  if (!same_field_name(type, range) || !has_parameters(parameters, preference.parameters)) return 0;
  return preference.parameters.empty() ? kNamed : kNamed + 1;
}

// Language ranges: RFC 4647 §3.3.1, and §3.4 for an offer that is less special than the range.
OFN_INTERNAL_LAZY constexpr int closeness_of_language(const Preference& preference,
                                                      std::string_view offer) noexcept {
  const std::string_view range = preference.value;
  if (range == "*") return 1;
  const auto begins = [](std::string_view text, std::string_view with) {
    return same_field_name(text.substr(0, with.size()), with) &&
           (text.size() == with.size() || text[with.size()] == '-');
  };
  if (offer.size() >= range.size() && begins(offer, range)) {
    return 100 + static_cast<int>(range.size() < 99 ? range.size() : 99);
  }
  if (preference.weight > 0 && range.size() > offer.size() && begins(range, offer)) {
    return kNamed;
  }
  return 0;
}

// Codings: RFC 9110 §12.5.3, and §8.4.1.3 for x-gzip.
OFN_INTERNAL_LAZY constexpr int closeness_of_coding(const Preference& preference,
                                                    std::string_view offer) noexcept {
  std::string_view coding = preference.value;
  if (coding == "*") return 1;
  if (same_field_name(coding, "x-gzip")) coding = "gzip";
  return same_field_name(coding, offer) ? kNamed : 0;
}

// What a field says about one offer.
struct Liking {
  int weight = 0;
  int closeness = 0;      // 0: the field does not mention it
  std::size_t place = 0;  // of the preference in the field
};

OFN_INTERNAL_LAZY constexpr Liking liking_of(std::string_view list, std::string_view offer,
                                             Closeness* closeness) noexcept {
  Liking liking;
  Preference preference;
  for (std::size_t place = 0; take_preference(list, preference); ++place) {
    const int close = closeness(preference, offer);
    if (close > liking.closeness) liking = {preference.weight, close, place};
  }
  return liking;
}

// Returns the offer with the largest weight. Of equal ones, one that the field names and does not
// only mean by a wildcard, then that which it names first, then the first offer.
OFN_INTERNAL_LAZY constexpr bool is_liked_more(const Liking& a, const Liking& b) noexcept {
  if (a.weight != b.weight) return a.weight > b.weight;
  const bool is_named = a.closeness >= kNamed;
  return is_named != (b.closeness >= kNamed) ? is_named : a.place < b.place;
}
OFN_INTERNAL_LAZY constexpr std::optional<std::string_view> best_offer(
    std::string_view list, std::initializer_list<std::string_view> offers,
    Closeness* closeness) noexcept {
  std::optional<std::string_view> best;
  Liking most;
  for (const std::string_view offer : offers) {
    const Liking liking = liking_of(list, offer, closeness);
    if (liking.weight == 0 || (best && !is_liked_more(liking, most))) continue;
    best = offer;
    most = liking;
  }
  return best;
}

// Calls `use` with the field's value; if it was sent more than once, with all of them as one list
// (RFC 9110 §5.3).
template <class Use>
auto with_list(const Request& request, std::string_view name, const Use& use) {
  const std::optional<std::string_view> first = request.header(name);
  std::string joined;
  bool is_first = true;
  for (const Field& field : request.headers()) {
    if (!same_field_name(field.name, name) || std::exchange(is_first, false)) continue;
    if (joined.empty()) joined = *first;
    joined += ',';
    joined += field.value;
  }
  return use(joined.empty() ? first.value_or(std::string_view()) : std::string_view(joined));
}

OFN_INTERNAL_LAZY constexpr bool is_empty_list(std::string_view list) noexcept {
  return list.find_first_not_of(" \t,") == std::string_view::npos;
}

}  // namespace internal

// Returns the media type that the client likes best, by the value of an Accept field; nullopt if it
// accepts none of them. An empty value accepts all. Offer your favourite first.
//
// The weight decides (q). Of types with equal weight, one that is named wins over one that only
// */* or text/* means, then the one that the client names first, then the first offer.
OFN_INTERNAL_LAZY constexpr std::optional<std::string_view> best_of(
    std::string_view accept, std::initializer_list<std::string_view> types) noexcept {
  if (internal::is_empty_list(accept)) accept = "*/*";
  return internal::best_offer(accept, types, internal::closeness_of_type<>);
}
OFN_INTERNAL_LAZY std::optional<std::string_view> best_of(
    const Request& request, std::initializer_list<std::string_view> types) {
  return internal::with_list(request, "accept",
                             [&](std::string_view list) { return best_of(list, types); });
}

// The same for Accept-Language and language tags such as "en" and "de-CH". The range `de` means
// "de-CH", too; and the range `de-CH` means "de" if it means nothing closer. If the result is
// nullopt, answer in your usual language rather than with 406 (RFC 9110 §12.5.4).
OFN_INTERNAL_LAZY constexpr std::optional<std::string_view> best_language(
    std::string_view accept, std::initializer_list<std::string_view> languages) noexcept {
  if (internal::is_empty_list(accept)) accept = "*";
  return internal::best_offer(accept, languages, internal::closeness_of_language<>);
}
OFN_INTERNAL_LAZY std::optional<std::string_view> best_language(
    const Request& request, std::initializer_list<std::string_view> languages) {
  return internal::with_list(request, "accept-language",
                             [&](std::string_view list) { return best_language(list, languages); });
}

// Returns the content coding that the client likes best, such as "gzip", or "identity": no coding,
// which need not be offered, and which is also the answer to an empty value. Of codings with equal
// weight the first offer wins. nullopt: the client refuses even "identity".
OFN_INTERNAL_LAZY constexpr std::optional<std::string_view> best_encoding(
    std::string_view accept, std::initializer_list<std::string_view> codings) noexcept {
  if (internal::is_empty_list(accept)) return "identity";
  std::optional<std::string_view> best;
  int most = 0;
  for (const std::string_view coding : codings) {
    const int weight = internal::liking_of(accept, coding, internal::closeness_of_coding<>).weight;
    if (weight <= most) continue;
    best = coding;
    most = weight;
  }
  // It is acceptable unless the field says something else (RFC 9110 §12.5.3).
  const internal::Liking identity =
      internal::liking_of(accept, "identity", internal::closeness_of_coding<>);
  if (best && identity.weight <= most) return best;
  if (identity.closeness > 0 && identity.weight == 0) return std::nullopt;
  return "identity";
}
OFN_INTERNAL_LAZY std::optional<std::string_view> best_encoding(
    const Request& request, std::initializer_list<std::string_view> codings) {
  return internal::with_list(request, "accept-encoding",
                             [&](std::string_view list) { return best_encoding(list, codings); });
}

}  // namespace ofn
