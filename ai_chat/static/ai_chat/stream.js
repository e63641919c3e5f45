// Words of an answer as they come. Offsets count characters, as the server does.
import { json, Refused } from "../inbox/server.js";
import { dress } from "./code.js";
import { openId } from "./open.js";

const OPEN = new Set(["pending", "streaming"]);
const MARKS = /[*_`#|>~[]|^\s*(?:[-+]|\d+\.)\s/m;
const SOON = 250;
const PER_CHARACTER = 0.05;
const held = new Map();
let timer = 0;

const INTO = new Set(["P", "UL", "OL", "LI", "BLOCKQUOTE", "PRE", "CODE", "DIV"]);
const characters = (text) => [...text];
const source = (turn) => turn.querySelector("[data-source]").content;
export const textOf = (turn) => source(turn).textContent;

// New words belong to the last paragraph, item or line of code, until they come as HTML.
function lastPlace(prose) {
  let place = prose;
  while (place.lastElementChild && INTO.has(place.lastElementChild.tagName)) place = place.lastElementChild;
  return place;
}

function append(prose, text) {
  const place = lastPlace(prose);
  // Rows of a table make no sense as plain words: the next rendering shows them.
  if (!text || place.lastElementChild?.tagName === "TABLE") return;
  if (place !== prose) place.append(text);
  else prose.append(Object.assign(document.createElement("p"), { textContent: text, className: "tail" }));
}

function begin(turn) {
  if (turn.dataset.state !== "pending") return;
  turn.dataset.state = "streaming";
  turn.querySelector(".waiting")?.replaceChildren();
}

// What was fetched stands as HTML, what came after it as plain words.
function render(turn, html, length) {
  const prose = turn.querySelector(".prose");
  prose.innerHTML = html;
  append(prose, characters(textOf(turn)).slice(length).join(""));
  dress(turn);
}

const isWritten = (turn) => turn.isConnected && OPEN.has(turn.dataset.state);

async function fetchRendering(turn) {
  try {
    const { length, html } = await json(`/chat/${openId()}/turns/${turn.dataset.id}/written/`);
    if (!isWritten(turn) || length > Number(turn.dataset.length)) return;
    render(turn, html, length);
    document.dispatchEvent(new CustomEvent("thread:grew"));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

// By then the answer may have ended, or its chat been left.
async function renderLater(turn) {
  if (isWritten(turn)) await fetchRendering(turn);
  timer = 0;
}

function hintRender(turn) {
  if (timer || document.visibilityState !== "visible" || !MARKS.test(textOf(turn))) return;
  timer = setTimeout(renderLater, SOON + Number(turn.dataset.length) * PER_CHARACTER, turn);
}

function put(turn, frame) {
  const known = Number(turn.dataset.length);
  const text = characters(frame.text);
  const end = frame.offset + text.length;
  if (frame.offset > known) return false;
  const fresh = text.slice(known - frame.offset).join("");
  source(turn).append(fresh);
  turn.dataset.length = Math.max(end, known);
  begin(turn);
  if (frame.html) render(turn, frame.html, end);
  else append(turn.querySelector(".prose"), fresh);
  hintRender(turn);
  return true;
}

// False when words before these are missing: they are kept until the page has fetched those.
export function grow(frame) {
  const turn = document.getElementById(`m-${frame.message_id}`);
  if (turn && !OPEN.has(turn.dataset.state)) return true;
  if (turn && put(turn, frame)) return true;
  held.set(frame.message_id, [...(held.get(frame.message_id) ?? []), frame]);
  return false;
}

export function growHeld() {
  for (const [id, frames] of held) {
    held.delete(id);
    const turn = document.getElementById(`m-${id}`);
    if (turn && OPEN.has(turn.dataset.state)) for (const frame of frames) put(turn, frame);
  }
}
