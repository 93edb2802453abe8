// Passes on what another server sends, as it comes and as fast as the client reads it. The library is libcurl, with handles of our own
// (curl.se/libcurl/c/libcurl-multi.html): any library that tells which descriptors it waits for can be awaited in this way. A call
// holds no thread. Where whole answers are enough, <ofn/http_client.h> is shorter.
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <curl/curl.h>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

#include <ofn/await.h>
#include <ofn/function.h>
#include <ofn/life.h>

// One transfer. Its sockets, however many, are in one epoll set, and that is the descriptor to wait for.
class Transfer {
 public:
  explicit Transfer(const std::string& url) {
    curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy_, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_add_handle(multi_, easy_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    curl_multi_remove_handle(multi_, easy_);
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
    close(sockets_);
  }

  int descriptor() const { return sockets_; }
  std::chrono::milliseconds until_timer() const { return timer_; }
  bool is_under_way() const { return running_ > 0; }
  std::string take() { return std::exchange(piece_, {}); }

  // Does what can be done without waiting, one piece of the answer at most.
  void go_on() {
    curl_easy_pause(easy_, CURLPAUSE_CONT);
    epoll_event ready;
    while (piece_.empty() && epoll_wait(sockets_, &ready, 1, 0) == 1)
      curl_multi_socket_action(multi_, ready.data.fd, 0, &running_);
    if (piece_.empty()) curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running_);
  }

  // Returns what is wrong with the transfer, which has ended; empty if nothing is.
  std::string problem() const {
    int left = 0;
    const CURLMsg* const end = curl_multi_info_read(multi_, &left);
    return end == nullptr || end->data.result == CURLE_OK ? ""
                                                          : curl_easy_strerror(end->data.result);
  }

 private:
  static std::size_t keep(char* data, std::size_t, std::size_t size, void* self) {
    std::string& piece = static_cast<Transfer*>(self)->piece_;
    if (!piece.empty()) return CURL_WRITEFUNC_PAUSE;  // it comes again after go_on()
    piece.assign(data, size);
    return size;
  }
  static int watch(CURL*, curl_socket_t socket, int what, void* self, void*) {
    const int sockets = static_cast<Transfer*>(self)->sockets_;
    epoll_event wanted{};
    wanted.data.fd = socket;
    if ((what & CURL_POLL_IN) != 0) wanted.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) wanted.events |= EPOLLOUT;
    if (what == CURL_POLL_REMOVE) return epoll_ctl(sockets, EPOLL_CTL_DEL, socket, nullptr), 0;
    if (epoll_ctl(sockets, EPOLL_CTL_MOD, socket, &wanted) != 0)
      epoll_ctl(sockets, EPOLL_CTL_ADD, socket, &wanted);
    return 0;
  }
  static int set_timer(CURLM*, long milliseconds, void* self) {
    constexpr long kNone = 60'000;
    static_cast<Transfer*>(self)->timer_ =
        std::chrono::milliseconds(milliseconds < 0 ? kNone : milliseconds);
    return 0;
  }

  int sockets_ = epoll_create1(EPOLL_CLOEXEC);
  CURLM* multi_ = curl_multi_init();
  CURL* easy_ = curl_easy_init();
  int running_ = 1;
  std::chrono::milliseconds timer_{0};
  std::string piece_;
};

ofn::task<> relay(const ofn::Request&, ofn::Writer& writer) {
  Transfer transfer(std::getenv("UPSTREAM"));
  bool is_read = true;
  while (is_read && transfer.is_under_way()) {
    transfer.go_on();
    const std::string piece = transfer.take();
    if (!piece.empty()) {
      is_read = co_await writer.async_write(piece);
    } else if (transfer.is_under_way()) {
      co_await ofn::readable(transfer.descriptor(), transfer.until_timer());
      const bool is_stopped = co_await ofn::stop_requested();
      is_read = !is_stopped;
    }
  }
  if (const std::string problem = transfer.problem(); is_read && !problem.empty())
    throw std::runtime_error(problem);  // 500, or, if pieces have been sent, a broken answer
}

void begin_curl() { curl_global_init(CURL_GLOBAL_DEFAULT); }
OFN_START(begin_curl)
OFN_FUNCTION(relay)
