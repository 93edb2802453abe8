// Tells whether git is writing the files of a folder.
//
//   if (is_git_writing("/src/f")) …  // a checkout is under way: look again later
#pragma once

#include <string>

namespace ofn::dev {

// Returns true while a command of git changes the working tree to which the folder belongs: `checkout`, `merge`, `rebase`, `stash`
// hold the file index.lock until the last file is written (gitrepository-layout(5)). A lock that is older than ten seconds counts as
// left behind by a command that was killed.
// Cost: two stat(2) for each folder on the way to the working tree's root.
bool is_git_writing(const std::string& folder);

}  // namespace ofn::dev
