const PROTOCOL = "deskbell.widget";
const BEAT_MS = 25_000;
const PONG_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * News of the conversation. The socket brings hints at once; after every gap, and now and then
 * anyway, `refetch` asks for what came after the cursor. Without a socket it asks more often.
 */
class Feed {
  constructor({ root, channel, store, refetch, onEvent, onState }) {
    Object.assign(this, { channel, store, refetch, onEvent, onState });
    this.address = new URL(`../../ws/widget/${channel}/`, root);
    this.address.protocol = root.protocol === "https:" ? "wss:" : "ws:";
    this.failures = 0;
    this.wanted = false;
    this.eager = false;
  }

  start() {
    if (this.wanted) return;
    this.wanted = true;
    this.connect();
    this.poll();
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.hurry();
    });
  }

  /** Somebody looks: ask more often while there is no socket. */
  setEager(eager) {
    this.eager = eager;
    if (eager && this.wanted) this.poll();
  }

  get live() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  hurry() {
    this.failures = 0;
    if (this.live) this.beat();
    else this.connect();
    this.poll();
  }

  connect() {
    clearTimeout(this.reconnecting);
    const { token } = this.store.read();
    const busy = [WebSocket.CONNECTING, WebSocket.OPEN].includes(this.socket?.readyState);
    if (!token || (busy && token === this.token)) return;
    if (busy) this.socket.close();
    this.token = token;
    let socket;
    try {
      socket = new WebSocket(this.address, [PROTOCOL, token]);
    } catch {
      return; // The page's own policy forbids sockets; asking by HTTP goes on.
    }
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onmessage = (message) => this.heard(JSON.parse(message.data));
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  opened() {
    this.failures = 0;
    this.onState(true);
    this.refetch();
    clearInterval(this.beating);
    this.beating = setInterval(() => this.beat(), BEAT_MS);
  }

  beat() {
    if (!this.live) return;
    this.socket.send('{"type":"ping"}');
    clearTimeout(this.listening);
    this.listening = setTimeout(() => this.socket.close(), PONG_MS);
    if (this.eager) this.refetch();
  }

  heard(frame) {
    clearTimeout(this.listening);
    if (frame.type !== "pong") this.onEvent(frame);
  }

  closed(socket, code) {
    if (socket !== this.socket) return;
    clearInterval(this.beating);
    clearTimeout(this.listening);
    if (code === 4404) return;
    this.failures += 1;
    const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** Math.min(this.failures, 5));
    this.reconnecting = setTimeout(() => this.connect(), pause * (0.5 + Math.random() / 2));
    this.poll();
  }

  /** One timer: ask by HTTP while no socket is open. */
  poll() {
    clearTimeout(this.polling);
    this.polling = setTimeout(async () => {
      if (!this.live && !document.hidden) await this.refetch();
      this.poll();
    }, this.eager ? 4000 : 20_000);
  }

  typing() {
    const now = Date.now();
    if (!this.live || now - (this.typedAt || 0) < 3000) return;
    this.typedAt = now;
    this.socket.send('{"type":"typing"}');
  }
}
