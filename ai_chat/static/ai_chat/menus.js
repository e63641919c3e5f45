// One menu for the whole page, opened beside whatever asked for it.
import { element, icon } from "./elements.js";
import { readsRight } from "./open.js";

const GAP = 4;
const menu = () => document.getElementById("menu");
let opener = null;

const items = () => [...menu().querySelectorAll('[role="menuitem"]')];

function build({ label, icon: sign, href, run, danger, heading, line }) {
  if (line) return element("hr");
  if (heading) return element("p", { class: "menu-heading", role: "presentation" }, heading);
  const inside = [...(sign ? [icon(sign)] : []), label];
  const common = { class: danger ? "item danger" : "item", role: "menuitem", tabindex: "-1" };
  if (href) return element("a", { ...common, href }, ...inside);
  const button = element("button", { ...common, type: "button" }, ...inside);
  button.addEventListener("click", () => {
    close();
    run();
  });
  return button;
}

function place() {
  const at = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu();
  const wanted = readsRight() ? at.left : at.right - width;
  const left = Math.max(8, Math.min(wanted, innerWidth - width - 8));
  const below = at.bottom + GAP;
  const top = below + height > innerHeight - 8 ? Math.max(8, at.top - GAP - height) : below;
  menu().style.left = `${left}px`;
  menu().style.top = `${top}px`;
}

export function openMenu(button, name, entries) {
  const again = opener === button && menu().matches(":popover-open");
  close();
  if (again) return;
  opener = button;
  menu().setAttribute("aria-label", name);
  menu().replaceChildren(...entries.map(build));
  menu().showPopover();
  opener.setAttribute("aria-expanded", "true");
  place();
  items()[0]?.focus();
}

function close() {
  if (menu().matches(":popover-open")) menu().hidePopover();
}

function closed(event) {
  if (event.newState !== "closed") return;
  opener?.setAttribute("aria-expanded", "false");
  if (menu().contains(document.activeElement) || document.activeElement === document.body) opener?.focus();
}

function step(by) {
  const all = items();
  all[(all.indexOf(document.activeElement) + by + all.length) % all.length].focus();
}

const keys = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Home: () => items()[0].focus(),
  End: () => items().at(-1).focus(),
  Tab: () => {
    close();
    opener?.focus();
  },
};

export function startMenus() {
  menu().addEventListener("toggle", closed);
  menu().addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  addEventListener("resize", close);
}
