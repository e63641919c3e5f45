// Everything by keyboard. Single letters can be switched off in the list of keys.
import { focusBox, stopAnswer } from "./composer.js";
import { search } from "./list.js";

const OFF = "deskbell.keys-off";

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

function step(by) {
  const all = [...document.querySelectorAll("#rows .chat-row > a")].filter((link) => link.checkVisibility());
  const here = all.indexOf(document.activeElement);
  const from = here >= 0 ? here : all.findIndex((link) => link.hasAttribute("aria-current"));
  const next = all[Math.max(0, Math.min(all.length - 1, from + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const actions = {
  j: () => step(1),
  k: () => step(-1),
  n: () => document.querySelector("#list [data-new]").click(),
  r: focusBox,
  s: stopAnswer,
  "/": () => search().select(),
  "?": () => document.getElementById("keys").showModal(),
};

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && event.target.id === "q") event.target.blur();
  if (typing(event.target) || document.querySelector("dialog[open], [popover]:popover-open")) return;
  const action = actions[event.key];
  if (!action || (localStorage.getItem(OFF) && event.key !== "?")) return;
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
