#!/bin/sh
# snakemake.sh CLUSTER DIR: the same 12 slides by Snakemake on that cluster, with a job that fails at first and one that is
# killed. See slurm.sh.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cluster=$(cd "$1" && pwd)
mkdir -p "$2" && dir=$(cd "$2" && pwd)
trap 'code=$?; "$cluster/down.sh" "$dir/slurm" || true; exit $code' EXIT
trap 'exit 130' INT TERM
"$cluster/up.sh" "$dir/slurm" >"$dir/up.log"
export SLURM_CONF="$dir/slurm/etc/slurm.conf"
cd "$dir"
# Fails for part 5 at first, and is killed in part 9.
cat >tilewise <<TEXT
#!/bin/sh
case "\$*" in
*'--part 000005'*) [ -e failed ] || { : >failed; exit 1; } ;;
*'--part 000009'*) [ -e killed ] || { : >killed; kill -KILL \$\$; } ;;
esac
exec deno run --quiet --no-prompt --no-check --config "$root/deno.json" --allow-read --allow-write --allow-env --allow-sys=hostname "$root/src/cli/main.ts" "\$@"
TEXT
chmod +x tilewise
deno run --quiet --no-prompt --no-check --config "$root/deno.json" --allow-read --allow-write --allow-run=deno --allow-env "$root/tests/cluster/write_inputs.ts" .
model="--tile 64 --expansion 32 --downsample 1 --probability"
[ -d single ] || ./tilewise infer twelve --weights tiny.safetensors $model --out single --reproducible --quiet
rm -rf cohort failed killed
# Snakemake looks after its jobs every second with CI=true.
CI=true snakemake --profile "$root/examples/cluster/snakemake" --snakefile "$root/examples/cluster/snakemake/Snakefile" \
  --default-resources mem_mb=300 runtime=10 --jobs 6 --latency-wait 15 --set-threads part=1 \
  --cluster-status "$cluster/snakemake/status.sh" \
  --config slides=twelve weights=tiny.safetensors tilewise=./tilewise "plan=--parts-of 60 $model" >snakemake.log 2>&1 ||
  { tail -40 snakemake.log; exit 1; }
for file in single/*; do
  case $file in *.run.json) continue ;; esac
  cmp "$file" "cohort/results/${file##*/}"
done
[ -e failed ] && [ -e killed ]
echo "Snakemake: results are those of one run; $(grep -c 'Trying to restart' snakemake.log) jobs were restarted, $(find cohort/parts -name '*.tiles' | wc -l) parts"
