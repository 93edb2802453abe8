#include "embedded/template_files.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "base/replace_all.h"

namespace ofn::embedded {

namespace {

constexpr std::array<Template, 8> kTemplates = {{
    {"http", "a function of HTTP requests", "curl 'localhost:8080/?name=Ada'"},
    {"typed", "a function of your own types, which are read and written as JSON",
     "curl localhost:8080 --json "
     "'{\"customer\":\"Ada\",\"lines\":[{\"item\":\"pen\",\"count\":3}]}'"},
    {"cloudevent", "a function of CloudEvents that answers with an event",
     "curl localhost:8080 -H 'ce-specversion: 1.0' -H 'ce-id: 1' -H 'ce-source: /me' -H "
     "'ce-type: order' -d 'a book'"},
    {"openfunction", "a function whose result goes to an output of its context",
     "curl localhost:8080 -d 'a book'"},
    {"cron", "a function that a timer calls", "cat data/*"},
    {"mqtt", "a function of the messages of an MQTT broker",
     R"(mosquitto_pub -t measurements -m '{"place":"oven","celsius":90}')"},
    {"topic", "a function of the events of a topic", "ff docs local-sidecar"},
    {"stream", "a function whose answer is sent in pieces", "curl -N 'localhost:8080/?count=5'"},
}};

// The files of all templates are in a folder of their own; those of a template replace them.
constexpr std::string_view kCommon = "common/";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Words that a function cannot have as its name: keywords, and `main`.
bool is_reserved(std::string_view word) {
  constexpr auto kWords =
      std::to_array<std::string_view>({"alignas",       "alignof",      "and",
                                       "asm",           "auto",         "bitand",
                                       "bitor",         "bool",         "break",
                                       "case",          "catch",        "char",
                                       "class",         "compl",        "concept",
                                       "const",         "continue",     "decltype",
                                       "default",       "delete",       "do",
                                       "double",        "else",         "enum",
                                       "explicit",      "export",       "extern",
                                       "false",         "float",        "for",
                                       "friend",        "goto",         "if",
                                       "import",        "inline",       "int",
                                       "long",          "main",         "module",
                                       "mutable",       "namespace",    "new",
                                       "noexcept",      "not",          "nullptr",
                                       "ofn",           "operator",     "or",
                                       "private",       "protected",    "public",
                                       "register",      "requires",     "return",
                                       "short",         "signed",       "sizeof",
                                       "static",        "std",          "struct",
                                       "switch",        "template",     "this",
                                       "throw",         "true",         "try",
                                       "typedef",       "typeid",       "typename",
                                       "union",         "unsigned",     "using",
                                       "virtual",       "void",         "volatile",
                                       "while",         "xor",          "char8_t",
                                       "char16_t",      "char32_t",     "consteval",
                                       "constexpr",     "constinit",    "co_await",
                                       "co_return",     "co_yield",     "const_cast",
                                       "and_eq",        "or_eq",        "xor_eq",
                                       "not_eq",        "dynamic_cast", "reinterpret_cast",
                                       "static_assert", "static_cast",  "thread_local",
                                       "wchar_t"});
  return std::ranges::find(kWords, word) != kWords.end();
}

}  // namespace

std::span<const Template> templates() noexcept { return kTemplates; }

Result<Names> names_for(std::string_view project) {
  constexpr std::size_t kMost = 63;  // of a label in Kubernetes
  const bool fits = std::ranges::all_of(project, [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (project.empty() || project.size() > kMost || !fits || !is_letter(project.front()) ||
      project.back() == '-' || project.back() == '_' || project.find("__") != project.npos) {
    return fail(Code::kInvalidArgument,
                "expected a name of at most 63 letters, digits, - and _, with a letter at its "
                "beginning and a letter or a digit at its end, such as my-order");
  }
  Names names{.project = std::string(project), .target = std::string(project)};
  std::ranges::replace(names.target, '-', '_');
  // Two underscores belong to the compiler.
  while (names.target.find("__") != std::string::npos) replace_all(names.target, "__", "_");
  if (is_reserved(names.target)) names.target += "_function";
  return names;
}

std::vector<EmbeddedFile> project_files(std::string_view template_name, const Names& names,
                                        std::string_view include_folder) {
  const auto chosen = std::ranges::find(kTemplates, template_name, &Template::name);
  OFN_CHECK(chosen != kTemplates.end());
  const std::string own = std::string(template_name) + "/";
  std::vector<EmbeddedFile> files;
  for (EmbeddedFile& file : files_of(template_bytes())) {
    const bool is_own = file.path.starts_with(own);
    if (!is_own && !file.path.starts_with(kCommon)) continue;
    file.path.erase(0, is_own ? own.size() : kCommon.size());
    // With a dot, tools would take the file for one of this project.
    if (file.path.starts_with("dot-")) file.path.replace(0, 4, ".");
    replace_all(file.text, "@NAME@", names.project);
    replace_all(file.text, "@TARGET@", names.target);
    // In C++ the name is a word, so that the templates themselves can be compiled.
    replace_all(file.text, "my_function", names.target);
    replace_all(file.text, "@TEMPLATE@", template_name);
    replace_all(file.text, "@SUMMARY@", chosen->summary);
    replace_all(file.text, "@CALL@", "    " + std::string(chosen->call));
    replace_all(file.text, "@INCLUDE@",
                include_folder.empty() ? std::string() : ", -I" + std::string(include_folder));
    const auto known = std::ranges::find(files, file.path, &EmbeddedFile::path);
    if (known == files.end()) {
      files.push_back(std::move(file));
    } else {
      *known = std::move(file);
    }
  }
  std::ranges::sort(files, {}, &EmbeddedFile::path);
  return files;
}

}  // namespace ofn::embedded
