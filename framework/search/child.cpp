#include "search/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include <aviary/error.hpp>

namespace aviary::search {
namespace {

// In a process group of its own: Ctrl-C in the terminal is for this program alone, which passes it on, once.
pid_t spawn(const std::vector<std::string>& arguments) {
  constexpr const char* program = "/proc/self/exe";
  std::vector<char*> words = {const_cast<char*>("aviary")};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t files{};
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int error = posix_spawn(&child, program, &files, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) throw Error(fmt::format("cannot start a training: {}", std::generic_category().message(error)));
  return child;
}

}  // namespace

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
