// What the counter's screen lets be heard: a chime without a file, and the browser's own voices.
// A browser allows sound only after somebody has touched the page; until then a bar asks for it.
"use strict";

window.counterSound = (() => {
  const VOICE_KEY = "counter-voice";
  const LANGUAGES = {
    mandarin: ["zh-cn", "cmn", "zh-hans", "zh-tw", "zh-sg"],
    cantonese: ["zh-hk", "yue", "zh-yue", "zh-mo"],
    english: ["en"],
  };
  const NOTES = [[880, 0], [1174.7, 0.16], [1568, 0.32]]; // hertz, seconds

  const audio = window.AudioContext ? new AudioContext() : null;
  const speech = window.speechSynthesis;
  const bar = document.querySelector("[data-sound-bar]");
  const choice = document.querySelector("[data-voice]");
  const noVoice = document.querySelector("[data-no-voice]");

  const isOn = () => audio !== null && audio.state === "running";

  function chime() {
    if (!isOn()) return;
    for (const [pitch, after] of NOTES) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const start = audio.currentTime + after;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.45);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.5);
    }
  }

  const languageOf = (voice) => voice.lang.toLowerCase().replace("_", "-");

  function voiceOf(language) {
    const voices = speech ? speech.getVoices() : [];
    for (const wanted of LANGUAGES[language] || []) {
      const found = voices.find((voice) => languageOf(voice).startsWith(wanted));
      if (found) return found;
    }
    return null;
  }

  // `words` holds the sentence per language, as the payment's row carries it: sayEnglish, ...
  function say(words) {
    const language = choice.value;
    const voice = isOn() ? voiceOf(language) : null;
    if (!voice) return;
    const text = words[`say${language[0].toUpperCase()}${language.slice(1)}`];
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    speech.speak(utterance);
  }

  function showState() {
    bar.hidden = audio === null || isOn();
    noVoice.hidden = choice.value === "" || voiceOf(choice.value) !== null;
  }

  async function allow() {
    if (audio === null || isOn()) return;
    await audio.resume();
    // Some browsers let a voice speak later only if it was asked for under a finger once.
    if (speech) speech.speak(new SpeechSynthesisUtterance(""));
    showState();
  }

  function keepVoice() {
    try {
      localStorage.setItem(VOICE_KEY, choice.value);
    } catch (refused) {
      console.warn("The chosen voice is not kept.", refused); // storage is closed to this page
    }
    showState();
  }

  function recallVoice() {
    try {
      choice.value = localStorage.getItem(VOICE_KEY) || "";
    } catch (refused) {
      console.warn("No chosen voice is known.", refused);
    }
  }

  recallVoice();
  showState();
  choice.addEventListener("change", keepVoice);
  bar.addEventListener("click", async () => { await allow(); chime(); });
  document.addEventListener("pointerdown", allow);
  document.addEventListener("keydown", allow);
  if (audio) audio.addEventListener("statechange", showState);
  if (speech) speech.addEventListener("voiceschanged", showState);
  document.querySelector("[data-settings]").hidden = false;
  document.querySelector("[data-try]").addEventListener("click", async () => {
    await allow();
    chime();
    const newest = document.querySelector("[data-payment]");
    if (newest) say(newest.dataset);
  });

  return { chime, isOn, say };
})();
