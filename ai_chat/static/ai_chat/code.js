// Code with its language and a copy button; wide things scroll by keyboard, too.
import { element, icon } from "./elements.js";

const DONE = 1_600;
const LANGUAGE = /language-(\S+)/;

export async function copy(text, button) {
  await navigator.clipboard.writeText(text);
  const use = button.querySelector("use");
  const before = use.getAttribute("href");
  if (before === "#i-check") return;
  use.setAttribute("href", "#i-check");
  document.getElementById("announce").textContent = "Copied";
  setTimeout(() => use.setAttribute("href", before), DONE);
}

function framed(pre) {
  const code = pre.querySelector("code") ?? pre;
  const language = LANGUAGE.exec(code.className)?.[1] ?? "";
  const button = element("button", { type: "button", class: "button quiet", "data-copy-code": true }, icon("copy"), "Copy");
  button.setAttribute("aria-label", language ? `Copy the ${language} code` : "Copy the code");
  const head = element("div", { class: "code-head" }, element("span", {}, language || "Code"), button);
  const frame = element("div", { class: "code" });
  pre.replaceWith(frame);
  frame.append(head, pre);
}

function scrollable(wide, label) {
  wide.tabIndex = 0;
  wide.setAttribute("role", "group");
  wide.setAttribute("aria-label", label);
}

export function dress(root) {
  for (const pre of root.querySelectorAll(".prose pre:not(.code > pre)")) {
    framed(pre);
    scrollable(pre, "Code");
  }
  for (const table of root.querySelectorAll(".prose table:not(.wide > table)")) {
    const frame = element("div", { class: "wide" });
    table.replaceWith(frame);
    frame.append(table);
    scrollable(frame, "Table");
  }
}

export function startCode() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-code]");
    if (button) copy(button.closest(".code").querySelector("pre").textContent.replace(/\n$/, ""), button);
  });
}
