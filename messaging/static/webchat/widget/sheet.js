const MAX_TEXT = 4000;
const NEAR_LIMIT = 3600;
const NEAR_END_PX = 60;

/** The launcher and the sheet: all that is drawn, in a shadow root of its own. */
class Sheet {
  constructor({ onOpen, onSend, onChoose, onRemove, onTyping, onDraft }) {
    Object.assign(this, { onOpen, onSend, onChoose, onTyping, onDraft });
    this.thread = new Thread({ onRemove, onChoose: (option) => this.choose(option) });
    this.host = make("deskbell-chat");
    this.root = this.host.attachShadow({ mode: "open" });
    this.style();
    this.build();
    document.body.append(this.host);
  }

  style() {
    if ("adoptedStyleSheets" in Document.prototype) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.root.adoptedStyleSheets = [sheet];
    } else {
      this.root.append(make("style", {}, STYLE));
    }
    this.host.style.setProperty("--brand", LOOK.colour);
    this.host.style.setProperty("--ink", LOOK.ink);
  }

  build() {
    this.badge = make("span", { class: "badge", hidden: true });
    this.launcher = make(
      "button",
      { type: "button", class: "launcher", "aria-label": TEXTS.launcher, "aria-expanded": "false", onclick: () => this.toggle() },
      icon("chat"),
      this.badge,
    );
    this.status = make("p", { class: "status" });
    const title = make("div", { class: "title" }, make("h2", { id: "name" }, LOOK.name), this.status);
    const close = make("button", { type: "button", class: "close", "aria-label": TEXTS.close, onclick: () => this.close() }, icon("close"));
    this.hours = make("p", { class: "hours", hidden: true });
    this.offline = make("p", { class: "offline", role: "status" });
    this.log = make("div", { class: "log", role: "log", "aria-live": "off", "aria-label": TEXTS.thread, tabindex: "0", onscroll: () => this.scrolled() }, this.thread.list);
    this.pill = make("button", { type: "button", class: "pill", hidden: true, onclick: () => this.toEnd() }, TEXTS.newMessages);
    this.spoken = make("div", { class: "unseen", "aria-live": "polite" });
    this.panel = make(
      "section",
      { class: "sheet", role: "dialog", "aria-labelledby": "name", hidden: true, tabindex: "-1", onkeydown: (event) => this.key(event) },
      make("div", { class: "head" }, title, close),
      this.hours,
      this.log,
      make("div", { class: "above" }, this.pill),
      this.offline,
      this.form(),
      this.spoken,
    );
    this.root.append(this.panel, this.launcher);
    visualViewport?.addEventListener("resize", () => this.fit());
  }

  form() {
    this.box = make("textarea", { rows: "1", "aria-label": TEXTS.placeholder, placeholder: TEXTS.placeholder, enterkeyhint: "send", dir: "auto", oninput: () => this.typed() });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.room = make("span", { class: "room", "aria-live": "polite" });
    this.button = make("button", { class: "send", "aria-label": TEXTS.send, disabled: true }, icon("send"));
    return make("form", { onsubmit: (event) => { event.preventDefault(); this.submit(); } }, this.box, this.room, this.button);
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  open({ focus = true } = {}) {
    this.panel.hidden = false;
    this.launcher.setAttribute("aria-expanded", "true");
    this.host.classList.add("open");
    this.fit();
    this.grow();
    this.toEnd();
    // On a touch screen the keyboard would cover what one opened the chat to read.
    if (focus) (matchMedia("(pointer: fine)").matches ? this.box : this.panel).focus();
    this.onOpen(true);
  }

  close() {
    this.panel.hidden = true;
    this.launcher.setAttribute("aria-expanded", "false");
    this.host.classList.remove("open");
    this.launcher.focus();
    this.onOpen(false);
  }

  key(event) {
    if (event.key === "Escape") this.close();
    event.stopPropagation();
  }

  /** On a phone the sheet ends where the keyboard begins. */
  fit() {
    if (this.isOpen && window.visualViewport) {
      this.host.style.setProperty("--seen", `${visualViewport.height}px`);
      if (this.atEnd) this.toEnd();
    }
  }

  typed() {
    this.grow();
    this.onDraft(this.box.value);
    if (this.box.value.trim()) this.onTyping();
  }

  grow() {
    const used = this.box.value.length;
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 120)}px`;
    this.button.disabled = !this.box.value.trim() || used > MAX_TEXT;
    this.room.textContent = used > NEAR_LIMIT ? TEXTS.room(used, MAX_TEXT) : "";
    this.room.classList.toggle("over", used > MAX_TEXT);
  }

  submit() {
    const text = this.box.value.trim();
    if (!text || text.length > MAX_TEXT) return;
    this.setDraft("");
    this.onDraft("");
    this.onSend(text);
    this.toEnd();
    this.box.focus();
  }

  /** The pressed button can't be pressed again, so the focus goes on to where one writes. */
  choose(option) {
    this.onChoose(option);
    this.toEnd();
    (matchMedia("(pointer: fine)").matches ? this.box : this.log).focus();
  }

  setDraft(text) {
    this.box.value = text;
    this.grow();
  }

  get atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_END_PX;
  }

  scrolled() {
    if (this.atEnd) this.pill.hidden = true;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.pill.hidden = true;
  }

  draw({ rows, handledBy, isOpen, connected, unread, news }) {
    const follow = this.atEnd;
    this.status.textContent = TEXTS[handledBy] || "";
    this.hours.hidden = isOpen;
    this.hours.textContent = handledBy === "assistant" ? TEXTS.closedAssistant : TEXTS.closedPeople;
    this.offline.textContent = connected ? "" : TEXTS.offline;
    this.thread.draw(rows);
    if (follow) this.toEnd();
    else if (news) this.pill.hidden = false;
    this.badge.hidden = !unread || this.isOpen;
    this.badge.textContent = unread > 9 ? "9+" : String(unread);
    this.launcher.setAttribute("aria-label", unread ? `${TEXTS.launcher}, ${TEXTS.unread(unread)}` : TEXTS.launcher);
    if (news) this.spoken.textContent = news;
  }
}
