import { element, fromTemplate } from './elements.js';
import { formatDuration, formatNumber } from './format.js';

const NAMES = { database: 'the database', shared: 'the query of another request' };

/** The times of one query's answers, side by side, and the last answer. */
export class ResultView {
  #root = fromTemplate('result');
  #times = new Map();

  constructor(parent) {
    parent.append(this.#root);
  }

  /** Forgets the times: they were those of another question. */
  reset() {
    this.#times.clear();
    this.#showTimes();
  }

  /** Shows an answer, and who gave it. */
  show({ answeredBy, duration, databaseDuration }, content) {
    // What waited for another's query took the database's time.
    const isDatabase = answeredBy === 'database' || answeredBy === 'shared';
    if (databaseDuration !== undefined) this.#times.set('database', { duration: databaseDuration });
    this.#times.set(isDatabase ? 'database' : 'cache', { answeredBy, duration });
    this.#showTimes();
    const faster =
      !isDatabase && databaseDuration > duration
        ? `, ${formatNumber(Math.round(databaseDuration / duration))} times as fast as the database`
        : '';
    this.say(
      `Answered by ${NAMES[answeredBy] ?? answeredBy} in ${formatDuration(duration)}${faster}.`,
    );
    this.#root.dataset.answeredBy = answeredBy;
    this.#root.querySelector('.answer').replaceChildren(content);
  }

  /** Says something that is not an answer. */
  say(text, isProblem = false) {
    const verdict = this.#root.querySelector('.verdict');
    verdict.textContent = text;
    verdict.classList.toggle('problem', isProblem);
  }

  #showTimes() {
    const longest = Math.max(...[...this.#times.values()].map(({ duration }) => duration), 0);
    for (const source of ['database', 'cache']) {
      const time = this.#times.get(source);
      const row = this.#root.querySelector(`[data-source="${source}"]`);
      row.classList.toggle('known', time !== undefined);
      row.querySelector('.duration').textContent = time ? formatDuration(time.duration) : '–';
      row
        .querySelector('.source')
        .replaceChildren(
          source === 'database' ? 'Database' : 'Cache',
          ...(source === 'cache' && time ? [element('small', time.answeredBy)] : []),
        );
      row.querySelector('.bar span').style.width = time
        ? `${Math.max((time.duration / longest) * 100, 0.5)}%`
        : '0';
    }
  }
}
