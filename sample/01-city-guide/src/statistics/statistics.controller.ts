import { Controller, Get, Header } from '@nestjs/common';
import { TieredCache, type CacheStats } from 'nestjs-cache-tier';

@Controller('cache/stats')
export class StatisticsController {
  constructor(private readonly cache: TieredCache) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  stats(): CacheStats {
    return this.cache.stats();
  }
}
