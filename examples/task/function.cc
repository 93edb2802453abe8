// Sends a letter and its receipt at the same time. The call needs no thread while the sidecar
// works, so thousands of such calls can wait at a time.
#include <ofn/function.h>

ofn::task<ofn::SendReport> send_receipt(ofn::Context& context, std::string text) {
  co_return co_await context.async_send("receipts", text);
}

ofn::task<ofn::SendReport> send_letter(ofn::Context& context, ofn::Bytes letter) {
  co_return co_await context.async_send("letters", letter);
}

ofn::task<ofn::Out> post(ofn::Context& context, ofn::Bytes letter) {
  const auto [sent, receipt] =
      co_await ofn::when_all(send_letter(context, letter),
                             send_receipt(context, std::to_string(letter.size()) + " bytes\n"));
  if (!sent || !receipt) co_return ofn::Out::error(sent.error() + receipt.error(), 503);
  ofn::Out done = ofn::Out::success("posted\n");
  co_return done.with("forward", "false");
}
