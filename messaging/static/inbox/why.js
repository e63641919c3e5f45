// "why?" under an AI message: what it rests on, which model, how long it took.
import { json, Refused } from "./server.js";

const LOST = "There is no more about this message.";
const answers = new Map();

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function sources(answer) {
  const found = [...(answer.entries ?? []), ...(answer.passages ?? [])];
  if (!found.length) return [element("p", "It rests on no entry of your knowledge.", "muted")];
  return found.flatMap((source) => {
    const score = typeof source.score === "number" ? ` (fits ${Math.round(source.score * 100)} %)` : "";
    const parts = [element("strong", `${source.title ?? source.question ?? "Entry"}${score}`)];
    const words = source.answer ?? source.text;
    if (words) parts.push(element("blockquote", words));
    return parts;
  });
}

function total(timings) {
  if (typeof timings?.total === "number") return timings.total;
  return Object.values(timings ?? {}).reduce((sum, value) => sum + (Number(value) || 0), 0);
}

function facts(answer) {
  const tokens = answer.tokens ?? { in: answer.tokens_in, out: answer.tokens_out };
  const rows = {
    Model: answer.model,
    "Prompts, version": answer.prompts_version ?? answer.prompt_version,
    Took: total(answer.timings) ? `${(total(answer.timings) / 1000).toFixed(1)} s` : "",
    Tokens: tokens.in ? `${tokens.in} in, ${tokens.out} out` : "",
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
    box.replaceChildren(...sources(answers.get(id)), facts(answers.get(id)));
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
