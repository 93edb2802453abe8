// `functions-framework docs`: shows a document that the program carries.
//
//   return show_documents(DocsCommand{.topic = "functions"}, env);
#pragma once

#include <string>

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

int show_documents(const DocsCommand& command, const Environment& env);

// The list of topics and commands for programs that read documents. Spec: llmstxt.org.
std::string llms_text();

}  // namespace ofn::cli
