#include "typed/expected.h"

namespace ofn {

using abi::Kind;
using abi::Type;

std::string many(std::size_t count, std::string_view one) {
  return number_text(count) + ' ' + std::string(one) + (count == 1 ? "" : "s");
}

std::string one_of(const Type& type) {
  std::string words;
  for (std::size_t i = 0; i < type.count; ++i) {
    words += words.empty() ? "one of \"" : "\", \"";
    words += type.kind == Kind::kEnum ? type.words[i].word : type.fields[i].name;
  }
  return words + '"';
}

std::string expected_text(const Type& type) {
  switch (type.kind) {
    case Kind::kBool:
      return "true or false";
    case Kind::kInteger:
      return "an integer from " + number_text(type.min) + " to " + number_text(type.max);
    case Kind::kReal:
      return "a number";
    case Kind::kText:
      return "a string";
    case Kind::kTime:
      return "a time such as \"2026-11-30T06:37:28Z\"";
    case Kind::kDuration:
      return "a duration such as \"PT1.5S\"";
    case Kind::kBytes:
      return "bytes in base64";
    case Kind::kRaw:
      return "a value";
    case Kind::kEnum:
      return one_of(type);
    case Kind::kObject:
    case Kind::kMap:
    case Kind::kVariant:
      return "an object";
    case Kind::kList:
      return "an array";
    case Kind::kArray:
    case Kind::kTuple:
      return "an array of " + many(type.count, "item");
    case Kind::kOptional:
    case Kind::kThrough:
      return expected_text(type.element());
  }
  return "nothing";
}

}  // namespace ofn
