import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Controller,
  Get,
  type INestApplication,
  type INestMicroservice,
  type ModuleMetadata,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  Args,
  Field,
  GraphQLModule,
  Int,
  Mutation,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Transport,
  type ClientProxy,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { CacheKey } from 'nestjs-cache-tier/compat';
import { from, lastValueFrom, toArray, type Observable } from 'rxjs';
import request from 'supertest';
import { freePort } from '../../../../test/support/free-port.js';

/** How often each handler has run. */
export const runs = new Map<string, number>();

function ran(name: string): number {
  const count = (runs.get(name) ?? 0) + 1;
  runs.set(name, count);
  return count;
}

@ObjectType()
export class Counted {
  @Field(() => Int)
  readonly run!: number;
}

@Resolver(() => Counted)
class CountResolver {
  @Query(() => Counted)
  counted(@Args('id', { type: () => Int }) id: number): Counted {
    return { run: ran(`query ${id}`) };
  }
  @Query(() => Int)
  @CacheKey('keyed-query')
  keyed(): number {
    return ran('keyed query');
  }
  @Mutation(() => Int)
  change(): number {
    return ran('mutation');
  }
  @ResolveField(() => Int)
  again(): number {
    return ran('field');
  }
}

@Controller()
class CountController {
  @Get('route')
  route(): object {
    return { run: ran('route') };
  }
  @MessagePattern('message')
  message(id: number): object {
    return { id, run: ran('message') };
  }
  @MessagePattern('keyed')
  @CacheKey('keyed-message')
  keyed(): number {
    return ran('keyed message');
  }
  @MessagePattern('stream')
  stream(): Observable<number> {
    return from([ran('stream'), 8, 9]);
  }
  @EventPattern('event')
  event(name: string): void {
    ran(name);
  }
}

/** An application of HTTP, GraphQL and TCP with an interceptor over all of it, or the last alone. */
export class MixedApp {
  private constructor(
    private readonly app: INestApplication | INestMicroservice,
    private readonly client: ClientProxy,
    /** For routes of HTTP, where there are any. */
    readonly http: ReturnType<typeof request>,
  ) {}

  static async start(
    interceptor: Type<NestInterceptor> | undefined,
    imports: NonNullable<ModuleMetadata['imports']>,
    kind: 'hybrid' | 'microservice' = 'hybrid',
  ): Promise<MixedApp> {
    runs.clear();
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      // Interceptors stand over fields, too.
      fieldResolverEnhancers: ['interceptors'],
    });
    const isHybrid = kind === 'hybrid';
    const module = await Test.createTestingModule({
      imports: isHybrid ? [...imports, graphql] : imports,
      controllers: [CountController],
      providers: [
        ...(isHybrid ? [CountResolver] : []),
        ...(interceptor === undefined ? [] : [{ provide: APP_INTERCEPTOR, useClass: interceptor }]),
      ],
    }).compile();
    const tcp = {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: await freePort() },
    } as const;
    const client = ClientProxyFactory.create(tcp);
    if (!isHybrid) {
      const service = module.createNestMicroservice({ ...tcp, logger: false });
      await service.listen();
      return new MixedApp(service, client, request(''));
    }
    const app = module.createNestApplication({ logger: false, forceCloseConnections: true });
    app.connectMicroservice(tcp, { inheritAppConfig: true });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    return new MixedApp(app, client, request(await app.getUrl()));
  }

  /** What a query or a mutation comes to. */
  async query(query: string, method: 'get' | 'post' = 'post'): Promise<unknown> {
    const asked =
      method === 'post'
        ? this.http.post('/graphql').send({ query })
        : // Apollo asks for a header that no form can send.
          this.http.get('/graphql').query({ query }).set('apollo-require-preflight', 'yes');
    const { status, body } = await asked;
    return { status, body: body as unknown };
  }

  /** All values that a message is answered with. */
  send(pattern: string, data: unknown): Promise<unknown[]> {
    return lastValueFrom(this.client.send<unknown>(pattern, data).pipe(toArray()));
  }

  /** Resolves when the event has been sent. */
  async emit(pattern: string, data: unknown): Promise<void> {
    await lastValueFrom(this.client.emit(pattern, data), { defaultValue: undefined });
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.app.close();
  }
}
