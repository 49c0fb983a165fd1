import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { CacheTierModule } from 'nestjs-cache-tier';
import { cacheOptions } from '../cache-options.js';
import { SalesReportJob } from './sales-report.job.js';
import { SalesReportService } from './sales-report.service.js';
import { SalesController } from './sales.controller.js';
import { Sales } from './sales.js';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    CacheTierModule.forRootAsync({
      useFactory: () => ({
        ...cacheOptions('recipe-schedule'),
        // The first report is made when the application starts, and health waits for it.
        warmUp: {
          inject: [SalesReportService],
          useFactory: (reports: SalesReportService) => () => reports.latest(),
        },
      }),
    }),
  ],
  controllers: [SalesController],
  providers: [Sales, SalesReportJob, SalesReportService],
})
export class SalesModule {}
