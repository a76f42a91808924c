// Curves over epochs or over learning rates, for people to look at: in the terminal, as SVG, as PNG. Pure functions, for any
// thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace aviary::results {

/// Value i stands over i, or over the i-th of the plot's rates; what is not finite leaves a gap.
struct Curve {
  std::string name;
  std::vector<double> values;
};

struct Plot {
  std::string x_label;
  std::string y_label;
  std::vector<Curve> curves = {};
  /// Where it is not empty, the axis across shows these instead of epochs, on a logarithmic scale. They rise geometrically.
  std::vector<double> rates = {};
  /// Where it is not empty, it names the places across, and values are dots without a legend; not for plot_text().
  std::vector<std::string> names = {};
};

/// 80 columns of braille, in UTF-8. Curves differ by their dashes, since a terminal need not have colors.
std::string plot_text(const Plot& plot);

/// Curves differ by color.
std::string plot_svg(const Plot& plot);

/// The bytes of the file; the same picture as plot_svg().
std::string plot_png(const Plot& plot);

/// SVG or PNG, as the file's extension says.
void write_plot(const Plot& plot, const std::filesystem::path& file);

/// The same of several, below each other.
void write_plots(const std::vector<Plot>& plots, const std::filesystem::path& file);

}  // namespace aviary::results
