// A customer conversation for the model to read.
import { writeTimes } from "../js/times.js";
import { change } from "./api.js";
import { changed } from "./chats.js";
import { focusBox } from "./composer.js";
import { guarded } from "./guard.js";
import { openId } from "./open.js";
import { say } from "./say.js";

const dialog = () => document.getElementById("attaching");

function choose() {
  const box = document.getElementById("find-conversation");
  box.value = "";
  dialog().showModal();
  box.focus();
  htmx.trigger(box, "find");
}

const attach = guarded(async (conversation) => {
  await change(`chats/${openId()}/`, { related_chat: conversation });
  dialog().close();
  await changed(openId());
  focusBox();
});

const detach = guarded(async () => {
  const before = document.querySelector("#attached [href]").getAttribute("href").split("/")[2];
  const id = openId();
  await change(`chats/${id}/`, { related_chat: null });
  await changed(id);
  focusBox();
  say("The model no longer reads the conversation", guarded(async () => {
    await change(`chats/${id}/`, { related_chat: before });
    await changed(id);
  }));
});

export function startAttach() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-attach]")) choose();
    if (event.target.closest("[data-detach]")) detach();
    const chosen = event.target.closest("[data-choose]");
    if (chosen) attach(chosen.dataset.choose);
  });
  dialog().addEventListener("htmx:afterSwap", () => writeTimes(dialog()));
  dialog().addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const all = [document.getElementById("find-conversation"), ...dialog().querySelectorAll("[data-choose]")];
    const at = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, at))].focus();
  });
}
