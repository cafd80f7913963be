#!/bin/sh
#SBATCH --job-name=tilewise
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=tilewise-%a.log
#SBATCH --cpus-per-task=4
#SBATCH --signal=USR2@150
# Computes a cohort in shards, one a task:
#
#   tilewise plan slides --weights fold0.safetensors --out cohort --parts-of 500
#   array=$(sbatch --parsable --array=1-12 --gres=gpu:1 --time=4:00:00 slurm.sh cohort 12)
#   sbatch --dependency=afterany:$array --wrap "tilewise merge cohort --wait 90 --shards 12"
#
# A task that is requeued, preempted, or submitted again goes on after its finished tiles, so no number of tasks, lost nodes
# or copies does harm. 12 is given, not taken from the array: a part of it may be submitted again (--array=3,7).
set -u
cohort=$1
shards=$2
# Under srun a preempted task hears at once; a script alone only at the end.
srun ${TILEWISE:-tilewise} infer --cohort "$cohort" --shard "$SLURM_ARRAY_TASK_ID/$shards"
code=$?
# 143: USR2 came, as the time is nearly over; 104: a failure that another try may do. A task that was canceled does not come
# here: its shell has ended, too.
case $code in
  104 | 143)
    [ "${SLURM_RESTART_COUNT:-0}" -ge 20 ] || scontrol requeue "$SLURM_JOB_ID"
    ;;
esac
exit $code
