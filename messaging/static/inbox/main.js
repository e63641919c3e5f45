// The inbox: puts list, thread, answer box, keys and the live line together.
import { focusAnswer, startComposer } from "./composer.js";
import { startKeys } from "./keys.js";
import { hintList, openId, refreshList, startList } from "./list.js";
import { startLive } from "./live.js";
import { sentence } from "./server.js";
import { startSuggest } from "./suggest.js";
import { refreshThread, startThread } from "./thread.js";
import { showTyping, startTyping } from "./typing.js";
import { startVerdict } from "./verdict.js";
import { startWhy } from "./why.js";

const DETAILS = "deskbell.details";
const TOAST = 6_000;
const inbox = document.querySelector(".inbox");
const toast = document.getElementById("toast");
let toastTimer = 0;

function say(words) {
  toast.textContent = words;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.hidden = true; }, TOAST);
}

function hint(event) {
  if (event.type === "agent.typing") showTyping(event);
  if (!/^(message|conversation)\./.test(event.type)) return;
  hintList(event.conversation_id);
  if (event.conversation_id === openId()) refreshThread();
}

function refetch() {
  refreshList();
  refreshThread();
}

async function acted(event) {
  const { elt, xhr, requestConfig } = event.detail;
  if (requestConfig.verb !== "post") return;
  if (xhr.status !== 204) {
    if (elt.id !== "composer") say(sentence(xhr.status, xhr.responseText));
    refreshThread();
    return;
  }
  hintList(elt.closest("[data-id]")?.dataset.id);
  await refreshThread();
  if (elt.dataset.do === "take-over" && elt.closest("#top")) focusAnswer();
}

function toggleDetails() {
  const details = document.getElementById("details");
  const shown = getComputedStyle(details).display !== "none";
  inbox.dataset.details = shown ? "closed" : "open";
  localStorage.setItem(DETAILS, inbox.dataset.details);
}

// An opened pane lies over the thread where there is little room, so it does not stay open by itself.
function restoreDetails() {
  if (localStorage.getItem(DETAILS) === "closed") inbox.dataset.details = "closed";
}

restoreDetails();
startList();
startThread();
startComposer();
startSuggest();
startWhy();
startVerdict(say);
startKeys();
const send = startLive({ hint, refetch });
startTyping(send);
document.addEventListener("htmx:afterRequest", acted);
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.requestConfig.verb === "get") say(sentence(event.detail.xhr.status, event.detail.xhr.responseText));
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-toggle-details]")) toggleDetails();
});
