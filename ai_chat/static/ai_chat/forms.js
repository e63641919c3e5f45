// Dialogs that hold a form, and the parts of a page that are fetched again after one was kept.
import { writeTimes } from "../js/times.js";
import { part, Refused } from "../inbox/server.js";

export async function fetchAgain(id) {
  document.getElementById(id).replaceWith(await part(`/chat/settings/${id}/`));
  writeTimes();
}

export function refuseIn(form, words) {
  const line = form.querySelector(".refusal");
  line.textContent = words;
  line.hidden = !words;
}

// A refusal leaves the form open, with what was typed and the reason.
export function keepIn(save) {
  return async (event) => {
    event.preventDefault();
    try {
      await save();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refuseIn(event.target, error.message);
    }
  };
}
