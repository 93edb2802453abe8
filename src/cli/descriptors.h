// The process's file descriptors, before anything uses them.
//
//   open_standard_streams();
//   if (const auto problem = descriptor_shortage(kForLoading)) return complain(*problem), kExitFailure;
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace ofn::cli {

// What is needed beside connections: to compile and load a function, and to serve it on one loop; each further loop.
inline constexpr std::size_t kDescriptorsToLoad = 16;
inline constexpr std::size_t kDescriptorsToServe = 24;
inline constexpr std::size_t kDescriptorsOfALoop = 4;

// A standard stream that was closed is opened on /dev/null, so that no socket and no file takes its number and gets what
// the function prints.
void open_standard_streams();

// Why `needed` more descriptors cannot be opened, and what to do; nothing when they can.
std::optional<std::string> descriptor_shortage(std::size_t needed);

}  // namespace ofn::cli
