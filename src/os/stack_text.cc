#include "os/stack_text.h"

#include <array>
#include <link.h>
#include <mutex>

#include "os/author_frames.h"
#include "os/process_state.h"
#include "os/source_line.h"

namespace ofn::os {

namespace {

constexpr std::size_t kLongest = std::size_t{16} * 1024;
// A function may load modules again and again; the names in the latest are not worth unlimited memory.
constexpr int kMostRenewals = 8;

// The symbols by which stacks are described. One object serves all reports, because its memory is never freed.
class SharedSymbols {
 public:
  template <class Use>
  void use(Use use) {
    const std::scoped_lock lock(mutex_);
    const unsigned long long loads = count_loads();
    if (symbols_ == nullptr || (loads != loads_ && renewals_++ < kMostRenewals)) {
      symbols_ =
          new Symbols;  // NOLINT(cppcoreguidelines-owning-memory): it cannot free what it maps
      loads_ = loads;
    }
    use(*symbols_);
  }

 private:
  // Returns how many modules have been loaded since the process began.
  static unsigned long long count_loads() {
    unsigned long long loads = 0;
    dl_iterate_phdr(
        [](dl_phdr_info* module, std::size_t, void* to) {
          *static_cast<unsigned long long*>(to) = module->dlpi_adds;
          return 1;  // the number is the same for every module
        },
        &loads);
    return loads;
  }

  std::mutex mutex_;
  const Symbols* symbols_ = nullptr;
  unsigned long long loads_ = 0;  // when `symbols_` was made
  int renewals_ = 0;
};
constinit SharedSymbols shared_symbols;

}  // namespace

std::vector<SourceFrame> author_stack(std::span<const Frames::Frame> frames) {
  std::vector<SourceFrame> found;
  shared_symbols.use([&](const Symbols& symbols) {
    each_author_frame(symbols, frames, [&](const AuthorFrame& frame) {
      std::array<char, 1024> room;
      FixedText source(room);
      if (frame.path != nullptr)
        add_source_line(frame.path, frame.line, process_state.started, source);
      found.push_back({.function = std::string(frame.function),
                       .file = std::string(frame.file),
                       .line = frame.line,
                       .times = frame.times,
                       .source = std::string(source.text())});
    });
  });
  return found;
}

std::string stack_text(std::span<const SourceFrame> frames) {
  if (frames.empty()) return {};
  std::vector<char> room(kLongest);
  FixedText text(room);
  for (const SourceFrame& frame : frames) {
    if (!text.text().empty()) text.add(" < ");
    add_frame({.function = frame.function,
               .file = frame.file,
               .path = nullptr,
               .line = frame.line,
               .times = frame.times},
              text);
  }
  return std::string(text.text());
}

StackText describe_stack(std::span<const Frames::Frame> frames) {
  if (process_state.author_reads) {
    const std::vector<SourceFrame> authors = author_stack(frames);
    if (!authors.empty()) return {stack_text(authors), authors.front().source};
  }
  std::vector<char> room(kLongest);
  FixedText text(room);
  shared_symbols.use([&](const Symbols& symbols) { symbols.describe(frames, text); });
  return {std::string(text.text()), {}};
}

}  // namespace ofn::os
