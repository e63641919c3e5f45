// What a chat is asked to do: by the pages' own forms, or by the API.
import { ask, formToken } from "../inbox/server.js";

// A turn's action answers with the thread as it is then.
export async function act(chatId, name, fields = {}) {
  const response = await ask(`/chat/${chatId}/${name}/`, {
    method: "POST",
    headers: { "X-CSRFToken": formToken() },
    body: new URLSearchParams(fields),
  });
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content;
}

async function api(method, address, fields) {
  const response = await ask(`/api/ai/${address}`, {
    method,
    headers: { "X-CSRFToken": formToken(), "Content-Type": "application/json", Accept: "application/json" },
    body: fields && JSON.stringify(fields),
  });
  return response.status === 204 ? null : response.json();
}

export const create = (address, fields) => api("POST", address, fields ?? {});
export const change = (address, fields) => api("PATCH", address, fields);
export const remove = (address) => api("DELETE", address);
export const read = (address) => api("GET", address);
