// The socket carries hints. While it is away the page asks now and then, and after it all at once.
const FIRST = 500;
const LONGEST = 30_000;
const CALM = 1_500;
const POLL = 10_000;
const STEADY = 5_000;
const LOGGED_OUT = 4401;

let delay = FIRST;
let lostTimer = 0;
let poll = 0;
let retry = 0;
let steady = 0;
let socket = null;

const line = () => document.getElementById("connection");

function lost(refetch) {
  document.body.dataset.live = "off";
  if (!lostTimer) lostTimer = setTimeout(() => { line().hidden = false; }, CALM);
  if (!poll) poll = setInterval(refetch, POLL);
}

function mended() {
  clearTimeout(lostTimer);
  clearInterval(poll);
  lostTimer = poll = 0;
  steady = setTimeout(() => { delay = FIRST; }, STEADY);
  line().hidden = true;
  document.body.dataset.live = "on";
}

function loggedOut() {
  line().hidden = false;
  line().querySelector("span").textContent = "You were logged out. Reload the page to log in; what you typed stays here.";
}

export function startLive({ hint, refetch }) {
  function connect() {
    clearTimeout(retry);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const ours = new WebSocket(`${scheme}://${location.host}/ws/inbox/`);
    socket = ours;
    ours.addEventListener("open", () => {
      mended();
      refetch();
    });
    ours.addEventListener("message", (event) => hint(JSON.parse(event.data)));
    ours.addEventListener("close", (event) => {
      if (ours !== socket) return;
      clearTimeout(steady);
      if (event.code === LOGGED_OUT) {
        loggedOut();
        return;
      }
      lost(refetch);
      retry = setTimeout(connect, delay * (0.75 + Math.random() / 2));
      delay = Math.min(delay * 2, LONGEST);
    });
  }

  connect();
  addEventListener("online", () => {
    delay = FIRST;
    if (socket.readyState === WebSocket.CLOSED) connect();
    refetch();
  });
  addEventListener("offline", () => socket.close());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    if (socket.readyState === WebSocket.CLOSED) connect();
    refetch();
  });
  return (frame) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(frame));
}
