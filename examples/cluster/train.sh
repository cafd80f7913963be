#!/bin/sh
#SBATCH --job-name=tilewise-train
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=fold%a.log
#SBATCH --cpus-per-task=4
#SBATCH --signal=USR2@150
# Trains a fold a task; the ensemble of the folds' best weights is then a cohort (slurm.sh):
#
#   array=$(sbatch --parsable --array=0-4 --gres=gpu:1 --time=8:00:00 train.sh slides labels.csv 5)
#   sbatch --dependency=afterok:$array --wrap "tilewise plan slides \
#     $(printf -- '--weights fold%d/best.safetensors ' 0 1 2 3 4) --out cohort"
#
# A task that is requeued goes on after its last checkpoint.
set -u
slides=$1
labels=$2
folds=$3
out=fold$SLURM_ARRAY_TASK_ID
srun ${TILEWISE:-tilewise} train --slides "$slides" --labels "$labels" --folds "$folds" \
  --fold "$SLURM_ARRAY_TASK_ID" --out "$out" --resume
code=$?
case $code in
  104 | 143)
    [ "${SLURM_RESTART_COUNT:-0}" -ge 20 ] || scontrol requeue "$SLURM_JOB_ID"
    ;;
esac
exit $code
