// The counter's screen announces each payment once per device: through two tabs, a lost connection,
// a reload and a restart of the portal.
"use strict";

// ---- What this device has announced ----------------------------------------------------------
// Not a highest number: a lower one may be committed later. Kept where tabs, reloads and restarts
// see the same; one transaction asks and marks, so of two tabs only one is told "yours".
const counterMemory = (() => {
  const KEPT = 3 * 24 * 3600e3; // milliseconds; the screen shows nothing so old
  const announcedHere = new Map(); // where the browser keeps nothing
  let opened = null;

  function open() {
    opened = opened || new Promise((resolve) => {
      if (!window.indexedDB) { resolve(null); return; }
      const request = indexedDB.open("counter-screen", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("announced");
        request.result.createObjectStore("looked");
      };
      request.onsuccess = () => { forgetOld(request.result); resolve(request.result); };
      request.onerror = () => resolve(null);
    });
    return opened;
  }

  function forgetOld(database) {
    const rows = database.transaction("announced", "readwrite").objectStore("announced");
    rows.openCursor().onsuccess = (event) => {
      const row = event.target.result;
      if (!row) return;
      if (row.value < Date.now() - KEPT) row.delete();
      row.continue();
    };
  }

  // Which of these payments nobody on this device has announced, and when it last looked before.
  async function claim(counter, payments) {
    const database = await open();
    if (database === null) return claimHere(counter, payments);
    return new Promise((resolve) => {
      const change = database.transaction(["announced", "looked"], "readwrite");
      const announced = change.objectStore("announced");
      const looked = change.objectStore("looked");
      const claimed = [];
      let lookedAt;
      looked.get(counter).onsuccess = (event) => {
        lookedAt = event.target.result;
        looked.put(Date.now(), counter);
      };
      for (const payment of payments) {
        announced.get(`${counter}:${payment}`).onsuccess = (event) => {
          if (event.target.result !== undefined) return;
          claimed.push(payment);
          announced.put(Date.now(), `${counter}:${payment}`);
        };
      }
      change.oncomplete = () => resolve({ claimed, lookedAt });
      change.onabort = () => resolve(claimHere(counter, payments)); // the disk is full
    });
  }

  function claimHere(counter, payments) {
    document.querySelector("[data-no-memory]").hidden = false;
    const lookedAt = announcedHere.get(counter);
    const claimed = payments.filter((payment) => !announcedHere.has(payment));
    for (const payment of [counter, ...payments]) announcedHere.set(payment, Date.now());
    return { claimed, lookedAt };
  }

  async function noteLooked(counter) {
    const database = await open();
    if (database === null) announcedHere.set(counter, Date.now());
    else database.transaction("looked", "readwrite").objectStore("looked").put(Date.now(), counter);
  }

  return { claim, noteLooked };
})();

// ---- What is announced, and how ---------------------------------------------------------------
const counterAnnouncer = ((till) => {
  const AWAY = 10e3; // milliseconds without a look, after which payments are listed, not called out
  const LONG_AWAY = 12 * 3600e3; // after which opening the screen is like the first time
  const NOTED_EVERY = 2e3;
  const AT_ONCE = 3; // more than these would be spoken long after they came
  const counter = till.dataset.till;
  const said = document.querySelector("[data-said]");
  const missed = document.querySelector("[data-missed]");
  const missedList = missed.querySelector("[data-missed-list]");
  const met = new Set(); // what this page has put to the device's memory already
  let notedAt = 0;
  let waiting = 0; // turns that have not come yet

  // The tab that can be heard goes first; another takes over if it does not.
  function turn() {
    const isSeen = document.visibilityState === "visible";
    if (window.counterSound.isOn()) return isSeen ? 0 : 250;
    return isSeen ? 500 : 750;
  }

  // What stands there when the page is opened is no news on a device that opens it first.
  function begin(rows) {
    for (const row of rows) met.add(row.payment);
    return announceUnclaimed(rows);
  }

  function consider(rows) {
    const unmet = rows.filter((row) => !met.has(row.payment));
    if (unmet.length === 0) return;
    for (const row of unmet) met.add(row.payment);
    waiting += 1;
    setTimeout(() => announceUnclaimed(unmet).finally(() => { waiting -= 1; }), turn());
  }

  // To be called after each look that was answered. Before a claim it would hide the gap.
  function noteLooked() {
    if (waiting > 0 || performance.now() - notedAt < NOTED_EVERY) return;
    notedAt = performance.now();
    counterMemory.noteLooked(counter);
  }

  async function announceUnclaimed(rows) {
    const { claimed, lookedAt } = await counterMemory.claim(counter, rows.map((row) => row.payment));
    const away = lookedAt === undefined ? Infinity : Date.now() - lookedAt;
    const ours = rows.filter((row) => claimed.includes(row.payment)).reverse(); // oldest first
    if (ours.length === 0 || away > LONG_AWAY) return;
    if (away > AWAY) return list(ours, "Away");
    const late = ours.filter((row) => "late" in row);
    const prompt = ours.filter((row) => !("late" in row));
    if (late.length > 0) list(late, "Late");
    if (prompt.length > AT_ONCE) list(prompt, "Once");
    else prompt.forEach(callOut);
  }

  function callOut(row) {
    log(row);
    window.counterSound.chime();
    window.counterSound.say(row);
  }

  function list(rows, why) {
    for (const row of rows) {
      log(row);
      missedList.append(line(row));
    }
    const number = missedList.children.length;
    const words = (number === 1 && missed.dataset[`one${why}`]) || missed.dataset[`many${why}`];
    missed.querySelector("[data-missed-head]").textContent = words.replace("{n}", number);
    missed.hidden = false;
    missed.scrollIntoView({ block: "nearest" });
    window.counterSound.chime();
  }

  function line(row) {
    const item = document.createElement("li");
    const amount = document.createElement("strong");
    amount.textContent = row.amount;
    item.append(amount, ` ${row.time}`);
    return item;
  }

  function log(row) {
    const item = line(row);
    item.dataset.announced = row.payment;
    said.append(item);
    while (said.children.length > 100) said.firstElementChild.remove();
  }

  missed.querySelector("[data-missed-seen]").addEventListener("click", () => {
    missed.hidden = true;
    missedList.replaceChildren();
  });

  return { begin, consider, noteLooked };
})(document.querySelector("[data-till]"));
