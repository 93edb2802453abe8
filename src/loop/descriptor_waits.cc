#include "loop/descriptor_waits.h"

#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <unistd.h>
#include <vector>

#include "base/check.h"

namespace ofn {

namespace {

constexpr std::uint32_t kEnds = EPOLLHUP | EPOLLERR;

std::uint32_t events_of(DescriptorWait::Kind kind) {
  switch (kind) {
    case DescriptorWait::Kind::kReadable:
      return EPOLLIN | EPOLLRDHUP | EPOLLPRI;
    case DescriptorWait::Kind::kWritable:
      return EPOLLOUT;
    case DescriptorWait::Kind::kEither:
      break;
  }
  return EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLOUT;
}

}  // namespace

DescriptorWaits::~DescriptorWaits() {
  OFN_CHECK(entries_.empty());
  watch_.reset();
  if (epoll_ >= 0) close(epoll_);
}

std::expected<void, int> DescriptorWaits::begin(DescriptorWait& wait) {
  if (epoll_ < 0) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return std::unexpected(errno);
    watch_ = std::make_unique<Watch>(loop_, epoll_, [this](Watch::Seen) { look(); });
  }
  const auto [place, is_new] = entries_.try_emplace(wait.descriptor_);
  Entry& entry = place->second;
  if (is_new) {
    entry.number = ++last_number_;
    descriptors_.emplace(entry.number, wait.descriptor_);
  }
  wait.previous_ = entry.last;
  wait.next_ = nullptr;
  (entry.last == nullptr ? entry.first : entry.last->next_) = &wait;
  entry.last = &wait;
  // A descriptor that was closed has left the set, and its number may be that of another one now.
  int error = control(wait.descriptor_, entry, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
  if (error == ENOENT) error = control(wait.descriptor_, entry, EPOLL_CTL_ADD);
  if (error == 0) return {};
  end(wait);
  return std::unexpected(error);
}

void DescriptorWaits::end(DescriptorWait& wait) {
  const auto place = entries_.find(wait.descriptor_);
  OFN_CHECK(place != entries_.end());
  Entry& entry = place->second;
  unlink(entry, wait);
  if (entry.first != nullptr) {
    control(wait.descriptor_, entry, EPOLL_CTL_MOD);
    return;
  }
  control(wait.descriptor_, entry, EPOLL_CTL_DEL);
  descriptors_.erase(entry.number);
  entries_.erase(place);
}

void DescriptorWaits::unlink(Entry& entry, DescriptorWait& wait) {
  (wait.previous_ == nullptr ? entry.first : wait.previous_->next_) = wait.next_;
  (wait.next_ == nullptr ? entry.last : wait.next_->previous_) = wait.previous_;
}

std::uint32_t DescriptorWaits::events_of(const Entry& entry) {
  std::uint32_t events = 0;
  for (const DescriptorWait* wait = entry.first; wait != nullptr; wait = wait->next_)
    events |= ofn::events_of(wait->kind_);
  return events;
}

// Returns 0, or why it failed. A descriptor that its owner has closed is not in the set any more.
int DescriptorWaits::control(int descriptor, const Entry& entry, int operation) const {
  epoll_event event{.events = events_of(entry), .data = {.u64 = entry.number}};
  return epoll_ctl(epoll_, operation, descriptor, &event) == 0 ? 0 : errno;
}

void DescriptorWaits::look() {
  constexpr int kMost = 64;
  std::array<epoll_event, kMost> events{};
  int count = 0;
  do {
    count = epoll_wait(epoll_, events.data(), kMost, 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      wake(event.data.u64, event.events);
    }
  } while (count == kMost);
}

void DescriptorWaits::wake(std::uint64_t number, std::uint32_t events) {
  const auto place = descriptors_.find(number);
  if (place == descriptors_.end()) return;  // an earlier event of this look has ended it
  Entry& entry = entries_.at(place->second);
  std::vector<DescriptorWait*> woken;
  for (DescriptorWait* wait = entry.first; wait != nullptr; wait = wait->next_) {
    if ((events & (ofn::events_of(wait->kind_) | kEnds)) != 0) woken.push_back(wait);
  }
  for (DescriptorWait* wait : woken) {
    const std::function<void()> on_ready = std::move(wait->on_ready_);
    end(*wait);
    on_ready();
  }
}

}  // namespace ofn
