// The lettered events above a chart: filled when a person did it. Those that would overlap become one, "D–E".
import { MARGIN } from "./chart_traces.js";
import { element } from "./dom.js";

const MERGE = 14;
const A_LETTER = 4;
const MOST_CHECKPOINTS = 6;

export function shownEvents(events, height) {
  // Regular saving would cross the chart with lines: many checkpoints are told by the progress bar and the list.
  const many = events.filter(({ kind }) => kind === "checkpoint").length > MOST_CHECKPOINTS;
  return events.filter(({ person, kind }) => person || (height >= 200 && !(many && kind === "checkpoint")));
}

export function drawFlags(box, events, scale) {
  const flags = [];
  for (const event of events) {
    const at = scale.pixel(event.step);
    if (!(at >= 0 && at <= scale.width)) continue;
    const last = flags.at(-1);
    if (last && at - last.end < MERGE + last.text.length * A_LETTER) join(last, event, at);
    else flags.push({ at, end: at, first: event.letter, text: event.letter, title: event.text, person: event.person });
  }
  box.replaceChildren(...flags.map(flag));
}

function join(last, event, at) {
  last.text = `${last.first}–${event.letter}`;
  last.title += `\n${event.text}`;
  last.person ||= event.person;
  last.end = at;
}

function flag({ at, text, title, person }) {
  const node = element("span", { class: person ? "flag person" : "flag", title }, text);
  node.style.transform = `translateX(${MARGIN.l + at}px) translateX(-50%)`;
  return node;
}
