#include "results/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

#include "weights/whole_file.hpp"

namespace aviary::results {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void cannot_create(const fs::path& path, const std::error_code& error) {
  throw Error(fmt::format("cannot create {}: {}", path.string(), error.message()));
}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) cannot_create(path, error);
}

/// Without the last slash, and with the names of . and .. looked up.
fs::path whole_path(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

std::string local_time(std::chrono::system_clock::time_point now) {
  return fmt::format("{:%Y-%m-%d_%H-%M-%S}", fmt::localtime(std::chrono::system_clock::to_time_t(now)));
}

/// Names with a dot in front are files that are being made.
std::vector<std::string> visible_folders(const fs::path& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && fs::is_directory(entry.path(), error)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && !name.starts_with('.') && name.find('/') == std::string_view::npos;
}

/// "epoch-12" as the folder is called, "epoch-0012"; other names as they are.
std::string padded(std::string_view name) {
  constexpr std::string_view prefix = "epoch-";
  if (!name.starts_with(prefix)) return std::string(name);
  const std::string_view digits = name.substr(prefix.size());
  return std::string(prefix) + std::string(4 - std::min<std::size_t>(4, digits.size()), '0') + std::string(digits);
}

// Of a program that was killed before the folder was a run.
bool is_beginning(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return name == "checkpoints" ? fs::is_empty(entry) : name == "environment.json" || name.starts_with('.');
}

}  // namespace

std::string epoch_name(std::int64_t completed) { return fmt::format("epoch-{:04}", completed); }

RunFolder RunFolder::create(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error) && !std::ranges::all_of(fs::directory_iterator(path), is_beginning)) {
    throw Error(fmt::format("{0} exists and is not empty; choose another folder, or go on with the run that is there: "
                            "aviary resume {0}",
                            path.string()),
                Fault::usage);
  }
  if (fs::exists(path, error) && !fs::is_directory(path, error))
    throw Error(fmt::format("{} is a file; expected a new folder for the run, choose another one", path.string()),
                Fault::usage);
  make_folders(path);
  RunFolder run(path, std::nullopt);
  make_folders(run.checkpoints());
  weights::sync_folder(whole_path(path).parent_path());
  return run;
}

RunFolder RunFolder::create_by_time(std::string_view recipe, const fs::path& runs, std::chrono::system_clock::time_point now) {
  const fs::path folder = runs / recipe;
  make_folders(folder);
  const std::string time = local_time(now);
  for (int count = 1;; ++count) {
    const fs::path path = folder / (count == 1 ? time : fmt::format("{}-{}", time, count));
    std::error_code error;
    // False where it exists: of two programs that start at once, one goes on to the next number.
    if (fs::create_directory(path, error)) return create(path);
    if (error && !fs::exists(path)) cannot_create(path, error);
  }
}

RunFolder RunFolder::open(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path / "recipe.toml", error)) return {path, std::nullopt};
  const fs::path whole = whole_path(path);
  fs::path run = whole.parent_path();
  const bool in_checkpoints = run.filename() == "checkpoints";
  if (in_checkpoints) run = run.parent_path();
  const bool there = fs::exists(path, error);
  if ((in_checkpoints || !there) && fs::is_regular_file(run / "recipe.toml", error)) {
    RunFolder opened(path.is_absolute() ? run : run.lexically_proximate(fs::current_path()), whole.filename().string());
    static_cast<void>(opened.checkpoint());
    return opened;
  }
  if (!there)
    throw Error(fmt::format("{} does not exist; expected the folder of a run, such as runs/RECIPE/TIME", path.string()),
                Fault::usage);
  if (fs::exists(path / "checkpoints", error))
    throw Error(fmt::format("{0} has lost its recipe.toml; bring it back, or take its weights as they are: "
                            "{0}/checkpoints/last/model.safetensors",
                            path.string()),
                Fault::usage);
  throw Error(
      fmt::format("{} is not the folder of a run: it has no recipe.toml; expected one such as runs/RECIPE/TIME", path.string()),
      Fault::usage);
}

weights::Descriptor RunFolder::lock() const {
  const fs::path path = path_ / ".lock";
  weights::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file.open()) throw Error(fmt::format("cannot write {}: {}", path.string(), std::generic_category().message(errno)));
  // A file system that has no locks says something else; a run there is better than none.
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw Error(fmt::format("another aviary is training in {}; wait until it ends, or stop it", path_.string()));
  return file;
}

fs::path RunFolder::checkpoint() const {
  if (named_) return checkpoint(*named_);
  return checkpoint(fs::exists(checkpoints() / "best") ? "best" : "last");
}

fs::path RunFolder::checkpoint(std::string_view which) const {
  std::error_code error;
  fs::path folder = checkpoints() / which;
  if (!fs::exists(folder, error)) folder = checkpoints() / padded(which);
  if (is_plain_name(which) && fs::is_directory(folder, error)) {
    const fs::path target = fs::read_symlink(folder, error);
    return error ? folder : (checkpoints() / target).lexically_normal();
  }
  const std::vector<std::string> names = visible_folders(checkpoints());
  throw Error(fmt::format("{} has no checkpoint {}; {}", path_.string(), which,
                          names.empty() ? "it has none yet" : fmt::format("there are: {}", fmt::join(names, ", "))),
              Fault::usage);
}

void RunFolder::link(std::string_view name, const std::string& target) const {
  const fs::path path = checkpoints() / name;
  const fs::path temporary = checkpoints() / fmt::format(".{}.{}", name, ::getpid());
  std::error_code error;
  // One may be left of a program with our number that was killed here.
  fs::remove(temporary, error);
  fs::create_directory_symlink(target, temporary, error);
  if (!error) fs::rename(temporary, path, error);
  if (error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw Error(fmt::format("cannot point {} at {}: {}", path.string(), target, error.message()));
  }
  weights::sync_folder(checkpoints());
}

fs::path weights_file(const fs::path& source) {
  std::error_code error;
  if (fs::is_regular_file(source, error)) return source;
  // What is meant to be a file should not be told that it is no run.
  if (source.has_extension() && !fs::exists(source, error))
    throw Error(fmt::format("{} does not exist; correct it, or bring the weights there", source.string()), Fault::usage);
  return RunFolder::open(source).checkpoint() / "model.safetensors";
}

}  // namespace aviary::results
