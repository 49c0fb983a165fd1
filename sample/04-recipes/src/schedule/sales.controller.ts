import { BadRequestException, Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { SalesReportService } from './sales-report.service.js';
import { Sales, type SalesReport } from './sales.js';

@Controller()
export class SalesController {
  constructor(
    private readonly reports: SalesReportService,
    private readonly sales: Sales,
  ) {}

  @Get('report')
  report(): Promise<SalesReport> {
    return this.reports.latest();
  }

  /** The report tells of it after the next run of the job. */
  @Post('orders')
  @HttpCode(202)
  order(@Body('euros') euros: unknown): Promise<void> {
    if (!Number.isFinite(euros)) throw new BadRequestException('"euros" is a number');
    return this.sales.add(Number(euros));
  }
}
