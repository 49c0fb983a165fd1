import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { SalesReportService } from './sales-report.service.js';

export const SALES_REPORT_JOB = 'sales-report';

@Injectable()
export class SalesReportJob {
  constructor(private readonly reports: SalesReportService) {}

  /** Its error is logged by the scheduler. A run that takes longer than the interval is not overtaken. */
  @Cron(CronExpression.EVERY_10_SECONDS, { name: SALES_REPORT_JOB, waitForCompletion: true })
  async run(): Promise<void> {
    await this.reports.refresh();
  }
}
