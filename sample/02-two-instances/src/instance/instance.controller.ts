import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  Post,
} from '@nestjs/common';
import type { ChangeMade, InstanceState, WatchEnded } from '../instance-messages.js';
import { isEuros } from '../price.js';
import { PricesService } from './prices.service.js';
import { StateService } from './state.service.js';
import { WatchService } from './watch.service.js';

/** What the launcher asks of an instance. */
@Controller()
export class InstanceController {
  constructor(
    private readonly prices: PricesService,
    private readonly states: StateService,
    private readonly watch: WatchService,
  ) {}

  @Get('state')
  state(): Promise<InstanceState> {
    return this.states.state();
  }

  @Post('changes')
  change(@Body() body: { readonly euros?: unknown } | undefined): Promise<ChangeMade> {
    if (!isEuros(body?.euros)) throw new BadRequestException('"euros" must be a whole number');
    return this.prices.change(body.euros);
  }

  @Post('watch/begin')
  @HttpCode(204)
  beginWatch(): Promise<void> {
    return this.watch.begin();
  }

  @Post('watch/end')
  async endWatch(@Body() body: { readonly limit?: unknown } | undefined): Promise<WatchEnded> {
    const ended = await this.watch.end(Number(body?.limit ?? 0));
    if (ended === undefined) throw new ConflictException('no watch has begun');
    return ended;
  }
}
