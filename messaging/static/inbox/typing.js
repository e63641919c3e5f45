// "… is writing": shown for a few seconds, and told while we write ourselves.
import { openId } from "./list.js";

const SHOWN = 6_000;
const TOLD = 3_000;
let timer = 0;
let told = 0;

function line() {
  return document.getElementById("typing");
}

function words(event) {
  if (event.by === "AI") return "The AI is writing";
  if (event.by === "customer") return "The customer is writing";
  return `${event.user?.name ?? "A colleague"} is writing`;
}

export function showTyping(event) {
  const me = document.querySelector(".inbox").dataset.user;
  if (event.conversation_id !== openId() || String(event.user?.id) === me) return;
  line().textContent = words(event);
  line().hidden = false;
  clearTimeout(timer);
  timer = setTimeout(hideTyping, SHOWN);
}

export function hideTyping() {
  if (line()) line().hidden = true;
}

export function startTyping(send) {
  document.addEventListener("thread:changed", hideTyping);
  document.addEventListener("input", (event) => {
    if (event.target.id !== "answer" || Date.now() - told < TOLD) return;
    told = Date.now();
    send({ type: "typing", conversation_id: openId() });
  });
}
