// Requests to the server, and its refusals as one plain sentence.
const OUT_OF_DATE = "This page is out of date. Reload it; what you typed stays here.";
const UNREACHABLE = "The server can't be reached. What you typed stays here; try again soon.";
const FAILED = "That did not work, and nothing was changed. Try again soon.";

export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

export function sentence(status, body) {
  try {
    const { detail } = JSON.parse(body);
    if (typeof detail === "string" && detail) return detail;
  } catch {
    // Not our own JSON: the status has to do.
  }
  if (!status) return UNREACHABLE;
  return status === 403 ? OUT_OF_DATE : FAILED;
}

export async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, { ...options, headers: { "HX-Request": "true", ...options.headers } });
  } catch {
    throw new Refused(0, UNREACHABLE);
  }
  if (!response.ok) throw new Refused(response.status, sentence(response.status, await response.text()));
  return response;
}

export async function part(address) {
  const response = await ask(address);
  if (response.status === 205) return null;
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content;
}

export async function json(address) {
  return (await ask(address, { headers: { Accept: "application/json" } })).json();
}

export const formToken = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

export function post(address, fields) {
  const headers = { "X-CSRFToken": formToken(), ...(fields && { "Content-Type": "application/json" }) };
  return ask(address, { method: "POST", headers, body: fields && JSON.stringify(fields) });
}

// One run at a time; whoever asks meanwhile gets one more run after it.
export function oneAtATime(work) {
  let running = null;
  let again = false;
  return function run() {
    if (running) {
      again = true;
      return running;
    }
    running = work()
      .catch((error) => {
        if (!(error instanceof Refused)) throw error;
      })
      .finally(() => {
        running = null;
        if (again) {
          again = false;
          run();
        }
      });
    return running;
  };
}
