#include "results/blas.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace aviary::results {

namespace {

// Debian's libblas.so.3 may be a front of OpenBLAS that loads it besides, so the more telling names come first.
constexpr std::array<std::string_view, 4> families = {"libmkl_", "libopenblas", "libblis", "libblas.so"};

std::size_t rank(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  const auto* family = std::ranges::find_if(families, [&](std::string_view prefix) { return name.starts_with(prefix); });
  return static_cast<std::size_t>(family - families.begin());
}

}  // namespace

std::string blas_library() {
  std::ifstream maps("/proc/self/maps");
  return blas_library(maps);
}

std::string blas_library(std::istream& maps) {
  std::string best;
  std::size_t best_rank = families.size();
  for (std::string line; std::getline(maps, line);) {
    const std::size_t begin = line.find('/');
    if (begin == std::string::npos) continue;
    const std::string path = line.substr(begin);
    if (rank(path) < best_rank) {
      best = path;
      best_rank = rank(path);
    }
  }
  return best;
}

bool reference_blas() { return reference_blas(blas_library()); }

bool reference_blas(std::string_view library) { return library.find("/blas/libblas.so") != std::string_view::npos; }

}  // namespace aviary::results
