import { CacheView } from './cache-view.js';
import { QueryCard } from './query-card.js';

const cache = new CacheView(document.querySelector('.cache'));
for (const root of document.querySelectorAll('.query')) {
  new QueryCard(root).listen(() => cache.refresh());
}
await cache.refresh();
