/*
 * What the compiler refuses, and what it lets pass: checked by `npm run typecheck`, which fails where a line
 * below `@ts-expect-error` compiles, or any other does not. Nothing here runs.
 */
import { of, type Observable } from 'rxjs';
import { Cached, CacheDefaults, CacheEvict, CachePut } from '../../lib/index.js';

interface City {
  readonly id: number;
  readonly name: string;
}

class Money {
  constructor(readonly cents: number) {}
}

function toMoney(cents: unknown): Money {
  return new Money(Number(cents));
}

const bern: City = { id: 1, name: 'Bern' };

/** Methods that are decorated as they should be. */
export class Accepted {
  @Cached()
  async everyDefault(_id: number, _name: string): Promise<City> {
    return bern;
  }

  @Cached({ key: (id: number) => `city:${id}` })
  async keyOfTheFirstArgument(_id: number, _name: string): Promise<City> {
    return bern;
  }

  @Cached({ key: (id: number, name?: string) => `city:${id}:${name}` })
  async keyWithOptionalArgument(_id: number, _name?: string): Promise<City> {
    return bern;
  }

  @Cached({ key: (...ids: number[]) => ids.join(':') })
  async keyOfAllArguments(..._ids: number[]): Promise<City[]> {
    return [bern];
  }

  @Cached({ key: ({ id }: { id: number }) => `city:${id}` })
  async keyOfAPartOfTheArgument(_city: City): Promise<City> {
    return bern;
  }

  @Cached({ key: (id: unknown) => String(id) })
  async generic<T>(id: T): Promise<T> {
    return id;
  }

  @Cached({ key: (id: number) => `city:${id}`, when: (_id: number, fresh: boolean) => !fresh })
  async otherArgumentsForWhen(_id: number, _fresh: boolean): Promise<City> {
    return bern;
  }

  @Cached({ when: () => true, unless: (city: City) => city.id < 0 })
  async unlessOfTheValue(_id: number): Promise<City> {
    return bern;
  }

  @Cached({ unless: (city: City) => city.id < 0 })
  async absentAndNull(_id: number): Promise<City | null | undefined> {
    return undefined;
  }

  @Cached({ key: (id: number) => `city:${id}`, unless: (city: City) => city.id < 0 })
  observable(_id: number): Observable<City> {
    return of(bern);
  }

  @Cached({ ttl: 5000, negativeTtl: '10s' })
  async milliseconds(): Promise<City> {
    return bern;
  }

  @Cached({ ttl: 'longTerm' })
  async strategy(): Promise<City> {
    return bern;
  }

  @Cached({ type: Money })
  async instance(): Promise<Money> {
    return new Money(1);
  }

  @Cached({ type: [Money] })
  async instances(_id: number): Promise<Money[]> {
    return [];
  }

  @Cached({ type: [Money], unless: (all: Money[]) => all.length === 0 })
  async instancesUnless(_id: number): Promise<Money[]> {
    return [];
  }

  @Cached({ type: { toPlain: ({ cents }: Money) => cents, fromPlain: toMoney } })
  async mapped(): Promise<Money | undefined> {
    return new Money(1);
  }

  @CachePut({ key: (city: City) => `city:${city.id}`, unless: (city: City) => city.id < 0 })
  async put(city: City, _name: string): Promise<City> {
    return city;
  }

  @CacheEvict({ key: (id: number) => [`city:${id}`, `cities`] })
  @CacheEvict({ pattern: 'search:*', before: true })
  async evict(_id: number, _reason: string): Promise<void> {}

  @Cached({ tags: ['cities'] })
  async tagged(_id: number): Promise<City> {
    return bern;
  }

  @Cached({ key: (id: number) => `${id}`, tags: (_id: number, country: string) => [country] })
  async tagsOfOtherArguments(_id: number, _country: string): Promise<City> {
    return bern;
  }

  @CachePut({ key: ({ id }: City) => `${id}`, tags: (_city: City, country: string) => [country] })
  async putTagged(city: City, _country: string): Promise<City> {
    return city;
  }

  @CacheEvict({ tags: (id: number) => [`city:${id}`] })
  @CacheEvict({ tags: ['cities'], before: true })
  @CacheEvict({ key: 'city', holdFor: 1000 })
  async evictTags(_id: number, _reason: string): Promise<void> {}

  @CacheEvict({ all: true })
  evictAll(): Observable<void> {
    return of(undefined);
  }
}

@CacheDefaults({ namespace: 'cities', ttl: '10m' })
export class Defaults {}

/** Key functions that do not fit the method's arguments. */
export class RefusedKeys {
  // @ts-expect-error the method is given a number
  @Cached({ key: (id: string) => id })
  async otherType(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error the method has one argument
  @Cached({ key: (id: number, name: string) => `${id}:${name}` })
  async tooMany(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error the second argument may be missing
  @Cached({ key: (id: number, name: string) => `${id}:${name}` })
  async missing(_id: number, _name?: string): Promise<City> {
    return bern;
  }

  // @ts-expect-error the method may be given text
  @Cached({ key: (id: number) => `${id}` })
  async union(_id: number | string): Promise<City> {
    return bern;
  }

  // @ts-expect-error a key is a string
  @Cached({ key: (id: number) => id })
  async noString(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error a key is made of the arguments; what is the same for all of them is made by a function too
  @Cached({ key: 'city' })
  async constant(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error the method is given a number
  @Cached({ when: (id: string) => id !== '' })
  async when(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error the method is given a number
  @CachePut({ key: (id: string) => id })
  async put(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error nobody knows where to put the answer
  @CachePut({ ttl: 1000 })
  async putWithoutKey(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error the method is given a number
  @CacheEvict({ key: (id: string) => id })
  async evict(_id: number): Promise<void> {}

  // @ts-expect-error the method is given a number
  @CacheEvict({ pattern: (id: string) => `${id}*` })
  async evictPattern(_id: number): Promise<void> {}
}

/** Tags that do not fit the method's arguments, or are none. */
export class RefusedTags {
  // @ts-expect-error the method is given a number
  @Cached({ tags: (id: string) => [id] })
  async otherType(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error tags are a list
  @Cached({ tags: (id: number) => `${id}` })
  async noList(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error tags are a list
  @Cached({ tags: 'cities' })
  async text(): Promise<City> {
    return bern;
  }

  // @ts-expect-error a tag is text
  @CachePut({ key: () => 'city', tags: [1] })
  async number(): Promise<City> {
    return bern;
  }

  // @ts-expect-error the method has one argument
  @CachePut({ key: () => 'city', tags: (id: number, name: string) => [`${id}`, name] })
  async tooMany(_id: number): Promise<City> {
    return bern;
  }

  // @ts-expect-error the method is given a number
  @CacheEvict({ tags: (id: string) => [id] })
  async evict(_id: number): Promise<void> {}

  // @ts-expect-error a time is in milliseconds
  @CacheEvict({ key: 'city', holdFor: '1s' })
  async hold(): Promise<void> {}
}

/** Options that are wrong whatever the method. */
export class RefusedOptions {
  // @ts-expect-error 'x' is no unit
  @Cached({ ttl: '5x' })
  async unit(): Promise<City> {
    return bern;
  }

  // @ts-expect-error there is no such strategy
  @Cached({ ttl: 'shortestTerm' })
  async strategy(): Promise<City> {
    return bern;
  }

  // @ts-expect-error there is no such option
  @Cached({ timeToLive: 1000 })
  async unknown(): Promise<City> {
    return bern;
  }

  // @ts-expect-error the answer is a city
  @Cached({ unless: (name: string) => name === '' })
  async unless(): Promise<City> {
    return bern;
  }

  // @ts-expect-error the answer is a city
  @Cached({ type: Money })
  async type(): Promise<City> {
    return bern;
  }

  // @ts-expect-error the items are cities
  @Cached({ type: [Money], unless: (all: City[]) => all.length === 0 })
  async typeOfItems(): Promise<City[]> {
    return [];
  }

  // @ts-expect-error the answer is a city
  @Cached({ type: { toPlain: ({ cents }: Money) => cents, fromPlain: toMoney } })
  async mapper(): Promise<City> {
    return bern;
  }

  // @ts-expect-error all or nothing: what is not all is named
  @CacheEvict({ all: false })
  async evict(): Promise<void> {}
}

/** What cannot answer later cannot be answered from a cache. */
export class RefusedMethods {
  // @ts-expect-error the method answers at once
  @Cached()
  cached(): City {
    return bern;
  }

  // @ts-expect-error the method answers at once
  @CachePut({ key: () => 'city' })
  put(): City {
    return bern;
  }

  // @ts-expect-error the method answers at once
  @CacheEvict({ key: 'city' })
  evict(): void {}

  // @ts-expect-error it decorates methods
  @Cached()
  property = bern;
}
