// A small application as a reader of the documentation would write it. The same source is compiled to ES
// modules on Nest 12 and to CommonJS on Nest 11.
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Injectable, Module, Param, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import type { HealthCheckResult } from '@nestjs/terminus';
import { Cached, CacheTierModule, TieredCache } from 'nestjs-cache-tier';
import { HttpCache, HttpCacheInterceptor } from 'nestjs-cache-tier/http';
import { CacheTierHealthIndicator, CacheTierHealthModule } from 'nestjs-cache-tier/terminus';

@Injectable()
class GreetingService {
  calls = 0;

  @Cached({ ttl: '1m' })
  async greet(name: string): Promise<string> {
    this.calls++;
    return `Hello ${name}`;
  }
}

@Controller()
class GreetingController {
  constructor(
    private readonly greetings: GreetingService,
    private readonly cache: TieredCache,
  ) {}

  @Get('greet/:name')
  async greet(@Param('name') name: string): Promise<object> {
    const greeting = await this.greetings.greet(name);
    return { greeting, calls: this.greetings.calls, hits: this.cache.stats().hits };
  }
}

@Controller('pages')
@UseInterceptors(HttpCacheInterceptor)
class PageController {
  runs = 0;

  @Get(':name')
  @HttpCache({ ttl: '1m', vary: ['accept-language'] })
  page(@Param('name') name: string): object {
    return { name, runs: ++this.runs };
  }
}

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly cache: CacheTierHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.cache.isHealthy('cache')]);
  }

  @Get('required')
  @HealthCheck()
  checkRequired(): Promise<HealthCheckResult> {
    return this.health.check([() => this.cache.isHealthy('cache', { require: ['redis'] })]);
  }
}

@Module({
  imports: [
    CacheTierModule.forRoot({ redis: { url: process.env['REDIS_URL'], timeout: 5000 } }),
    TerminusModule,
    CacheTierHealthModule,
  ],
  controllers: [GreetingController, HealthController, PageController],
  providers: [GreetingService],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['fatal'] });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  process.stdout.write(`${port}\n`);
  // Nothing here ends the process: it ends because nothing is left open.
  process.stdin.on('end', () => void app.close()).resume();
}

void main();
