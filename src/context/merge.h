// Merges the platform's two documents by the rules in parse_context.h. Private to this room.
#pragma once

#include <vector>

#include "context/document.h"
#include "context/function_context.h"
#include "document/problem.h"

namespace ofn {

// `documents` has one or two elements, in any order and of any schemas.
FunctionContext merge_documents(std::vector<Document> documents, std::vector<Problem>& problems,
                                std::vector<Note>& notes);

}  // namespace ofn
