// The counter's screen: looks for payments, says how it stands, and stays on. Without it the page
// reloads itself. What it hears of is announced by counter_announce.js.
"use strict";

// ---- How the screen stands --------------------------------------------------------------------
const counterDot = ((dot) => {
  const LATE = 4e3; // milliseconds without an answer
  const OFF = 12e3;
  const word = dot.querySelector("[data-live-word]");
  let answeredAt = null;
  let failures = 0;

  function standing() {
    if (answeredAt === null && failures === 0) return "wait";
    const silence = answeredAt === null ? Infinity : performance.now() - answeredAt;
    if (!navigator.onLine || silence > OFF) return "off";
    return silence > LATE || failures > 1 ? "late" : "on";
  }

  function show() {
    const now = standing();
    if (dot.dataset.live === now && word.textContent) return;
    dot.dataset.live = now;
    word.textContent = word.dataset[now];
  }

  function answered() { answeredAt = performance.now(); failures = 0; show(); }
  function failed() { failures += 1; show(); }

  word.textContent = "";
  show();
  setInterval(show, 500);
  window.addEventListener("offline", show);
  return { answered, failed };
})(document.querySelector("[data-live]"));

// ---- Looking ----------------------------------------------------------------------------------
((till) => {
  const EVERY = 700; // milliseconds from one look to the next, hidden: 1000
  const GIVES_UP = 4e3;
  const form = document.querySelector("[data-expect]");
  let query = till.dataset.query;
  let etag = till.dataset.etag; // of what the page already shows: many screens may start at once
  let timer = 0;
  let asking = null;

  const rowsOf = (part) => [...part.querySelectorAll("[data-payment]")].map((row) => ({ ...row.dataset }));

  async function look() {
    const sent = query;
    const startedAt = performance.now();
    const mine = new AbortController();
    const limit = setTimeout(() => mine.abort(), GIVES_UP);
    asking = mine;
    try {
      const response = await fetch(`${till.dataset.feed}?${sent}`, {
        headers: etag ? { "If-None-Match": etag } : {},
        cache: "no-store", redirect: "manual", signal: mine.signal,
      });
      const text = response.ok ? await response.text() : "";
      if (asking !== mine) return; // another amount was typed meanwhile
      if (response.type === "opaqueredirect" || [401, 403, 404, 410].includes(response.status)) {
        location.reload(); // signed out, or disconnected by a manager: the page says so
        return;
      }
      take(response, text, sent);
    } catch (unreached) {
      if (asking !== mine) return;
      counterDot.failed();
    } finally {
      clearTimeout(limit);
    }
    const every = document.visibilityState === "visible" ? EVERY : 1000;
    timer = setTimeout(look, Math.max(50, every - (performance.now() - startedAt)));
  }

  function take(response, text, sent) {
    if (!response.ok && response.status !== 304) return counterDot.failed();
    counterDot.answered();
    if (response.ok) {
      etag = response.headers.get("ETag") || "";
      show(new DOMParser().parseFromString(text, "text/html").getElementById("feed"), sent);
    }
    counterAnnouncer.consider(rowsOf(document.getElementById("feed")));
    counterAnnouncer.noteLooked();
  }

  function show(feed, sent) {
    const before = new Set(rowsOf(document).map((row) => row.payment));
    for (const part of feed.querySelectorAll("[data-part]")) {
      const shown = document.querySelector(`#feed [data-part="${part.dataset.part}"]`);
      if (shown.innerHTML === part.innerHTML) continue;
      for (const row of part.querySelectorAll("[data-payment]")) {
        row.classList.toggle("new", !before.has(row.dataset.payment));
      }
      shown.replaceChildren(...part.childNodes);
    }
    if (feed.dataset.query && feed.dataset.query !== sent) adopt(feed.dataset.query);
  }

  // The portal has said from when on it looks, or what it compared with: the same stays compared.
  function adopt(answered) {
    if (new URLSearchParams(query).get("since") === null) form.elements.expect.value = "";
    query = answered;
    etag = "";
    history.replaceState(null, "", `${till.dataset.screen}?${query}`);
  }

  function lookNow() {
    if (asking) { const last = asking; asking = null; last.abort(); }
    clearTimeout(timer);
    look();
  }

  function ask(wanted) {
    query = wanted;
    etag = "";
    history.replaceState(null, "", wanted ? `${till.dataset.screen}?${wanted}` : till.dataset.screen);
    lookNow();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(new URLSearchParams(new FormData(form)).toString());
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-go]");
    if (!link) return;
    event.preventDefault();
    ask(new URL(link.href).search.slice(1));
    form.elements.expect.focus();
  });

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") lookNow();
  });
  window.addEventListener("online", lookNow);
  window.addEventListener("pageshow", (event) => { if (event.persisted) lookNow(); });
  counterAnnouncer.begin(rowsOf(document)).finally(look);
})(document.querySelector("[data-till]"));

// ---- The screen stays on ----------------------------------------------------------------------
(() => {
  const cannot = document.querySelector("[data-no-lock]");

  async function stayOn() {
    if (document.visibilityState !== "visible") return;
    try {
      await navigator.wakeLock.request("screen");
      cannot.hidden = true;
    } catch (refused) {
      cannot.hidden = false; // an old browser, a page without https, a battery that runs low
    }
  }

  document.addEventListener("visibilitychange", stayOn);
  stayOn();
})();
