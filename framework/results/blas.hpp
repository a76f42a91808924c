// Which linear algebra library this process computes with. On Debian LibTorch calls whatever libblas.so.3 points at, and the
// reference implementation there is many times slower than OpenBLAS: `train` warns of it and `doctor` says how to mend it. From
// any thread.
#pragma once

#include <istream>
#include <string>
#include <string_view>

namespace aviary::results {

/// The file that is loaded, links followed; empty when there is none, as where LibTorch brings its own within itself.
std::string blas_library();

/// The same for a process whose memory map, as /proc/PID/maps has it, is `maps`.
std::string blas_library(std::istream& maps);

/// Is it Debian's slow reference implementation (package libblas3)?
bool reference_blas();
bool reference_blas(std::string_view library);

}  // namespace aviary::results
