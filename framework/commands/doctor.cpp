#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/version.h>
#include <opencv2/core/version.hpp>
#include <opencv2/imgcodecs.hpp>

#include "commands/command.hpp"
#include "plugins/installation.hpp"
#include "results/blas.hpp"
#include "results/pages.hpp"
#include "training/compute.hpp"

namespace fs = std::filesystem;

namespace aviary::commands {
namespace {

enum class State { ok, slow, broken };

constexpr const char* state_names[] = {"ok", "slow", "broken"};

struct Finding {
  std::string name;
  State state = State::ok;
  std::string found;
  std::string remedy = {};  ///< of what is not ok
};

using Findings = std::vector<Finding>;

Finding libtorch() {
  const std::string blas = results::blas_library();
  const at::Tensor matrix = at::ones({512, 512});
  double seconds = 1e9;
  for (int round = 0; round < 3; ++round) {
    const auto began = std::chrono::steady_clock::now();
    at::mm(matrix, matrix);
    seconds = std::min(seconds, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }
  const std::string found =
      fmt::format("{}, BLAS {}: {:.0f} GFLOP/s multiplying matrices of 512 x 512", TORCH_VERSION,
                  blas.empty() ? "of its own" : fs::path(blas).filename().string(), 2 * 512.0 * 512 * 512 / seconds / 1e9);
  if (!results::reference_blas(blas)) return {"LibTorch", State::ok, found};
  return {"LibTorch", State::slow, found, "this is the reference BLAS: apt install libopenblas0-pthread, and look again"};
}

Finding onednn() {
  if (!at::hasMKLDNN()) return {"oneDNN", State::ok, "LibTorch is built without it"};
  if (!training::onednn_is_wrong()) return {"oneDNN", State::ok, "two convolutions come out right"};
  return {"oneDNN", State::slow, "gives wrong convolutions on this processor, so aviary switches it off",
          "try ONEDNN_MAX_CPU_ISA=SSE41 aviary doctor; where that is right, train with it in the environment"};
}

// LibTorch tells it in a text alone: "  - CPU capability usage: AVX2".
Finding simd() {
  const std::string config = at::show_config();
  constexpr std::string_view label = "CPU capability usage: ";
  const std::size_t at = config.find(label);
  if (at == std::string::npos) return {"SIMD", State::ok, "LibTorch does not say what it uses"};
  const std::size_t begin = at + label.size();
  const std::string used = config.substr(begin, config.find('\n', begin) - begin);
  if (const char* const asked = std::getenv("ATEN_CPU_CAPABILITY"))
    return {"SIMD", State::slow, fmt::format("LibTorch uses {}, since ATEN_CPU_CAPABILITY={} asks for it", used, asked),
            "unset ATEN_CPU_CAPABILITY: LibTorch then takes what the processor has"};
  return {"SIMD", State::ok, "LibTorch uses " + used};
}

// Processors that the control group may use, "200000 100000": microseconds of them in a period of so many.
std::optional<double> processor_quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && period > 0) return quota / period;
  return std::nullopt;
}

Finding threads() {
  const int cores = training::set_compute_threads({});
  const auto quota = processor_quota();
  if (!quota || *quota >= cores) return {"threads", State::ok, fmt::format("{}, one for each core", cores)};
  return {"threads", State::slow, fmt::format("{}, but this container may use {:.1f} processors", cores, *quota),
          fmt::format("give the container more, or train with --threads {}", std::max(1, static_cast<int>(*quota)))};
}

// Page faults of taking memory that was freed just before.
Finding memory() {
  constexpr std::size_t size = 64 << 20;
  const auto use = [] {
    void* const block = std::malloc(size);
    for (std::size_t at = 0; block != nullptr && at < size; at += 4096) static_cast<volatile char*>(block)[at] = 1;
    std::free(block);
  };
  const auto faults = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
  };
  use();
  const auto before = faults();
  use();
  const auto count = faults() - before;
  if (count < 100) return {"memory", State::ok, "freed memory stays with the program"};
  return {"memory", State::slow, fmt::format("64 MB that were freed cost {} page faults to take again", count),
          "run without LD_PRELOAD and MALLOC_CONF: aviary tells its allocator, jemalloc, to keep what is freed"};
}

Finding gpu() {
  const bool visible = fs::exists("/dev/nvidia0");
  if (const int usable = training::count_gpus(); usable > 0)
    return {"GPU", State::ok, fmt::format("LibTorch computes on {}", usable == 1 ? "one" : fmt::format("{} of them", usable))};
  if (!visible) return {"GPU", State::ok, "none is visible: LibTorch computes on the CPU"};
  if (!training::has_cuda())
    return {"GPU", State::slow, "one is there, but this LibTorch is built without CUDA",
            "build aviary with a LibTorch that has it, as docs/gpu.md tells"};
  return {"GPU", State::slow, "one is there, but LibTorch, which is built with CUDA, cannot use it",
          "nvidia-smi tells whether the driver works; CUDA_VISIBLE_DEVICES may hide it"};
}

Finding pictures() {
  const cv::Mat picture(8, 8, CV_8UC3, cv::Scalar(20, 120, 220));
  std::vector<std::string> missing;
  for (const char* const format : {"JPEG", "PNG", "WebP", "TIFF"}) {
    try {
      std::vector<unsigned char> bytes;
      if (!cv::imencode(fmt::format(".{}", format), picture, bytes) || cv::imdecode(bytes, cv::IMREAD_COLOR).empty())
        missing.emplace_back(format);
    } catch (const cv::Exception&) {
      missing.emplace_back(format);
    }
  }
  if (missing.empty()) return {"OpenCV", State::ok, fmt::format("{} reads JPEG, PNG, WebP and TIFF", CV_VERSION)};
  return {"OpenCV", State::broken, fmt::format("{} does not read {}", CV_VERSION, fmt::join(missing, ", ")),
          "install an OpenCV with these formats: apt install libopencv-dev, and build aviary with it"};
}

Findings plugin_libraries(plugins::Catalogue& catalogue) {
  for (const plugins::Available& available : std::vector(catalogue.available())) {
    try {
      catalogue.settings(available);
    } catch (const Error&) {
      continue;  // it is among the refused now
    }
  }
  Findings findings;
  if (catalogue.available().empty())
    findings.push_back({"plugins", State::broken, "none in " + plugins::installed_plugins().string(),
                        "build and install aviary again: script/build && cmake --install build"});
  else
    findings.push_back({"plugins", State::ok, fmt::format("{} components", catalogue.available().size())});
  for (const plugins::Refused& refused : catalogue.refused())
    findings.push_back({"plugin", State::broken, fmt::format("{} {}", refused.file.string(), refused.reason),
                        "rebuild it for this aviary, or take it away"});
  return findings;
}

Finding recipes(plugins::Catalogue& catalogue) {
  const fs::path folder = plugins::installed_data() / "recipes";
  if (!fs::is_directory(folder))
    return {"recipes", State::broken, "there is no " + folder.string(), "install aviary again: cmake --install build"};
  const std::vector<fs::path> files = recipe::find_recipes(folder.string());
  const auto complaints = complaints_about(files, catalogue);
  if (complaints.empty()) return {"recipes", State::ok, fmt::format("{}, all valid", files.size())};
  return {"recipes", State::broken, fmt::format("{} mistakes, the first: {}", complaints.size(), to_string(complaints.front())),
          "aviary recipe check " + folder.string()};
}

Finding run_folder() {
  fs::path folder = fs::absolute("runs");
  while (!fs::exists(folder)) folder = folder.parent_path();
  if (::access(folder.c_str(), W_OK) != 0)
    return {"runs", State::broken, fmt::format("{} cannot be written to", folder.string()),
            "change to another folder, or train with --run DIR"};
  struct statvfs disk {};
  ::statvfs(folder.c_str(), &disk);
  const double free = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize) / 1e9;
  const std::string found = fmt::format("./runs can be written to; {:.1f} GB are free there", free);
  if (free >= 1) return {"runs", State::ok, found};
  return {"runs", State::broken, found,
          "make room: a checkpoint of a large model takes some hundred MB, and a run has several"};
}

bool is_installed(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::stringstream stream(path == nullptr ? "" : path);
  for (std::string folder; std::getline(stream, folder, ':');)
    if (::access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
  return false;
}

// Nothing of aviary itself is broken without them.
Finding tools() {
  std::vector<std::string> missing;
  for (const char* const program : {"cmake", "c++"})
    if (!is_installed(program)) missing.emplace_back(program);
  return {"tools", State::ok,
          missing.empty() ? "cmake and c++ are there to build plugins of your own"
                          : fmt::format("without {} no plugins can be built", fmt::join(missing, " and "))};
}

Finding pages() {
  if (results::has_pages()) return {"pages", State::ok, "report.html and the board's page are in the program"};
  return {"pages", State::ok, "built without npm: there is no report.html and no board --serve; install npm, build again"};
}

Findings examine(const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  Findings findings = {{"aviary", State::ok, fmt::format("{} in {}", AVIARY_VERSION, plugins::installed_prefix().string())},
                       threads(),
                       libtorch(),
                       onednn(),
                       simd(),
                       memory(),
                       gpu(),
                       pictures()};
  std::ranges::move(plugin_libraries(catalogue), std::back_inserter(findings));
  findings.push_back(recipes(catalogue));
  findings.push_back(run_folder());
  findings.push_back(pages());
  findings.push_back(tools());
  return findings;
}

void print_findings(const Findings& findings) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, state, found, remedy] : findings) {
    rows.push_back({name, state_names[static_cast<int>(state)], found});
    if (!remedy.empty()) rows.push_back({"", "", "-> " + remedy});
  }
  print_columns(rows);
}

void doctor(Global& global) {
  const Findings findings = examine(global);
  const bool sound = std::ranges::none_of(findings, [](const Finding& each) { return each.state == State::broken; });
  if (!sound) global.exit_code = failed;
  if (!global.json) return print_findings(findings);
  auto checks = nlohmann::ordered_json::array();
  for (const auto& [name, state, found, remedy] : findings) {
    checks.push_back({{"name", name}, {"state", state_names[static_cast<int>(state)]}, {"found", found}});
    if (!remedy.empty()) checks.back()["remedy"] = remedy;
  }
  print({{"sound", sound}, {"checks", checks}});
}

}  // namespace

void add_doctor(CLI::App& app, Global& global) {
  CLI::App* const command = app.add_subcommand("doctor", "check this installation, and say what to mend");
  command->footer("aviary doctor");
  command->fallthrough();
  command->callback([&global] { doctor(global); });
}

}  // namespace aviary::commands
