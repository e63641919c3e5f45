// What is done to whole chats and to folders: rename, move, export, delete and take that back.
import { ask, formToken } from "../inbox/server.js";
import { act, change, create, remove } from "./api.js";
import { askFolder, askName } from "./dialogs.js";
import { guarded } from "./guard.js";
import { hintList, refreshList } from "./list.js";
import { openMenu } from "./menus.js";
import { openId } from "./open.js";
import { say } from "./say.js";
import { refreshThread } from "./thread.js";

const NEW = "+";

export async function changed(id) {
  await refreshList();
  if (id === openId()) await refreshThread();
}

export const move = guarded(async (id, folder, name) => {
  await change(`chats/${id}/`, { folder: folder || null });
  await changed(id);
  say(folder ? `Moved to ${name}` : "Moved out of its folder");
});

function folders() {
  const known = [...document.querySelectorAll("#set-folder option")].map((one) => ({ id: one.value, name: one.textContent }));
  const listed = [...document.querySelectorAll("#rows .folder")].map((one) => ({ id: one.dataset.drop, name: one.dataset.name }));
  return listed.length ? listed : known.filter((one) => one.id);
}

export function newFolder(then = () => {}) {
  askName({
    title: "New folder",
    label: "Name",
    maxLength: 80,
    save: async (name) => {
      const made = await create("folders/", { name });
      refreshList();
      then(made);
    },
  });
}

function chooseFolder({ id, folder }) {
  const known = folders();
  const choices = [{ id: "", name: "No folder", sign: "chats" }, ...known, { id: NEW, name: "New folder", sign: "folder-plus" }];
  askFolder({
    folders: choices,
    current: folder,
    choose: (wanted) => {
      if (wanted === NEW) newFolder((made) => move(id, made.id, made.name));
      else if (wanted !== folder) move(id, wanted, known.find((one) => one.id === wanted)?.name);
    },
  });
}

function rename({ id, title }) {
  askName({
    title: "Rename this chat",
    label: "Title",
    value: title,
    maxLength: 255,
    save: async (name) => {
      await change(`chats/${id}/`, { title: name });
      changed(id);
    },
  });
}

const restore = guarded(async (id, wasOpen) => {
  await act(id, "restore");
  await refreshList();
  if (wasOpen) openChat(id);
});

function openChat(id) {
  htmx.ajax("GET", id ? `/chat/${id}/` : "/chat/?list", { target: "#open" });
  history.pushState({}, "", id ? `/chat/${id}/` : "/chat/?list");
}

const removeChat = guarded(async ({ id, title }) => {
  await ask(`/chat/${id}/delete/`, { method: "POST", headers: { "X-CSRFToken": formToken() } });
  const wasOpen = id === openId();
  if (wasOpen) openChat("");
  hintList();
  say(`Deleted "${title}"`, () => restore(id, wasOpen));
});

function chatMenu(button) {
  const data = (button.closest(".chat-row") ?? button).dataset;
  const chat = { id: button.dataset.chatMenu, title: data.title, folder: data.folder };
  const base = `/api/ai/chats/${chat.id}/export/?as=`;
  openMenu(button, `Actions for ${chat.title}`, [
    { label: "Rename", icon: "pencil", run: () => rename(chat) },
    { label: "Move to a folder", icon: "folder", run: () => chooseFolder(chat) },
    { heading: "Export" },
    { label: "Markdown", icon: "file", href: `${base}md` },
    { label: "JSON", icon: "code", href: `${base}json` },
    { label: "Print or PDF", icon: "print", href: `/chat/${chat.id}/print/` },
    { line: true },
    { label: "Delete", icon: "trash", danger: true, run: () => removeChat(chat) },
  ]);
}

const removeFolder = guarded(async (id, name) => {
  await remove(`folders/${id}/`);
  await refreshList();
  await refreshThread();
  say(`Deleted the folder ${name}. Its chats stand under Chats.`);
});

function folderMenu(button) {
  const id = button.dataset.folderMenu;
  const { name } = button.closest(".folder").dataset;
  const save = async (wanted) => {
    await change(`folders/${id}/`, { name: wanted });
    changed(openId());
  };
  openMenu(button, `Actions for folder ${name}`, [
    { label: "New chat here", icon: "plus", href: `/chat/new/?folder=${id}` },
    { label: "Rename", icon: "pencil", run: () => askName({ title: "Rename this folder", label: "Name", value: name, maxLength: 80, save }) },
    { label: "Delete the folder", icon: "trash", danger: true, run: () => removeFolder(id, name) },
  ]);
}

export function startChats() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.chatMenu) chatMenu(button);
    if (button.dataset.folderMenu) folderMenu(button);
    if ("newFolder" in button.dataset) newFolder();
  });
}
