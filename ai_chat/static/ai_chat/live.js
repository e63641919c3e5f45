// The socket of the open chat. While it is away the page asks by itself, and after it all at once.
import { openId } from "./open.js";

const FIRST = 500;
const LONGEST = 30_000;
const CALM = 1_500;
const POLL = 10_000;
const QUICK = 1_500;
const STEADY = 5_000;
const [LOGGED_OUT, NOT_YOURS] = [4401, 4404];

let socket = null;
let delay = FIRST;
let lostTimer = 0;
let poll = 0;
let retry = 0;
let steady = 0;
let handlers = null;

const line = () => document.getElementById("connection");

function ask() {
  handlers.refetch();
  poll = setTimeout(ask, handlers.isWriting() ? QUICK : POLL);
}

function lost() {
  document.body.dataset.live = "off";
  if (!lostTimer) lostTimer = setTimeout(() => { line().hidden = false; }, CALM);
  if (!poll) poll = setTimeout(ask, handlers.isWriting() ? QUICK : POLL);
}

function mended() {
  clearTimeout(lostTimer);
  clearTimeout(poll);
  lostTimer = poll = 0;
  steady = setTimeout(() => { delay = FIRST; }, STEADY);
  line().hidden = true;
  document.body.dataset.live = "on";
}

function loggedOut() {
  line().hidden = false;
  line().querySelector("span").textContent = "You were logged out. Reload the page to log in; what you typed stays here.";
}

function closed(event) {
  clearTimeout(steady);
  if (event.code === LOGGED_OUT) return loggedOut();
  if (event.code === NOT_YOURS) return undefined;
  lost();
  retry = setTimeout(connect, delay * (0.75 + Math.random() / 2));
  delay = Math.min(delay * 2, LONGEST);
  return undefined;
}

function connect() {
  clearTimeout(retry);
  const old = socket;
  socket = null;
  old?.close();
  delete document.body.dataset.live;
  if (!openId()) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const ours = new WebSocket(`${scheme}://${location.host}/ws/ai-chat/${openId()}/`);
  socket = ours;
  ours.addEventListener("open", () => {
    if (ours !== socket) return;
    mended();
    handlers.refetch();
  });
  ours.addEventListener("message", (event) => ours === socket && handlers.hint(JSON.parse(event.data)));
  ours.addEventListener("close", (event) => ours === socket && closed(event));
}

function back() {
  if (socket?.readyState === WebSocket.CLOSED) connect();
  handlers.refetch();
}

export function startLive(given) {
  handlers = given;
  connect();
  document.addEventListener("thread:opened", connect);
  document.addEventListener("htmx:afterSwap", (event) => event.detail.target.id === "open" && !openId() && connect());
  addEventListener("online", () => {
    delay = FIRST;
    back();
  });
  addEventListener("offline", () => socket?.close());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && back());
}
