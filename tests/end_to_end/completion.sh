#!/usr/bin/env bash
# completion.sh SHELL: the installed script of that shell. bash is asked as readline does, fish by itself, and of zsh the two
# functions are played that show what is offered.
source "$(dirname "$0")/outside.sh"
shell=$1
command -v "$shell" >/dev/null || exit 77
export PATH=$prefix/bin:$PATH
mkdir -p runs/one/first/checkpoints/epoch-0001 recipes
ln -s epoch-0001 runs/one/first/checkpoints/last
touch runs/one/first/recipe.toml 'runs/$(touch ran)'
cp "$prefix/share/aviary/recipes/demo/fashion-mnist.toml" recipes/mine.toml

cat >ask.bash <<'ASK'
source "$PREFIX/share/bash-completion/completions/aviary"
COMP_LINE=$1 COMP_POINT=${#1}
# "=" is a word of its own, as readline has it.
read -ra COMP_WORDS <<<"${1//=/ = }"
[[ $1 != *[[:space:]=] ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_aviary
printf '%s\n' "${COMPREPLY[@]}"
ASK
cat >ask.zsh <<'ASK'
_describe() {
  local -a offered=("${(@P)4}")
  print -rl -- ${(M)${(@)offered%%:*}:#${(b)words[CURRENT]}*}
}
_files() { print -rl -- ${words[CURRENT]}*(N) }
fpath=("$PREFIX/share/zsh/site-functions")
autoload -U _aviary
words=(${(z)1})
[[ $1 != *' ' ]] || words+=('')
CURRENT=$#words
_aviary
ASK
cat >ask.fish <<'ASK'
source $PREFIX/share/fish/vendor_completions.d/aviary.fish
complete -C $argv[1] | string replace -r '\t.*' ''
ASK

# offers LINE WORD...: these are among what is offered; a word with ! before it is not.
offers() {
  local line=$1 word
  shift
  PREFIX=$prefix "$shell" "ask.$shell" "$line" >offered 2>complaints || true
  [ ! -s complaints ] || fail "$line: $(cat complaints)"
  for word in "$@"; do
    case $word in
      !*) ! grep -qxF -- "${word#!}" offered || fail "$line: offers ${word#!}" ;;
      *) grep -qxF -- "$word" offered || fail "$line: does not offer $word but $(cat offered)" ;;
    esac
  done
}

offers 'aviary ' train plugins doctor '!man-page'
offers 'aviary pl' plugins plan '!train'
offers 'aviary recipe ' check rates '!train'
offers 'aviary plugins new ' model scheduler
offers 'aviary train --' --set --weights --json '!--split'
offers 'aviary --quiet train mine --color ' auto always never
offers 'aviary train ' mine demo/fashion-mnist rexnet/attempt-1
offers 'aviary train --epochs 3 rex' rexnet/attempt-1 '!mine'
offers 'aviary resume ru' runs/one/first
offers 'aviary resume runs/one/first/' runs/one/first/epoch-0001 runs/one/first/last
offers 'aviary plugins describe s' sgd step '!adam'
offers 'aviary fit demo/fashion-mnist --vary model.' model.width '!model.width='
offers 'aviary train demo/fashion-mnist --set optimizer.' optimizer.lr= optimizer.momentum= '!optimizer.beta1='
[ "$shell" != bash ] || offers 'aviary train mine --set data.format=' csv idx
[ "$shell" = bash ] || offers 'aviary train mine --set data.format=' data.format=csv data.format=idx
[ "$shell" != bash ] || offers 'aviary --color=al' always
[ "$shell" = bash ] || offers 'aviary --color=al' --color=always
[ ! -e ran ] || fail "a name of a file was run"
