import {
  Inject,
  Injectable,
  Module,
  Scope,
  type ModuleMetadata,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { MapBackend } from '../../../lib/backends/map/map.backend.js';
import { createTieredCache } from '../../../lib/core/create-tiered-cache.js';
import { customTier } from '../../../lib/core/tiers/custom-tier.js';
import { TieredCache } from '../../../lib/core/tiered-cache.js';
import { mapTier } from '../../../lib/backends/map/map-tier.js';
import { CacheTierModule } from '../../../lib/nest/cache-tier.module.js';
import { CacheDefaults } from '../../../lib/nest/decorators/cache-defaults.decorator.js';
import { Cached } from '../../../lib/nest/decorators/cached.decorator.js';
import { NestApps } from '../support/nest-apps.js';

const apps = new NestApps();
afterEach(() => apps.closeAll());

/** Counts its own runs, and is not shared by the instances. */
@Injectable()
class CityService {
  runs = 0;

  @Cached()
  async find(_id: number): Promise<number> {
    return ++this.runs;
  }
}

const cityKey = (id: number): string => `city:${id}`;

/** An application with an unnamed cache. */
function start({ imports = [], ...metadata }: ModuleMetadata) {
  return apps.start({ imports: [CacheTierModule.forRoot(), ...imports], ...metadata });
}

async function provide<T>(type: Type<T>): Promise<T> {
  return (await start({ providers: [type] })).get<T>(type);
}

describe('@Cached on a class', () => {
  it('reaches #private fields, private methods and injected values by `this`', async () => {
    @Injectable()
    class CountryService {
      readonly #names = new Map([['FR', 'France']]);

      constructor(@Inject('suffix') private readonly suffix: string) {}

      @Cached()
      async find(code: string): Promise<string> {
        return this.#describe(code);
      }

      #describe(code: string): string {
        return `${this.#names.get(code)}${this.suffix}`;
      }
    }
    const app = await start({
      providers: [CountryService, { provide: 'suffix', useValue: '!' }],
    });

    expect(await app.get(CountryService).find('FR')).toBe('France!');
    expect(await app.get(CountryService).find('FR')).toBe('France!');
  });

  it('caches calls that the class makes on itself', async () => {
    @Injectable()
    class CountryService {
      runs = 0;

      @Cached()
      async find(_code: string): Promise<number> {
        return ++this.runs;
      }

      async findTwice(code: string): Promise<number[]> {
        return [await this.find(code), await this.find(code)];
      }
    }
    const service = await provide(CountryService);

    expect(await service.findTwice('FR')).toEqual([1, 1]);
  });

  it('works on methods under a symbol and under any text', async () => {
    const byId = Symbol.for('city.find');
    const local = Symbol('local');

    @Injectable()
    class SymbolService {
      runs = 0;

      @Cached()
      async [byId](_id: number): Promise<number> {
        return ++this.runs;
      }

      @Cached({ key: (id: number) => `local:${id}` })
      async [local](_id: number): Promise<number> {
        return ++this.runs;
      }

      @Cached()
      async 'find a city'(_id: number): Promise<number> {
        return ++this.runs;
      }
    }
    const service = await provide(SymbolService);

    expect([await service[byId](1), await service[byId](1)]).toEqual([1, 1]);
    expect([await service[local](1), await service[local](1)]).toEqual([2, 2]);
    expect([await service['find a city'](1), await service['find a city'](1)]).toEqual([3, 3]);
  });

  it('is inherited; an abstract base with two subclasses has keys for each', async () => {
    abstract class Repository {
      abstract readonly table: string;
      runs = 0;

      @Cached()
      async find(id: number): Promise<string> {
        return `${this.table} ${id} ${++this.runs}`;
      }
    }

    @Injectable()
    class CityRepository extends Repository {
      readonly table = 'cities';
    }

    @Injectable()
    class CountryRepository extends Repository {
      readonly table = 'countries';
    }
    const app = await start({ providers: [CityRepository, CountryRepository] });
    const [cities, countries] = [app.get(CityRepository), app.get(CountryRepository)];

    for (let round = 0; round < 2; round++) {
      expect(await cities.find(1)).toBe('cities 1 1');
      expect(await countries.find(1)).toBe('countries 1 1');
    }
  });

  it('caches what an override without the decorator calls by super', async () => {
    @Injectable()
    class LoudCityService extends CityService {
      override async find(id: number): Promise<number> {
        return 100 * (await super.find(id));
      }
    }
    const service = await provide(LoudCityService);

    expect([await service.find(1), await service.find(1), service.runs]).toEqual([100, 100, 1]);
  });

  it('lets an override that is cached itself decide alone: super runs, and nobody waits for ever', async () => {
    class Base {
      runs = 0;

      @Cached({ key: cityKey })
      async byKey(_id: number): Promise<number> {
        return ++this.runs;
      }

      @Cached({ ttl: '1h' })
      async byDefault(_id: number): Promise<number> {
        return ++this.runs;
      }
    }

    class Middle extends Base {}

    @Injectable()
    class Derived extends Middle {
      @Cached({ key: cityKey })
      override async byKey(id: number): Promise<number> {
        return 100 * (await super.byKey(id));
      }

      @Cached({ ttl: '1s' })
      override async byDefault(id: number): Promise<number> {
        return 100 * (await super.byDefault(id));
      }
    }
    const app = await start({ providers: [Base, Derived] });
    const service = app.get(Derived);

    expect([await service.byKey(1), await service.byKey(1)]).toEqual([100, 100]);
    expect([await service.byDefault(1), await service.byDefault(1)]).toEqual([200, 200]);
    await app.get(TieredCache).remove('Derived.byDefault(1)');
    expect(await service.byDefault(1)).toBe(300);
    expect([await app.get(Base).byDefault(1), await app.get(Base).byDefault(1)]).toEqual([1, 1]);
  });

  it('takes the @CacheDefaults of the subclass, and of the base what they leave out', async () => {
    @CacheDefaults({ namespace: 'base', ttl: '1h' })
    class Base {
      @Cached({ key: () => 'key' })
      async find(): Promise<string> {
        return this.constructor.name;
      }
    }

    @Injectable()
    class Plain extends Base {}

    @Injectable()
    @CacheDefaults({ namespace: 'own' })
    class Own extends Base {}

    @Injectable()
    @CacheDefaults({ ttl: '1s' })
    class Shorter extends Base {}
    const app = await start({ providers: [Plain, Own, Shorter] });
    const cache = app.get(TieredCache);

    await app.get(Own).find();
    await app.get(Plain).find();
    expect(cache.namespace('own').peek('key')).toBe('Own');
    expect(cache.namespace('base').peek('key')).toBe('Plain');
    await cache.namespace('base').clear();
    await app.get(Shorter).find();
    expect(cache.namespace('base').peek('key')).toBe('Shorter');
  });
});

describe('@Cached and the scopes of providers', () => {
  it('shares the cache among request-scoped instances, each with its own `this`', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class RequestService {
      static instances = 0;
      readonly number = ++RequestService.instances;

      @Cached()
      async find(): Promise<number> {
        return this.number;
      }
    }
    const app = await start({ providers: [RequestService] });
    const resolve = () => app.resolve(RequestService, ContextIdFactory.create());

    const [one, other] = [await resolve(), await resolve()];

    expect(one).not.toBe(other);
    expect([await one.find(), await other.find()]).toEqual([1, 1]);
  });

  it('shares it among transient instances', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class TransientService extends CityService {}

    @Injectable()
    class User {
      constructor(readonly cities: TransientService) {}
    }

    @Injectable()
    class OtherUser extends User {}
    const app = await start({ providers: [TransientService, User, OtherUser] });
    const [one, other] = [app.get(User).cities, app.get(OtherUser).cities];

    expect(one).not.toBe(other);
    expect([await one.find(1), await other.find(1)]).toEqual([1, 1]);
    expect([one.runs, other.runs]).toEqual([1, 0]);
  });

  it('works on instances that useValue and useFactory bring, under any token', async () => {
    class OtherCityService extends CityService {}
    const app = await start({
      providers: [
        { provide: 'value', useValue: new CityService() },
        { provide: OtherCityService, useFactory: async () => new OtherCityService() },
        { provide: 'alias', useExisting: 'value' },
      ],
    });

    for (const token of ['value', 'alias', OtherCityService]) {
      const service = app.get<CityService>(token);
      expect([await service.find(1), await service.find(1)]).toEqual([1, 1]);
    }
  });

  it('works on what ModuleRef creates', async () => {
    const app = await start({});
    const service = await app.get(ModuleRef).create(CityService);

    expect([await service.find(1), await service.find(1)]).toEqual([1, 1]);
  });

  it('works when it is called in the constructor and the onModuleInit hook of another provider', async () => {
    const seen: number[] = [];

    @Injectable()
    class Early implements OnModuleInit {
      private readonly first: Promise<number>;

      constructor(private readonly cities: CityService) {
        this.first = cities.find(1);
      }

      async onModuleInit(): Promise<void> {
        seen.push(await this.first, await this.cities.find(1));
      }
    }

    @Module({ providers: [Early, CityService] })
    class EarlyModule {}

    await start({ imports: [EarlyModule] });

    expect(seen).toEqual([1, 1]);
  });

  it('runs the method undecorated before the application hands out the cache: in its own constructor, or of a useValue in the constructor of another', async () => {
    const given = new CityService();

    @Injectable()
    class Early {
      readonly answers = [given.find(1), given.find(1)];
    }

    @Injectable()
    class Eager {
      runs = 0;
      readonly first = this.find();

      @Cached()
      async find(): Promise<number> {
        return ++this.runs;
      }
    }
    const app = await start({
      providers: [Eager, Early, { provide: CityService, useValue: given }],
    });
    const service = app.get(Eager);

    expect(await service.first).toBe(1);
    expect([await service.find(), await service.find()]).toEqual([2, 2]);
    expect(await Promise.all(app.get(Early).answers)).toEqual([1, 2]);
    expect([await given.find(1), await given.find(1)]).toEqual([3, 3]);
  });

  it('works on a service that a backend of the cache needs, from the start of the application on', async () => {
    @Injectable()
    class Buckets {
      runs = 0;

      @Cached()
      async list(): Promise<number> {
        return ++this.runs;
      }
    }

    @Module({ providers: [Buckets], exports: [Buckets] })
    class BucketsModule {}

    @Injectable()
    class BucketBackend extends MapBackend {
      constructor(readonly buckets: Buckets) {
        super();
      }
    }
    const app = await apps.start({
      imports: [
        CacheTierModule.forRoot({
          imports: [BucketsModule],
          tiers: [customTier({ useClass: BucketBackend })],
        }),
      ],
    });
    const buckets = app.get(Buckets);

    expect([await buckets.list(), await buckets.list()]).toEqual([1, 1]);
    expect(app.get(BucketBackend).buckets).toBe(buckets);
  });
});

describe('@Cached on what the options of the cache are made of', () => {
  it('runs the method as it is until there is a cache, and caches it then', async () => {
    @Injectable()
    class Secrets {
      runs = 0;

      @Cached()
      async read(): Promise<number> {
        return ++this.runs;
      }
    }

    @Module({ providers: [Secrets], exports: [Secrets] })
    class SecretsModule {}
    const app = await apps.start({
      imports: [
        CacheTierModule.forRootAsync({
          imports: [SecretsModule],
          inject: [Secrets],
          useFactory: async (secrets: Secrets) => ({ namespace: `run-${await secrets.read()}` }),
        }),
      ],
    });
    const secrets = app.get(Secrets);

    expect(app.get(TieredCache).name).toBe('run-1');
    expect([await secrets.read(), await secrets.read()]).toEqual([2, 2]);
  });
});

describe('@Cached without a cache', () => {
  it('runs the method as if it were not decorated on an instance made with new', async () => {
    await start({ providers: [CityService] });
    const service = new CityService();

    expect([await service.find(1), await service.find(1)]).toEqual([1, 2]);
  });

  it('does so where the application has no cache', async () => {
    const app = await apps.start({ providers: [CityService] });
    const service = app.get(CityService);

    expect([await service.find(1), await service.find(1)]).toEqual([1, 2]);
  });

  it('does so where a method is called without its instance', async () => {
    @Injectable()
    class FreeService {
      @Cached()
      async whoIsThis(): Promise<unknown> {
        return this;
      }
    }
    const service = await provide(FreeService);

    expect(await service.whoIsThis.call(undefined as never)).toBeUndefined();
  });

  it('does so where a mock stands for the cache in a test of the class alone', async () => {
    const mock = { get: jest.fn(), set: jest.fn() };
    const app = await apps.start({
      providers: [CityService, { provide: TieredCache, useValue: mock }],
    });
    const service = app.get(CityService);

    expect([await service.find(1), await service.find(1)]).toEqual([1, 2]);
  });

  it('does so in the modules that do not import a cache which is not global, and logs it', async () => {
    class ValueService extends CityService {}

    @Injectable({ scope: Scope.REQUEST })
    class RequestService extends CityService {}
    const cacheModule = CacheTierModule.forRoot({ isGlobal: false });

    @Module({
      providers: [
        CityService,
        RequestService,
        { provide: ValueService, useValue: new ValueService() },
      ],
    })
    class OutsideModule {}

    @Module({ imports: [cacheModule], exports: [cacheModule] })
    class SharingModule {}

    @Module({
      imports: [SharingModule],
      providers: [{ provide: 'inside', useValue: new CityService() }],
    })
    class InsideModule {}
    const app = await apps.start({ imports: [cacheModule, OutsideModule, InsideModule] });

    for (const service of [
      app.get(CityService),
      app.get(ValueService),
      await app.resolve(RequestService),
    ]) {
      expect([await service.find(1), await service.find(1)]).toEqual([1, 2]);
    }
    const inside = app.get<CityService>('inside');
    expect([await inside.find(1), await inside.find(1)]).toEqual([1, 1]);
    expect(apps.log.warnings).toContain(
      '@Cached on CityService.find: its module does not import the cache, so nothing is cached',
    );
  });
});

describe('a cache that a test puts in the place of the real one', () => {
  it('lets decorated methods run as they are when it is a mock', async () => {
    const app = await Test.createTestingModule({
      imports: [CacheTierModule.forRoot()],
      providers: [CityService],
    })
      .overrideProvider(TieredCache)
      .useValue({ get: jest.fn() })
      .compile();
    await app.init();
    const service = app.get(CityService);

    expect([await service.find(1), await service.find(1)]).toEqual([1, 2]);
    await app.close();
  });

  it('is the one that all decorated methods use', async () => {
    class ValueService extends CityService {}
    const ours = createTieredCache({ tiers: [mapTier()] });
    const app = await Test.createTestingModule({
      imports: [CacheTierModule.forRoot()],
      providers: [CityService, { provide: ValueService, useValue: new ValueService() }],
    })
      .overrideProvider(TieredCache)
      .useValue(ours)
      .compile();
    await app.init();

    await app.get(CityService).find(1);
    await app.get(ValueService).find(1);

    expect(ours.peek('CityService.find(1)')).toBe(1);
    expect(ours.peek('ValueService.find(1)')).toBe(1);
    await app.close();
  });
});

function makeTwin(): Type<CityService> {
  @Injectable()
  class Twin extends CityService {}
  return Twin;
}

function provideBoth(one: Type, other: Type) {
  return start({ providers: [one, { provide: 'other', useClass: other }] });
}

describe('two classes of one name', () => {
  it('are refused at the start where default keys would mix them up', async () => {
    await expect(provideBoth(makeTwin(), makeTwin())).rejects.toThrow(
      'Option "@Cached on CityService.find: key": another class of the same name has such a method',
    );
  });

  it('are fine in namespaces of their own, and where one class is provided twice', async () => {
    const one = makeTwin();
    const other = makeTwin();
    CacheDefaults({ namespace: 'other' })(other);

    const app = await provideBoth(one, other);
    expect([await app.get(one).find(1), await app.get<CityService>('other').find(1)]).toEqual([
      1, 1,
    ]);
    await expect(provideBoth(one, one)).resolves.toBeDefined();
  });
});
