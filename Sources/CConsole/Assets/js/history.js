// The node's samples as charts.

export function chartsOf(history, hasMirror) {
  const samples = history?.samples ?? [];
  if (samples.length < 2) return [];
  const times = samples.map((sample) => sample.timeMs);
  const line = (field, color, name = field) => ({ name, color, values: samples.map((sample) => sample[field] ?? null) });
  return [
    {
      title: "Sessions per second", unit: "rate", times,
      series: [line("opened", 1), line("completed", 2), line("failed", 3, "runs failed"), line("parked", 4)],
    },
    {
      title: "Unfinished sessions", unit: "count", times,
      series: [line("open", 1), line("waiting", 4), line("running", 5), line("ready", 3, "due")],
    },
    { title: "Lag of due work", unit: "duration", times, series: [line("dueLagMs", 4, "lag")] },
    hasMirror && { title: "Waiting for Kafka", unit: "count", times, series: [line("mirrorLag", 5, "frames of the journal")] },
  ].filter(Boolean);
}
