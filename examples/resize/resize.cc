// Halves an image (PPM, https://netpbm.sourceforge.net/doc/ppm.html). It computes, so it runs on as many processors as there are, and
// never delays a request of another connection.
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

#include <ofn/errors.h>
#include <ofn/function.h>

struct Image {
  std::size_t width;
  std::size_t height;
  std::string_view pixels;  // three bytes each: red, green, blue
};

// Removes the next number of the head.
std::size_t number(std::string_view& head) {
  while (!head.empty() && (head.front() == ' ' || head.front() == '\n')) head.remove_prefix(1);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(head.data(), head.data() + head.size(), value);
  if (error != std::errc()) throw ofn::BadInput("the head of the image needs three numbers");
  head.remove_prefix(static_cast<std::size_t>(end - head.data()));
  return value;
}

Image parse(std::string_view body) {
  if (!body.starts_with("P6")) throw ofn::HttpError(415, "the body must be a PPM image (P6)");
  body.remove_prefix(2);
  Image image{.width = number(body), .height = number(body), .pixels = {}};
  if (number(body) != 255) throw ofn::BadInput("each colour must have 255 steps");
  constexpr std::size_t kMost = 10'000;
  if (image.width > kMost || image.height > kMost || body.empty() ||
      body.size() - 1 != image.width * image.height * 3) {
    throw ofn::BadInput("the image has not as many pixels as its head says");
  }
  image.pixels = body.substr(1);
  return image;
}

ofn::Response halve(const ofn::Request& request) {
  const Image image = parse(request.body());
  const std::size_t width = image.width / 2;
  const std::size_t height = image.height / 2;
  std::string half = "P6\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n";
  half.reserve(half.size() + width * height * 3);
  const auto at = [&](std::size_t x, std::size_t y, std::size_t colour) {
    return static_cast<unsigned char>(image.pixels[(y * image.width + x) * 3 + colour]);
  };
  for (std::size_t y = 0; y < height; ++y) {
    // The caller has left, or waits no longer.
    if (request.stop_token().stop_requested()) return ofn::Response("stopped\n").status(503);
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t colour = 0; colour < 3; ++colour) {
        const int sum = at(2 * x, 2 * y, colour) + at(2 * x + 1, 2 * y, colour) +
                        at(2 * x, 2 * y + 1, colour) + at(2 * x + 1, 2 * y + 1, colour);
        half += static_cast<char>(sum / 4);
      }
    }
  }
  return ofn::Response(std::move(half)).content_type("image/x-portable-pixmap");
}
