// Which chat is open. The address names it; the thread carries it.
export const thread = () => document.getElementById("thread");
export const openId = () => thread()?.dataset.chat;
export const openTurn = () => document.querySelector('#turns > [data-state="pending"], #turns > [data-state="streaming"]');
export const hasTurns = () => document.querySelector("#turns > .turn") !== null;
export const readsRight = () => getComputedStyle(document.documentElement).direction === "rtl";
