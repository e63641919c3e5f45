const RUN_MS = 5 * 60_000;

/**
 * The rows that a thread shows, in order: `{key, kind, …}`. Pure.
 * Who answers is told where it changes, from who spoke and from who answers now.
 */
function threadRows({ messages, pending, handledBy, typing }) {
  const rows = [{ key: "greeting", kind: "greeting" }];
  let voice = "AI";
  const today = day(new Date());
  let lastDay = today;
  for (const message of messages) {
    const date = new Date(message.created_at);
    if (day(date) !== lastDay) {
      lastDay = day(date);
      rows.push({ key: `day:${lastDay}`, kind: "note", text: lastDay === today ? TEXTS.today : lastDay });
    }
    const turn = turnNote(voice, message.type);
    if (turn) rows.push({ key: `turn:${message.id}`, kind: "note", text: turn });
    if (message.type !== "customer") voice = message.type;
    rows.push({ key: message.id, kind: "message", message, date });
  }
  markRuns(rows);
  markChoices(rows, handledBy === "assistant" && !pending.length);
  const now = nowNote(voice, handledBy, messages.length);
  if (now) rows.push({ key: `now:${handledBy}`, kind: "note", text: now });
  rows.push(...pending.map((item) => ({ key: item.client_key, kind: "pending", item })));
  if (typing) rows.push({ key: "typing", kind: "typing", by: typing });
  return rows;
}

function turnNote(voice, type) {
  if (type === "support" && voice !== "support") return TEXTS.person;
  if (type === "AI" && voice === "support") return TEXTS.assistantAgain;
  return "";
}

function nowNote(voice, handledBy, said) {
  if (!said) return "";
  if (handledBy === "waiting") return TEXTS.waiting;
  if (handledBy === "closed") return TEXTS.closed;
  if (handledBy === "person" && voice !== "support") return TEXTS.person;
  if (handledBy === "assistant" && voice === "support") return TEXTS.assistantAgain;
  return "";
}

/** The last of a run by one speaker carries the time. */
function markRuns(rows) {
  rows.forEach((row, at) => {
    const next = rows[at + 1];
    row.ends =
      row.kind === "message" &&
      !(next?.kind === "message" && next.message.type === row.message.type && next.date - row.date < RUN_MS);
  });
  const own = rows.filter((row) => row.kind === "message" && row.message.type === "customer");
  if (own.length) own.at(-1).latest = true;
}

/** One can choose while an offer is the last that was said, and nobody took over. */
function markChoices(rows, open) {
  const last = rows.findLast(({ kind }) => kind === "message");
  if (last?.message.options.length) last.choosable = open;
}

/** Draws rows into a list and keeps the elements of those that did not change. */
class Thread {
  constructor({ onRemove, onChoose }) {
    Object.assign(this, { onRemove, onChoose });
    this.drawn = new Map();
    this.list = make("div", { class: "rows" });
  }

  draw(rows) {
    const before = this.drawn;
    this.drawn = new Map();
    rows.forEach((row, at) => {
      const looks = JSON.stringify(row);
      const old = before.get(row.key);
      const element = old?.looks === looks ? old.element : this.row(row);
      this.drawn.set(row.key, { looks, element });
      if (old && old.element !== element) old.element.replaceWith(element);
      if (this.list.children[at] !== element) this.list.insertBefore(element, this.list.children[at] || null);
    });
    while (this.list.children.length > rows.length) this.list.lastChild.remove();
  }

  row(row) {
    if (row.kind === "note") return make("p", { class: "note" }, row.text);
    if (row.kind === "greeting") return this.bubble("AI", LOOK.greeting);
    if (row.kind === "typing") return this.typing(row.by);
    if (row.kind === "pending") return this.pending(row.item);
    return this.message(row);
  }

  message({ message, date, ends, latest, choosable }) {
    const sources = message.sources.map((title) => make("span", { class: "source" }, `${TEXTS.source} ${title}`));
    const time = latest ? `${TEXTS.sent} ${clock(date)}` : clock(date);
    const options = message.options.length ? this.options(message, choosable) : null;
    return this.bubble(message.type, message.text, options, ...sources, ends ? make("span", { class: "meta" }, time) : null);
  }

  options(message, choosable) {
    const buttons = message.options.map((option) =>
      make("button", { type: "button", class: "option", dir: "auto", disabled: !choosable, onclick: () => this.onChoose(option) }, option.title),
    );
    return make("div", { class: "options", role: "group", "aria-label": message.text }, ...buttons);
  }

  bubble(type, text, ...below) {
    const speaker = { AI: TEXTS.sayAssistant, support: TEXTS.sayPerson, customer: TEXTS.sayYou }[type];
    const words = make("div", { class: "words", dir: "auto" }, ...linked(text));
    const name = make("span", { class: "unseen" }, `${speaker}: `);
    return make("div", { class: `said ${type}` }, name, words, ...below);
  }

  pending(item) {
    if (!item.problem) return this.bubble("customer", item.text, make("span", { class: "meta" }, item.note || TEXTS.sending));
    const remove = make("button", { type: "button", class: "link", onclick: () => this.onRemove(item) }, TEXTS.remove);
    const problem = make("span", { class: "meta problem" }, `${TEXTS.notSent} ${item.problem} `, remove);
    return this.bubble("customer", item.text, problem);
  }

  typing(by) {
    const dots = make("div", { class: "words dots" }, make("i"), make("i"), make("i"));
    const name = make("span", { class: "unseen" }, TEXTS.typing);
    return make("div", { class: `said ${by === "agent" ? "support" : "AI"}` }, name, dots);
  }
}
