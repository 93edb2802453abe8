#include "dev/changes.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "dev/file_content.h"
#include "dev/git_lock.h"
#include "loader/cache.h"
#include "loop/watch.h"
#include "os/file_watch.h"
#include "os/silent_file_system.h"

namespace ofn::dev {
namespace {

// How often the folders are listed again if subfolders appear while they are listed.
constexpr int kTries = 10;

std::optional<std::string> ask_kernel(const std::string& folder) {
  const auto name = os::silent_file_system(folder);
  return name ? std::optional<std::string>(*name) : std::nullopt;
}

std::string folder_of(const std::string& path) {
  const std::size_t end = path.rfind('/');
  return end == 0 || end == std::string::npos ? "/" : path.substr(0, end);
}

std::string number_of_paths(std::size_t number) {
  return number == 1 ? "1 file is" : std::to_string(number) + " files and folders are";
}

}  // namespace

class Changes::Impl {
 public:
  Impl(Loop& loop, Options options)
      : loop_(loop),
        options_(std::move(options)),
        window_(loop, [this] { on_quiet(); }),
        poll_timer_(loop, [this] { on_poll(); }) {
    if (!options_.silent_file_system) options_.silent_file_system = ask_kernel;
  }

  void begin_build();
  void watch(Watched set);

 private:
  struct Known {
    std::optional<FileContent> built;  // nullopt: the build may have read something else
    FileContent last;
    bool was_other = false;  // it had other content while the build ran

    bool has_changed() const { return was_other || !built || built->name != last.name; }
    // Returns true if an editor may be about to write it: it has lost its content.
    bool is_half_saved() const {
      return (!last.exists() || last.stamp.bytes == 0) && built && built->exists();
    }
  };
  // When a file that becomes known appeared: after the build has looked for it, or its time stamp
  // tells.
  enum class Appeared : std::uint8_t { kSince, kByItsTime };
  struct Paths {
    std::vector<std::string> files;
    std::vector<std::string> of_system;
    std::vector<std::string> folders;
  };

  void know(const std::string& path, Appeared appeared);
  void look(const std::string& path);
  void look_below(const std::string& folder);
  void take_events();
  void poll();
  void settle_window();
  void take_as_built();
  bool is_git_writing() const;
  void on_quiet();
  void on_poll();

  void list_folders();
  void establish();
  void make_watches();
  std::vector<std::string> ask_for_watches(const Paths& paths);
  void choose_polled(const Paths& paths, const std::vector<std::string>& unwatched);
  void tell_unwatched(const Error& why, std::size_t own, std::size_t of_system);
  void tell(const std::string& key, Told::Weight weight, std::string text);

  Loop& loop_;
  Options options_;
  Timer window_;
  Timer poll_timer_;
  std::optional<os::FileWatch> kernel_;
  std::unique_ptr<Watch> on_events_;

  Watched set_;
  std::multimap<std::string, const Folder*> listed_;  // each folder and subfolder → why
  std::set<std::string> found_;                       // the files in them that belong to the set
  std::map<std::string, Known> known_;

  bool is_building_ = false;
  std::optional<std::int64_t> build_began_;  // by the clock that stamps files
  std::set<std::string> changed_;
  bool has_news_ = false;  // since the window was last set
  SteadyTime noticed_at_{};
  SystemTime noticed_at_system_{};
  SteadyTime due_{};

  std::vector<std::string> polled_;  // files
  bool polls_folders_ = false;
  std::set<std::string> told_;  // keys of what on_told has said
};

// ---- what a build has read ----

void Changes::Impl::begin_build() {
  take_events();
  poll();
  take_as_built();
  window_.disarm();
  is_building_ = true;
  // Before the first build, only the time stamps tell which files are older than the build. One that
  // was saved in the present tick looks younger, so this build waits for the next tick.
  build_began_ = known_.empty() ? loader::Cache::begin() + 1 : file_time_now();
}

void Changes::Impl::watch(Watched set) {
  set_ = std::move(set);
  establish();
  std::map<std::string, Known> before = std::exchange(known_, {});
  const auto take = [&](const std::string& path, Appeared appeared) {
    if (known_.contains(path)) return;
    if (const auto at = before.find(path); at != before.end()) {
      known_.insert(before.extract(at));
    } else {
      know(path, appeared);
    }
  };
  for (const std::string& path : set_.missing) take(path, Appeared::kSince);
  for (const std::string& path : set_.files) take(path, Appeared::kByItsTime);
  for (const std::string& path : found_) take(path, Appeared::kByItsTime);
  has_news_ |=
      std::erase_if(changed_, [&](const std::string& path) { return !known_.contains(path); }) > 0;
  take_events();
  is_building_ = false;
  settle_window();
}

void Changes::Impl::know(const std::string& path, Appeared appeared) {
  Known known{.built = std::nullopt, .last = file_content_of(path)};
  if (appeared == Appeared::kSince) {
    known.built = FileContent();
  } else if (!build_began_ || (known.last.exists() && known.last.stamp.changed < *build_began_)) {
    known.built = known.last;
  }
  if (known.has_changed()) {
    changed_.insert(path);
    has_news_ = true;
  }
  known_.insert_or_assign(path, std::move(known));
}

void Changes::Impl::look(const std::string& path) {
  const auto at = known_.find(path);
  if (at == known_.end()) return;
  Known& known = at->second;
  known.last = file_content_of(path);
  if (is_building_ && known.built && known.built->name != known.last.name) known.was_other = true;
  if (known.has_changed()) {
    changed_.insert(path);
    has_news_ = true;
  } else if (changed_.erase(path) > 0) {
    has_news_ = true;
  }
}

void Changes::Impl::look_below(const std::string& folder) {
  const std::string begin = folder + "/";
  for (auto at = known_.lower_bound(begin); at != known_.end() && at->first.starts_with(begin);
       ++at) {
    look(at->first);
  }
}

// ---- events ----

void Changes::Impl::take_events() {
  if (!kernel_) return;
  // Each time, the watches may have moved to other folders, which have events of their own.
  for (int tries = 0; tries < kTries; ++tries) {
    const os::FileWatch::Changed changed = kernel_->changed();
    for (const auto& [folder, name] : changed.entries) {
      const auto [begin, end] = listed_.equal_range(folder);
      const bool belongs =
          std::any_of(begin, end, [&](const auto& each) { return each.second->has(name); });
      if (!belongs) continue;
      const std::string path = folder + "/" + name;
      if (known_.contains(path)) {
        look(path);
      } else {
        found_.insert(path);
        know(path, Appeared::kSince);
      }
    }
    if (changed.watch_again || !changed.folders.empty()) {
      establish();
      for (const std::string& path : found_) {
        if (!known_.contains(path)) know(path, Appeared::kSince);
      }
      for (const std::string& folder : changed.folders) look_below(folder);
    }
    for (const std::string& path : changed.files) look(path);
    if (!changed.watch_again && changed.folders.empty()) return;
  }
}

void Changes::Impl::settle_window() {
  if (!std::exchange(has_news_, false)) return;
  if (changed_.empty()) {
    window_.disarm();
    return;
  }
  const SteadyTime now = loop_.refresh();
  if (!window_.armed()) {
    noticed_at_ = now;
    noticed_at_system_ = loop_.clock().system_now();
  }
  const bool is_half_saved = std::ranges::any_of(
      changed_, [&](const std::string& path) { return known_.at(path).is_half_saved(); });
  const auto quiet = is_half_saved          ? kQuietMissing
                     : changed_.size() == 1 ? kQuietAlone
                                            : kQuietTogether;
  due_ = std::min(noticed_at_ + kLongestWait, now + quiet);
  window_.arm(due_);
}

void Changes::Impl::take_as_built() {
  for (const std::string& path : changed_) {
    Known& known = known_.at(path);
    known.built = known.last;
    known.was_other = false;
  }
  changed_.clear();
  has_news_ = false;
}

bool Changes::Impl::is_git_writing() const {
  std::set<std::string> folders;
  for (const std::string& path : changed_) folders.insert(folder_of(path));
  return std::ranges::any_of(folders, dev::is_git_writing);
}

void Changes::Impl::on_quiet() {
  // The window was armed until now; events that are not read yet belong to it.
  window_.arm(due_);
  const bool git_writes = is_git_writing();  // before the events, so that none of git's is missing
  take_events();
  settle_window();
  if (!window_.armed() || due_ > loop_.now()) return;
  if (git_writes) {
    due_ = loop_.now() + kQuietTogether;
    window_.arm(due_);
    return;
  }
  window_.disarm();
  Saved saved{.files = {changed_.begin(), changed_.end()}, .noticed_at = noticed_at_};
  for (const std::string& path : changed_) {
    const FileContent& last = known_.at(path).last;
    if (last.exists())
      saved.saved_at = std::max(saved.saved_at, system_time_of(last.stamp.changed));
  }
  if (saved.saved_at == SystemTime()) saved.saved_at = noticed_at_system_;
  take_as_built();
  if (options_.on_saved) options_.on_saved(saved);
}

// ---- without events ----

void Changes::Impl::poll() {
  for (const std::string& path : polled_) {
    const auto at = known_.find(path);
    if (at == known_.end()) continue;
    if (at->second.last.is_fresh || at->second.last.stamp != file_stamp_of(path)) look(path);
  }
  if (!polls_folders_) return;
  const std::set<std::string> before = found_;
  list_folders();
  if (found_ == before) return;
  establish();
  for (const std::string& path : found_) {
    if (!known_.contains(path)) know(path, Appeared::kSince);
  }
}

void Changes::Impl::on_poll() {
  poll();
  settle_window();
  poll_timer_.arm(loop_.now() + kPollEvery);
}

// ---- which watches there are ----

void Changes::Impl::list_folders() {
  listed_.clear();
  found_.clear();
  for (const Folder& folder : set_.folders) {
    Listing listing = list(folder);
    for (std::string& each : listing.folders) listed_.emplace(std::move(each), &folder);
    found_.insert(listing.files.begin(), listing.files.end());
  }
}

void Changes::Impl::establish() {
  list_folders();
  for (int tries = 0; tries < kTries; ++tries) {
    const auto before = listed_;
    make_watches();
    // A subfolder or file may have come before the watch was there.
    if (!set_.folders.empty()) list_folders();
    if (listed_ == before) return;
  }
}

void Changes::Impl::make_watches() {
  // The developer's files get the first watches.
  Paths paths;
  std::set<std::string_view> seen;
  const auto add = [&](const auto& files) {
    for (const std::string& file : files) {
      if (seen.insert(file).second)
        (is_of_system(file) ? paths.of_system : paths.files).push_back(file);
    }
  };
  add(set_.files);
  add(set_.missing);
  add(found_);
  for (const auto& [folder, why] : listed_) {
    if (paths.folders.empty() || paths.folders.back() != folder) paths.folders.push_back(folder);
  }
  choose_polled(paths, ask_for_watches(paths));
}

// Returns the developer's files and folders that the kernel does not watch.
std::vector<std::string> Changes::Impl::ask_for_watches(const Paths& paths) {
  if (!kernel_) {
    auto made = os::FileWatch::make();
    if (!made) {
      std::vector<std::string> all = paths.files;
      all.insert(all.end(), paths.folders.begin(), paths.folders.end());
      tell_unwatched(made.error(), all.size(), paths.of_system.size());
      return all;
    }
    kernel_.emplace(std::move(*made));
    on_events_ = std::make_unique<Watch>(loop_, kernel_->fd(), [this](Watch::Seen) {
      take_events();
      settle_window();
    });
  }
  std::vector<std::string> files = paths.files;
  files.insert(files.end(), paths.of_system.begin(), paths.of_system.end());
  auto unwatched = kernel_->watch(files, paths.folders);
  if (!unwatched) return {};
  const auto is_own = [](const std::string& path) { return !is_of_system(path); };
  auto of_system =
      static_cast<std::size_t>(std::ranges::count_if(unwatched->paths, std::not_fn(is_own)));
  Error why = unwatched->why;
  if (why.code() == Code::kResourceExhausted && std::ranges::any_of(unwatched->paths, is_own)) {
    of_system = paths.of_system.size();
    unwatched = kernel_->watch(paths.files, paths.folders);
  }
  std::vector<std::string> own;
  if (unwatched) std::ranges::copy_if(unwatched->paths, std::back_inserter(own), is_own);
  tell_unwatched(why, own.size(), of_system);
  return own;
}

void Changes::Impl::choose_polled(const Paths& paths, const std::vector<std::string>& unwatched) {
  const std::set<std::string_view> without(unwatched.begin(), unwatched.end());
  std::map<std::string, bool> silent;
  const auto is_silent = [&](const std::string& folder) {
    const auto [at, is_new] = silent.try_emplace(folder, false);
    if (!is_new) return at->second;
    const auto name = options_.silent_file_system(folder);
    if (name) {
      tell(*name, Told::Weight::kInfo,
           folder + " is on " + *name +
               ", which does not tell of every change, so the files there are looked at every " +
               std::to_string(kPollEvery.count()) + " ms");
    }
    return at->second = name.has_value();
  };
  polled_.clear();
  for (const std::string& file : paths.files) {
    if (without.contains(file) || is_silent(folder_of(file))) polled_.push_back(file);
  }
  polls_folders_ = std::ranges::any_of(paths.folders, [&](const std::string& folder) {
    return without.contains(folder) || is_silent(folder);
  });
  if (polled_.empty() && !polls_folders_) {
    poll_timer_.disarm();
  } else if (!poll_timer_.armed()) {
    poll_timer_.arm(loop_.refresh() + kPollEvery);
  }
}

void Changes::Impl::tell_unwatched(const Error& why, std::size_t own, std::size_t of_system) {
  if (own == 0 && of_system == 0) return;
  std::string text = why.message();
  if (own > 0) {
    text += "; until then " + number_of_paths(own) + " looked at every " +
            std::to_string(kPollEvery.count()) + " ms";
  }
  if (of_system > 0) {
    text += own > 0 ? ", and " : "; until then ";
    text += "changes of the system's headers and libraries are not noticed";
  }
  tell("unwatched" + std::to_string(static_cast<int>(why.code())) + (own > 0 ? "o" : "") +
           (of_system > 0 ? "s" : ""),
       Told::Weight::kWarning, std::move(text));
}

void Changes::Impl::tell(const std::string& key, Told::Weight weight, std::string text) {
  if (told_.insert(key).second && options_.on_told)
    options_.on_told({.weight = weight, .text = std::move(text)});
}

// ---- the outside ----

Changes::Changes(Loop& loop, Options options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
Changes::~Changes() = default;

void Changes::begin_build() { impl_->begin_build(); }
void Changes::watch(Watched set) { impl_->watch(std::move(set)); }

}  // namespace ofn::dev
