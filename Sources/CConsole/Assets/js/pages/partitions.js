// The partitions of a worker.

import { ask } from "../api.js";
import { el } from "../dom.js";
import { count, duration } from "../format.js";
import { node } from "../node.js";
import { livePage } from "../page.js";
import { empty, pill, table } from "../parts.js";

const TONES = { owning: "good", opening: "running", folding: "running", leaving: "warn", fenced: "bad" };

export function partitionsPage(view) {
  return livePage(view, {
    title: "Partitions",
    load: (signal) => ask("v1/partitions", { signal }),
    draw: ({ partitions }) => el("section", { class: "card list", "aria-label": "Partitions" },
      partitions.length === 0 ? none() : rows(partitions)),
  });
}

function none() {
  if (node.status?.role === "standalone") return empty("No partitions", "This node recovers its sessions itself, without Kafka.");
  if (node.status?.role === "node") return empty("No partitions here", "Workers own them: look at the console of a worker.");
  return empty("No partitions yet", "The group has not given this worker any. With more workers than partitions some have none.");
}

function rows(partitions) {
  return table("Partitions", [
    { name: "Partition", class: "number", cell: (each) => each.partition },
    { name: "Stage", cell: (each) => pill(each.stage, TONES[each.stage] ?? "") },
    ...["open", "waiting", "running", "parked"].map((phase) => ({
      name: phase[0].toUpperCase() + phase.slice(1), class: "right number", cell: (each) => count(each.sessions[phase]),
    })),
    { name: "Due", class: "right number", cell: (each) => count(each.ready) },
    { name: "Next offset", class: "right number", cell: (each) => each.nextOffset },
    { name: "Held back", class: "right number", cell: (each) => lowWater(each) },
    { name: "Difference", class: "right number", cell: (each) => each.conservationDifference },
  ], partitions, (each) => `partition-${each.partition}`);
}

/// How far back a fold of the partition must begin, and how old what holds it there is.
function lowWater(each) {
  if (each.lowWaterOffset === undefined) return "–";
  const behind = count(each.nextOffset - each.lowWaterOffset);
  return Number.isFinite(each.lowWaterAgeMs) ? `${behind} · ${duration(each.lowWaterAgeMs)}` : behind;
}
