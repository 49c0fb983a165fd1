import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Header,
  NotFoundException,
  Param,
  Put,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { InstanceState } from '../instance-messages.js';
import { PriceStore } from '../store/price-store.js';
import { Agreement } from './agreement.js';
import { ChangeTrial, type ChangeReport } from './change-trial.js';
import type { InstanceProcess } from './instance-process.js';
import { System } from './system.js';
import { Timeline, type Happening } from './timeline.js';

/** All that the page shows. */
export interface SystemState {
  readonly store: { readonly euros: number };
  readonly redis: { readonly pid: number; readonly port: number; readonly paused: boolean };
  readonly instances: readonly {
    readonly name: string;
    readonly pid: number | undefined;
    /** `null` where it does not answer. */
    readonly state: InstanceState | null;
  }[];
  readonly happenings: readonly Happening[];
}

/** What the page asks for. What changes something is a PUT, which pages from elsewhere may not send. */
@Controller()
export class LauncherController {
  constructor(
    private readonly system: System,
    private readonly store: PriceStore,
    private readonly trial: ChangeTrial,
    private readonly agreement: Agreement,
    private readonly timeline: Timeline,
  ) {}

  @Get('state')
  @Header('Cache-Control', 'no-store')
  async state(): Promise<SystemState> {
    const { redis, instances } = this.#running();
    const states = await Promise.all(
      instances.map(async (instance) => ({
        name: instance.name,
        pid: instance.pid,
        state: await instance.state().catch(() => null),
      })),
    );
    return {
      store: { euros: this.store.euros },
      redis: { pid: redis.pid, port: redis.port, paused: redis.paused },
      instances: states,
      happenings: this.timeline.happenings,
    };
  }

  /** Makes the price a euro dearer, by way of an instance. */
  @Put('instances/:name/change')
  change(@Param('name') name: string): Promise<ChangeReport> {
    const { instances } = this.#running();
    const by = instances.find((instance) => instance.name === name);
    const other = instances.find((instance) => instance.name !== name);
    if (by === undefined || other === undefined) {
      throw new NotFoundException(
        `There is no instance ${JSON.stringify(name)}: there are A and B`,
      );
    }
    return this.trial.run(by, other);
  }

  /** Freezes Redis, or lets it go on and waits until the instances agree again. */
  @Put('redis')
  async freeze(
    @Body() body: { readonly paused?: unknown } | undefined,
  ): Promise<{ readonly agreedAfter: number | null }> {
    const { redis, instances } = this.#running();
    if (typeof body?.paused !== 'boolean') {
      throw new BadRequestException('"paused" must be true or false');
    }
    if (body.paused) return this.#pause(redis);
    return this.#resume(redis, instances);
  }

  #pause(redis: { pause(): void }): { readonly agreedAfter: null } {
    redis.pause();
    this.timeline.add('Redis', 'has been stopped');
    return { agreedAfter: null };
  }

  async #resume(
    redis: { resume(): void },
    instances: readonly InstanceProcess[],
  ): Promise<{ readonly agreedAfter: number | null }> {
    redis.resume();
    this.timeline.add('Redis', 'goes on');
    return { agreedAfter: await this.agreement.reached(instances) };
  }

  #running(): NonNullable<System['running']> {
    const { running } = this.system;
    if (running === undefined) throw new ServiceUnavailableException('The instances are starting');
    return running;
  }
}
