// What one does with a single turn: copy, edit, ask again, walk its versions, delete, use as a draft.
import { post } from "../inbox/server.js";
import { act } from "./api.js";
import { copy } from "./code.js";
import { askRemoval } from "./dialogs.js";
import { element } from "./elements.js";
import { guarded } from "./guard.js";
import { openMenu } from "./menus.js";
import { openId } from "./open.js";
import { options } from "./composer.js";
import { textOf } from "./stream.js";
import { apply, scrollToEnd } from "./thread.js";

const does = guarded(async (message, name, fields) => {
  const id = openId();
  const content = await act(id, `turns/${message}/${name}`, fields);
  if (openId() === id) apply(content);
  return true;
});

async function again(message, model = "") {
  if (await does(message, "again", { model })) scrollToEnd();
}

async function activate(button) {
  const version = button.dataset.activate;
  const label = button.getAttribute("aria-label");
  if (!(await does(version, "activate"))) return;
  const turn = document.getElementById(`m-${version}`);
  turn?.scrollIntoView({ block: "nearest" });
  const next = turn?.querySelector(`[aria-label="${label}"]:not(:disabled)`) ?? turn?.querySelector("[data-activate]:not(:disabled)");
  next?.focus({ preventScroll: true });
}

function endEdit(turn) {
  turn.querySelector(".edit").remove();
  turn.querySelector(".said").hidden = false;
  turn.querySelector(".acts").hidden = false;
  turn.querySelector("[data-edit]").focus();
}

function edit(turn) {
  const before = turn.querySelector(".plain").textContent;
  const box = element("textarea", { class: "input", rows: 1, maxlength: 100000, "aria-label": "Your message, in other words" });
  box.value = before;
  const buttons = element("div", { class: "row" },
    element("p", { class: "help" }, "The old words stay as another version."),
    element("button", { type: "button", class: "button", "data-cancel-edit": true }, "Cancel"),
    element("button", { class: "button primary" }, "Ask"));
  const form = element("form", { class: "edit" }, box, buttons);
  const save = async () => {
    const text = box.value.trim();
    if (!text) return;
    if (text === before) return endEdit(turn);
    form.classList.replace("edit", "saving");
    const done = await does(turn.dataset.id, "edit", { text, ...options() });
    if (done) return scrollToEnd();
    form.classList.replace("saving", "edit");
    return undefined;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") endEdit(turn);
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    save();
  });
  turn.querySelector(".said").hidden = true;
  turn.querySelector(".acts").hidden = true;
  turn.querySelector(".said").after(form);
  box.focus();
  box.setSelectionRange(before.length, before.length);
}

const insertDraft = guarded(async (message) => {
  const { url } = await (await post(`/api/ai/messages/${message}/insert_draft/`, {})).json();
  location.assign(url);
});

const ways = guarded(async (message) => {
  await askRemoval(openId(), message, (below) => does(message, "remove", { below }));
});

function turnMenu(button) {
  const message = button.dataset.turnMenu;
  const models = [...document.querySelectorAll("#model option")].filter((one) => one.value);
  const others = models.map((one) => ({ label: one.textContent, icon: "again", run: () => again(message, one.value) }));
  openMenu(button, "More for this answer", [
    ...(others.length > 1 ? [{ heading: "Ask again with" }, ...others, { line: true }] : []),
    { label: "Delete", icon: "trash", danger: true, run: () => ways(message) },
  ]);
}

function facts(button) {
  const list = button.closest(".turn").querySelector(".facts");
  list.hidden = !list.hidden;
  button.setAttribute("aria-expanded", String(!list.hidden));
}

function words(turn) {
  return turn.querySelector(".plain")?.textContent ?? textOf(turn);
}

const handlers = [
  ["[data-activate]", (button) => activate(button)],
  ["[data-again]", (button) => again(button.dataset.again)],
  ["[data-copy]", (button, turn) => copy(words(turn), button)],
  ["[data-edit]", (button, turn) => edit(turn)],
  ["[data-cancel-edit]", (button, turn) => endEdit(turn)],
  ["[data-remove]", (button) => ways(button.dataset.remove)],
  ["[data-draft]", (button) => insertDraft(button.dataset.draft)],
  ["[data-turn-menu]", (button) => turnMenu(button)],
  ["[data-facts]", (button) => facts(button)],
];

export function startTurns() {
  document.addEventListener("click", (event) => {
    for (const [selector, handle] of handlers) {
      const button = event.target.closest(selector);
      if (button) handle(button, button.closest(".turn"));
    }
  });
}
