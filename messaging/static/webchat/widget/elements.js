const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  chat: "M5 3h10a3 3 0 0 1 3 3v5a3 3 0 0 1-3 3h-4.5L6 17.5V14H5a3 3 0 0 1-3-3V6a3 3 0 0 1 3-3zM6.5 7.25h7M6.5 10h4.5",
  close: "M5 5l10 10M15 5L5 15",
  send: "M10 16V4M5 9l5-5 5 5",
};
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

/** An element; strings among the children stay text, so nothing that people write becomes HTML. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 20 20");
  drawing.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", ICONS[name]);
  drawing.append(line);
  return drawing;
}

/** The words with their web addresses as links. */
function linked(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(from, match.index));
    const link = { href: match[0], target: "_blank", rel: "noopener noreferrer nofollow" };
    parts.push(make("a", link, match[0]));
    from = match.index + match[0].length;
  }
  return [...parts, text.slice(from)];
}

function clock(date) {
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function day(date) {
  return date.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" });
}
