// Everything by keyboard. Single letters can be switched off in the list of keys.
import { focusAnswer } from "./composer.js";

const OFF = "deskbell.keys-off";

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function links() {
  return [...document.querySelectorAll("#rows [data-id] > a")];
}

function step(by) {
  const all = links();
  const here = all.indexOf(document.activeElement.closest?.(".row-item")?.querySelector("a"));
  const from = here >= 0 ? here : all.findIndex((link) => link.hasAttribute("aria-current"));
  const next = all[Math.max(0, Math.min(all.length - 1, from + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// The row with the focus, else the open conversation, else the row under the pointer.
function act(name) {
  const row = document.activeElement.closest?.(".row-item");
  const place = row ?? document.getElementById("top") ?? document.querySelector(".row-item:hover");
  const found = place?.querySelector(`[data-do="${name}"]`);
  (found?.querySelector("button") ?? found)?.click();
}

function search() {
  const box = document.getElementById("q");
  box.focus();
  box.select();
}

const actions = {
  j: () => step(1),
  k: () => step(-1),
  e: () => act("close"),
  t: () => act("take-over"),
  r: () => focusAnswer(),
  "/": search,
  "?": () => document.getElementById("keys").showModal(),
};

function switchedOff(event) {
  return localStorage.getItem(OFF) && event.key !== "?";
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && event.target.id === "q") event.target.blur();
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const action = actions[event.key];
  if (!action || switchedOff(event)) return;
  event.preventDefault();
  action();
}

export function startKeys() {
  document.addEventListener("keydown", pressed);
  const box = document.getElementById("keys-on");
  box.checked = !localStorage.getItem(OFF);
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
}
