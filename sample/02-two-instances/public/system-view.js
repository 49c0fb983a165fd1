import { formatPrice } from './format.js';
import { InstanceView } from './instance-view.js';

/** All that is known of the processes, as often as it is asked for. */
export class SystemView {
  #instances = new Map();
  #shown = 0;
  #onChange;

  /** @param onChange called with the name of the instance whose button is pressed */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  show({ store, redis, instances, happenings }) {
    for (const instance of instances) this.#viewOf(instance.name).show(instance, store.euros);
    part('.store-price').textContent = formatPrice(store.euros);
    part('.redis .pid').textContent = redis.pid;
    part('.redis .port').textContent = redis.port;
    const badge = part('.redis .badge');
    badge.textContent = redis.paused ? 'stopped' : 'running';
    badge.dataset.kind = redis.paused ? 'bad' : 'good';
    part('.redis .stop').hidden = redis.paused;
    part('.redis .continue').hidden = !redis.paused;
    this.#showHappenings(happenings);
  }

  #viewOf(name) {
    const view =
      this.#instances.get(name) ??
      new InstanceView(part('.instances'), name, () => this.#onChange(name));
    this.#instances.set(name, view);
    return view;
  }

  /** Nothing is touched that stands there already, so that it can be read and copied in peace. */
  #showHappenings(happenings) {
    const last = happenings[0]?.id ?? 0;
    if (last === this.#shown) return;
    const list = part('.happenings ol');
    const added = happenings.filter(({ id }) => id > this.#shown || last < this.#shown);
    list.prepend(...added.map(itemOf));
    while (list.children.length > happenings.length) list.lastElementChild.remove();
    this.#shown = last;
  }
}

function itemOf({ at, who, text }) {
  const time = document.createElement('time');
  const date = new Date(at);
  time.dateTime = date.toISOString();
  time.textContent = `${date.toLocaleTimeString('en-GB')}.${String(at % 1000).padStart(3, '0')}`;
  const item = document.createElement('li');
  item.append(time, ` ${who} ${text}`);
  return item;
}

function part(selector) {
  return document.querySelector(selector);
}
