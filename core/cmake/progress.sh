# shellcheck shell=bash
# For scripts to source: how far a long step is and how long it still takes, on standard error. On a terminal it is one
# line that is written again; elsewhere (a log) a line every 15 seconds.

progress_what='' progress_started=0 progress_said=0

# beginProgress WHAT: the step, as "Building".
beginProgress() {
  progress_what=$1 progress_started=$SECONDS progress_said=$SECONDS
}

minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# showProgress DONE TOTAL [UNIT]: whole numbers. The time to go supposes that the rest goes as fast as what is done, of
# which the first twentieth says too little.
showProgress() {
  local done=$1 total=$2 unit=${3:-} elapsed=$((SECONDS - progress_started)) text
  ((done <= total)) || done=$total
  [[ -t 2 ]] || ((SECONDS - progress_said >= 15)) || return 0
  progress_said=$SECONDS
  text="$progress_what: $done of $total${unit:+ $unit}, $(minutes $elapsed) so far"
  ((done * 20 < total || elapsed < 3)) || text+=", about $(minutes $((elapsed * (total - done) / done))) to go"
  if [[ -t 2 ]]; then printf '\r\033[K%s' "$text" >&2; else printf '%s\n' "$text" >&2; fi
}

endProgress() {
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  printf '%s: done in %s\n' "$progress_what" "$(minutes $((SECONDS - progress_started)))" >&2
}
