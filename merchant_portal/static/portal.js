// The script of every page; each works without it. The counter's screen has its own beside it.
"use strict";

// Copy a number: buttons with data-copy show a tick for a moment.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || !navigator.clipboard) return;
  event.preventDefault();
  navigator.clipboard.writeText(button.dataset.copy).then(() => {
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
  });
});

// A page that is meant for paper has a button for it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Typing into a field with data-chooses makes the choice it belongs to.
document.addEventListener("input", (event) => {
  const choice = document.getElementById(event.target.dataset.chooses || "");
  if (choice) choice.checked = true;
});

// What scrolls and holds nothing to go to is itself reached by Tab, for the arrow keys to scroll it.
function reachScrollers() {
  for (const box of document.querySelectorAll(".table-wrap, .raw")) {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (scrolls && !box.querySelector("a, button, input, select, summary")) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
reachScrollers();
window.addEventListener("resize", reachScrollers);
document.addEventListener("toggle", reachScrollers, true);
document.addEventListener("htmx:afterSettle", reachScrollers);

// "/" goes to the search box, as people expect of a list.
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, select, textarea");
  const box = document.querySelector("[data-search]");
  if (event.key !== "/" || isTyping || !box) return;
  event.preventDefault();
  box.focus();
  box.select();
});
