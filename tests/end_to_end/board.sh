#!/usr/bin/env bash
# board.sh NODE_MODULES: runs side by side: as a table, as JSON and CSV, two against each other, and served.
source "$(dirname "$0")/outside.sh"
export NODE_PATH=$1

draw_pictures
cat >small.toml <<TOML
extends = "$scripts/tiny.toml"

[provenance]
deck = "slide 3"
published = { validation = 0.93, kaggle = 0.99 }

[training]
epochs = 3
TOML
expect 2 "$aviary" board
expect_text err 'runs is no folder; expected one with runs, such as runs/'
mkdir runs
expect 2 "$aviary" board
expect_text err 'runs holds no runs; aviary train RECIPE makes one, below runs/'

odd='<img src=x onerror=alert(1)> & "b" 😀'
expect 0 "$aviary" train small.toml --run runs/first --threads 1
expect 0 "$aviary" train small.toml --run "runs/$odd" --threads 1 --seed 3 --set optimizer.lr=0.01
expect 0 "$aviary" fork runs/first --at epoch-2 --run runs/a/fork --set optimizer.lr=0.02
expect 0 "$aviary" board record runs/first --kaggle 0.875
mkdir runs/half
cp runs/first/events.jsonl runs/half

expect 0 "$aviary" board
! grep -qE '.{81}' out || fail "wider than 80 columns: $(grep -E '.{81}' out)"
[ "$(wc -l <out)" -eq 5 ] || fail "$(cat out)"
expect_text out 'a/fork'
grep -qE '99\.00 +87\.50 .* 3/3 +first$' out || fail "$(cat out)"
expect_text err 'runs/half/environment.json is damaged or missing; the run is shown with what is left'
expect 0 "$aviary" board runs --filter fork --json --quiet
expect_text out '{"runs":[{"run":"a/fork","recipe":"small","state":"finished","epochs":3,"of":3,"parameters":77586,'
expect_text out '"origin":"first"'
[ ! -s err ] || fail "$(cat err)"
expect 0 "$aviary" board --by started --csv --quiet
[ "$(head -1 out)" = 'run,recipe,state,epochs,of,parameters,seconds,started,train,validation,ema,test,published,kaggle' ] || fail "$(cat out)"
sed -n 2p out | grep -q '^"<img src=x onerror=alert(1)> & ""b"" 😀"' || fail "$(cat out)"
expect 2 "$aviary" board --by beauty
expect 0 "$aviary" board diff runs/first "runs/$odd"
grep -qE '^optimizer\.lr +0\.05 +-> +0\.01$' out || fail "$(cat out)"
grep -qE '^validation +[0-9.]+ % +-> +[0-9.]+ % +[-+][0-9.]+ points$' out || fail "$(cat out)"
expect 0 "$aviary" board diff runs/first runs/a/fork --json
expect_text out '{"changes":[{"key":"optimizer.lr","before":"0.05","after":"0.02"}],"results":{"validation":['

[ -d "$NODE_PATH/playwright-core" ] || {
  expect 1 "$aviary" board --serve 0
  expect_text err 'built without'
  echo "skipped: the program was built without npm"
  exit 77
}
echo secret >secret
ln -s "$PWD/secret" runs/first/report.html.new && mv runs/first/report.html.new runs/a/fork/report.html
"$aviary" board --serve 0 >served.out 2>served.err &
program=$!
trap 'kill "$program" 2>/dev/null || true' EXIT
await served.err 'http://127.0.0.1:[0-9]*/ until Ctrl-C' served.err
url=$(grep -o 'http://127.0.0.1:[0-9]*' served.err)
port=${url##*:}
code_of() { curl -s -o body -w '%{http_code}' "$@"; }
same_code() { local found; found=$(code_of "${@:2}"); [ "$found" = "$1" ] || fail "expected $1, found $found: ${*:2}"; }
same_code 200 "$url/"
same_code 200 "http://localhost:$port/api/runs"
expect_text body '"run":"a/fork"'
same_code 200 "$url/api/curves?run=first"
expect_text body '"epoch":[1,2,3]'
same_code 200 "$url/api/diff?a=first&b=a/fork"
expect_text body '{"changes":[{"key":"optimizer.lr","before":"0.05","after":"0.02"}]}'
same_code 200 "$url/report?run=first"
for run in '../runs/first' '..%2f..%2fsecret' '%2e%2e/secret' "$PWD/runs/first" '/etc' '' 'a/fork' 'half'; do
  same_code 404 "$url/report?run=$run"
  ! grep -q secret body || fail "$run was read"
done
same_code 404 --path-as-is "$url/../secret"
same_code 404 --path-as-is "$url/%2e%2e/secret"
same_code 404 "$url/secret"
same_code 403 -H "Host: attacker.example:$port" "$url/api/runs"
expect_text body "this board answers at localhost:$port only"
same_code 403 -H 'Host: localhost' "$url/api/runs"
same_code 405 -X POST "$url/api/runs"
same_code 405 -X DELETE "$url/report?run=first"
expect 1 "$aviary" board --serve "$port"
expect_text err "cannot serve on 127.0.0.1 port $port: Address already in use; choose another port: --serve PORT"

if [ -x /usr/bin/chromium ]; then
  longer="sed -n 's/\"epoch\":2,\"epochs\":3,\"learn/\"epoch\":3,\"epochs\":3,\"learn/p' runs/first/events.jsonl >>runs/first/events.jsonl"
  node "$scripts/board_page.mjs" "$url/" first "$longer" || fail "the board in a browser"
fi
kill -INT "$program"
code=0
wait "$program" || code=$?
[ "$code" -eq 130 ] || fail "exit code $code: $(cat served.err)"
