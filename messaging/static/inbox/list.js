// The list: fetched again on a hint, and changed row by row so that nothing jumps under the cursor.
import { writeTimes } from "../js/times.js";
import { oneAtATime, part } from "./server.js";

const PAUSE = 200;
const touched = new Set();
let timer = 0;

const body = () => document.getElementById("list-body");
const rows = () => document.getElementById("rows");
export const openId = () => document.getElementById("thread")?.dataset.conversation;

export function markOpenRow() {
  const open = openId();
  for (const link of document.querySelectorAll("#rows [data-id] > a")) {
    const here = link.parentElement.dataset.id === open;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function replaceRow(row, fresh) {
  const focused = row.contains(document.activeElement);
  row.replaceWith(fresh);
  htmx.process(fresh);
  if (focused) fresh.querySelector("a").focus({ preventScroll: true });
}

function placeRow(fresh, before) {
  const row = document.getElementById(fresh.id);
  if (!row) {
    rows().insertBefore(fresh, before);
    htmx.process(fresh);
    return fresh;
  }
  if (row !== before) rows().insertBefore(row, before);
  if (row.dataset.version === fresh.dataset.version || row.querySelector(".htmx-request")) return row;
  replaceRow(row, fresh);
  return fresh;
}

function dropMissing(freshIds, lastMark) {
  for (const row of rows().querySelectorAll("[data-id]")) {
    const { id, mark } = row.dataset;
    if (freshIds.has(id)) continue;
    if (!lastMark || mark >= lastMark || touched.has(id)) row.remove();
  }
}

function reconcile(content) {
  const fresh = [...content.querySelectorAll("#rows [data-id]")];
  const more = content.querySelector("#rows .more");
  const lastMark = more ? fresh.at(-1).dataset.mark : "";
  dropMissing(new Set(fresh.map((row) => row.dataset.id)), lastMark);
  let before = rows().firstElementChild;
  for (const row of fresh) before = placeRow(row, before).nextElementSibling;
  if (!more) rows().querySelector(".more")?.remove();
  body().querySelector(".views").replaceWith(content.querySelector(".views"));
  body().dataset.unread = content.querySelector("#list-body").dataset.unread;
}

function apply(content) {
  if (!rows() || !content.querySelector("#rows")) {
    body().replaceWith(content.querySelector("#list-body"));
  } else {
    reconcile(content);
  }
  htmx.process(body());
  settle();
}

function settle() {
  touched.clear();
  writeTimes(body());
  markOpenRow();
  showUnreadInTitle();
}

function showUnreadInTitle() {
  const unread = Number(body().dataset.unread);
  const plain = document.title.replace(/^\(\d+\) /, "");
  document.title = unread ? `(${unread}) ${plain}` : plain;
}

export const refreshList = oneAtATime(async () => {
  apply(await part(`/inbox/list/?${body().dataset.query}`));
});

export function hintList(id) {
  if (id) touched.add(id);
  clearTimeout(timer);
  timer = setTimeout(refreshList, PAUSE);
}

function keepAddress() {
  const query = body().dataset.query;
  history.replaceState(history.state, "", location.pathname + (query ? `?${query}` : ""));
  document.querySelector(".search [name=view]").value = body().dataset.view;
}

export function startList() {
  settle();
  document.addEventListener("htmx:afterSwap", (event) => {
    const { target } = event.detail;
    if (target.id === "list-body") {
      keepAddress();
      settle();
    } else if (target.closest?.("#rows") || target.classList.contains("more")) {
      settle();
    } else if (target.id === "open") {
      markOpenRow();
      showUnreadInTitle();
    }
  });
}
