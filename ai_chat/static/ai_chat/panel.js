// Settings of the open chat: kept as soon as they are changed.
import { change, create } from "./api.js";
import { guarded } from "./guard.js";
import { hintList } from "./list.js";
import { openId } from "./open.js";
import { say } from "./say.js";
import { refreshThread } from "./thread.js";

const DETAILS = "deskbell.chat-details";
const NULLABLE = new Set(["folder", "persona", "temperature"]);
const panes = () => document.querySelector(".chat-panes");

function valueOf(control) {
  if (control.type === "checkbox") return control.checked;
  const value = control.value.trim();
  if (!value && NULLABLE.has(control.dataset.setting)) return null;
  return control.type === "number" ? Number(value) : value;
}

function saved(words) {
  const line = document.getElementById("saved");
  if (line) line.textContent = words;
}

const save = guarded(async (control) => {
  if (!control.checkValidity()) {
    control.reportValidity();
    return;
  }
  await change(`chats/${openId()}/`, { [control.dataset.setting]: valueOf(control) });
  saved("Saved");
  hintList();
  if (!control.closest("#composer")) control.blur();
  refreshThread();
});

const made = guarded(async (button, address, words) => {
  button.disabled = true;
  try {
    await create(`chats/${openId()}/${address}/`);
    await refreshThread();
    hintList();
    say(words);
  } finally {
    button.disabled = false;
  }
});

export function toggleDetails() {
  const details = document.getElementById("details");
  const shown = details && getComputedStyle(details).display !== "none";
  panes().dataset.details = shown ? "closed" : "open";
  localStorage.setItem(DETAILS, panes().dataset.details);
  const to = shown ? document.querySelector("#top [data-toggle-details]") : details?.querySelector("[data-toggle-details]");
  to?.focus();
}

export function startPanel() {
  if (innerWidth >= 1200) panes().dataset.details = localStorage.getItem(DETAILS) ?? "closed";
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-setting]")) save(event.target);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("toggleDetails" in button.dataset) toggleDetails();
    if ("makeTitle" in button.dataset) made(button, "regenerate_title", "The chat has a new title");
    if ("sumUp" in button.dataset) made(button, "summarize", "Summed up");
  });
}
