// The browser's own dialogue prints, or saves a PDF.
document.querySelector("[data-print]").addEventListener("click", () => print());
addEventListener("load", () => print());
