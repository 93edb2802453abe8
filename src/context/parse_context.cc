#include "context/parse_context.h"

#include <string>
#include <utility>

#include "context/document.h"
#include "context/merge.h"

namespace ofn {

std::expected<FunctionContext, std::vector<Problem>> parse_context(
    std::optional<std::string_view> func_context,
    std::optional<std::string_view> func_context_v1beta2, std::vector<Note>& notes,
    const ContextLabels& labels) {
  struct Variable {
    std::string_view name;
    std::optional<std::string_view> text;
    Schema schema;
  };
  std::vector<Problem> problems;
  std::vector<Document> documents;
  bool unreadable = false;
  for (const Variable& variable :
       {Variable{labels.v1beta1, func_context, Schema::kV1Beta1},
        Variable{labels.v1beta2, func_context_v1beta2, Schema::kV1Beta2}}) {
    if (!variable.text || variable.text->empty()) continue;
    auto document = read_document(variable.name, *variable.text, variable.schema, problems, notes);
    if (document) {
      documents.push_back(std::move(*document));
    } else {
      unreadable = true;
    }
  }
  FunctionContext context;
  // Do not report parts as missing that an unreadable document may contain.
  if (!unreadable && !documents.empty()) {
    context = merge_documents(std::move(documents), problems, notes);
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return context;
}

std::expected<FunctionContext, std::vector<Problem>> parse_context_file(std::string_view file,
                                                                        std::string_view text,
                                                                        std::vector<Note>& notes) {
  std::vector<Problem> problems;
  FunctionContext context;
  if (auto document = read_document_file(file, text, problems, notes)) {
    std::vector<Document> documents;
    documents.push_back(*std::move(document));
    context = merge_documents(std::move(documents), problems, notes);
  }
  if (problems.empty()) return context;
  for (Problem& problem : problems) {
    if (problem.line > 0) problem.source += ':' + std::to_string(problem.line);
  }
  return std::unexpected(std::move(problems));
}

}  // namespace ofn
