#include "os/path_walker.h"

#include <array>
#include <climits>
#include <deque>
#include <sys/stat.h>
#include <unistd.h>

namespace ofn::os {
namespace {

// As many as Linux follows (path_resolution(7)).
constexpr int kMostLinks = 40;

// Puts the parts of a path in front of the others.
void put_first(std::string_view path, std::deque<std::string>& parts) {
  std::deque<std::string> own;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    if (!part.empty() && part != ".") own.emplace_back(part);
    path = end == std::string_view::npos ? "" : path.substr(end + 1);
  }
  parts.insert(parts.begin(), own.begin(), own.end());
}

// Returns where a link leads; an empty text if it cannot be read.
std::string target_of(const std::string& link) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  return size <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

}  // namespace

PathWay PathWalker::way_of(std::string_view path) {
  PathWay way;
  std::deque<std::string> parts;
  put_first(path, parts);
  std::string folder;  // without links; empty is "/"
  int links = 0;
  while (!parts.empty()) {
    const std::string name = std::move(parts.front());
    parts.pop_front();
    if (name == "..") {
      folder.resize(folder.empty() ? 0 : folder.rfind('/'));
      continue;
    }
    std::string here = folder + "/" + name;
    const auto stop = [&] {
      way.places.push_back({.folder = folder.empty() ? "/" : folder, .name = name});
    };
    struct stat status{};
    const bool is_real = real_folders_.contains(here);
    if (!is_real && ::lstat(here.c_str(), &status) != 0) {
      stop();
      return way;
    }
    if (!is_real && S_ISLNK(status.st_mode)) {
      stop();
      const std::string target = target_of(here);
      if (target.empty() || ++links > kMostLinks) return way;
      if (target.starts_with('/')) folder.clear();
      put_first(target, parts);
      continue;
    }
    const bool is_folder = is_real || S_ISDIR(status.st_mode);
    if (parts.empty() || !is_folder) {
      stop();
      way.exists = parts.empty();
      return way;
    }
    if (!is_real) real_folders_.insert(here);
    way.folders.push_back(here);
    folder = std::move(here);
  }
  // The path is "/", or ends in "..".
  way.exists = true;
  way.places.push_back({.folder = folder.empty() ? "/" : folder, .name = ""});
  return way;
}

}  // namespace ofn::os
