// The list of chats: fetched again on a hint, with folders as open as they were.
import { writeTimes } from "../js/times.js";
import { oneAtATime, part } from "../inbox/server.js";
import { openId } from "./open.js";

const OPEN = "deskbell.chat-folders";
const PAUSE = 300;
let timer = 0;

const body = () => document.getElementById("list-body");
const rows = () => document.getElementById("rows");
export const search = () => document.getElementById("q");

function openFolders() {
  try {
    return new Set(JSON.parse(localStorage.getItem(OPEN)) ?? []);
  } catch {
    return new Set();
  }
}

function rememberFolder(event) {
  const folder = event.target.closest?.(".folder");
  if (!folder) return;
  const known = openFolders();
  if (event.target.open) known.add(folder.dataset.drop);
  else known.delete(folder.dataset.drop);
  localStorage.setItem(OPEN, JSON.stringify([...known]));
}

function openThem() {
  const known = openFolders();
  for (const folder of document.querySelectorAll("#rows .folder")) {
    if (known.has(folder.dataset.drop)) folder.querySelector("details").open = true;
  }
}

export function markOpenRow() {
  for (const row of document.querySelectorAll("#rows .chat-row")) {
    const link = row.querySelector("a");
    if (row.dataset.id === openId()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function settle() {
  openThem();
  markOpenRow();
  writeTimes(body());
}

// What one was doing in the list stays: where it stood, and which row had the focus.
function replace(fresh) {
  const top = rows()?.scrollTop ?? 0;
  const focused = document.activeElement.closest?.("#list-body [id]")?.id;
  const inner = document.activeElement.tagName;
  body().replaceWith(fresh);
  htmx.process(body());
  settle();
  if (rows()) rows().scrollTop = top;
  if (focused && focused !== "rows") {
    document.querySelector(`#${CSS.escape(focused)} ${inner === "BUTTON" ? "button" : "a, summary"}`)?.focus();
  }
}

function longer() {
  return document.querySelectorAll("#rows .chat-row").length > 200;
}

export const refreshList = oneAtATime(async () => {
  // A list that was scrolled far down is not thrown away for a hint.
  if (longer() && rows().scrollTop > 400) return;
  const query = body().dataset.query;
  const content = await part(`/chat/list/?${new URLSearchParams(query ? { q: query } : {})}`);
  if (body().dataset.query === query) replace(content.querySelector("#list-body"));
});

export function hintList() {
  clearTimeout(timer);
  timer = setTimeout(refreshList, PAUSE);
}

export function startList() {
  settle();
  document.addEventListener("toggle", rememberFolder, true);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") hintList();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const { target } = event.detail;
    if (target.id === "list-body" || target.classList?.contains("more")) settle();
    if (target.id === "open") markOpenRow();
  });
}
