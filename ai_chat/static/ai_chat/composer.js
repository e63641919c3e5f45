// The box one asks in: keeps a draft per chat and loses nothing that was typed.
import { act } from "./api.js";
import { guarded } from "./guard.js";
import { openId, openTurn } from "./open.js";
import { apply, scrollToEnd } from "./thread.js";

const draftKey = (id) => `deskbell.chat-draft.${id}`;
const limitKey = (id) => `deskbell.chat-limit.${id}`;

const form = () => document.getElementById("composer");
const box = () => document.getElementById("ask");
export const focusBox = () => box()?.focus();

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function refuse(words) {
  const line = document.getElementById("ask-refusal");
  line.textContent = words;
  line.hidden = !words;
}

// A key belongs to the words: the same words sent twice by accident arrive once.
function changed() {
  const text = box().value;
  if (text) localStorage.setItem(draftKey(openId()), text);
  else localStorage.removeItem(draftKey(openId()));
  form().elements.client_key.value = newKey();
  refuse("");
}

function clear() {
  box().value = "";
  changed();
}

const limit = () => document.querySelector("[data-context-limit]");

function showLimit() {
  const kept = localStorage.getItem(limitKey(openId()));
  if (limit() && kept) limit().value = kept;
}

function keepLimit() {
  if (limit().checkValidity()) localStorage.setItem(limitKey(openId()), limit().value);
}

export function options() {
  const kept = limit()?.checkValidity() ? { context_limit: limit().value } : {};
  return { model: document.getElementById("model").value, ...kept };
}

const ask = guarded(async () => {
  const id = openId();
  const text = box().value;
  if (!text.trim() || box().readOnly) return;
  box().readOnly = true;
  try {
    const content = await act(id, "say", { text, client_key: form().elements.client_key.value, ...options() });
    localStorage.removeItem(draftKey(id));
    if (openId() !== id) return;
    clear();
    scrollToEnd();
    apply(content);
    scrollToEnd();
  } finally {
    if (box()) box().readOnly = false;
  }
}, refuse);

export const stopAnswer = guarded(async () => {
  const id = openId();
  if (!openTurn()) return;
  const content = await act(id, "stop");
  if (openId() === id) apply(content);
}, refuse);

function showMode() {
  if (!form()) return;
  const writing = openTurn() !== null;
  const stop = form().querySelector("[data-stop]");
  const hadFocus = document.activeElement === stop;
  form().querySelector("[data-send]").hidden = writing;
  stop.hidden = !writing;
  if (hadFocus && !writing) focusBox();
  showLimit();
}

function opened() {
  if (!form()) return;
  box().value = localStorage.getItem(draftKey(openId())) ?? "";
  form().elements.client_key.value = newKey();
  showMode();
  if (matchMedia("(hover: hover)").matches && !document.activeElement.closest("#list")) focusBox();
}

function typed(event) {
  if (event.target.id !== "ask") return;
  if (event.key === "Escape") box().blur();
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form().requestSubmit();
}

function submitted(event) {
  if (event.target.id !== "composer") return;
  event.preventDefault();
  if (openTurn()) refuse("An answer is still being written. Stop it first, or wait for its end.");
  else ask();
}

export function startComposer() {
  opened();
  document.addEventListener("thread:opened", opened);
  document.addEventListener("thread:changed", showMode);
  document.addEventListener("keydown", typed);
  document.addEventListener("submit", submitted);
  document.addEventListener("input", (event) => {
    if (event.target.id === "ask") changed();
    if (event.target.matches("[data-context-limit]")) keepLimit();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-stop]")) stopAnswer();
  });
}
