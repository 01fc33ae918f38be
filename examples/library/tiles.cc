// An image, computed in tiles here and on other machines: the Mandelbrot set as a PGM file.
//
//   tiles ./tile_worker > m.pgm                    here
//   tiles ./tile_worker n1 4/n2 > m.pgm            on n1 and n2, by ssh; the worker has to be there
//
// Tiles are lists of grey levels, of very different cost; each is put into its place when the job
// is done, and on stderr a line says meanwhile how far it is.
#include <spread/pool.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace {

constexpr int kSide = 512, kTile = 64;

struct ShowsProgress final : spread::Observer {
  void on(const spread::TaskFinished&) override { std::fprintf(stderr, "\r%d tiles", ++tiles); }
  void on(const spread::Message& message) override {
    std::fprintf(stderr, "\n%s\n", message.text.c_str());
  }
  int tiles = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) throw spread::PoolError("usage: tiles WORKER [HOST...]");
  spread::PoolOptions options;
  options.command = {argv[1]};
  options.hosts.assign(argv + 2, argv + argc);
  options.directory = ".";  // the same path as here, also there
  options.observer = std::make_shared<ShowsProgress>();
  options.crash_retries = 5;  // a machine that goes away is no reason to fail
  spread::Pool pool(options);

  spread::Job job;
  for (int y = 0; y < kSide; y += kTile) {
    for (int x = 0; x < kSide; x += kTile) job.add(std::tuple(x, y, kTile, kSide));
  }
  const spread::Results tiles = pool.submit(std::move(job)).get();
  pool.stop();

  std::vector<unsigned char> image(std::size_t{kSide} * kSide);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const auto [left, top, side, whole] = tiles.parameter(i).as<std::tuple<int, int, int, int>>();
    const auto grey = tiles.value<std::vector<unsigned char>>(i);
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        image[static_cast<std::size_t>((top + y) * whole + left + x)] =
            grey.at(static_cast<std::size_t>(y * side + x));
      }
    }
  }
  std::fprintf(stderr, "\n");
  std::printf("P5\n%d %d\n255\n", kSide, kSide);
  std::fwrite(image.data(), 1, image.size(), stdout);
} catch (const std::exception& error) {
  std::fprintf(stderr, "tiles: %s\n", error.what());
  return 1;
}
