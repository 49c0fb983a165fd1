import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { tap, type Observable } from 'rxjs';
import { DatabaseTimes } from './database-times.js';
import { requestTrace, type RequestTrace } from './request-trace.js';

/**
 * Tells in the header `Server-Timing` who answered a request and how many milliseconds it took, from before
 * the parameters were checked until the answer was there: `database;dur=143.27`, `memory;dur=0.06`,
 * `redis;dur=0.9`, or `shared;dur=98.4` for a request that waited for the query of another. What a cache tier
 * answered is followed by the time that the database took when it was last asked the same.
 */
@Injectable()
export class ServerTimingInterceptor implements NestInterceptor {
  constructor(private readonly databaseTimes: DatabaseTimes) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { url = '', method } = context.switchToHttp().getRequest<IncomingMessage>();
    const response = context.switchToHttp().getResponse<ServerResponse>();
    const trace: RequestTrace = { queries: 0, tier: undefined };
    const started = performance.now();
    // The handler runs in the context in which `handle` is called.
    const answer = requestTrace.run(trace, () => next.handle());
    return answer.pipe(
      tap(() => {
        const duration = performance.now() - started;
        const source = answeredBy(trace);
        const metrics = [metric(source, duration)];
        const last = this.databaseTimes.lastOf(url);
        if (source === 'database') {
          if (method === 'GET') this.databaseTimes.remember(url, duration);
        } else if (last !== undefined) {
          metrics.push(`${metric('database', last)};desc="when last asked"`);
        }
        response.setHeader('Server-Timing', metrics.join(', '));
      }),
    );
  }
}

/** A request that ran a query was answered by the database, whatever tier it had asked before. */
function answeredBy({ queries, tier }: RequestTrace): string {
  if (queries > 0) return 'database';
  return tier ?? 'shared';
}

function metric(name: string, duration: number): string {
  return `${name};dur=${duration.toFixed(3)}`;
}
