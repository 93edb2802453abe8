// Checks the process's file descriptors before the program opens any.
//
//   open_standard_streams();
//   if (const auto problem = descriptor_shortage(kDescriptorsToLoad)) return complain(*problem, kExitFailure);
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace ofn::cli {

// The descriptors that the program needs in addition to connections: to compile and load a
// function, to serve it on one loop, and for each further loop.
inline constexpr std::size_t kDescriptorsToLoad = 16;
inline constexpr std::size_t kDescriptorsToServe = 24;
inline constexpr std::size_t kDescriptorsOfALoop = 4;

// Opens each closed standard stream on /dev/null. Otherwise a socket or file would get the stream's
// number, and would receive the text that the function prints.
void open_standard_streams();

// Returns nullopt if the process can open `needed` more descriptors; otherwise an error message
// that says what to do.
std::optional<std::string> descriptor_shortage(std::size_t needed);

}  // namespace ofn::cli
