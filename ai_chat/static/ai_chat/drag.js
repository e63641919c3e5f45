// Chats are dragged into folders and out of them; the row's menu does the same by keyboard.
import { move } from "./chats.js";

let dragged = null;

const place = (event) => event.target.closest?.("[data-drop]");

function over(event) {
  const target = place(event);
  if (!dragged || !target) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  for (const one of document.querySelectorAll(".drop-here")) if (one !== target) one.classList.remove("drop-here");
  if (target.dataset.drop !== dragged.folder) target.classList.add("drop-here");
}

function end() {
  dragged = null;
  document.body.classList.remove("dragging");
  for (const one of document.querySelectorAll(".drop-here")) one.classList.remove("drop-here");
}

function dropped(event) {
  const target = place(event);
  if (!dragged || !target) return;
  event.preventDefault();
  const { id, folder } = dragged;
  end();
  if (target.dataset.drop !== folder) move(id, target.dataset.drop, target.dataset.name);
}

export function startDrag() {
  document.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".chat-row");
    if (!row) return;
    dragged = { id: row.dataset.id, folder: row.dataset.folder };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", row.dataset.title);
    document.body.classList.add("dragging");
  });
  document.addEventListener("dragover", over);
  document.addEventListener("drop", dropped);
  document.addEventListener("dragend", end);
}
