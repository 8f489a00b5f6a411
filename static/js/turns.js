// Drawings that follow a hand take turns, one an animation frame: what is under the hand is drawn in every frame, and the
// others beside it in one of a few, so that no frame has to draw them all.
const waiting = new Set();
let frame = 0;

// The same function is asked for once, however often a frame brings news.
export function inTurn(draw) {
  waiting.add(draw);
  frame ||= requestAnimationFrame(next);
}

function next() {
  frame = 0;
  const [draw] = waiting;
  waiting.delete(draw);
  if (waiting.size) frame = requestAnimationFrame(next);
  draw();
}
