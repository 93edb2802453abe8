// Queries and HTML forms: names with values, in the order in which the client sent them.
//
//   ofn::Form query = ofn::query(request);             // of the URL
//   ofn::Form form = ofn::form(request);               // of the body; throws ofn::BadInput
//   std::string name(form.get("name").value_or("nobody"));
//   for (std::string_view color : form.all("color")) use(color);
//
// Forms with files are multipart: <ofn/multipart.h>.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/failure.h>
#include <ofn/http_text.h>
#include <ofn/lazy.h>
#include <ofn/request.h>
#include <ofn/url.h>

namespace ofn {

// Pairs of a name and a value. A name may occur more than once. Names are compared byte for byte.
// Values may have any bytes: zeros, line breaks, no UTF-8.
//
// Lifetime: it owns its texts. The views that it returns are valid as long as it is.
// Threads: any may read it.
class Form {
 public:
  struct Pair {
    std::string name;
    std::string value;
  };
  // The default for the number of pairs. Each takes 64 bytes and its texts; the memory is the
  // function's and does not count against --max-body-memory.
  static constexpr std::size_t kMaxPairs = 1000;

  // Reads a text of the type application/x-www-form-urlencoded (URL Standard §5.1): "a=1&b=%20+".
  // An empty pair is skipped, and a pair without '=' has the value "".
  // Errors: BadInput for more than `max_pairs`. A broken escape stays as it is.
  OFN_INTERNAL_LAZY static Form parse(std::string_view text, std::size_t max_pairs = kMaxPairs) {
    Form form;
    while (!text.empty()) {
      const std::string_view pair = text.substr(0, text.find('&'));
      text.remove_prefix(internal::least(pair.size() + 1, text.size()));
      if (pair.empty()) continue;
      if (form.pairs_.size() == max_pairs) {
        throw BadInput("a form or query has more than " + std::to_string(max_pairs) +
                       " names: send fewer");
      }
      const std::string_view name = pair.substr(0, pair.find('='));
      const std::string_view value = pair.substr(internal::least(name.size() + 1, pair.size()));
      form.pairs_.push_back({form_decode(name), form_decode(value)});
    }
    return form;
  }

  // Returns the first value of that name; nullopt if there is none. Cost: linear. If the form is a
  // temporary, as in `ofn::form(request).get("a")`, the result owns its text.
  OFN_INTERNAL_LAZY std::optional<std::string_view> get(std::string_view name) const& noexcept {
    for (const Pair& pair : pairs_) {
      if (pair.name == name) return pair.value;
    }
    return std::nullopt;
  }
  OFN_INTERNAL_LAZY std::optional<std::string> get(std::string_view name) && {
    const std::optional<std::string_view> value = std::as_const(*this).get(name);
    return value ? std::optional(std::string(*value)) : std::nullopt;
  }
  // Returns all values of that name, in order. The same holds for a temporary form.
  OFN_INTERNAL_LAZY std::vector<std::string_view> all(std::string_view name) const& {
    return all_as<std::string_view>(name);
  }
  OFN_INTERNAL_LAZY std::vector<std::string> all(std::string_view name) && {
    return all_as<std::string>(name);
  }
  OFN_INTERNAL_LAZY bool has(std::string_view name) const noexcept { return get(name).has_value(); }

  OFN_INTERNAL_LAZY void add(std::string name, std::string value) {
    pairs_.push_back({std::move(name), std::move(value)});
  }
  // Returns the text from which parse() reads the same pairs.
  OFN_INTERNAL_LAZY std::string text() const {
    std::string out;
    for (const Pair& pair : pairs_) {
      if (!out.empty()) out += '&';
      internal::append_form(out, pair.name);
      out += '=';
      internal::append_form(out, pair.value);
    }
    return out;
  }

  std::size_t size() const noexcept { return pairs_.size(); }
  bool empty() const noexcept { return pairs_.empty(); }
  const Pair* begin() const noexcept { return pairs_.data(); }
  const Pair* end() const noexcept { return pairs_.data() + pairs_.size(); }

 private:
  template <class Text>
  std::vector<Text> all_as(std::string_view name) const {
    std::vector<Text> values;
    for (const Pair& pair : pairs_) {
      if (pair.name == name) values.emplace_back(pair.value);
    }
    return values;
  }

  std::vector<Pair> pairs_;
};

// Returns the query of the request's URL. If you want only one value, request.query("name") is
// cheaper.
OFN_INTERNAL_LAZY Form query(const Request& request, std::size_t max_pairs = Form::kMaxPairs) {
  return Form::parse(request.query_string(), max_pairs);
}

// Returns the form in the request's body.
// Errors: BadInput if the content type is not application/x-www-form-urlencoded, and for more than
// `max_pairs`.
OFN_INTERNAL_LAZY Form form(const Request& request, std::size_t max_pairs = Form::kMaxPairs) {
  const std::string_view type = request.header("content-type").value_or(std::string_view());
  if (!same_field_name(internal::media_type_alone(type), "application/x-www-form-urlencoded")) {
    throw BadInput(
        "the body is no form: its content type must be application/x-www-form-urlencoded");
  }
  return Form::parse(request.body(), max_pairs);
}

}  // namespace ofn
