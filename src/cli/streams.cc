#include "cli/streams.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>

namespace ofn::cli {

Exit print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return kExitOk;
  }
  complain(std::string("cannot write to standard output: ") + std::strerror(errno));
  return kExitFailure;
}

void flush_output() {
  std::cout.flush();
  // Another thread may hold the lock and never release it.
  if (ftrylockfile(stdout) != 0) return;
  fflush_unlocked(stdout);
  funlockfile(stdout);
}

void complain(std::string_view text) {
  std::string line = "functions-framework: ";
  line += text;
  if (!line.ends_with('\n')) line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Exit complain(std::string_view text, Exit code) {
  complain(text);
  return code;
}

Exit complain(std::span<const Problem> problems, Exit code) {
  for (const Problem& problem : problems) complain(problem.text());
  return code;
}

Exit complain(const ConfigurationError& error) {
  for (const std::string& message : error.messages) complain(message);
  return error.code;
}

void log_notes(std::span<const Note> notes, Log& log) {
  for (const Note& note : notes) log.write(note.level, note.text);
}

}  // namespace ofn::cli
