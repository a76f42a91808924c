#include "commands/completion_script.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command_tree.hpp"
#include "plugins/installation.hpp"

namespace aviary::commands {
namespace {

// What all three share, for a POSIX shell. A line of the table: a command ("recipe show"), a word that may follow it (for its
// arguments their number, "*" for all that follow), what that takes, what it means.
constexpr std::string_view word_functions = R"sh(
# _aviary_words PROGRAM WORD...: what the last word may be, on a line each with what it means. Fails where a file may stand, too.
_aviary_words() {
  [ -z "${ZSH_VERSION-}" ] || emulate -L sh
  _aviary_program=$1
  shift
  _aviary_answer=$(_aviary_table | awk '
    BEGIN { FS = "\t"; count = ARGC - 2; for (i = 1; i <= count; i++) word[i] = ARGV[i + 1]; ARGC = 2 }
    { row[NR] = $0; takes[$1, $2] = $3 }
    function of_option(name) { return (at, name) in takes ? takes[at, name] : takes["", name] }
    function argument(number) { return (at, number) in takes ? takes[at, number] : takes[at, "*"] }
    function list(command, pattern) {
      for (i = 1; i <= NR; i++) {
        split(row[i], cell, FS)
        if (cell[1] == command && cell[2] ~ pattern) print cell[2] FS cell[4]
      }
    }
    END {
      for (n = 1; n < count; n++) {
        if (value != "") value = ""
        else if (word[n] ~ /^-/) value = word[n] ~ /=/ ? "" : of_option(word[n])
        else if ((at, word[n]) in takes && takes[at, word[n]] == "COMMAND") { at = at (at == "" ? "" : " ") word[n]; place = 0 }
        else if (argument(++place) ~ /^RECIPE/ && recipe == "") recipe = word[n]
      }
      last = word[count]
      if (value == "" && match(last, /^--[a-z-]+=/)) {
        begin = substr(last, 1, RLENGTH)
        value = of_option(substr(last, 1, RLENGTH - 1))
      } else if (value == "" && last ~ /^-/) {
        list(at, "^-")
        if (at != "") list("", "^-")
      } else if (value == "") {
        list(at, "^[a-z]")
        value = argument(place + 1)
      }
      if (value ~ /\|/) {
        many = split(value, one, "|")
        for (i = 1; i <= many; i++) print begin one[i]
      } else if (value != "") print "@" value FS recipe
    }' - "$@")
  while [ $# -gt 1 ]; do shift; done
  case $_aviary_answer in
    @RECIPE*)
      for _aviary_folder in recipes "$(dirname "$(readlink -f "$(command -v "$_aviary_program")")")/@recipes@"; do
        [ ! -d "$_aviary_folder" ] || (cd "$_aviary_folder" && find -L . -name '*.toml') | sed 's|^\./||; s|\.toml$||'
      done | sort -u
      return 1 ;;
    @RUN*)
      [ ! -d runs ] || find -L runs -name recipe.toml | sed 's|/recipe\.toml$||' | sort
      [ ! -d "${1%/*}/checkpoints" ] || (cd "${1%/*}/checkpoints" && ls -d -- *) | sed "s|^|${1%/*}/|"
      return 1 ;;
    @PLUGIN*) "$_aviary_program" completion plugins 2>/dev/null ;;
    @KEY=VALUE*) "$_aviary_program" completion keys "${_aviary_answer#*	}" 2>/dev/null ;;
    @KEY*) "$_aviary_program" completion keys "${_aviary_answer#*	}" 2>/dev/null | sed 's|=[^	]*||' | uniq ;;
    @FILE* | @DIR*) return 1 ;;
    @*) ;;
    *) printf '%s\n' "$_aviary_answer" ;;
  esac
}
)sh";

constexpr std::string_view bash = R"sh(
_aviary() {
  local line=${COMP_LINE:0:COMP_POINT} all current part answer word files=''
  read -ra all <<<"$line"
  [[ $line != *[[:space:]] ]] || all+=('')
  current=${all[-1]}
  answer=$(_aviary_words "${all[@]}") || files=yes
  COMPREPLY=()
  while IFS=$'\t' read -r word _; do
    [[ -z $word || $word != "$current"* ]] || COMPREPLY+=("$word")
  done <<<"$answer"
  [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
  fi
  # To bash, a word ends at "=" and ":".
  part=${COMP_WORDS[COMP_CWORD]}
  [[ $part != [=:] ]] || part=''
  COMPREPLY=("${COMPREPLY[@]#"${current%"$part"}"}")
}
complete -F _aviary aviary
)sh";

constexpr std::string_view zsh = R"sh(
_aviary() {
  local answer files=''
  answer=$(_aviary_words "${(@Q)words[1,CURRENT]}") || files=yes
  local -a lines=("${(@f)answer}") whole begun
  lines=("${(@)${(@)lines//:/\\:}//$'\t'/:}")
  begun=("${(@M)lines:#*=:*}")
  whole=("${(@)${(@)lines:#*=:*}:#}")
  (( ! $#begun )) || _describe -t begun 'key' begun -S ''
  (( ! $#whole )) || _describe -t whole 'word' whole
  [[ -z $files ]] || _files
}
)sh";

constexpr std::string_view fish = R"sh(
function _aviary
  set -l line (commandline -opc) "$(commandline -ct)"
  sh -c $_aviary_script sh $line; or __fish_complete_path "$(commandline -ct)"
end
complete -c aviary -f -a '(_aviary)'
)sh";

// What the script must know of an option or argument, to complete it.
std::string completed_by(const CLI::Option& option) {
  constexpr std::array<std::string_view, 7> known = {"RECIPE", "RUN", "PLUGIN", "KEY", "KEY=VALUE", "DIR", "FILE"};
  std::string name = value_name(option);
  const bool is_known = std::ranges::find(known, name) != known.end() || !choices(option).empty();
  if (name.empty() || is_known) return name;
  return option.get_positional() ? "FILE" : "VALUE";
}

void add_rows(const CLI::App& command, const std::string& path, std::string& table) {
  const auto add = [&](const std::string& word, const std::string& takes, const std::string& help) {
    table += fmt::format("{}\t{}\t{}\t{}\n", path, word, takes, help);
  };
  for (const CLI::App* const each : commands_of(command)) add(each->get_name(), "COMMAND", each->get_description());
  for (const CLI::Option* const option : options_of(command))
    for (const std::string& name : option->get_lnames()) add("--" + name, completed_by(*option), option->get_description());
  std::size_t number = 0;
  for (const CLI::Option* const argument : arguments_of(command)) {
    ++number;
    const bool repeats = argument->get_items_expected_max() > 1;
    add(repeats ? "*" : std::to_string(number), completed_by(*argument), argument->get_description());
  }
  for (const CLI::App* const each : commands_of(command))
    add_rows(*each, path.empty() ? each->get_name() : path + ' ' + each->get_name(), table);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string shared(const CLI::App& app) {
  std::string table;
  add_rows(app, "", table);
  // Not where a link leads: the script that an installation has comes from the build folder, whose recipes are such a link.
  const auto recipes = (plugins::installed_data() / "recipes").lexically_relative(plugins::installed_prefix() / "bin");
  return fmt::format("_aviary_table() {{\n  cat <<'END'\n{}END\n}}\n{}", table,
                     replaced(std::string(word_functions), "@recipes@", recipes.string()));
}

}  // namespace

std::string completion_script(const CLI::App& app, std::string_view shell) {
  const std::string script = shared(app);
  if (shell == "bash") return fmt::format("# bash completion for aviary\n{}{}", script, bash);
  if (shell == "zsh") return fmt::format("#compdef aviary\n{}{}\n_aviary \"$@\"\n", script, zsh);
  const std::string quoted = replaced(replaced(script + "_aviary_words \"$@\"\n", "\\", "\\\\"), "'", "\\'");
  return fmt::format("# fish completion for aviary\nset -g _aviary_script '{}'\n{}", quoted, fish);
}

}  // namespace aviary::commands
