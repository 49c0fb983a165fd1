import { Injectable } from '@nestjs/common';
import { TieredCache, type ComputeOptions } from 'nestjs-cache-tier';
import { Sales, type SalesReport } from './sales.js';

const KEY = 'sales-report';

/**
 * The ttl spans many runs of the job, so that it never ends while they succeed. Where they fail for longer, the last
 * report is answered for a day, at once, and each caller that comes has it tried again in the background.
 */
const KEPT: ComputeOptions<SalesReport> = { ttl: '5m', staleFor: '1d', softTimeout: 0 };

@Injectable()
export class SalesReportService {
  constructor(
    private readonly cache: TieredCache,
    private readonly sales: Sales,
  ) {}

  /** What there is. It makes one where there is none, which the first caller of all waits for. */
  latest(): Promise<SalesReport> {
    return this.cache.getOrCompute(KEY, () => this.sales.report(), KEPT);
  }

  /** Makes a new one. Until it is there, `latest` answers the one before; where it fails, that is kept. */
  refresh(): Promise<SalesReport> {
    return this.cache.refresh(KEY, () => this.sales.report(), KEPT);
  }
}
