const TYPING_MS = 6500;
const LONGEST_RETRY_MS = 30_000;

/** Holds what is known of the conversation and keeps the sheet, the store and the server in step. */
class Chat {
  constructor(root) {
    this.store = new Store(LOOK.channel);
    this.server = new Server(root, this.store);
    this.messages = new Map();
    this.cursor = 0;
    this.revision = 0;
    this.handledBy = "assistant";
    this.isOpen = true;
    this.connected = true;
    this.typing = "";
    this.failures = 0;
    this.sheet = new Sheet({
      onOpen: (open) => this.opened(open),
      onSend: (text) => this.send(text),
      onChoose: ({ id, title }) => this.send(title, id),
      onRemove: (item) => this.remove(item),
      onTyping: () => this.feed.typing(),
      onDraft: (draft) => this.store.change({ draft }),
    });
    this.feed = new Feed({
      root,
      channel: LOOK.channel,
      store: this.store,
      refetch: () => this.refetch(),
      onEvent: (event) => this.heard(event),
      onState: () => this.draw(),
    });
  }

  start() {
    const state = this.store.read();
    this.sheet.setDraft(state.draft);
    this.draw();
    if (state.token) this.follow();
    if (state.open && !matchMedia("(max-width: 480px)").matches) this.sheet.open({ focus: false });
    addEventListener("online", () => this.flush());
    addEventListener("storage", (event) => {
      if (event.key === this.store.key) this.draw();
    });
  }

  follow() {
    this.feed.start();
    this.refetch();
    this.flush();
  }

  async opened(open) {
    this.store.change({ open });
    this.feed.setEager(open);
    this.seen();
    if (open && !this.store.read().token) await this.enter();
    this.draw();
  }

  async enter() {
    try {
      const state = await this.server.visitor();
      if (state) this.take(state);
      this.follow();
    } catch (error) {
      this.connected = error.status !== 0;
    }
  }

  send(text, option) {
    this.store.addPending({ client_key: newKey(), text, option, note: "", problem: "" });
    this.draw();
    this.flush();
  }

  remove(item) {
    this.store.removePending([item.client_key]);
    if (!this.sheet.box.value) this.sheet.setDraft(item.text);
    this.draw();
  }

  /** Sends what waits, in order, one at a time; the key makes a repeated send harmless. */
  async flush() {
    if (this.flushing) return;
    this.flushing = true;
    clearTimeout(this.retrying);
    try {
      let item;
      while ((item = this.store.read().pending.find(({ problem }) => !problem))) {
        await this.deliver(item);
      }
    } catch (error) {
      this.retryLater(error);
    } finally {
      this.flushing = false;
      this.draw();
    }
  }

  async deliver(item) {
    try {
      const { message } = await this.server.write(item);
      this.failures = 0;
      this.connected = true;
      this.keep(message);
      this.store.removePending([item.client_key]);
      this.feed.start();
      this.feed.connect();
      this.draw();
    } catch (error) {
      if (error.status === 401 && this.failures < 3) return void (this.failures += 1);
      if (error.passing || error.status === 401) throw error;
      this.store.updatePending(item.client_key, { problem: error.message });
    }
  }

  retryLater(error) {
    this.failures += 1;
    this.connected = error.status !== 0;
    const note = error.status === 429 ? TEXTS.tooFast : TEXTS.unsent;
    for (const item of this.store.read().pending) this.store.updatePending(item.client_key, { note });
    const pause = Math.min(LONGEST_RETRY_MS, 1000 * 2 ** Math.min(this.failures, 5));
    this.retrying = setTimeout(() => this.flush(), Math.max(pause, error.retryAfter * 1000));
  }

  /** Asks for what came after the cursor; a second call while one runs asks once more after it. */
  async refetch() {
    if (!this.store.read().token) return;
    if (this.fetching) return void (this.again = true);
    this.fetching = true;
    try {
      const page = await this.server.messages(this.cursor);
      if (page.cursor < this.cursor) this.forget(); // The conversation was erased meanwhile.
      const moved = page.cursor > this.cursor;
      this.cursor = page.cursor;
      this.connected = true;
      this.take(page);
      if (moved && page.messages.length >= 100) this.again = true;
    } catch (error) {
      if (error.status === 401) this.forget();
      this.connected = error.status !== 0;
      this.draw();
    } finally {
      this.fetching = false;
    }
    if (this.again) {
      this.again = false;
      await this.refetch();
    }
  }

  forget() {
    this.messages.clear();
    this.cursor = this.revision = 0;
  }

  take({ messages = [], conversation, is_open: isOpen }) {
    if (isOpen !== undefined) this.isOpen = isOpen;
    this.learn(conversation);
    this.hold(messages);
  }

  /** News come from several processes and ways, so what is older may come later. */
  learn({ handled_by: handledBy, revision }) {
    if (revision < this.revision) return;
    this.revision = revision;
    this.handledBy = handledBy;
  }

  keep(message) {
    const known = this.messages.get(message.id);
    if (!known || known.revision <= message.revision) this.messages.set(message.id, message);
  }

  heard(event) {
    if (event.type === "agent.typing") return this.showTyping(event.by);
    if (event.type === "conversation.changed") this.learn(event.conversation);
    this.hold(event.message ? [event.message] : []);
  }

  hold(messages) {
    const fresh = messages.filter(({ id, type }) => !this.messages.has(id) && type !== "customer");
    const first = this.messages.size === 0;
    for (const message of messages) this.keep(message);
    const mine = messages.map(({ client_key: key }) => key).filter(Boolean);
    if (mine.length) this.store.removePending(mine);
    if (fresh.length) this.typing = "";
    if (this.sheet.isOpen) this.seen();
    this.draw(first ? "" : fresh.map(spokenForm).join("\n"));
  }

  showTyping(by) {
    if (by === "customer") return;
    this.typing = by;
    clearTimeout(this.typingEnds);
    this.typingEnds = setTimeout(() => {
      this.typing = "";
      this.draw();
    }, TYPING_MS);
    this.draw();
  }

  inOrder() {
    return [...this.messages.values()].sort((one, other) => one.seq - other.seq);
  }

  seen() {
    const last = this.inOrder().at(-1);
    if (last) this.store.change({ seen: last.seq });
  }

  draw(news = "") {
    const { pending, seen } = this.store.read();
    const messages = this.inOrder();
    const unread = messages.filter(({ seq, type }) => type !== "customer" && seq > seen).length;
    const { handledBy, typing, isOpen, connected } = this;
    const rows = threadRows({ messages, pending, handledBy, typing });
    this.sheet.draw({ rows, handledBy, isOpen, connected, unread, news });
  }
}

function spokenForm({ type, text, options }) {
  const words = [text, ...options.map(({ title }) => title)].join(" ");
  return `${type === "AI" ? TEXTS.sayAssistant : TEXTS.sayPerson}: ${words}`;
}

const script = document.currentScript;
const running = Symbol.for("deskbell");
if (!window[running]) {
  window[running] = true;
  const root = new URL(".", script ? script.src : LOOK.script);
  const start = () => new Chat(root).start();
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
}
