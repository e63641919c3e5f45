// The open conversation: what changed since the last revision is fetched and put in its place.
import { writeTimes } from "../js/times.js";
import { arrange } from "./arrange.js";
import { openId } from "./list.js";
import { oneAtATime, part, post } from "./server.js";
import { forgetWhy } from "./why.js";

const NEAR = 80;
const FORM_TOKEN = /(?<="csrfmiddlewaretoken" value=")[^"]*/g;
const served = new Map();
let unseen = 0;
let atEnd = true;
let lastTop = 0;

const thread = () => document.getElementById("thread");
const scroller = () => document.getElementById("scroll");
const messages = () => document.getElementById("messages");
const pill = () => document.getElementById("pill");

export function scrollToEnd() {
  scroller().scrollTop = scroller().scrollHeight;
}

function place(fresh) {
  const known = document.getElementById(fresh.id);
  if (known) {
    known.replaceWith(fresh);
    return false;
  }
  const seq = Number(fresh.dataset.seq);
  const later = [...messages().children].find((item) => Number(item.dataset.seq) > seq);
  messages().insertBefore(fresh, later ?? null);
  fresh.classList.add("arriving");
  return true;
}

function putMessages(items) {
  const added = items.filter((item) => {
    forgetWhy(item.id);
    const isNew = place(item);
    htmx.process(item);
    return isNew;
  });
  if (items.length) arrange(messages());
  return added.filter((item) => item.classList.contains("message"));
}

function putPart(fresh) {
  const html = fresh.outerHTML.replace(FORM_TOKEN, "");
  const old = document.getElementById(fresh.id);
  // htmx tells nobody how a request ended whose element was taken away meanwhile.
  if (served.get(fresh.id) === html || old.querySelector(".htmx-request")) return;
  served.set(fresh.id, html);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  htmx.process(fresh);
  if (focused) refocus(fresh, focused);
}

function refocus(fresh, focused) {
  const same = focused.id && fresh.querySelector(`#${CSS.escape(focused.id)}`);
  (same || fresh.querySelector(".acts button") || document.getElementById("answer")).focus();
}

function announce(added) {
  const theirs = added.filter((item) => item.classList.contains("customer"));
  if (!theirs.length) return;
  const last = theirs.at(-1);
  const words = `${last.querySelector(".speaker").textContent}: ${last.querySelector(".bubble").textContent}`;
  document.getElementById("announce").textContent = words.replace(/\s+/g, " ").trim();
}

function showPill(count) {
  unseen += count;
  pill().hidden = !unseen;
  pill().querySelector("span").textContent = `${unseen} new`;
}

function followOrTell(added, wasAtEnd) {
  const mine = added.some((item) => item.querySelector(".speaker").textContent.trim() === "You");
  if (wasAtEnd || mine) scrollToEnd();
  else if (added.length) showPill(added.length);
}

function apply(content) {
  const changes = content.querySelector("[data-changes]");
  const wasAtEnd = isAtEnd();
  const added = putMessages([...changes.children]);
  for (const fresh of content.querySelectorAll("[data-part]")) putPart(fresh);
  thread().dataset.revision = changes.dataset.revision;
  writeTimes(thread().parentElement);
  followOrTell(added, wasAtEnd);
  announce(added);
  document.dispatchEvent(new CustomEvent("thread:changed"));
  markRead();
}

export const refreshThread = oneAtATime(async () => {
  const id = openId();
  if (!id) return;
  const content = await part(`/inbox/${id}/messages/?after=${thread().dataset.revision}&${listQuery()}`);
  if (openId() !== id) return;
  if (content) apply(content);
  else location.reload();
});

const listQuery = () => document.getElementById("list-body").dataset.query;

export const markRead = oneAtATime(async () => {
  const unread = Number(document.getElementById("top")?.dataset.unread);
  if (unread && document.visibilityState === "visible") await post(`/inbox/${openId()}/read/`);
});

const showEarlier = oneAtATime(async () => {
  const button = document.getElementById("earlier");
  const content = await part(`/inbox/${openId()}/messages/?before=${button.dataset.before}`);
  const items = [...content.children];
  const fromEnd = scroller().scrollHeight - scroller().scrollTop;
  messages().prepend(content);
  htmx.process(messages());
  arrange(messages());
  writeTimes(messages());
  if (items.length) button.dataset.before = items[0].dataset.seq;
  button.hidden = !items.length || items[0].dataset.seq === "1";
  scroller().scrollTop = scroller().scrollHeight - fromEnd;
});

function noteScroll() {
  const { scrollHeight, scrollTop, clientHeight } = scroller();
  lastTop = scrollTop;
  atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
  if (atEnd) showPill(-unseen);
}

// A scroll is told of a frame later; what happens before that must know of it too.
function isAtEnd() {
  if (scroller().scrollTop !== lastTop) noteScroll();
  return atEnd;
}

function watchScroll() {
  scroller().addEventListener("scroll", noteScroll);
  new ResizeObserver(() => scroller() && isAtEnd() && scrollToEnd()).observe(scroller());
}

function opened() {
  served.clear();
  unseen = 0;
  atEnd = true;
  if (!thread()) return;
  arrange(messages());
  writeTimes(thread().parentElement);
  watchScroll();
  scrollToEnd();
  lastTop = scroller().scrollTop;
  pill().addEventListener("click", scrollToEnd);
  document.getElementById("earlier")?.addEventListener("click", showEarlier);
  document.dispatchEvent(new CustomEvent("thread:opened"));
  markRead();
}

export function startThread() {
  opened();
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "open") opened();
  });
  document.addEventListener("visibilitychange", markRead);
}
