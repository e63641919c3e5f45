// Words of an answer as they come. Offsets count characters, as the server does.
import { dress } from "./code.js";

const held = new Map();
const INTO = new Set(["P", "UL", "OL", "LI", "BLOCKQUOTE", "PRE", "CODE", "DIV", "TABLE", "TBODY", "TR", "TD"]);

const characters = (text) => [...text];

// New words belong to the last paragraph, item or line of code, until they come as HTML.
function lastPlace(prose) {
  let place = prose;
  while (place.lastElementChild && INTO.has(place.lastElementChild.tagName)) place = place.lastElementChild;
  return place;
}

function append(prose, text) {
  const place = lastPlace(prose);
  if (place !== prose) place.append(text);
  else prose.append(Object.assign(document.createElement("p"), { textContent: text, className: "tail" }));
}

function begin(turn) {
  if (turn.dataset.state !== "pending") return;
  turn.dataset.state = "streaming";
  turn.querySelector(".waiting")?.replaceChildren();
}

function put(turn, frame) {
  const prose = turn.querySelector(".prose");
  const known = Number(turn.dataset.length);
  const text = characters(frame.text);
  const end = frame.offset + text.length;
  if (end <= known && !frame.html) return true;
  if (frame.html && end >= known) {
    prose.innerHTML = frame.html;
    dress(turn);
  } else if (frame.offset <= known) {
    append(prose, text.slice(known - frame.offset).join(""));
  } else {
    return false;
  }
  begin(turn);
  turn.dataset.length = Math.max(end, known);
  return true;
}

// False when words before these are missing: they are kept until the page has fetched those.
export function grow(frame) {
  const turn = document.getElementById(`m-${frame.message_id}`);
  const open = turn && ["pending", "streaming"].includes(turn.dataset.state);
  if (turn && !open) return true;
  if (turn && put(turn, frame)) return true;
  held.set(frame.message_id, [...(held.get(frame.message_id) ?? []), frame]);
  return false;
}

export function growHeld() {
  for (const [id, frames] of held) {
    held.delete(id);
    const turn = document.getElementById(`m-${id}`);
    if (turn) for (const frame of frames) put(turn, frame);
  }
}
