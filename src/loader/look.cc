#include "loader/look.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <set>
#include <string>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "loader/elf_file.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;

// Makes a file in memory, or a file without a name on disk if memfd_create() is forbidden. Returns
// -1 if neither is possible.
int nameless_file() {
  const int fd = ::memfd_create("ofn-look", MFD_CLOEXEC);
  if (fd >= 0) return fd;
  std::error_code ignored;
  return ::open(fs::temp_directory_path(ignored).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Expands $ORIGIN in an entry of a run path as ld.so(8) does.
fs::path expanded(std::string entry, const fs::path& folder) {
  for (const std::string_view word : {std::string_view("$ORIGIN"), std::string_view("${ORIGIN}")}) {
    for (auto at = entry.find(word); at != std::string::npos;
         at = entry.find(word, at + folder.native().size())) {
      entry.replace(at, word.size(), folder.native());
    }
  }
  return entry;
}

class Looker {
 public:
  Result<void*> look(const fs::path& path) {
    std::error_code error;
    const fs::path file = fs::canonical(path, error);
    if (error) return fail(Code::kNotFound, error.message());
    seen_.insert(file.native());
    const auto elf = ElfFile::open(file);
    if (!elf) return fail(elf.error().code(), file.native() + " " + elf.error().message());
    look_at_libraries(elf->needs(), file.parent_path());
    return open(elf->without_start_up(), path);
  }

 private:
  // Loads the libraries before the file that needs them. The dynamic linker then finds them by
  // their names, already loaded.
  void look_at_libraries(const ElfFile::Needs& needs, const fs::path& folder) {
    for (const std::string& library : needs.libraries) {
      if (library.find('/') != std::string::npos) continue;
      if (::dlopen(library.c_str(), RTLD_LAZY | RTLD_NOLOAD) != nullptr) continue;
      for (const std::string& entry : needs.run_path) {
        std::error_code error;
        const fs::path file = fs::canonical(expanded(entry, folder) / library, error);
        if (error) continue;
        // The result is ignored, because dlopen() of the file that needs the library reports the
        // failure again.
        if (!seen_.contains(file.native())) (void)look(file);
        break;
      }
    }
  }

  static Result<void*> open(std::string_view bytes, const fs::path& path) {
    const int fd = nameless_file();
    if (fd < 0 || !write_all(fd, bytes)) {
      const std::string why = std::strerror(errno);
      if (fd >= 0) ::close(fd);
      return fail(Code::kInternal, "cannot make a copy to inspect it: " + why);
    }
    const std::string name = "/proc/self/fd/" + std::to_string(fd);
    void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    // The descriptor stays open: the dynamic linker identifies a library by its name, so no other file may get this one's number.
    if (handle != nullptr) return handle;
    std::string problem = ::dlerror();
    ::close(fd);
    for (auto at = problem.find(name); at != std::string::npos;
         at = problem.find(name, at + path.native().size())) {
      problem.replace(at, name.size(), path.native());
    }
    return fail(Code::kFailedPrecondition, std::move(problem));
  }

  std::set<std::string> seen_;
};

}  // namespace

Result<void*> look_at(const fs::path& path) { return Looker().look(path); }

}  // namespace ofn::loader
