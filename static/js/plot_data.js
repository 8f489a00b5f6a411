// The numbers of a plot: {head, rows} of the trials inside the brushes.

export function trialData(trials, axes, list = trials.list) {
  const rows = list.filter((trial) => trials.isKept(trial)).map((trial) => [trial.number, stateOf(trial), ...axes.map(({ read }) => read(trial))]);
  return { head: ["trial", "state", ...axes.map(({ label }) => label)], rows };
}

export function stateOf({ pruned, state }) {
  return pruned ? "pruned" : state;
}

export function moment(seconds) {
  return seconds === null ? null : new Date(seconds * 1000).toISOString();
}
