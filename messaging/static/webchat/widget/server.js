/** An answer other than 2xx; status 0 when none came. */
class Refused extends Error {
  constructor(status, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether the same words may be taken in later. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** The three requests of a visitor. `root` is the folder that widget.js came from. */
class Server {
  constructor(root, store) {
    this.root = root;
    this.store = store;
  }

  /** Makes a visitor unless there is one; asked twice at once, it makes one. */
  visitor() {
    if (this.store.read().token) return null;
    this.arriving ||= this.arrive().finally(() => (this.arriving = null));
    return this.arriving;
  }

  async arrive() {
    const state = await this.ask("visitors/", { method: "POST", body: "{}" });
    // Another tab may have been quicker.
    this.store.change(({ token }) => ({ token: token || state.token }));
    return state;
  }

  messages(after) {
    return this.asVisitor(`messages/?after=${after}`, {});
  }

  write({ text, client_key, option }) {
    return this.asVisitor("messages/", {
      method: "POST",
      body: JSON.stringify({ text, client_key, option }),
    });
  }

  async asVisitor(path, options) {
    await this.visitor();
    const { token } = this.store.read();
    try {
      return await this.ask(path, { ...options, token });
    } catch (error) {
      if (error.status === 401) {
        this.store.change((state) => (state.token === token ? { token: "", seen: 0 } : {}));
      }
      throw error;
    }
  }

  async ask(path, { method = "GET", body, token }) {
    const headers = {};
    if (body) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = `Bearer ${token}`;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 15_000);
    let answer;
    let content;
    try {
      const url = new URL(path, this.root);
      answer = await fetch(url, { method, body, headers, credentials: "omit", signal: stop.signal });
      content = await answer.json();
    } catch {
      throw new Refused(answer && !answer.ok ? answer.status : 0, "", 0);
    } finally {
      clearTimeout(timer);
    }
    if (answer.ok) return content;
    throw new Refused(answer.status, content.detail || "", Number(answer.headers.get("Retry-After")) || 0);
  }
}
