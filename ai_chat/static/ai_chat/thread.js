// The open chat: its turns are drawn anew only where they changed, so nothing moves under the eye.
import { writeTimes } from "../js/times.js";
import { oneAtATime, part } from "../inbox/server.js";
import { dress } from "./code.js";
import { openId, thread } from "./open.js";
import { announce } from "./say.js";
import { growHeld } from "./stream.js";

const NEAR = 80;
const MOST = 200;
const served = new Map();
const FORM_TOKEN = /(?<="csrfmiddlewaretoken" value=")[^"]*/g;
let atEnd = true;
let lastTop = 0;
let watcher = null;

const scroller = () => document.getElementById("scroll");
const turns = () => document.getElementById("turns");
const pill = () => document.getElementById("pill");
const earlier = () => document.getElementById("earlier");

export function scrollToEnd() {
  scroller().scrollTop = scroller().scrollHeight;
  noteScroll();
}

export function follow() {
  if (isAtEnd()) scrollToEnd();
  else pill().hidden = false;
}

const OPEN = new Set(["pending", "streaming"]);
const isOpen = (turn) => OPEN.has(turn.dataset.state);

// What the socket brought may be newer than what was fetched; an edit under way is never lost.
function same(known, fresh) {
  if (known.querySelector(".edit")) return true;
  if (known.dataset.state === "streaming" && isOpen(fresh)) {
    return Number(known.dataset.length) >= Number(fresh.dataset.length);
  }
  return known.dataset.version === fresh.dataset.version;
}

function tellEnd(known, fresh) {
  if (!known && isOpen(fresh)) announce("The answer is being written");
  if (!known || !isOpen(known) || isOpen(fresh)) return;
  const ending = fresh.querySelector(".ending strong")?.textContent ?? "Answer";
  announce(`${ending}: ${fresh.querySelector(".said").textContent}`.replace(/\s+/g, " ").trim());
}

function placeTurn(fresh, after) {
  const known = document.getElementById(fresh.id);
  const kept = known && same(known, fresh);
  tellEnd(known, fresh);
  const shown = kept ? known : fresh;
  if (!kept) {
    const focused = known?.contains(document.activeElement) ? document.activeElement : null;
    if (known) known.replaceWith(fresh);
    else if (turns().childElementCount) fresh.classList.add("arriving");
    dress(fresh);
    if (focused) (fresh.querySelector(".acts button:not(:disabled)") ?? document.getElementById("ask")).focus();
  }
  const next = after ? after.nextElementSibling : turns().firstElementChild;
  if (next !== shown) turns().insertBefore(shown, next);
  return shown;
}

// Turns above the fetched ones stay: they are the way to the first of them.
function putTurns(items) {
  const ids = new Set(items.map((item) => item.id));
  const first = items.length ? document.getElementById(items[0].id) : null;
  let beyond = !first;
  for (const turn of [...turns().children]) {
    beyond ||= turn === first;
    if (beyond && !ids.has(turn.id)) turn.remove();
  }
  let after = first?.previousElementSibling ?? null;
  for (const item of items) after = placeTurn(item, after);
  while (after?.nextElementSibling) after.nextElementSibling.remove();
}

function busyPart(old) {
  return old.querySelector("details[open]") !== null || (old.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));
}

function putPart(fresh) {
  const html = fresh.outerHTML.replace(FORM_TOKEN, "");
  const old = document.getElementById(fresh.id);
  if (!old || served.get(fresh.id) === html || busyPart(old)) return;
  served.set(fresh.id, html);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  htmx.process(fresh);
  if (focused) ((focused.id && document.getElementById(focused.id)) || fresh.querySelector("button") || document.getElementById("ask")).focus();
}

export function apply(content) {
  const changes = content.querySelector("[data-changes]");
  if (!changes) return;
  const wasAtEnd = isAtEnd();
  const first = turns().firstElementChild?.id;
  putTurns([...changes.children]);
  for (const fresh of content.querySelectorAll("[data-part]")) putPart(fresh);
  // Turns that were shown above the fetched ones know better whether there are earlier ones.
  if (turns().firstElementChild?.id !== first) earlier().hidden = changes.dataset.more === "";
  thread().dataset.revision = changes.dataset.revision;
  growHeld();
  writeTimes(thread().parentElement);
  if (wasAtEnd) scrollToEnd();
  noteScroll();
  document.dispatchEvent(new CustomEvent("thread:changed"));
}

const shownCount = () => Math.min(turns().childElementCount, MOST);

export const refreshThread = oneAtATime(async () => {
  const id = openId();
  if (!id) return;
  const content = await part(`/chat/${id}/turns/?count=${shownCount()}`);
  if (openId() === id && content) apply(content);
});

const showEarlier = oneAtATime(async () => {
  const id = openId();
  const first = turns().firstElementChild;
  if (!first || earlier().hidden) return;
  const content = await part(`/chat/${id}/turns/?before=${first.dataset.id}`);
  if (openId() !== id || turns().firstElementChild !== first) return;
  const items = [...content.querySelectorAll(".turn")];
  const fromEnd = scroller().scrollHeight - scroller().scrollTop;
  turns().prepend(...items);
  for (const item of items) dress(item);
  earlier().hidden = items.length < 50;
  writeTimes(turns());
  scroller().scrollTop = scroller().scrollHeight - fromEnd;
});

function noteScroll() {
  const { scrollHeight, scrollTop, clientHeight } = scroller();
  lastTop = scrollTop;
  atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
  if (atEnd) pill().hidden = true;
}

// A scroll is told of a frame later; what happens before that must know of it too.
function isAtEnd() {
  if (scroller().scrollTop !== lastTop) noteScroll();
  return atEnd;
}

function watchScroll() {
  scroller().addEventListener("scroll", noteScroll, { passive: true });
  new ResizeObserver(() => scroller() && isAtEnd() && scrollToEnd()).observe(scroller());
  watcher?.disconnect();
  watcher = new IntersectionObserver(([line]) => line.isIntersecting && showEarlier(), { root: scroller(), rootMargin: "400px 0px 0px" });
  watcher.observe(earlier());
}

function opened() {
  served.clear();
  if (!thread()) return;
  dress(turns());
  writeTimes(thread().parentElement);
  scrollToEnd();
  watchScroll();
  pill().addEventListener("click", scrollToEnd);
  document.dispatchEvent(new CustomEvent("thread:opened"));
}

export function startThread() {
  opened();
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "open") opened();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("#earlier button")) showEarlier();
  });
}
