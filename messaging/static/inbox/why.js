// "why?" under an AI message: what it rests on, which model, how long it took, its price.
import { priceWords } from "./money.js";
import { json, Refused } from "./server.js";

const LOST = "There is no more about this message.";
const answers = new Map();

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function fit(source) {
  return typeof source.score === "number" ? `fits ${Math.round(source.score * 100)} %` : "";
}

function line(source) {
  const item = element("li", source.title || "An entry without a title");
  item.append(" ", element("span", fit(source), "muted"));
  return item;
}

function group(title, found) {
  if (!found.length) return [];
  const list = document.createElement("ul");
  list.append(...found.map(line));
  return [element("h3", title), list];
}

function sources(answer) {
  const found = answer.entries ?? [];
  if (!found.length) return [element("p", "It rests on no entry of your knowledge.", "muted")];
  const cited = found.filter((source) => source.cited);
  return [
    ...group("Rests on", cited),
    ...group(cited.length ? "Also found" : "Nearest in your knowledge", found.filter((source) => !source.cited)),
  ];
}

function counted(number, one, many) {
  return number ? [`${number} ${number === 1 ? one : many}`] : [];
}

function checked(checks) {
  if (!checks) return [];
  const looked = [
    ...counted(checks.citations, "citation", "citations"),
    ...counted(checks.numbers, "number", "numbers"),
    ...counted(checks.contacts, "link or address", "links or addresses"),
  ];
  const fine = checks.sentences ? "every sentence supported" : "nothing made up";
  const ending = checks.problems.length ? "held back" : fine;
  return [element("p", `Checked: ${[...looked, ending].join(", ")}`, "muted")];
}

function seconds(timings) {
  const values = Object.values(timings ?? {}).map(Number);
  const whole = Number(timings?.total) || values.reduce((sum, value) => sum + (value || 0), 0);
  return whole ? `${(whole / 1000).toFixed(1)} s` : "";
}

function facts(answer) {
  const tokens = answer.tokens ?? {};
  const rows = {
    Model: answer.model,
    "Version of the prompts": answer.prompts_version,
    Took: seconds(answer.timings),
    Tokens: tokens.input ? `${tokens.input} read, ${tokens.output} written` : "",
    Price: answer.model ? priceWords(answer.money) : "",
    "Tried again": answer.retries,
  };
  const list = document.createElement("dl");
  for (const [name, value] of Object.entries(rows)) {
    if (value) list.append(element("dt", name), element("dd", value));
  }
  return list;
}

async function explain(box, id) {
  try {
    if (!answers.has(id)) answers.set(id, await json(`/api/v1/messages/${id}/why/`));
    const answer = answers.get(id);
    box.replaceChildren(...sources(answer), ...checked(answer.checks), facts(answer));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    box.replaceChildren(element("p", error.status === 404 ? LOST : error.message, "muted"));
  }
}

export function forgetWhy(elementId) {
  answers.delete(elementId.replace(/^m-/, ""));
}

export function startWhy() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-why]");
    if (!button) return;
    const box = button.closest(".message").querySelector(".reasons");
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
    if (!box.hidden) explain(box, button.dataset.why);
  });
}
