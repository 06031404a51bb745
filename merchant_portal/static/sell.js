// Taking a payment: sent once, however often the return key comes; the scan field is always ready.
"use strict";

// A form that is on its way is not sent again by a second press.
for (const form of document.querySelectorAll("[data-once], [data-scan]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.matches("[data-scan]") && !event.submitter?.matches("[data-change]") && !form.elements.code.value) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
}
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what was sent from here stands elsewhere now
});

((form) => {
  if (!form) return;
  const field = form.querySelector("[data-scan-field]");
  const status = form.querySelector("[data-scan-status]");
  const button = form.querySelector("[data-scan-camera]");
  const video = form.querySelector("[data-scan-video]");
  const EVERY = 150; // milliseconds between two looks at the camera's picture
  let stream = null;

  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.submitter?.matches("[data-change]")) return;
    status.textContent = status.dataset.sending;
    stopCamera();
    // The form has been read by then: the code stands nowhere any more.
    setTimeout(() => { field.value = ""; field.readOnly = true; }, 0);
  });

  // A hand scanner types wherever it is pointed: all of it goes into the field.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && ["j", "J"].includes(event.key)) event.preventDefault(); // a scanner's line feed
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (event.target !== field && /^[0-9]$/.test(event.key)) field.focus();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") field.focus();
    else field.value = "";
  });
  field.focus();

  async function startCamera() {
    try {
      const detector = new BarcodeDetector({ formats: ["qr_code", "code_128"] });
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      look(detector);
    } catch (refused) {
      stopCamera();
      status.textContent = status.dataset.noCamera;
    }
  }

  async function look(detector) {
    if (!stream) return;
    const seen = await detector.detect(video).catch(() => []);
    const code = seen.map((each) => each.rawValue).find((text) => /^[0-9]{16,32}$/.test(text));
    if (!code) { setTimeout(() => look(detector), EVERY); return; }
    stopCamera();
    field.value = code;
    form.requestSubmit(form.querySelector('[name="way"]')); // as the return key does
  }

  function stopCamera() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    video.hidden = true;
  }

  if ("BarcodeDetector" in window && navigator.mediaDevices) {
    button.hidden = false;
    button.addEventListener("click", startCamera);
  }
  window.addEventListener("pagehide", stopCamera);
})(document.querySelector("[data-scan]"));
