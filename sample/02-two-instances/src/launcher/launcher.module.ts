import { Module } from '@nestjs/common';
import { PriceStore } from '../store/price-store.js';
import { StoreController } from '../store/store.controller.js';
import { Agreement } from './agreement.js';
import { ChangeTrial } from './change-trial.js';
import { LauncherController } from './launcher.controller.js';
import { System } from './system.js';
import { Timeline } from './timeline.js';

@Module({
  controllers: [LauncherController, StoreController],
  providers: [Agreement, ChangeTrial, PriceStore, System, Timeline],
})
export class LauncherModule {}
