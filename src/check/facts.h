// What several rules need to know of a project. Private to this room.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/check.h"
#include "check/code_names.h"
#include "check/finding.h"
#include "check/text.h"
#include "context/env_file.h"
#include "context/function_context.h"
#include "document/places.h"
#include "localdapr/component.h"

namespace ofn::check {

// A context document within a text.
struct PlacedDocument {
  const Text* text = nullptr;
  std::string content;
  // The content begins and ends at these bytes of the text.
  std::size_t begin = 0;
  std::size_t end = 0;
  // The text has the content unchanged. Otherwise its places are unknown: escapes in a file of variables.
  bool is_verbatim = true;
  std::optional<document::Placed> root = {};  // nullopt if it cannot be parsed

  Spot spot(std::size_t first, std::size_t last) const {
    return is_verbatim ? Spot{text, begin + first, begin + last} : Spot{text, begin, end};
  }
  Spot spot_of(const document::Placed& placed) const { return spot(placed.begin, placed.end); }
  // The key of a member, or else its value.
  Spot key_spot(const document::Placed& placed) const {
    return placed.key_end > placed.key_begin ? spot(placed.key_begin, placed.key_end)
                                             : spot_of(placed);
  }
};

// One or two documents that the program merges.
struct CheckedContext {
  std::vector<PlacedDocument> documents;
  std::optional<FunctionContext> context = {};  // nullopt if the program refuses them

  // A value of a document.
  struct Found {
    const PlacedDocument* document = nullptr;
    const document::Placed* value = nullptr;
    explicit operator bool() const { return value != nullptr; }
  };
  Found output(const Output& output) const;
  Found trigger(const Trigger& trigger) const;
  Found state(const State& state) const;
  // The item of a list of hooks.
  Found hook(std::string_view name) const;
  // The first document's port.
  Found port() const;

 private:
  Found part(std::string_view list, std::string_view name, std::string_view alias) const;
};

struct CheckedComponent {
  localdapr::Component component;
  const Text* text = nullptr;
  document::Placed document;  // of the file

  Spot name_spot() const;
  Spot type_spot() const;
  // The entry of spec.metadata of that name, or else the component's name.
  Spot property_spot(std::string_view property) const;
};

struct CheckedEnvFile {
  const Text* text = nullptr;
  std::vector<FileVariable> variables;
  // Returns the last variable of that name; null if there is none.
  const FileVariable* find(std::string_view name) const;
  Spot name_spot(const FileVariable& variable) const;
  Spot value_spot(const FileVariable& variable) const;
};

struct CheckedSource {
  const Text* text = nullptr;
  CodeNames names;
  Spot spot(const CodeName& name) const { return {text, name.begin, name.end}; }
};

struct Facts {
  const Project& project;
  std::deque<Text> own_texts = {};  // of variables; their addresses are kept
  std::vector<CheckedEnvFile> env_files = {};
  std::vector<CheckedContext> contexts = {};
  std::vector<CheckedComponent> components = {};
  // Names of components whose documents the local sidecar refuses.
  std::vector<std::string> refused_components = {};
  std::vector<CheckedSource> sources = {};

  // Returns true if a source may have names that are not known.
  bool has_unknown_names(bool CodeNames::* kind) const;
  const CheckedComponent* find_component(std::string_view name) const;
  std::vector<std::string> component_names() const;
};

// The rules, in the order in which they need each other's facts.
void check_env_files(Facts& facts, Findings& findings);          // OFN4…
void check_contexts(Facts& facts, Findings& findings);           // OFN1…
void check_components(Facts& facts, Findings& findings);         // OFN2001 to OFN2010
void check_connections(const Facts& facts, Findings& findings);  // OFN2002 to OFN2016
void check_code(const Facts& facts, Findings& findings);         // OFN3…
void check_manifests(const Facts& facts, Findings& findings);    // OFN5…

// " ; did you mean \"archive\"?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);
// The quotes of a JSON or YAML scalar that replaces another one as it stands in the text.
std::string quoted_like(std::string_view old_text, std::string_view word);
// The same for the text at a spot; empty if `word` is.
std::string replacement_at(const Spot& spot, std::string_view word);

}  // namespace ofn::check
