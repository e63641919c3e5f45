// Small builders, so that no text ever becomes markup by accident.
const SVG = "http://www.w3.org/2000/svg";

export function icon(name, size = "small") {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("class", `icon ${size}`);
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  drawn.append(use);
  return drawn;
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
