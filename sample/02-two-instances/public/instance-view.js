import { formatAge, formatDuration, formatNumber, formatPrice } from './format.js';

const SOURCES = {
  memory: 'its memory',
  redis: 'Redis',
  store: 'the store',
  shared: 'the load of another',
};

/** What one instance answers. */
export class InstanceView {
  #root;

  /** @param onChange called when the button is pressed */
  constructor(parent, name, onChange) {
    this.#root = document.getElementById('instance').content.firstElementChild.cloneNode(true);
    this.#root.dataset.instance = name;
    this.#root.ariaLabel = `Instance ${name}`;
    this.#part('h2').textContent = `Instance ${name}`;
    const button = this.#part('.change');
    button.textContent = `Change the price in ${name}`;
    button.addEventListener('click', onChange);
    parent.append(this.#root);
  }

  /** The `state` is `null` when the instance does not answer. */
  show({ pid, state }, storeEuros) {
    this.#part('.pid').textContent = pid;
    if (state === null) {
      this.#showBadge('does not answer', 'bad');
      return;
    }
    const { price, source, duration, verified, lag, pending } = state;
    const isOld = price.euros !== storeEuros;
    this.#showBadge(verified ? 'verified' : 'not verified', verified ? 'good' : 'bad');
    this.#part('.price').textContent = formatPrice(price.euros) + (isOld ? ' (old)' : '');
    this.#root.classList.toggle('old', isOld);
    this.#part('.source').textContent = SOURCES[source];
    this.#part('.duration').textContent = formatDuration(duration);
    this.#part('.age').textContent = formatAge(Date.now() - price.readAt);
    this.#part('.lag').textContent = lagText(lag);
    this.#part('.pending').textContent = formatNumber(pending);
  }

  #showBadge(text, kind) {
    const badge = this.#part('.badge');
    badge.textContent = text;
    badge.dataset.kind = kind;
  }

  #part(selector) {
    return this.#root.querySelector(selector);
  }
}

/** The cache's clock counts whole milliseconds. */
function lagText(lag) {
  if (lag === null) return '–';
  return lag < 1 ? 'less than 1\u00a0ms' : `${formatNumber(lag)}\u00a0ms`;
}
