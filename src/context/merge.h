// Two documents of the platform become one meaning; parse_context.h has the rules. Private to this
// room.
#pragma once

#include <vector>

#include "context/document.h"
#include "context/function_context.h"
#include "document/problem.h"

namespace ofn {

// `documents` has one or two; neither order nor schemas matter.
FunctionContext merge_documents(std::vector<Document> documents, std::vector<Problem>& problems,
                                std::vector<Note>& notes);

}  // namespace ofn
