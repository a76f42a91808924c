// Curves over epochs, for people to look at: in the terminal, as SVG, as PNG. Pure functions, for any thread.
#pragma once

#include <string>
#include <vector>

namespace aviary::results {

/// Value i stands over i; what is not finite leaves a gap.
struct Curve {
  std::string name;
  std::vector<double> values;
};

struct Plot {
  std::string x_label;
  std::string y_label;
  std::vector<Curve> curves;
};

/// 80 columns of braille, in UTF-8. Curves differ by their dashes, since a terminal need not have colors.
std::string plot_text(const Plot& plot);

/// Curves differ by color.
std::string plot_svg(const Plot& plot);

/// The bytes of the file; the same picture as plot_svg().
std::string plot_png(const Plot& plot);

}  // namespace aviary::results
