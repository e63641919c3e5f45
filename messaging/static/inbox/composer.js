// The answer box: keeps a draft per conversation and loses nothing that was typed.
import { openId } from "./list.js";
import { sentence } from "./server.js";
import { startWindow } from "./window.js";

const NEAR = 0.8;
const draftKey = (id) => `deskbell.draft.${id}`;

const form = () => document.getElementById("composer");
const box = () => document.getElementById("answer");
export const focusAnswer = () => box()?.focus();

const lengths = {
  utf16: (text) => text.length,
  bytes: (text) => new TextEncoder().encode(text).length,
  characters: (text) => [...text].length,
};

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function showLength() {
  const limit = Number(form().dataset.limit);
  const length = (lengths[form().dataset.unit] ?? lengths.utf16)(box().value);
  let words = "";
  if (length > limit) words = `Goes out in ${Math.ceil(length / limit)} parts`;
  else if (length > limit * NEAR) words = `${limit - length} left`;
  document.getElementById("answer-count").textContent = words;
}

export function refuse(words) {
  const line = document.getElementById("answer-refusal");
  line.textContent = words;
  line.hidden = !words;
}

// A key belongs to the words: the same words sent twice by accident arrive once.
function changed() {
  const text = box().value;
  if (text) localStorage.setItem(draftKey(openId()), text);
  else localStorage.removeItem(draftKey(openId()));
  form().elements.client_key.value = newKey();
  showLength();
  refuse("");
}

export function write(text) {
  box().value = text;
  changed();
  focusAnswer();
}

function useSuggestion(text) {
  const typed = box().value.trim();
  write(typed ? `${typed}\n\n${text}` : text);
}

function opened() {
  if (!form()) return;
  box().value = localStorage.getItem(draftKey(openId())) ?? "";
  form().elements.client_key.value = newKey();
  showLength();
}

const blocked = () => document.querySelector("#obstacle[data-blocked]") !== null;

function showMode() {
  form().querySelector("[data-send]").disabled = blocked();
  const { status } = document.getElementById("top").dataset;
  box().placeholder = status === "active" ? "Write to take over and answer" : "Write an answer";
  form().querySelector("[data-suggest]").hidden = status !== "support_active";
}

function sent(event) {
  const { xhr, elt } = event.detail;
  box().readOnly = false;
  const id = elt.getAttribute("hx-post").split("/")[2];
  if (xhr.status !== 204) {
    if (id === openId()) refuse(sentence(xhr.status, xhr.responseText));
    return;
  }
  localStorage.removeItem(draftKey(id));
  if (id === openId()) write("");
}

function typed(event) {
  if (event.target.id !== "answer") return;
  if (event.key === "Escape") box().blur();
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form().requestSubmit();
}

export function startComposer() {
  opened();
  startWindow();
  document.addEventListener("thread:opened", opened);
  document.addEventListener("thread:changed", showMode);
  document.addEventListener("keydown", typed);
  document.addEventListener("input", (event) => event.target.id === "answer" && changed());
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "composer") return;
    if (box().value.trim() && !box().readOnly && !blocked()) box().readOnly = true;
    else event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id === "composer") sent(event);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-use-suggestion]")) return;
    useSuggestion(document.querySelector("[data-suggested]").textContent);
  });
}
