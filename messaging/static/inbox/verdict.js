// Thumbs under an AI message: whether it was right. Pressed again, a thumb takes that back.
import { post, Refused } from "./server.js";
import { refreshThread } from "./thread.js";

async function judge(button, say) {
  const pressed = button.getAttribute("aria-pressed") === "true";
  const right = pressed ? null : button.dataset.right === "true";
  try {
    await post(`/api/v1/messages/${button.dataset.verdict}/verdict/`, { right });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message);
  }
  const hadFocus = document.activeElement === button;
  await refreshThread();
  // The message was drawn anew, and its buttons with it.
  if (hadFocus || document.activeElement === document.body) document.getElementById(button.id)?.focus();
}

export function startVerdict(say) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-verdict]");
    if (button) judge(button, say);
  });
}
