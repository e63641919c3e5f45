// Counts down how long one can still answer, and asks again when that changes.
import { refreshThread } from "./thread.js";

const TICK = 10_000;
let shown = null;
let nextAt = Infinity;
let endsAt = Infinity;

function words(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return "less than a minute";
  const parts = [[Math.floor(minutes / 60), "h"], [minutes % 60, "min"]];
  return parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

// The server says how many seconds are left, so that a wrong clock here changes nothing.
function read() {
  const part = document.getElementById("window");
  if (part === shown) return;
  shown = part;
  const seconds = (value) => (value ? Date.now() + Number(value) * 1000 : Infinity);
  nextAt = seconds(part?.dataset.next);
  endsAt = seconds(part?.querySelector("[data-left]")?.dataset.left);
}

function tick() {
  read();
  const line = shown?.querySelector("[data-left-words]");
  if (line) line.textContent = words((endsAt - Date.now()) / 1000);
  if (Date.now() < nextAt) return;
  nextAt = Date.now() + 6 * TICK;
  refreshThread();
}

export function startWindow() {
  tick();
  setInterval(tick, TICK);
  document.addEventListener("thread:opened", tick);
  document.addEventListener("thread:changed", tick);
}
