import { KEYS, keys, loadObject } from '../data/objects.mjs';
import { openPeer } from '../peers/all.mjs';

/** How many keys a peer is filled with at once. */
const AT_ONCE = 100;

/**
 * A peer at a level which holds what its loader answers for all `names`, and which fails a round in which it
 * loaded anything again.
 */
export async function filledPeer(peerName, level, context, options = {}) {
  const { names = keys, load = loadObject, maxItems = 2 * KEYS, ...further } = options;
  let loads = 0;
  const counted = (argument) => {
    loads += 1;
    return load(argument);
  };
  const peer = await openPeer(peerName, level, { ...context, ...further, maxItems, load: counted });
  const fill = async () => {
    for (let start = 0; start < names.length; start += AT_ONCE) {
      await Promise.all(names.slice(start, start + AT_ONCE).map((name) => peer.getOrSet(name)));
    }
  };
  await fill();
  // What a coherent cache loads while a busy machine keeps it from being verified has to be loaded again.
  if (peer.assertVerified) await fill();
  const filledBy = loads;
  return {
    ...peer,
    figures() {
      peer.assertVerified?.();
      if (loads !== filledBy) throw new Error(`${loads - filledBy} loads where all should hit`);
    },
  };
}
