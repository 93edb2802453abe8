// A layer of an image: files, and the tar file that holds them. Equal files give equal bytes, whoever writes them, where and when.
//
//   Layer layer;
//   layer.add_file("/function/hello.so", 0644, text);
//   write(layer.tar());
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace ofn::image {

// A value. Everything in it belongs to root and has the time 0.
class Layer {
 public:
  struct Entry {
    bool is_folder = false;
    unsigned mode = 0;
    std::string bytes;  // of a file
  };

  // Returns true if the image already has this folder, in a layer below. Such a folder is not written again.
  using HasFolder = std::function<bool(const std::string& path)>;
  explicit Layer(HasFolder below = {}) : below_(std::move(below)) {}

  // Paths are absolute and in normal form. The folders above one are added with mode 0755. A path that is there is replaced.
  void add_file(const std::string& path, unsigned mode, std::string bytes);
  void add_folder(const std::string& path, unsigned mode);

  // By path: a folder comes before its content.
  const std::map<std::string, Entry>& entries() const { return entries_; }
  bool has_folder(const std::string& path) const;
  // Returns the sizes of all files together.
  std::size_t bytes() const;
  std::string tar() const;

 private:
  void add_folders_above(const std::string& path);

  HasFolder below_;
  std::map<std::string, Entry> entries_;
};

}  // namespace ofn::image
