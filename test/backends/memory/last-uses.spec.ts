import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { LastUses } from '../../../lib/backends/memory/last-uses.js';

/** The same, in the plainest way: the indices in the order of their last uses. */
class Order {
  readonly indices = new Set<number>();

  use(index: number): void {
    this.indices.delete(index);
    this.indices.add(index);
  }
}

describe('LastUses', () => {
  it('has no oldest where there is no member', () => {
    const uses = new LastUses();
    expect(uses.oldest()).toBeUndefined();
    uses.leave(uses.join());
    expect(uses.oldest()).toBeUndefined();
  });

  it.each([3, 50, 4_000])('tells exactly who was not used for longest, of %d at first', (count) => {
    const act = fc.record({ kind: fc.constantFrom('use', 'join', 'drop', 'leave'), at: fc.nat() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 300 }), (acts) => {
        const uses = new LastUses();
        const order = new Order();
        for (let i = 0; i < count; i++) order.use(uses.join());
        for (const { kind, at } of acts) {
          const [oldest] = order.indices;
          expect(uses.oldest()).toBe(oldest);
          const index = kind === 'drop' ? oldest : [...order.indices][at % order.indices.size];
          if (kind === 'join' || index === undefined) order.use(uses.join());
          else if (kind === 'use') {
            uses.use(index);
            order.use(index);
          } else {
            uses.leave(index);
            order.indices.delete(index);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it('tells them all in their order, where there are many and each is used again', () => {
    const uses = new LastUses();
    const members = Array.from({ length: 10_000 }, () => uses.join());
    const used = members.toSorted(
      (one, other) => ((one * 7_919) % 10_007) - ((other * 7_919) % 10_007),
    );
    for (const index of used) uses.use(index);
    const told = members.map(() => {
      const oldest = uses.oldest();
      if (oldest !== undefined) uses.leave(oldest);
      return oldest;
    });
    expect(told).toEqual(used);
  });
});
