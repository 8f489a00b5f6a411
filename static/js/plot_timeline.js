// When each trial trained: a bar from its start to its end, by its number.
import { svg } from "./dom.js";
import { clock } from "./format.js";
import { moment, trialData } from "./plot_data.js";
import { crosses, frameOf, grid, picture } from "./plot_frame.js";

export const timeline = {
  title: "Timeline",
  hint: () => "when each trial trained",
  legend: ["pruned"],
  draw(trials, width, { height }) {
    const begun = trials.list.filter((trial) => trial.started);
    const now = Date.now() / 1000;
    const ends = begun.map((trial) => trial.ended ?? now);
    const range = begun.length ? [Math.min(...begun.map((trial) => trial.started)), Math.max(...ends)] : [0, 1];
    const last = Math.max(1, ...trials.list.map((trial) => trial.number));
    const frame = frameOf(width, { x: range, y: [last + 0.6, -0.6], height });
    const brief = range[1] - range[0] < 600;
    for (const tick of frame.xTicks) tick.label = clock(tick.value, brief);
    frame.yTicks = frame.yTicks.filter(({ value }) => Number.isInteger(value));
    const thick = Math.max(1, Math.min(10, (frame.bottom - frame.top) / (last + 1) - 1));
    const bar = (trial) => `M${frame.x(trial.started).toFixed(1)} ${frame.y(trial.number).toFixed(1)}H${Math.max(frame.x(trial.ended ?? now), frame.x(trial.started) + 1).toFixed(1)}`;
    const groups = Map.groupBy(begun, (trial) => (trials.isKept(trial) ? kind(trial) : "out"));
    const bars = [...groups].map(([name, members]) => svg("path", { class: `bars bars-${name}`, "stroke-width": thick, d: members.map(bar).join("") }));
    const cut = begun.filter((trial) => trials.isKept(trial) && trial.ended && ["pruned", "failed"].includes(kind(trial)));
    const marks = crosses(cut.map((trial) => [frame.x(trial.ended), frame.y(trial.number)]), "");
    const places = begun.map((trial) => [trial, [(frame.x(trial.started) + frame.x(trial.ended ?? now)) / 2, frame.y(trial.number)]]);
    return { places, node: picture(frame, `When ${begun.length} trials trained`, grid(frame), bars, marks) };
  },
  data: (trials) => trialData(trials, [{ label: "started", read: ({ started }) => moment(started) }, { label: "ended", read: ({ ended }) => moment(ended) }], trials.list.filter((trial) => trial.started)),
};

const kind = ({ pruned, state }) => (pruned ? "pruned" : state === "crashed" ? "failed" : ["finished", "stopped", "failed"].includes(state) ? state : "running");
