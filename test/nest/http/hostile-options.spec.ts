import 'reflect-metadata';
import { afterAll, describe, expect, it } from '@jest/globals';
import { memoryTier } from '../../../lib/backends/memory/memory-tier.js';
import {
  CacheTierError,
  InvalidOptionError,
  InvalidTtlError,
} from '../../../lib/contract/errors.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import {
  checkHttpOptions,
  HTTP_OPTIONS,
  type HttpCacheOptions,
} from '../../../lib/nest/http/http-cache.options.js';
import { httpPlan } from '../../../lib/nest/http/http-plan.js';
import { hostiles } from '../../properties/arbitraries.js';
import { demand, expectPresentable } from '../../properties/canary.js';

class CityController {
  find(): void {}
}

describe('@HttpCache', () => {
  const cache = createTieredCache({ tiers: [memoryTier()] });
  afterAll(() => cache.close());

  it.each(HTTP_OPTIONS)('plans with what it is given as %s, or refuses it by name', (option) => {
    expect.hasAssertions();
    const handler = Object.getOwnPropertyDescriptor(CityController.prototype, 'find')
      ?.value as object & {
      name: string;
    };
    for (const { title, make } of hostiles) {
      try {
        const options = { [option]: make() } as HttpCacheOptions;
        checkHttpOptions(options, '@HttpCache');
        demand(httpPlan(CityController, handler, cache, options)).toBeDefined();
      } catch (error) {
        if (!(error instanceof CacheTierError)) throw error;
        expectPresentable(error);
        // A private route needs a principal as well.
        const named = error instanceof InvalidOptionError ? error.option : error.message;
        const name = option === 'private' ? 'pri' : option;
        demand({ title, isNamed: named.includes(name) }).toEqual({ title, isNamed: true });
        if (!(error instanceof InvalidOptionError)) demand(error).toBeInstanceOf(InvalidTtlError);
      }
    }
  });

  it('refuses whatever is no object of options', () => {
    expect.hasAssertions();
    for (const { make } of hostiles) {
      try {
        checkHttpOptions(make() as HttpCacheOptions, '@HttpCache');
      } catch (error) {
        demand(error).toBeInstanceOf(CacheTierError);
      }
    }
  });
});
