// Reads a manifest back: its documents by their kinds, their values by paths.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "context/environment.h"
#include "context/parse_context.h"
#include "context/settings.h"
#include "context/units.h"
#include "document/node.h"
#include "document/yaml.h"
#include "manifest/manifest.h"

namespace ofn::manifest {

class ManifestForTest {
 public:
  explicit ManifestForTest(std::string_view text) {
    auto trees = document::parse_yaml(text);
    if (!trees) {
      ADD_FAILURE() << trees.error().text() << "\n" << text;
      return;
    }
    for (document::Tree& tree : *trees) {
      EXPECT_TRUE(tree.duplicates.empty()) << tree.duplicates.front();
      documents_.push_back(std::move(tree.root));
    }
  }

  // Returns the documents' kinds, with blanks between them.
  std::string kinds() const {
    std::string kinds;
    for (const document::Node& each : documents_) {
      kinds += (kinds.empty() ? "" : " ") + std::string(each.find_text("kind"));
    }
    return kinds;
  }
  // Returns the text at a path such as spec.containers.0.image, in the first document of the kind;
  // "(none)" if there is none. A key with dots is the last one, after a '/'.
  std::string at(std::string_view kind, std::string_view path) const {
    const document::Node* node = find(kind, path);
    return node == nullptr ? "(none)" : node->text();
  }
  const document::Node* find(std::string_view kind, std::string_view path) const {
    for (const document::Node& each : documents_) {
      if (each.find_text("kind") == kind) return below(&each, path);
    }
    return nullptr;
  }
  // The variables of a container.
  EnvironmentMap variables(std::string_view kind, std::string_view path) const {
    EnvironmentMap variables;
    const document::Node* env = find(kind, path);
    if (env == nullptr) return variables;
    for (const document::Node& entry : env->items()) {
      if (entry.find("value") != nullptr) {
        variables.emplace(entry.find_text("name"), entry.find_text("value"));
      }
    }
    return variables;
  }

 private:
  static const document::Node* below(const document::Node* node, std::string_view path) {
    while (node != nullptr && !path.empty()) {
      const bool is_last = path.front() == '/';
      const std::size_t end =
          is_last ? path.size() : std::min(path.find_first_of("./"), path.size());
      const std::string_view key = is_last ? path.substr(1) : path.substr(0, end);
      const auto index = parse_number(key);
      if (index && node->is(document::Node::Kind::kList)) {
        node = *index < node->items().size() ? &node->items()[*index] : nullptr;
      } else {
        node = node->find(key);
      }
      path.remove_prefix(end);
      if (path.starts_with('.')) path.remove_prefix(1);
    }
    return node;
  }

  std::vector<document::Node> documents_;
};

inline std::string written(Kind kind, const Description& function) {
  auto text = manifest_of(kind, function);
  if (!text) ADD_FAILURE() << text.error().message();
  return text.value_or("");
}

// The settings that the program has in the container with these variables.
inline Settings settings_by(EnvironmentMap variables, std::string_view place) {
  variables.emplace(place, "set");
  std::vector<Note> notes;
  const Environment env = environment_of(variables);
  const auto context = parse_context(std::nullopt, env("FUNC_CONTEXT_V1BETA2"), notes);
  EXPECT_TRUE(context.has_value());
  const auto settings = resolve_settings(Flags(), env, context.value_or(FunctionContext()), notes);
  EXPECT_TRUE(settings.has_value());
  return settings.value_or(Settings());
}

}  // namespace ofn::manifest
