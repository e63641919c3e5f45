// Questions that need an answer: a name, a folder, what to delete.
import { part, Refused } from "../inbox/server.js";
import { element, icon } from "./elements.js";

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const dialog = event.target.closest("dialog");
    if (dialog && (event.target === dialog || event.target.closest("[data-cancel]"))) dialog.close();
  });
}

// Asks for a name, and stays open with the reason while `save` refuses it.
export function askName({ title, label, value = "", maxLength, save }) {
  const dialog = document.getElementById("naming");
  const form = dialog.querySelector("form");
  const refusal = dialog.querySelector(".refusal");
  const box = form.elements.name;
  document.getElementById("naming-title").textContent = title;
  document.getElementById("naming-label").textContent = label;
  refusal.hidden = true;
  box.maxLength = maxLength;
  box.value = value;
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      await save(box.value.trim());
      dialog.close();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusal.textContent = error.message;
      refusal.hidden = false;
    }
  };
  dialog.showModal();
  box.select();
}

export function askFolder({ folders, current, choose }) {
  const dialog = document.getElementById("moving");
  const buttons = folders.map(({ id, name, sign }) => {
    const here = id === current;
    const button = element("button", { type: "button", class: "item", "aria-current": here && "true" }, icon(sign ?? "folder"), name);
    if (here) button.append(icon("check"));
    button.addEventListener("click", () => {
      dialog.close();
      choose(id);
    });
    return button;
  });
  dialog.querySelector(".choices").replaceChildren(...buttons);
  dialog.showModal();
}

export async function askRemoval(chatId, messageId, removed) {
  const dialog = document.getElementById("removing");
  dialog.replaceChildren(await part(`/chat/${chatId}/turns/${messageId}/remove/`));
  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    dialog.close();
    removed(event.submitter.value);
  };
  dialog.showModal();
}
