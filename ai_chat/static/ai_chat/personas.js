// Whom the model plays: added, changed, deleted.
import { change, create, remove } from "./api.js";
import { fetchAgain, keepIn, refuseIn } from "./forms.js";
import { guarded } from "./guard.js";
import { say } from "./say.js";

const dialog = document.getElementById("persona");
const form = dialog.querySelector("form");
const NAMES = ["name", "relation", "description", "manner"];

function ask(known) {
  const { persona = "" } = known;
  form.dataset.persona = persona;
  dialog.querySelector("h2").textContent = persona ? "Change this persona" : "Add a persona";
  for (const name of NAMES) form.elements[name].value = known[name] ?? (name === "relation" ? "customer" : "");
  refuseIn(form, "");
  dialog.showModal();
}

const keep = keepIn(async () => {
  const { persona } = form.dataset;
  const fields = Object.fromEntries(NAMES.map((name) => [name, form.elements[name].value.trim()]));
  await (persona ? change(`personas/${persona}/`, fields) : create("personas/", fields));
  dialog.close();
  await fetchAgain("personas");
});

const drop = guarded(async ({ persona, ...known }) => {
  await remove(`personas/${persona}/`);
  await fetchAgain("personas");
  say(`Deleted ${known.name}. Its chats stay.`, guarded(async () => {
    await create("personas/", Object.fromEntries(NAMES.map((name) => [name, known[name]])));
    await fetchAgain("personas");
  }));
});

export function startPersonas() {
  form.addEventListener("submit", keep);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#personas button");
    if (!button) return;
    const known = { ...button.closest("[data-persona]")?.dataset };
    if ("addPersona" in button.dataset) ask({});
    if ("changePersona" in button.dataset) ask(known);
    if ("deletePersona" in button.dataset) drop(known);
  });
}
