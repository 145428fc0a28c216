#!/bin/bash
# One job on 64 machines by Slurm, without any further software: each does every 64th shard.
#
#   sbatch slurm.sh pipeline.yaml /shared/photos /shared/augmented
#
# All three lie on storage that every node mounts under the same path, with file locks (Lustre: mount option flock).
# Tasks may run at once or one after the other, in any order; the last one to end writes manifest.jsonl and run.json.
# A task that was killed or preempted is sent again and goes on where it stopped: --requeue does so by itself, and
# "sbatch --array=17 slurm.sh ..." sends number 17 alone. What was done already is looked at and kept.
#
#SBATCH --job-name=augreg
#SBATCH --array=1-64
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=16
#SBATCH --mem=32G
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --output=augreg-%A-%a.log

set -euo pipefail

# The seed has to be said: every task needs the same. SLURM_ARRAY_TASK_MAX is the 64 of "1-64"; when single tasks are
# sent again, give it by hand: SHARES=64 sbatch --array=17 slurm.sh ...
exec augreg run "$1" "$2" "$3" \
    --seed 7 \
    --shard "${SLURM_ARRAY_TASK_ID}/${SHARES:-$SLURM_ARRAY_TASK_MAX}" \
    --workers "${SLURM_CPUS_PER_TASK:-1}" \
    --quiet
