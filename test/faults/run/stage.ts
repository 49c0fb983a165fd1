import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import type { AppOrders, AppSettings } from '../app/app-orders.js';
import type { LoadOrders } from '../load/load-orders.js';
import { Child } from '../process/child.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Times } from './times.js';

const APP = new URL('../app/fault-app.ts', import.meta.url);

export type App = Child<AppOrders>;
export type Load = Child<LoadOrders>;

/** What a scenario is played on: a server, the way to it, and the app. */
export class Stage {
  /** What the scenario has found beside the usual figures. */
  readonly notes: Record<string, number | string> = {};
  /** What the server held before the fault, where a scenario needs it. */
  snapshot: string | undefined;
  #app: App | undefined;

  private constructor(
    readonly server: RedisServer,
    readonly proxy: TcpProxy,
    readonly load: Load,
    readonly times: Times,
  ) {}

  static async set(scenario: Scenario, load: Load, times: Times): Promise<Stage> {
    const server = await RedisServer.start({ args: scenario.serverArgs });
    const proxy = await TcpProxy.start(server.port);
    const stage = new Stage(server, proxy, load, times);
    try {
      await scenario.prepare?.(stage);
      const port = scenario.direct === true ? server.port : proxy.port;
      const settings: AppSettings = {
        redisUrl: `redis://127.0.0.1:${port}`,
        cache: { memory: { maxEntries: 200 }, ...scenario.cache },
      };
      stage.#app = await Child.start<AppOrders>(APP, settings, [
        '--expose-gc',
        ...(scenario.nodeFlags ?? []),
      ]);
      return stage;
    } catch (error) {
      await stage.strike();
      throw error;
    }
  }

  get app(): App {
    if (this.#app === undefined) throw new Error('the app has not been started yet');
    return this.#app;
  }

  /** Ends all there is, but for the load, which serves all scenarios. */
  async strike(): Promise<void> {
    await this.#app?.kill();
    await this.proxy.close();
    await this.server.stop();
  }
}
