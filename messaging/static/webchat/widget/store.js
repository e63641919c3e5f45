/** What outlives a reload: the visitor's token, words not yet taken in, the draft. */
class Store {
  constructor(channel) {
    this.key = `deskbell:${channel}`;
    this.memory = null;
  }

  read() {
    const empty = { token: "", pending: [], draft: "", open: false, seen: 0 };
    try {
      return { ...empty, ...JSON.parse(localStorage.getItem(this.key) || "{}") };
    } catch {
      return { ...empty, ...this.memory };
    }
  }

  /** Read, change and write in one go, so that two tabs never undo each other's changes. */
  change(changes) {
    const state = this.read();
    Object.assign(state, typeof changes === "function" ? changes(state) : changes);
    this.memory = state;
    try {
      localStorage.setItem(this.key, JSON.stringify(state));
    } catch {
      // Storage is full or forbidden: the page itself still remembers.
    }
    return state;
  }

  addPending(item) {
    this.change((state) => ({ pending: [...state.pending, item] }));
  }

  updatePending(key, changes) {
    this.change((state) => ({
      pending: state.pending.map((item) => (item.client_key === key ? { ...item, ...changes } : item)),
    }));
  }

  removePending(keys) {
    this.change((state) => ({
      pending: state.pending.filter((item) => !keys.includes(item.client_key)),
    }));
  }
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
