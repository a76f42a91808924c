#include "search/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "inspection/parallel.hpp"

namespace aviary::search {
namespace {

constexpr int cannot_start = 127;

// What the child does between fork() and exec(): system calls alone. In a process group of its own: Ctrl-C in the terminal is
// for this program alone, which passes it on, once. posix_spawn() could not make it end with its parent.
[[noreturn]] void become(const std::vector<char*>& words, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int input = open("/dev/null", O_RDONLY);
  const int output = open("/dev/null", O_WRONLY);
  if (getppid() == parent && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0)
    execv("/proc/self/exe", words.data());
  _exit(cannot_start);
}

pid_t spawn(const std::vector<std::string>& arguments) {
  std::vector<char*> words = {const_cast<char*>("aviary")};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) become(words, parent);
  if (child < 0) throw Error(fmt::format("cannot start a training: {}", std::generic_category().message(errno)));
  return child;
}

// What every command that trains takes.
std::vector<std::string> with_shared(const Family& family, std::vector<std::string> words) {
  if (!family.device.empty()) words.insert(words.end(), {"--device", family.device});
  for (const std::string& folder : family.plugin_path) words.insert(words.end(), {"--plugin-path", folder});
  if (family.quiet || family.jobs > 1) words.emplace_back("--quiet");
  return words;
}

}  // namespace

void for_each_job(std::size_t count, int jobs, const std::atomic<bool>& stop, const std::function<void(std::size_t)>& work) {
  inspection::for_each_number(count, jobs, "", {stop, [](std::string_view, std::size_t, std::size_t) {}}, work);
}

std::vector<std::string> resume_arguments(const Family& family, const std::string& run) {
  return with_shared(family, {"resume", run});
}

std::vector<std::string> new_run_arguments(const Family& family, std::vector<std::string> words, const std::string& run,
                                           const std::vector<std::string>& settings) {
  words.insert(words.end(), {"--run", run});
  if (family.jobs > 1)
    words.insert(
        words.end(),
        {"--threads", std::to_string(std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / family.jobs))});
  for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
  return with_shared(family, std::move(words));
}

int run_child(const std::vector<std::string>& arguments, const std::atomic<bool>& stop) {
  const pid_t child = spawn(arguments);
  bool told = false;
  int status = 0;
  while (true) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR)
      throw Error(fmt::format("cannot wait for a training: {}", std::generic_category().message(errno)));
    if (stop && !told) {
      kill(child, SIGTERM);
      told = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace aviary::search
