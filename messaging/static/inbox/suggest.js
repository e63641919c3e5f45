// "Suggest": the AI drafts an answer to the customer's latest words, for the person who answers.
import { refuse } from "./composer.js";
import { openId } from "./list.js";
import { post, Refused } from "./server.js";
import { refreshThread } from "./thread.js";

const NONE = "The AI has no answer to this.";
const WHY_NOT = {
  ai_off: "The AI can't answer now; its settings say why.",
  asked_for_person: "The customer asks for a person, so nothing is suggested.",
  no_support: "Nothing in your knowledge answers this.",
  provider_down: "No AI model could be reached. Try again soon.",
  unsafe_answer: "The AI's answer was not safe to show.",
  over_budget: "The AI budget is used up.",
};

function busy(button, is) {
  button.setAttribute("aria-busy", String(is));
  button.setAttribute("aria-disabled", String(is));
  button.querySelector("span").textContent = is ? "Suggesting…" : "Suggest";
}

async function ask(id) {
  const { text, reason } = await (await post(`/api/v1/conversations/${id}/suggest/`)).json();
  if (id !== openId()) return;
  await refreshThread();
  if (text) document.getElementById("announce").textContent = `Suggested answer: ${text}`;
  else refuse(WHY_NOT[reason] ?? NONE);
}

async function suggest(button) {
  if (button.getAttribute("aria-busy") === "true") return;
  const id = openId();
  refuse("");
  busy(button, true);
  try {
    await ask(id);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (id === openId()) refuse(error.message);
  } finally {
    busy(button, false);
  }
}

export function startSuggest() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-suggest]");
    if (button) suggest(button);
  });
}
