// The payments list by hand and by keyboard. Without it every row is a link and every filter a form.
"use strict";

// A side panel needs this much room; on less a row leads to its page.
const wideEnough = window.matchMedia("(min-width: 64rem)");
const panel = document.getElementById("panel");
const panelSaid = document.getElementById("panel-said");

const rowLinks = () => [...document.querySelectorAll(".payments .row-link")];
const isTyping = (target) => target.matches("input, select, textarea, [contenteditable]");

// ---- The dot: live while the portal answers, offline as soon as it does not --------------------

const live = document.querySelector("[data-list-live]");
if (live) {
  const word = live.lastElementChild;
  const show = (isOn) => {
    live.classList.toggle("is-on", isOn);
    live.classList.toggle("is-off", !isOn);
    const said = isOn ? live.dataset.on : live.dataset.off;
    if (word.textContent !== said) word.textContent = said; // it is read aloud when it changes
  };
  word.textContent = live.dataset.wait;
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.target.id === "payments") show(event.detail.successful);
  });
  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => show(false));
  }
  window.addEventListener("offline", () => show(false));
}

// ---- The side panel ------------------------------------------------------------------------

let openedBy = "";

function markOpened() {
  for (const link of rowLinks()) {
    const isOpened = link.id === openedBy;
    link.closest("tr").classList.toggle("opened", isOpened);
    if (isOpened) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function openPanel(link) {
  openedBy = link.id;
  markOpened();
  window.htmx.ajax("GET", link.dataset.panel, { target: panel, swap: "innerHTML" });
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== panel) return;
  panel.hidden = false;
  const heading = panel.querySelector("[data-panel-heading]");
  panelSaid.textContent = `${panelSaid.dataset.opened} ${heading ? heading.textContent : ""}`;
});

// Where there is no panel to be had, its page may say why.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    const link = document.getElementById(openedBy);
    if (link && event.detail.target === panel) window.location.assign(link.href);
  });
}

function closePanel() {
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  panel.replaceChildren();
  panelSaid.textContent = panelSaid.dataset.closed;
  const link = document.getElementById(openedBy);
  openedBy = "";
  markOpened();
  link?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-panel-close]")) closePanel();
  const link = event.target.closest("a[data-panel]");
  const wantsPage = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!link || !panel || wantsPage || !wideEnough.matches) return;
  event.preventDefault();
  link.focus({ preventScroll: true });
  openPanel(link);
});

// New rows came: the opened one keeps its mark.
document.addEventListener("htmx:afterSettle", markOpened);

// ---- Keys: j and k walk, Enter opens (a link does), Escape closes -----------------------------

function walk(step) {
  const links = rowLinks();
  if (!links.length) return;
  const here = links.indexOf(document.activeElement);
  const at = here < 0 ? (step > 0 ? 0 : links.length - 1) : here + step;
  const link = links[Math.min(links.length - 1, Math.max(0, at))];
  link.focus();
  link.closest("tr").scrollIntoView({ block: "nearest" });
  if (panel && !panel.hidden && link.id !== openedBy) openPanel(link);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") closePanel();
  if (isTyping(event.target) || isScanning()) return;
  if (event.key === "j") walk(1);
  if (event.key === "k") walk(-1);
});

// ---- A hand scanner types a number and Enter, faster than anybody, wherever the focus is -------

const BETWEEN_KEYS_MS = 60;
const SHORTEST_SCAN = 8;
let scanned = "";
let lastKeyAt = 0;

const isScanning = () => scanned.length > 2;

document.addEventListener(
  "keydown",
  (event) => {
    const box = document.querySelector("[data-search]");
    if (!box || isTyping(event.target) || event.repeat) return;
    const isFast = event.timeStamp - lastKeyAt < BETWEEN_KEYS_MS;
    lastKeyAt = event.timeStamp;
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      scanned = (isFast ? scanned : "") + event.key;
    } else if (event.key === "Enter" && isFast && scanned.trim().length >= SHORTEST_SCAN) {
      event.preventDefault();
      event.stopPropagation();
      box.value = scanned.trim();
      scanned = "";
      box.form.requestSubmit();
    } else if (event.key !== "Shift") {
      scanned = "";
    }
  },
  true,
);

// ---- The filter ---------------------------------------------------------------------------------

// What is empty stays out of the address.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.filters")) return;
  for (const field of event.target.elements) {
    if (field.name && !field.value) field.disabled = true;
  }
});
// And is there again when one comes back to the page.
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form.filters :disabled")) field.disabled = false;
});

// Named days and instants exclude each other: the one chosen last counts.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form.filters");
  if (!form || !event.target.value) return;
  const { name } = event.target;
  const others = { days: ["since", "until"], since: ["days"], until: ["days"] }[name] || [];
  for (const other of others) form.elements[other].value = "";
});

// ---- Numbers: shown whole and copied with one press ------------------------------------------------

document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches("details.number") || !event.target.open) return;
    for (const other of document.querySelectorAll("details.number[open]")) {
      if (other !== event.target) other.open = false;
    }
    const whole = event.target.querySelector(".number-whole");
    navigator.clipboard?.writeText(whole.textContent).then(
      () => whole.classList.add("copied"),
      () => {}, // not allowed to: the number is on the screen and can be marked
    );
  },
  true,
);

// A menu that was opened closes when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
