import { answers } from './answers.js';
import { formatDuration } from './format.js';
import { ask, change, RefusedError } from './guide-api.js';
import { ResultView } from './result-view.js';

const STORM = 50;

/** The path of each query, made of what its form holds. */
const paths = {
  near: (fields) => `cities/near?${new URLSearchParams(fields)}`,
  search: (fields) => `cities?${new URLSearchParams(fields)}`,
  summary: ({ code }) => `countries/${encodeURIComponent(code)}/summary`,
  city: ({ id }) => `cities/${encodeURIComponent(id)}`,
};

/** One query: its form, and what came of it. */
export class QueryCard {
  #root;
  #query;
  #form;
  #view;
  #path;

  constructor(root) {
    this.#root = root;
    this.#query = root.dataset.query;
    this.#form = root.querySelector('form');
    this.#view = new ResultView(root);
  }

  /** @param onAnswered called after whatever the user has asked for */
  listen(onAnswered) {
    const on = (target, type, work) =>
      target?.addEventListener(type, async (event) => {
        event.preventDefault();
        await this.#run(work);
        onAnswered();
      });
    const update = this.#root.querySelector('.update');
    on(this.#form, 'submit', () => this.#ask());
    on(this.#root.querySelector('.storm'), 'click', () => this.#storm());
    on(update, 'submit', () => this.#update(new FormData(update).get('population')));
  }

  /** Asks; and asks once more when the database answered, to show what the cache now does. */
  async #ask() {
    const path = paths[this.#query](this.#fields());
    if (path !== this.#path) this.#view.reset();
    this.#path = path;
    const { answeredBy } = await this.#show(path);
    if (answeredBy === 'database' || answeredBy === 'shared') await this.#show(path);
  }

  async #show(path) {
    const answer = await ask(path);
    this.#view.show(answer, answers[this.#query](answer.body));
    return answer;
  }

  /** Many questions for a place that nobody has asked for: one query answers them all. */
  async #storm() {
    const fields = {
      ...this.#fields(),
      lat: (Math.random() * 120 - 60).toFixed(3),
      lon: (Math.random() * 360 - 180).toFixed(3),
    };
    this.#form.elements.lat.value = fields.lat;
    this.#form.elements.lon.value = fields.lon;
    const path = paths.near(fields);
    this.#view.reset();
    this.#path = path;
    const all = await Promise.all(Array.from({ length: STORM }, () => ask(path)));
    for (const answer of all) this.#view.show(answer, answers.near(answer.body));
    const queries = all.filter(({ answeredBy }) => answeredBy === 'database').length;
    const slowest = Math.max(...all.map(({ duration }) => duration));
    const queriesRun = queries === 1 ? '1 query' : `${queries} queries`;
    this.#view.say(
      `${STORM} requests, ${queriesRun}; the slowest answer took ${formatDuration(slowest)}.`,
    );
  }

  async #update(text) {
    const path = paths.city(this.#fields());
    const population = /^\d+$/.test(text.trim()) ? Number(text) : text;
    const { body } = await change(path, { population });
    this.#view.reset();
    await this.#ask();
    this.#view.say(`${body.name} has changed, and all that depends on it was evicted.`);
  }

  async #run(work) {
    const root = this.#root;
    const buttons = root.querySelectorAll('button');
    for (const button of buttons) button.disabled = true;
    root.setAttribute('aria-busy', 'true');
    try {
      await work();
    } catch (error) {
      const reason = error instanceof RefusedError ? error.message : 'The server does not answer';
      this.#view.say(`${reason}.`, true);
    } finally {
      root.removeAttribute('aria-busy');
      for (const button of buttons) button.disabled = false;
    }
  }

  #fields() {
    const filled = [...new FormData(this.#form)].filter(([, value]) => value.trim() !== '');
    return Object.fromEntries(filled);
  }
}
