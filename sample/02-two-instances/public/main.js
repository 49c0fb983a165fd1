import { ask, put, RefusedError } from './api.js';
import { changeText, continuedText, STOPPED_TEXT } from './report-text.js';
import { SystemView } from './system-view.js';

const INTERVAL = 250;

const verdict = document.querySelector('.verdict');
const connection = document.querySelector('.connection');
const stop = document.querySelector('.redis .stop');
const resume = document.querySelector('.redis .continue');

/** Answers to questions that were asked before the last one shown are of no interest any more. */
let asked = 0;
let shown = 0;

const view = new SystemView((name) => {
  void act(async () => changeText(await put(`instances/${name}/change`)));
});

stop.addEventListener('click', () => {
  void act(async () => {
    await put('redis', { paused: true });
    return STOPPED_TEXT;
  });
});

resume.addEventListener('click', () => {
  void act(async () => continuedText((await put('redis', { paused: false })).agreedAfter));
});

/** Does what a button says, and tells what came of it. One at a time. */
async function act(work) {
  if (document.body.ariaBusy === 'true') return;
  const pressed = document.activeElement;
  document.body.ariaBusy = 'true';
  try {
    say(await work());
  } catch (error) {
    say(error instanceof RefusedError ? error.message : 'The launcher does not answer.');
  }
  await refresh();
  document.body.ariaBusy = 'false';
  // The button that was pressed has made room for its opposite, which takes the focus over.
  if (pressed?.hidden) [stop, resume].find((button) => !button.hidden)?.focus();
}

function say(text) {
  verdict.textContent = text;
}

async function refresh() {
  const question = ++asked;
  try {
    const state = await ask('state');
    if (question < shown) return;
    shown = question;
    view.show(state);
    connection.textContent = '';
  } catch {
    connection.textContent = 'The launcher does not answer; this is what was known last.';
  }
}

for (;;) {
  if (!document.hidden) await refresh();
  await new Promise((resolve) => setTimeout(resolve, INTERVAL));
}
