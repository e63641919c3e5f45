// An owner's endpoints: kept, tried with one small call, and their models.
import { Refused } from "../inbox/server.js";
import { change, create, read, remove } from "./api.js";
import { element } from "./elements.js";
import { guarded } from "./guard.js";
import { fetchAgain, keepIn, refuseIn } from "./forms.js";
import { say } from "./say.js";

const dialog = document.getElementById("endpoint");
const sure = document.getElementById("sure");
const form = dialog?.querySelector("form");
const listed = new Set();

async function refresh() {
  await fetchAgain("endpoints");
  listed.clear();
}

function ask(article) {
  const { endpoint = "", name = "", kind = "openai", address = "", key = "", enabled = "true" } = article?.dataset ?? {};
  form.dataset.endpoint = endpoint;
  dialog.querySelector("h2").textContent = endpoint ? "Change this endpoint" : "Add an endpoint";
  form.elements.name.value = name;
  form.elements.kind.value = kind;
  form.elements.base_url.value = address;
  form.elements.api_key.value = "";
  form.elements.api_key.placeholder = key ? `Kept: ${key}` : "";
  form.elements.enabled.checked = enabled === "true";
  refuseIn(form, "");
  dialog.showModal();
}

function fields() {
  const { name, kind, base_url: address, api_key: key, enabled } = form.elements;
  const given = { name: name.value.trim(), kind: kind.value, base_url: address.value.trim(), enabled: enabled.checked };
  return key.value ? { ...given, api_key: key.value } : given;
}

const keep = keepIn(async () => {
  const { endpoint } = form.dataset;
  await (endpoint ? change(`endpoints/${endpoint}/`, fields()) : create("endpoints/", fields()));
  dialog.close();
  await refresh();
});

const test = guarded(async (button, id) => {
  button.disabled = true;
  button.textContent = "Testing";
  try {
    await create(`endpoints/${id}/test/`);
  } finally {
    await refresh();
    document.querySelector(`[data-endpoint="${id}"] [data-test]`)?.focus();
  }
});

const drop = guarded(async (address, words) => {
  await remove(address);
  await refresh();
  say(words);
});

function deleteEndpoint({ endpoint, name }) {
  sure.querySelector("form").onsubmit = () => drop(`endpoints/${endpoint}/`, `Deleted ${name}`);
  sure.showModal();
}

const addModel = guarded(async (target) => {
  const id = target.closest("[data-endpoint]").dataset.endpoint;
  const model = target.elements.model_id.value.trim();
  await create("models/", { endpoint: id, model_id: model, name: target.elements.name.value.trim() || model });
  await refresh();
});

// What the address itself offers, asked once, when somebody is about to choose.
async function offer(box) {
  const id = box.closest("[data-endpoint]").dataset.endpoint;
  if (listed.has(id)) return;
  listed.add(id);
  try {
    const { models } = await read(`endpoints/${id}/models/`);
    box.list.replaceChildren(...models.map((name) => element("option", { value: name })));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

export function startEndpoints() {
  if (!form) return;
  form.addEventListener("submit", keep);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-new-model]")) return;
    event.preventDefault();
    addModel(event.target);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-new-model] [name=model_id]")) offer(event.target);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#endpoints button");
    if (!button) return;
    const article = button.closest("[data-endpoint]");
    if ("addEndpoint" in button.dataset) ask(null);
    if ("changeEndpoint" in button.dataset) ask(article);
    if ("deleteEndpoint" in button.dataset) deleteEndpoint(article.dataset);
    if ("test" in button.dataset) test(button, article.dataset.endpoint);
    if (button.dataset.deleteModel) drop(`models/${button.dataset.deleteModel}/`, "Removed");
  });
}
