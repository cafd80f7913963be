#!/bin/sh
# slurm.sh CLUSTER DIR: 12 slides in parts over three nodes of the cluster whose scripts are in the folder CLUSTER, with a node
# killed, one hung and one only cut off while tasks run. Ends well if all results are there, to the byte as those of one run.
# DIR is a new folder that all nodes share (not in /tmp). Needs root; see tests/cluster/README.md.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cluster=$(cd "$1" && pwd)
mkdir -p "$2" && dir=$(cd "$2" && pwd)
shards=${SHARDS:-9}
begin=$(date +%s)
say() { printf '%4d s  %s\n' $(($(date +%s) - begin)) "$*"; }
wait_for() { # SECONDS COMMAND...
  left=$(($1 * 2)); shift
  until "$@"; do left=$((left - 1)); [ $left -gt 0 ] || { say "waited in vain: $*"; exit 1; }; sleep 0.5; done
}
trap 'code=$?; "$cluster/down.sh" "$dir/slurm" || true; exit $code' EXIT
trap 'exit 130' INT TERM

"$cluster/up.sh" "$dir/slurm" >"$dir/up.log"
export SLURM_CONF="$dir/slurm/etc/slurm.conf"
cat >"$dir/tilewise" <<TEXT
#!/bin/sh
exec deno run --quiet --no-prompt --no-check --config "$root/deno.json" --allow-read --allow-write --allow-env --allow-sys=hostname "$root/src/cli/main.ts" "\$@"
TEXT
chmod +x "$dir/tilewise"
export TILEWISE="$dir/tilewise"
cd "$dir"
deno run --quiet --no-prompt --no-check --config "$root/deno.json" --allow-read --allow-write --allow-run=deno --allow-env "$root/tests/cluster/write_inputs.ts" .
model="--weights tiny.safetensors --tile 64 --expansion 32 --downsample 1 --probability"
[ -d single ] || "$TILEWISE" infer twelve $model --out single --reproducible --quiet
say "one run: $(ls single | wc -l) files"
rm -rf cohort tilewise-*.log
"$TILEWISE" plan twelve $model --out cohort --parts-of 6
parts() { find cohort/parts -name '*.tiles' 2>/dev/null | wc -l; }
enough() { [ "$(parts)" -ge "$1" ]; }
array=$(sbatch --parsable --cpus-per-task=1 --array=1-$shards --export=ALL "$root/examples/cluster/slurm.sh" cohort $shards)
wait_for 120 enough 3
tasks() { squeue -h -r -j "$array" -t R -w "node$1" -o %K | sort -n | tr '\n' ' '; }
say "$(parts) parts; node1 is killed, with tasks $(tasks 1)"
"$cluster/kill-node.sh" "$dir/slurm" 1
wait_for 120 enough 15
say "$(parts) parts; node2 hangs, with tasks $(tasks 2)"
"$cluster/kill-node.sh" "$dir/slurm" 2 hang
wait_for 120 enough 40
say "$(parts) parts; node3 is cut off, with tasks $(tasks 3)"
"$cluster/kill-node.sh" "$dir/slurm" 3 slurmd
sleep 25
for n in 1 2 3; do "$cluster/revive-node.sh" "$dir/slurm" $n; done
say "$(parts) parts; all nodes are back"
# Three more things that schedulers do while tasks run: the signal before the limit, after which the script requeues its task;
# a requeue; and a task canceled for good, whose shard is submitted again below.
# The nodes are up: a job that cannot be launched again would be held.
running() { squeue -h -r -j "$array" -t R -o %K | sort -n | sed -n "$1p"; }
some() { [ -n "$(running 1)" ]; }
wait_for 240 some
first=$(running 1) second=$(running 2) third=$(running 3)
[ -z "$first" ] || scancel --signal=USR2 "${array}_$first" || true
[ -z "$second" ] || scontrol requeue "${array}_$second" || true
[ -z "$third" ] || scancel "${array}_$third" || true
say "$(parts) parts; USR2 to task $first, $second is requeued, $third canceled"
over() { [ -z "$(squeue -h -j "$array" 2>/dev/null)" ]; }
wait_for 400 over
say "the array is over: $("$TILEWISE" status cohort | sed -n 2p)"
if ! "$TILEWISE" merge cohort --shards $shards 2>missing; then
  cat missing
  again=$(sed -n 's/.*--array=\([0-9,-]*\).*/\1/p' missing)
  [ -n "$again" ] || exit 1
  array=$(sbatch --parsable --cpus-per-task=1 --array=$again "$root/examples/cluster/slurm.sh" cohort $shards)
  wait_for 300 over
  say "shards $again were submitted again"
  "$TILEWISE" merge cohort
fi
for file in single/*; do
  case $file in *.run.json) continue ;; esac
  cmp "$file" "cohort/results/${file##*/}"
done
done=$(cat tilewise-*.log | grep -c ': done$' || true)
say "results are those of one run; $done parts computed for $(parts), restarts: $(grep -h -o 'Restarts=[0-9]*' "$dir"/slurm/log/jobcomp.log 2>/dev/null | sort | uniq -c | tr '\n' ' ')"
