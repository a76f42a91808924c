#include "search/parts.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <map>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "results/run_folder.hpp"
#include "weights/descriptor.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;

namespace aviary::search {
namespace {

bool is_part(const fs::path& folder) { return fs::exists(folder / "sweep.db"); }

std::ptrdiff_t progress(const Trial& trial) {
  constexpr std::array<std::string_view, 6> states = {"elsewhere", "waiting", "running", "skipped", "failed", "done"};
  return std::ranges::find(states, trial.state) - states.begin();
}

std::string score_text(const Trial& trial) { return trial.score ? fmt::format("{}", *trial.score) : "no score"; }

void require_agreement(const Gathered& one, const Gathered& other) {
  const Trial& a = one.trial;
  const Trial& b = other.trial;
  if (a.point != b.point || a.seed != b.seed || a.beginning != b.beginning)
    throw Error(
        fmt::format("trial {} is point {} with seed {} in {}, and point {} with seed {} in {}; expected parts of one "
                    "sweep: train one of the two again, in an empty folder, with the other's command",
                    a.id, a.point + 1, a.seed, one.part.string(), b.point + 1, b.seed, other.part.string()));
  if (a.state == "done" && b.state == "done" && a.score != b.score)
    throw Error(fmt::format("trial {} came to {} in {}, and to {} in {}; expected one result: leave one of the folders out",
                            a.id, score_text(a), one.part.string(), score_text(b), other.part.string()));
}

void sync_file_system(const fs::path& folder) {
  const weights::Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.open() || ::syncfs(descriptor.number()) != 0)
    throw fs::filesystem_error("", folder, std::error_code(errno, std::generic_category()));
}

}  // namespace

std::int64_t deal(std::vector<Trial>& trials, std::int64_t worker, std::int64_t workers) {
  std::map<std::int64_t, std::int64_t> owners;  // by id
  std::int64_t groups = 0;
  for (Trial& trial : trials) {
    if (trial.state == "skipped") continue;
    const std::int64_t owner = trial.after ? owners.at(*trial.after) : groups++ % workers;
    owners[trial.id] = owner;
    if (owner == worker) continue;
    trial.state = "elsewhere";
    trial.note = fmt::format("worker {} of {}", owner, workers);
  }
  return groups;
}

std::vector<fs::path> find_parts(const std::vector<std::string>& folders) {
  std::vector<fs::path> parts;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(folder))
      throw Error(fmt::format("--merge {}: there is no such folder; expected those of workers, or one that holds them "
                              "(the sweep's file stands before --merge)",
                              folder),
                  Fault::usage);
    std::vector<fs::path> found;
    if (is_part(folder)) found.emplace_back(folder);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
      if (entry.is_directory() && is_part(entry.path())) found.push_back(entry.path());
    if (found.empty())
      throw Error(
          fmt::format("--merge {}: neither this folder nor one in it has a sweep.db; expected those of workers, such as "
                      "worker-0-of-3",
                      folder),
          Fault::usage);
    std::ranges::sort(found);
    std::ranges::move(found, std::back_inserter(parts));
  }
  return parts;
}

std::vector<Gathered> gather(const std::vector<fs::path>& parts, const std::vector<recipe::Entry>& written) {
  std::map<std::int64_t, Gathered> gathered;
  for (const fs::path& part : parts)
    for (const Trial& trial : read_trials(part, written)) {
      const Gathered here{trial, part};
      Gathered& furthest = gathered.try_emplace(trial.id, here).first->second;
      require_agreement(furthest, here);
      if (progress(trial) > progress(furthest.trial)) furthest = here;
    }
  std::vector<Gathered> all;
  for (auto& [id, each] : gathered) all.push_back(std::move(each));
  return all;
}

void copy_run(const fs::path& from, const fs::path& to) {
  static_cast<void>(results::RunFolder::open(from));  // complains where it is none
  const fs::path temporary = to.parent_path() / ('.' + to.filename().string());
  try {
    fs::remove_all(temporary);
    fs::copy(from, temporary, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    sync_file_system(temporary);
    fs::remove_all(to);
    fs::rename(temporary, to);
  } catch (const fs::filesystem_error& error) {
    throw Error(fmt::format("cannot copy {} to {}: {}", from.string(), to.string(), error.code().message()));
  }
  weights::sync_folder(to.parent_path());
}

}  // namespace aviary::search
