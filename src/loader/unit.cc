#include "loader/unit.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

#include <ofn/signature.h>

namespace ofn::loader {
namespace {

bool is_identifier(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
         std::ranges::all_of(text, [](char c) {
           return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
         });
}

std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '\n') quoted += '\\';
    quoted += c == '\n' ? 'n' : c;
  }
  return quoted + '"';
}

// Splits a name into its namespace and its last part: "app" and "hello" for "app::hello".
std::pair<std::string, std::string> split_name(const std::string& name) {
  const auto split = name.rfind("::");
  if (split == std::string::npos) return {"", name};
  return {name.substr(0, split), name.substr(split + 2)};
}

// Makes a qualified name valid even if the author has no function of that name. The name is looked
// up in its namespace first, and in the namespaces that it uses only if it is not found there
// ([namespace.qual]).
std::string stand_in(const std::string& full_name) {
  const auto [scope, name] = split_name(full_name);
  const std::string use = "using namespace ::ofn_absent;";
  return "namespace ofn_absent { ::ofn::internal::Absent " + name +
         "(::ofn::internal::Absent); }\n" +
         (scope.empty() ? use + "\n" : "namespace " + scope + " { " + use + " }\n");
}

std::string registration(std::string_view source, std::string_view how, std::string_view number,
                         std::string_view origin, const std::string& name) {
  std::string text = "OFN_INTERNAL_REGISTER_AS(";
  text += how;
  text += ", ";
  text += number;
  text += ", ::ofn::abi::Origin::";
  text += origin;
  text += ", " + quoted(name) + ", " + quoted(source) + ", 0, nullptr, ::" + name + ")\n";
  return text;
}

}  // namespace

Result<Target> target_of(const std::optional<std::string>& name) {
  if (!name) return Target{.name = "function", .is_default = true};
  std::string_view rest = *name;
  if (rest.starts_with("::")) rest.remove_prefix(2);
  const Target target{.name = std::string(rest)};
  while (true) {
    const auto split = rest.find("::");
    if (!is_identifier(rest.substr(0, split))) {
      return fail(Code::kInvalidArgument,
                  "'" + *name +
                      "' cannot be the name of a C++ function; name one as it is called in the "
                      "source, as hello or app::hello");
    }
    if (split == std::string_view::npos) return target;
    rest.remove_prefix(split + 2);
  }
}

std::string tail_name(const Target& target) { return "<target " + target.name + ">"; }

std::string tail_text(std::string_view source, const Target& target, Tail tail,
                      std::span<const DefinedFunction> found) {
  if (tail == Tail::kNothing) return {};
  std::string text = "\n" + line_directive(tail_name(target));
  if (tail != Tail::kAlways) text += stand_in(target.name);
  text += registration(source, "select", "target", target.is_default ? "kDefault" : "kTarget",
                       target.name);
  if (tail != Tail::kSearch) return text;
  std::size_t number = 0;
  for (const DefinedFunction& each : found) {
    if (each.name == target.name) continue;
    // The preprocessor may have removed the function, so it gets a stand-in. A function in an
    // unnamed namespace gets none, because the two would be ambiguous.
    if (!each.is_local) text += stand_in(each.name);
    text += registration(source, each.is_overloaded ? "select" : "offer",
                         "found_" + std::to_string(++number),
                         each.is_local ? "kFoundLocal" : "kFound", each.name);
  }
  return text;
}

bool registers_something(std::string_view text) {
  return text.find("OFN_FUNCTION") != std::string_view::npos ||
         text.find("OFN_ROUTE") != std::string_view::npos;
}

std::string line_directive(std::string_view file) { return "#line 1 " + quoted(file) + "\n"; }

bool may_hide(std::string_view text, const Target& target) {
  constexpr std::string_view kKeyword = "namespace";
  const auto scope = target.name.rfind("::");
  const std::string name = scope == std::string::npos ? target.name : target.name.substr(scope + 2);
  if (text.find(name) == std::string_view::npos) return false;
  for (auto at = text.find(kKeyword); at != std::string_view::npos; at = text.find(kKeyword, at)) {
    at += kKeyword.size();
    const auto next = text.find_first_not_of(" \t\r\n", at);
    if (next != std::string_view::npos && text[next] == '{') return true;
  }
  return false;
}

std::optional<std::string> refused_type(std::string_view diagnostics, const Target& target) {
  // GCC: "'ofn::internal::kIsSupported<int (*)(int)>' evaluates to false"; Clang: "due to
  // requirement 'kIsSupported<int (*)(int)>'". The type ends at the bracket that closes the marker.
  // Before that, GCC shows the line of the header, in which the type is called F.
  std::string type;
  for (auto at = diagnostics.find(internal::kUnsupportedMarker); at != std::string_view::npos;
       at = diagnostics.find(internal::kUnsupportedMarker, at + 1)) {
    std::string_view rest = diagnostics.substr(at + internal::kUnsupportedMarker.size());
    rest = rest.substr(0, rest.find('\n'));
    std::size_t end = 0;
    for (int open = 1; end < rest.size(); ++end) {
      if (rest[end] == '<') ++open;
      if (rest[end] == '>' && --open == 0) break;
    }
    if (end < rest.size() && rest.substr(0, end) != "F") {
      type = rest.substr(0, end);
      break;
    }
  }
  if (type.empty()) return std::nullopt;
  const auto pointer = type.find("(*)");
  if (pointer != std::string::npos) type.replace(pointer, 3, target.name);
  return type;
}

}  // namespace ofn::loader
