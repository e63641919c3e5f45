// What the page says by itself: a toast, with a way back where there is one, and words for readers.
const SHORT = 6_000;
const LONG = 12_000;
let timer = 0;
let undo = null;

const toast = () => document.getElementById("toast");
const button = () => toast().querySelector("button");

function hide() {
  toast().hidden = true;
  undo = null;
}

export function say(words, back = null) {
  toast().querySelector("span").textContent = words;
  button().hidden = !back;
  undo = back;
  toast().hidden = false;
  clearTimeout(timer);
  timer = setTimeout(hide, back ? LONG : SHORT);
}

export function announce(words) {
  document.getElementById("announce").textContent = words;
}

export function startSay() {
  button().addEventListener("click", () => {
    const back = undo;
    hide();
    back?.();
  });
}
