import { Injectable, type Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  concat,
  defer,
  EMPTY,
  firstValueFrom,
  lastValueFrom,
  Observable,
  of,
  throwError,
  toArray,
} from 'rxjs';
import { InvalidKeyError } from '../../../lib/contract/errors.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

async function provide<T>(type: Type<T>) {
  const app = await apps.start({ imports: [CacheTierModule.forRoot()], providers: [type] });
  return { service: app.get<T>(type), cache: app.get(TieredCache) };
}

/** All that a subscriber is given. */
const all = <T>(answer: Observable<T>): Promise<T[]> => lastValueFrom(answer.pipe(toArray()));

@Injectable()
class FeedService {
  runs = 0;
  subscriptions = 0;

  @Cached()
  latest(id: number): Observable<string> {
    this.runs++;
    return defer(() => {
      this.subscriptions++;
      return of(`${id}: old`, `${id}: new`);
    });
  }

  @Cached({ negativeTtl: '1m' })
  nothing(): Observable<string> {
    this.runs++;
    return EMPTY;
  }

  @Cached()
  failing(): Observable<string> {
    this.runs++;
    return concat(
      of('first'),
      throwError(() => new Error('feed down')),
    );
  }

  @Cached({ key: () => 'thrown' })
  throwing(): Observable<string> {
    throw new Error('no feed');
  }

  @Cached({ when: (id: number) => id > 0 })
  sometimes(id: number): Observable<number> {
    this.runs++;
    return of(id, id + 1);
  }

  @Cached()
  untold(id: number) {
    this.runs++;
    return of(`${id}: old`, `${id}: new`);
  }

  @Cached({ key: () => 'inside' })
  async inside(): Promise<Observable<string>> {
    this.runs++;
    return of('old', 'new');
  }

  @Cached()
  badArgument(_callback: () => void): Observable<string> {
    return of('never');
  }
}

describe('@Cached on a method that answers an Observable', () => {
  it('answers an Observable, of the last value alone, for the first call and for hits', async () => {
    const { service, cache } = await provide(FeedService);

    const first = service.latest(1);
    expect(first).toBeInstanceOf(Observable);
    expect(await all(first)).toEqual(['1: new']);
    expect(await all(service.latest(1))).toEqual(['1: new']);
    expect(service.runs).toBe(1);
    expect(cache.peek('FeedService.latest(1)')).toBe('1: new');
  });

  it('runs nothing until somebody subscribes, and looks again for each subscriber', async () => {
    const { service, cache } = await provide(FeedService);
    const answer = service.latest(1);
    expect(service.runs).toBe(0);

    await all(answer);
    await all(answer);
    expect([service.runs, service.subscriptions]).toEqual([1, 1]);
    await cache.clear();
    await all(answer);
    expect([service.runs, service.subscriptions]).toEqual([2, 2]);
  });

  it('shares one subscription among 20 subscribers at once', async () => {
    const { service } = await provide(FeedService);

    const answers = await Promise.all(Array.from({ length: 20 }, () => all(service.latest(1))));

    expect(new Set(answers.flat())).toEqual(new Set(['1: new']));
    expect([service.runs, service.subscriptions]).toEqual([1, 1]);
  });

  it('goes on for the cache when the subscriber has left', async () => {
    const { service, cache } = await provide(FeedService);

    service.latest(1).subscribe().unsubscribe();

    expect(await cache.getOrCompute('FeedService.latest(1)', () => 'other')).toBe('1: new');
  });

  it('answers undefined where there was no value, and keeps that with negativeTtl', async () => {
    const { service } = await provide(FeedService);

    expect(await all(service.nothing())).toEqual([undefined]);
    expect(await firstValueFrom(service.nothing())).toBeUndefined();
    expect(service.runs).toBe(1);
  });

  it('hands an error to all subscribers, and keeps neither it nor the values before it', async () => {
    const { service, cache } = await provide(FeedService);

    const outcomes = await Promise.allSettled([all(service.failing()), all(service.failing())]);

    expect(outcomes).toMatchObject([
      { reason: { message: 'feed down' } },
      { reason: { message: 'feed down' } },
    ]);
    expect(service.runs).toBe(1);
    expect(cache.peek('FeedService.failing()')).toBeUndefined();
  });

  it('makes an error of the Observable of what the method throws, and of a bad argument', async () => {
    const { service } = await provide(FeedService);

    await expect(all(service.throwing())).rejects.toThrow('no feed');
    await expect(all(service.badArgument(() => undefined))).rejects.toThrow(InvalidKeyError);
  });

  it('passes all values through where when says false', async () => {
    const { service } = await provide(FeedService);

    expect(await all(service.sometimes(-1))).toEqual([-1, 0]);
    expect(await all(service.sometimes(-1))).toEqual([-1, 0]);
    expect(service.runs).toBe(2);
    expect(await all(service.sometimes(1))).toEqual([2]);
  });

  it('learns from the first call what a method without a return type answers', async () => {
    const { service } = await provide(FeedService);

    const [one, other] = [service.untold(1), service.untold(1)];

    expect(one).toBeInstanceOf(Observable);
    expect(other).toBeInstanceOf(Observable);
    expect(await all(one)).toEqual(['1: new']);
    expect(await all(other)).toEqual(['1: new']);
    expect(await all(service.untold(1))).toEqual(['1: new']);
    expect(service.runs).toBe(1);
  });

  it('answers the last value of an Observable inside a promise', async () => {
    const { service } = await provide(FeedService);

    expect(await service.inside()).toBe('new');
    expect(await service.inside()).toBe('new');
    expect(service.runs).toBe(1);
  });

  it('answers the whole Observable without a cache', async () => {
    expect(await all(new FeedService().latest(1))).toEqual(['1: old', '1: new']);
  });
});
