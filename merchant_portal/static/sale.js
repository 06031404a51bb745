// A sale that has no end is not left by accident, and an order's code is gone at its end.
"use strict";

(() => {
  const isOpen = () => document.querySelector("[data-sale-open]") !== null;
  let mayLeave = false;

  window.addEventListener("beforeunload", (event) => {
    if (mayLeave || !isOpen()) return;
    event.preventDefault();
    event.returnValue = "";
  });
  // Cancelling it and looking again are ways on, not ways out.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-leaves]")) mayLeave = true;
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-stays]");
    if (link && link.target !== "_blank") mayLeave = true;
  });
  window.addEventListener("pageshow", (event) => {
    mayLeave = false;
    if (event.persisted) location.reload();
  });
})();

(() => {
  let endsAt = 0;
  let shown = null;

  function countDown() {
    const code = document.querySelector("[data-order-code]");
    if (!code) { shown = null; return; }
    if (code !== shown) {
      shown = code;
      endsAt = performance.now() + Number(code.dataset.seconds) * 1e3;
    }
    const left = Math.ceil((endsAt - performance.now()) / 1e3);
    if (left <= 0) {
      document.querySelector("[data-order-over]").hidden = false;
      code.remove();
      return;
    }
    const word = code.querySelector("[data-count-down]");
    word.hidden = false;
    word.textContent = word.dataset.one.replace("{n}", left);
    code.querySelector("[data-until]").hidden = true;
  }

  countDown();
  setInterval(countDown, 250);
})();
