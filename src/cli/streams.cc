#include "cli/streams.h"

#include <cstdio>
#include <string>

namespace ofn::cli {

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void complain(std::string_view text) {
  std::string line = "functions-framework: ";
  line += text;
  if (!line.ends_with('\n')) line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void complain(std::span<const Problem> problems) {
  for (const Problem& problem : problems) complain(problem.text());
}

void log_notes(std::span<const Note> notes, Log& log) {
  for (const Note& note : notes) log.write(note.level, note.text);
}

}  // namespace ofn::cli
