// Writes <time data-time> in the reader's zone and language.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const language = document.documentElement.lang || undefined;
const zoned = (options) => new Intl.DateTimeFormat(navigator.language || language, options);
const clock = zoned({ hour: "2-digit", minute: "2-digit" });
const shortDate = zoned({ day: "numeric", month: "short" });
const longDate = zoned({ day: "numeric", month: "short", year: "numeric" });
const weekday = zoned({ weekday: "long", day: "numeric", month: "long" });
const full = zoned({ dateStyle: "medium", timeStyle: "short" });

function span(milliseconds) {
  if (milliseconds < MINUTE) return "now";
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  return `${Math.floor(milliseconds / HOUR)} h`;
}

function date(at, now) {
  return at.getFullYear() === now.getFullYear() ? shortDate.format(at) : longDate.format(at);
}

export function words(at, style, now = new Date()) {
  const age = now - at;
  if (style === "clock") return clock.format(at);
  if (style === "full") return full.format(at);
  if (style === "date") return date(at, now);
  if (style === "wait") return age < DAY ? span(Math.max(age, MINUTE)) : `${Math.floor(age / DAY)} d`;
  return age < DAY ? span(age) : date(at, now);
}

export function dayName(at, now = new Date()) {
  const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(now) - midnight(at)) / DAY);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return days < 300 ? weekday.format(at) : longDate.format(at);
}

export function writeTimes(root = document) {
  for (const element of root.querySelectorAll("time[data-time]")) {
    const at = new Date(element.dateTime);
    const text = words(at, element.dataset.time);
    if (element.textContent !== text) element.textContent = text;
    if (element.dataset.time !== "full") element.title = full.format(at);
  }
}
