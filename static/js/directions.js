// Whether more of a metric is better, of series that came after the page: as runs/directions.py says.
const LOWER = new Set(["loss", "nll", "perplexity", "ppl", "bpb", "divergence", "distance", "brier", "ece", "mse", "rmse", "mae", "mape", "wer", "cer", "error", "errors", "runtime", "time", "latency", "memory", "flos"]);

export function greaterIsBetter(key, directions = {}) {
  const twin = directions[key.replace(/^test\//, "eval/")];
  if (twin !== undefined) return twin;
  const name = key.split("/").at(-1).toLowerCase();
  if (name.includes("_per_second")) return true;
  if (/bits_per_|nats_per_/.test(name)) return false;
  return !name.split(/[^a-z0-9]+/).some((word) => LOWER.has(word));
}
