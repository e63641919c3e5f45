// The chat: puts list, thread, box, menus and the live line together.
import { startAttach } from "./attach.js";
import { startChats } from "./chats.js";
import { startCode } from "./code.js";
import { startComposer } from "./composer.js";
import { startDialogs } from "./dialogs.js";
import { startDrag } from "./drag.js";
import { startKeys } from "./keys.js";
import { hintList, startList } from "./list.js";
import { startLive } from "./live.js";
import { startMenus } from "./menus.js";
import { openId, openTurn } from "./open.js";
import { startPanel } from "./panel.js";
import { say, startSay } from "./say.js";
import { grow } from "./stream.js";
import { follow, refreshThread, startThread } from "./thread.js";
import { startTurns } from "./turns.js";
import { sentence } from "../inbox/server.js";

function hint(event) {
  if (event.ai_chat_id && event.ai_chat_id !== openId()) return;
  if (event.type === "assistant.delta") {
    if (grow(event)) follow();
    else refreshThread();
    return;
  }
  // Why an answer failed stands with the answer.
  if (event.type === "error" && !event.message_id) say(event.detail);
  if (!/^(message\.created|assistant\.done|chat\.changed|error)$/.test(event.type)) return;
  refreshThread();
  hintList();
}

startSay();
startMenus();
startDialogs();
startPanel();
startList();
startThread();
startComposer();
startTurns();
startChats();
startAttach();
startDrag();
startCode();
startKeys();
startLive({ hint, refetch: refreshThread, isWriting: () => openTurn() !== null });
document.addEventListener("thread:grew", follow);
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (requestConfig.verb === "get") say(sentence(xhr.status, xhr.responseText));
});
document.addEventListener("htmx:sendError", () => say(sentence(0, "")));
