// Days parted and runs of one speaker grouped, in the reader's own zone.
import { dayName } from "../js/times.js";

const RUN = 5 * 60_000;

function sameRun(first, second) {
  if (!first?.dataset.speaker || first.dataset.speaker !== second.dataset.speaker) return false;
  return new Date(second.dataset.at) - new Date(first.dataset.at) < RUN;
}

function dayLine(name) {
  const line = document.createElement("li");
  line.className = "day";
  line.textContent = name;
  return line;
}

export function arrange(list) {
  for (const line of list.querySelectorAll(".day")) line.remove();
  let previous = null;
  let day = "";
  for (const item of [...list.children]) {
    const name = dayName(new Date(item.dataset.at));
    const together = name === day && sameRun(previous, item);
    if (name !== day) item.before(dayLine(name));
    item.classList.toggle("starts-run", !together);
    item.classList.toggle("in-run", together);
    item.classList.add("ends-run");
    if (together) previous.classList.remove("ends-run");
    previous = item;
    day = name;
  }
}
