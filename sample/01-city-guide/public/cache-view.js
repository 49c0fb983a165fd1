import { element, fromTemplate } from './elements.js';
import { formatNumber, formatShare } from './format.js';
import { ask } from './guide-api.js';

const INTERVAL = 1000;

/** What the cache has done, tier by tier, asked for every second while the page is seen. */
export class CacheView {
  #root;
  #tiers = new Map();

  constructor(root) {
    this.#root = root;
    setInterval(() => {
      if (!document.hidden) void this.refresh();
    }, INTERVAL);
  }

  async refresh() {
    const connection = this.#root.querySelector('.connection');
    try {
      const { body } = await ask('cache/stats');
      this.#show(body);
      connection.textContent = '';
    } catch {
      connection.textContent = 'The server does not answer; the figures are the last ones known.';
    }
  }

  #show({ hits, misses, coalesced, loads, loadErrors, tiers }) {
    for (const tier of tiers) this.#showTier(tier);
    this.#root.querySelector('.counts').replaceChildren(
      ...[
        ['Asked', hits + misses + coalesced],
        ['Answered by a tier', hits],
        ['Shared a load', coalesced],
        ['Loads', loads],
        ['Failed loads', loadErrors],
      ].map(([name, value]) => {
        const pair = element('div');
        pair.append(element('dt', name), element('dd', formatNumber(value)));
        return pair;
      }),
    );
  }

  #showTier({ name, hits, misses, promotions, writes, errors, size }) {
    const tier = this.#tierCalled(name);
    const asked = hits + misses;
    const share = asked === 0 ? 0 : hits / asked;
    tier.querySelector('.ratio').textContent = asked === 0 ? 'not asked yet' : formatShare(share);
    const meter = tier.querySelector('.meter');
    meter.setAttribute('aria-valuenow', (share * 100).toFixed(1));
    meter.firstElementChild.style.width = `${share * 100}%`;
    tier.querySelector('.detail').textContent = [
      `${formatNumber(hits)} hits`,
      `${formatNumber(misses)} misses`,
      `${formatNumber(writes)} writes`,
      ...(promotions > 0 ? [`${formatNumber(promotions)} promotions`] : []),
      ...(size === undefined ? [] : [`${formatNumber(size)} entries`]),
      ...(errors > 0 ? [`${formatNumber(errors)} errors`] : []),
    ].join(' · ');
  }

  #tierCalled(name) {
    const known = this.#tiers.get(name);
    if (known !== undefined) return known;
    const tier = fromTemplate('tier');
    tier.dataset.tier = name;
    tier.querySelector('.name').textContent = name;
    tier.querySelector('.meter').setAttribute('aria-label', `Hit ratio of ${name}`);
    this.#root.querySelector('.tiers').append(tier);
    this.#tiers.set(name, tier);
    return tier;
  }
}
