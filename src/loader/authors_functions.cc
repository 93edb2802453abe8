#include "loader/authors_functions.h"

#include <algorithm>
#include <array>
#include <utility>

#include <ofn/signature.h>

#include "base/joined.h"
#include "loader/digest.h"
#include "loader/elf_file.h"
#include "loader/explain.h"

namespace ofn::loader {
namespace {

constexpr std::string_view kUnnamed = "(anonymous namespace)::";

// The words at the beginning of to_text()'s lines.
constexpr std::string_view kName = "defines ";
constexpr std::string_view kOverload = "target ";
constexpr std::string_view kRefused = "refused ";
constexpr std::array<std::pair<std::string_view, bool AuthorsFunctions::*>, 3> kFacts = {
    {{"ambiguous", &AuthorsFunctions::is_ambiguous},
     {"undefined", &AuthorsFunctions::is_undefined},
     {"hidden", &AuthorsFunctions::may_be_hidden}}};

}  // namespace

std::string file_text(std::string_view shown) { return "File " + std::string(shown) + " "; }

AuthorsFunctions authors_functions(std::span<const Object> objects, const Target& target) {
  AuthorsFunctions defined;
  for (const Object& object : objects) {
    if (defined.refused.empty()) {
      defined.refused = refused_type(object.refusal, target).value_or("");
    }
    defined.is_ambiguous |= object.refusal.find("is ambiguous") != std::string::npos;
    // An uncalled function in an unnamed namespace leaves no symbol in the object file.
    defined.may_be_hidden |= may_hide(read_file(object.source.path).value_or(""), target);
    const auto elf = ElfFile::open(object.path);
    if (!elf) continue;
    for (const auto& symbol : elf->function_symbols()) {
      if (symbol.is_weak) continue;
      const std::string whole = demangled(symbol.name);
      const std::string text = as_written(whole);
      const std::string name = text.substr(0, text.find('('));
      if (!symbol.is_defined) {
        defined.is_undefined |= name == target.name && text != name;
        continue;
      }
      const bool is_hidden = whole.find(kUnnamed) != std::string::npos;
      if (name == target.name && is_hidden) defined.may_be_hidden = true;
      if (name == target.name && !is_hidden) defined.of_the_target.push_back(text);
      // Leaves out parts of functions ("f(int) [clone .cold]") and the compiler's own functions.
      const bool is_authors = symbol.name.starts_with("_Z") &&
                              text.find('[') == std::string::npos && !name.starts_with("_") &&
                              name.find_first_of("<~ ") == std::string::npos;
      if (is_authors) defined.names.insert(name);
    }
  }
  return defined;
}

std::string to_text(const AuthorsFunctions& functions) {
  std::string text;
  const auto add = [&](std::string_view kind, const std::string& value) {
    text += kind;
    text += value;
    text += '\n';
  };
  for (const std::string& name : functions.names) add(kName, name);
  for (const std::string& overload : functions.of_the_target) add(kOverload, overload);
  if (!functions.refused.empty()) add(kRefused, functions.refused);
  for (const auto& [word, fact] : kFacts) {
    if (functions.*fact) add(word, "");
  }
  return text;
}

AuthorsFunctions authors_functions_of(std::string_view text) {
  AuthorsFunctions functions;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const auto value = [&](std::string_view kind) { return std::string(line.substr(kind.size())); };
    if (line.starts_with(kName)) functions.names.insert(value(kName));
    if (line.starts_with(kOverload)) functions.of_the_target.push_back(value(kOverload));
    if (line.starts_with(kRefused)) functions.refused = value(kRefused);
    for (const auto& [word, fact] : kFacts) functions.*fact |= line == word;
  }
  return functions;
}

Error missing_target(std::string_view shown, const Target& target, const Registry& registry,
                     AuthorsFunctions defined) {
  if (defined.is_ambiguous) {
    std::string overloads;
    for (const std::string& each : defined.of_the_target) overloads += "\n  " + each;
    return {Code::kInvalidArgument, file_text(shown) + "has several functions named " +
                                        target.name + " that can be served" +
                                        (overloads.empty() ? "" : ":" + overloads) +
                                        "\nrename all but one, and choose by --target"};
  }
  const std::string type =
      defined.refused.empty() ? joined(defined.of_the_target) : defined.refused;
  if (!type.empty()) {
    return {Code::kInvalidArgument,
            file_text(shown) + "defines " + target.name + ", but as " + type +
                ", which cannot be served; supported are" OFN_INTERNAL_FORMS};
  }
  std::string message = file_text(shown) + "is expected to contain a function named " + target.name;
  for (const std::string& name : registry.names()) defined.names.insert(name);
  if (defined.is_undefined) message += ", which it declares but does not define";
  message +=
      defined.names.empty() ? "; it contains none" : "; it contains: " + joined(defined.names);
  if (defined.may_be_hidden) {
    message += "; a function in an unnamed namespace is found by OFN_FUNCTION(" + target.name +
               ") beside it";
  }
  return {Code::kNotFound, std::move(message)};
}

Error several_functions(std::string_view shown, const Registry& registry) {
  std::string names;
  constexpr std::size_t kMost = 20;
  const auto functions = registry.functions();
  for (const Function& function : functions.first(std::min(functions.size(), kMost))) {
    names += "\n  " + function.name + " (" + std::string(signature_name(function.signature)) + ")";
  }
  if (functions.size() > kMost) {
    names += "\n  and " + std::to_string(functions.size() - kMost) + " more";
  }
  return {Code::kInvalidArgument, file_text(shown) + "has " + std::to_string(functions.size()) +
                                      " functions that can be served:" + names +
                                      "\nchoose one by --target " + functions.front().name +
                                      ", or write OFN_FUNCTION(" + functions.front().name +
                                      ") beside each that is to be served"};
}

}  // namespace ofn::loader
